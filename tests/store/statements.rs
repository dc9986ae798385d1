//! The statements that a connection runs, as they reach the database.

use std::sync::{Arc, Mutex};

use call_history::store::Connection;
use diesel::connection::{Connection as _, InstrumentationEvent};

/// A listener to one connection.
pub(crate) struct Statements(Arc<Mutex<Vec<String>>>);

impl Statements {
    pub(crate) fn of(conn: &mut Connection) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                sink.lock().unwrap().push(query.to_string());
            }
        });
        Self(seen)
    }

    /// The statements since the last call, with their values in place of each `?`.
    pub(crate) fn take(&self) -> Vec<String> {
        let seen = std::mem::take(&mut *self.0.lock().unwrap());
        seen.iter().map(|shown| with_values(shown)).collect()
    }

    /// Those that write, since the last call.
    pub(crate) fn take_writes(&self) -> Vec<String> {
        let mut all = self.take();
        all.retain(|text| {
            let verb = text.split_whitespace().next().unwrap_or_default();
            ["INSERT", "UPDATE", "DELETE", "REPLACE"].contains(&verb)
        });
        all
    }
}

/// Diesel shows a statement as `text -- binds: [1, "a", [0, 255]]`.
fn with_values(shown: &str) -> String {
    let Some((text, binds)) = shown.split_once(" -- binds: [") else {
        return shown.to_owned();
    };
    let mut values = split(binds.trim_end_matches(']')).into_iter();
    let mut whole = String::new();
    for part in text.split_inclusive('?') {
        match part.strip_suffix('?') {
            Some(before) => {
                whole.push_str(before);
                whole.push_str(&values.next().unwrap());
            }
            None => whole.push_str(part),
        }
    }
    whole
}

/// The values as SQL literals. No value in these tests has a comma or a quote.
fn split(binds: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = binds;
    while !rest.is_empty() {
        let end = if rest.starts_with('[') {
            rest.find(']').map_or(rest.len(), |end| end + 1)
        } else {
            rest.find(',').unwrap_or(rest.len())
        };
        let (value, tail) = rest.split_at(end);
        values.push(literal(value));
        rest = tail.trim_start_matches([',', ' ']);
    }
    values
}

fn literal(value: &str) -> String {
    match value.strip_prefix('[') {
        Some(bytes) => {
            let bytes = bytes.trim_end_matches(']').split(", ");
            let hex = bytes.map(|byte| format!("{:02x}", byte.parse::<u8>().unwrap_or(0)));
            format!("X'{}'", hex.collect::<String>())
        }
        None => value.replace('"', "'"),
    }
}
