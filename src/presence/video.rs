//! What the clients of users say of their video.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::time::Instant;

/// The longest status, in characters.
const LONGEST: usize = 32;

/// What a client says of its video: `Available`, `Busy`, or another word or two. Letters and
/// digits of any script, and between them blanks, `-`, `_`, `.` and `'`; 1 to 32 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoStatus(String);

/// A text that is no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be 1 to 32 letters or digits, with blanks, -, _, . and ' between them: Available, Busy"
)]
pub struct InvalidVideoStatus;

impl VideoStatus {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VideoStatus {
    type Err = InvalidVideoStatus;

    fn from_str(text: &str) -> Result<Self, InvalidVideoStatus> {
        let is_part = |c: char| c.is_alphanumeric() || " -_.'".contains(c);
        let mut characters = text.chars();
        let ends = [characters.next(), text.chars().next_back()];
        let is_status = ends.iter().all(|c| c.is_some_and(char::is_alphanumeric))
            && text.chars().all(is_part)
            && text.chars().count() <= LONGEST;
        is_status
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidVideoStatus)
    }
}

impl fmt::Display for VideoStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The status of each user who has one, and how many clients of each are connected.
#[derive(Debug, Default)]
pub(super) struct Videos {
    set: HashMap<String, Set>,
    clients: HashMap<String, usize>,
    /// When the first of them ends, or earlier.
    next_end: Option<Instant>,
}

#[derive(Debug)]
struct Set {
    status: VideoStatus,
    until: Option<Instant>,
}

/// Each change returns whether it can be seen.
impl Videos {
    /// Whether nobody has a status.
    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    pub(super) fn of(&self, username: &str) -> Option<&VideoStatus> {
        self.set.get(username).map(|set| &set.status)
    }

    pub(super) fn set(
        &mut self,
        username: &str,
        status: VideoStatus,
        until: Option<Instant>,
    ) -> bool {
        if let Some(until) = until {
            self.next_end = Some(self.next_end.map_or(until, |next| next.min(until)));
        }
        let is_new = self.of(username) != Some(&status);
        self.set.insert(username.to_owned(), Set { status, until });
        is_new
    }

    pub(super) fn clear(&mut self, username: &str) -> bool {
        self.set.remove(username).is_some()
    }

    pub(super) fn connect(&mut self, username: &str) {
        *self.clients.entry(username.to_owned()).or_default() += 1;
    }

    pub(super) fn disconnect(&mut self, username: &str) -> bool {
        match self.clients.get_mut(username) {
            Some(others) if *others > 1 => {
                *others -= 1;
                false
            }
            _ => {
                self.clients.remove(username);
                self.clear(username)
            }
        }
    }

    /// Whether some status may have ended by this time.
    pub(super) fn has_ended(&self, now: Instant) -> bool {
        self.next_end.is_some_and(|end| end <= now)
    }

    /// Takes away what has ended by this time.
    pub(super) fn end(&mut self, now: Instant) -> bool {
        let before = self.set.len();
        self.set
            .retain(|_, set| set.until.is_none_or(|until| until > now));
        self.next_end = self.set.values().filter_map(|set| set.until).min();
        self.set.len() < before
    }
}
