//! The cursor of the changes: up to where somebody knows everything that they may.
//!
//! As the cursor of a page it is checked for being whole, and is no secret and gives no right.
//! It holds for one database, and for what its holder could read when it was made: who may read
//! more by now would never be told of what is older, so they begin anew.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::api::cursor::{Binding, checksum, take};

const VERSION: u8 = 1;
/// Version, revision, beginning, database, binding.
const CONTENT: usize = 1 + 8 + 8 + 8 + 8;
const PURPOSE: &str = "changes";

/// What a cursor is good for: the changes of one database, as somebody with certain rights sees
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ground {
    /// Which database, by a number that it keeps.
    pub(super) database: [u8; 8],
    /// What is seen of it.
    pub(super) sight: Binding,
}

/// How far somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The last revision that they know.
    pub(super) revision: i64,
    /// The last revision when they began, with nothing. Of what was lost until then they need
    /// not be told.
    pub(super) began: i64,
}

/// A place, and what it is a place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) ground: Ground,
    pub(super) place: Place,
}

/// Why a text is no cursor that can be gone on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoCursor {
    /// It never was one of ours, or was altered.
    Broken,
    /// Another version made it.
    OtherVersion,
}

impl Cursor {
    /// The cursor as text for a URL or a header.
    pub(super) fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(CONTENT + 8);
        bytes.push(VERSION);
        bytes.extend(self.place.revision.to_be_bytes());
        bytes.extend(self.place.began.to_be_bytes());
        bytes.extend(self.ground.database);
        bytes.extend(self.ground.sight.0);
        bytes.extend(checksum(PURPOSE, &bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor of this text.
    pub(super) fn decode(text: &str) -> Result<Self, NoCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoCursor::Broken)?;
        // Those of every version begin with it, and end with their checksum.
        let (content, sum) = bytes.split_last_chunk().ok_or(NoCursor::Broken)?;
        if *sum != checksum(PURPOSE, content) {
            return Err(NoCursor::Broken);
        }
        match content.split_first() {
            Some((&VERSION, rest)) => Self::read(rest).ok_or(NoCursor::Broken),
            _ => Err(NoCursor::OtherVersion),
        }
    }

    fn read(mut rest: &[u8]) -> Option<Self> {
        let place = Place {
            revision: i64::from_be_bytes(take(&mut rest)?),
            began: i64::from_be_bytes(take(&mut rest)?),
        };
        let ground = Ground {
            database: take(&mut rest)?,
            sight: Binding(take(&mut rest)?),
        };
        (place.revision >= 0 && rest.is_empty()).then_some(Self { ground, place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> Cursor {
        Cursor {
            ground: Ground {
                database: [7; 8],
                sight: Binding::of(["history:all"]),
            },
            place: Place {
                revision: 1042,
                began: 17,
            },
        }
    }

    #[test]
    fn a_cursor_is_read_back_as_it_was_written() {
        let text = cursor().encode();
        assert_eq!(Cursor::decode(&text), Ok(cursor()));
        assert!(text.len() < 60, "{text}");
    }

    #[test]
    fn no_character_can_be_changed_added_or_left_out() {
        let text = cursor().encode();
        for at in 0..text.len() {
            for other in ["A", "B", "_", "=", "%", "é"] {
                let mut altered = text.clone();
                altered.replace_range(at..=at, other);
                assert!(
                    altered == text || Cursor::decode(&altered).is_err(),
                    "{altered}"
                );
            }
            assert!(Cursor::decode(&text[..at]).is_err());
            assert!(Cursor::decode(&text[at + 1..]).is_err());
        }
        for altered in ["", " ", "\0", &format!("{text}A"), &format!(" {text}")] {
            assert!(Cursor::decode(altered).is_err());
        }
    }

    #[test]
    fn another_version_is_told_from_what_is_none() {
        let mut bytes = vec![VERSION + 1, 1, 2, 3];
        bytes.extend(checksum(PURPOSE, &bytes));
        let other = Cursor::decode(&URL_SAFE_NO_PAD.encode(bytes));
        assert_eq!(other, Err(NoCursor::OtherVersion));
        // The cursor of a page is none of these, and this is none of those.
        assert!(crate::api::cursor::Cursor::decode(&cursor().encode()).is_err());
    }
}
