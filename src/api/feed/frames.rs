//! How server-sent events are written.

use std::fmt::Write;

use actix_web::web::Bytes;

/// When a client that lost the stream asks again, in milliseconds.
const RETRY: u32 = 2000;

/// Events as they are sent, one after another.
#[derive(Debug, Default)]
pub(super) struct Frames(String);

impl Frames {
    /// The beginning of a stream, which goes on from `id` when it is lost.
    pub(super) fn beginning(id: &str) -> Self {
        let mut frames = Self(format!("retry: {RETRY}\n"));
        frames.mark(id);
        frames
    }

    /// A sign of life. What was passed over is not looked at again.
    pub(super) fn heartbeat(id: &str) -> Self {
        let mut frames = Self(": heartbeat\n".to_owned());
        frames.mark(id);
        frames
    }

    /// Says where to go on from, without an event.
    fn mark(&mut self, id: &str) {
        let _ = write!(self.0, "id: {id}\n\n");
    }

    /// Adds an event. What is JSON has no line break.
    pub(super) fn event(&mut self, name: &str, id: Option<&str>, data: &str) {
        if let Some(id) = id {
            let _ = writeln!(self.0, "id: {id}");
        }
        let _ = write!(self.0, "event: {name}\ndata: {data}\n\n");
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<Frames> for Bytes {
    fn from(frames: Frames) -> Self {
        frames.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_one_line_each_for_id_name_and_data() {
        let mut frames = Frames::beginning("A1");
        frames.event("change", Some("A2"), r#""a\r\nb""#);
        frames.event("end", None, r#"{"reason":"shutdown"}"#);
        assert_eq!(
            frames.0,
            "retry: 2000\nid: A1\n\nid: A2\nevent: change\ndata: \"a\\r\\nb\"\n\n\
             event: end\ndata: {\"reason\":\"shutdown\"}\n\n"
        );
        assert_eq!(Frames::heartbeat("A3").0, ": heartbeat\nid: A3\n\n");
    }
}
