//! The cursor: where the next page of a history begins.
//!
//! It freezes the window that the first page was asked for, holds the place of the last line
//! given, and is bound to the owner and the filters of the request that gave it. It is checked
//! for being whole and for fitting the request, but it is no secret and is not signed: it
//! never gives a right. Whoever makes one of their own reads nothing that they could not read
//! by asking with other dates, since every request is checked against its principal.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::model::{CallId, Position, Time};

const VERSION: u8 = 1;
/// What the checksum is of.
const PURPOSE: &str = "cursor";
/// Version, two bounds, position (start, call, ordinal), binding.
const CONTENT: usize = 1 + 8 + 8 + (8 + 16 + 2) + BINDING;
const CHECKSUM: usize = 8;
const BINDING: usize = 8;
/// Stands for a bound that the window does not have; no time has this number.
const UNBOUNDED: i64 = i64::MIN;

/// The time that a history is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// From when on (inclusive); None: since ever.
    pub from: Option<Time>,
    /// Until when (exclusive); None: without end.
    pub until: Option<Time>,
}

/// What a cursor is bound to: a hash of the owner and the filters of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding(pub(super) [u8; BINDING]);

impl Binding {
    /// The binding to these texts, whose order counts.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = Sha256::new();
        for text in texts {
            // The length keeps ("a", "bc") and ("ab", "c") apart.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        Self(truncated(hash))
    }
}

/// Where the next page of a history begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The window of the first page.
    pub window: Window,
    /// The last line of the page before.
    pub after: Position,
    /// What the cursor belongs to.
    pub binding: Binding,
}

impl Cursor {
    /// The cursor as text for a URL.
    pub fn encode(&self) -> String {
        let bound = |time: Option<Time>| time.map_or(UNBOUNDED, |t| t.timestamp_micros());
        let mut bytes = Vec::with_capacity(CONTENT + CHECKSUM);
        bytes.push(VERSION);
        bytes.extend(bound(self.window.from).to_be_bytes());
        bytes.extend(bound(self.window.until).to_be_bytes());
        bytes.extend(self.after.start.timestamp_micros().to_be_bytes());
        bytes.extend(self.after.call.0);
        bytes.extend(self.after.ordinal.to_be_bytes());
        bytes.extend(self.binding.0);
        bytes.extend(checksum(PURPOSE, &bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor of this text, or why it is none.
    pub fn decode(text: &str) -> Result<Self, &'static str> {
        const BROKEN: &str = "is not a cursor of this service, or was altered: use the one \
                              in the Link header as it stands";
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BROKEN)?;
        if bytes.first().is_some_and(|version| *version != VERSION) {
            return Err(
                "was made by another version of this service, or was altered: start \
                        again without it",
            );
        }
        let (content, sum) = bytes.split_at_checked(CONTENT).ok_or(BROKEN)?;
        if sum != checksum(PURPOSE, content) {
            return Err(BROKEN);
        }
        Self::read(content).ok_or(BROKEN)
    }

    fn read(content: &[u8]) -> Option<Self> {
        let mut rest = content.get(1..)?;
        let from = bound(take(&mut rest)?)?;
        let until = bound(take(&mut rest)?)?;
        let after = Position {
            start: Time::from_timestamp_micros(i64::from_be_bytes(take(&mut rest)?))?,
            call: CallId(take(&mut rest)?),
            ordinal: i16::from_be_bytes(take(&mut rest)?),
        };
        Some(Self {
            window: Window { from, until },
            after,
            binding: Binding(take(&mut rest)?),
        })
    }
}

/// The next bytes of a cursor.
pub(super) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

/// None when the number is no time; Some(None) when there is no bound.
fn bound(bytes: [u8; 8]) -> Option<Option<Time>> {
    match i64::from_be_bytes(bytes) {
        UNBOUNDED => Some(None),
        micros => Time::from_timestamp_micros(micros).map(Some),
    }
}

/// The checksum of a sort of cursor.
pub(super) fn checksum(purpose: &str, content: &[u8]) -> [u8; CHECKSUM] {
    truncated(Sha256::new().chain_update(purpose).chain_update(content))
}

fn truncated<const N: usize>(hash: Sha256) -> [u8; N] {
    let mut start = [0; N];
    start.copy_from_slice(&hash.finalize()[..N]);
    start
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn cursors() -> Vec<Cursor> {
        let start = Time::from_timestamp_micros(1_795_392_000_123_456).unwrap();
        let windows = [
            (None, None),
            (Some(start - TimeDelta::days(10)), None),
            (None, Some(start)),
            (Some(Time::UNIX_EPOCH - TimeDelta::days(1)), Some(start)),
        ];
        windows
            .map(|(from, until)| Cursor {
                window: Window { from, until },
                after: Position {
                    start,
                    call: CallId::of("pbx", "1795392000.1"),
                    ordinal: 3,
                },
                binding: Binding::of(["user", "usera"]),
            })
            .to_vec()
    }

    #[test]
    fn a_cursor_is_read_back_as_it_was_written() {
        for cursor in cursors() {
            let text = cursor.encode();
            assert_eq!(Cursor::decode(&text), Ok(cursor));
            assert!(text.len() < 100);
        }
    }

    #[test]
    fn no_character_can_be_changed_added_or_left_out() {
        let text = cursors()[3].encode();
        for at in 0..text.len() {
            for other in ["A", "B", "_", "=", "%", "é"] {
                let mut altered = text.clone();
                altered.replace_range(at..=at, other);
                assert!(
                    altered == text || Cursor::decode(&altered).is_err(),
                    "{altered}"
                );
            }
            let mut short = text.clone();
            short.remove(at);
            assert!(Cursor::decode(&short).is_err());
            assert!(Cursor::decode(&text[..at]).is_err());
        }
        for altered in [format!("{text}A"), format!("{text}="), format!(" {text}")] {
            assert!(Cursor::decode(&altered).is_err());
        }
    }

    #[test]
    fn another_version_says_so() {
        let mut bytes = URL_SAFE_NO_PAD.decode(cursors()[0].encode()).unwrap();
        bytes[0] = VERSION + 1;
        let reason = Cursor::decode(&URL_SAFE_NO_PAD.encode(bytes)).unwrap_err();
        assert!(reason.contains("version"), "{reason}");
    }

    #[test]
    fn texts_that_read_the_same_when_joined_bind_differently() {
        assert_eq!(Binding::of(["a", "b"]), Binding::of(["a", "b"]));
        assert_ne!(Binding::of(["ab"]), Binding::of(["a", "b"]));
        assert_ne!(Binding::of(["a", "b"]), Binding::of(["b", "a"]));
    }
}
