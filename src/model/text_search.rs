//! Looking for a text in the names and numbers of an entry, as they are shown.

use std::collections::HashSet;

use super::{Directory, Entry, Side};

/// A text that is looked for, whatever its case. Every character stands for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSearch {
    text: String,
    /// The text without separators, when it may be part of a number.
    digits: Option<String>,
    /// The users whose names in the directory contain it.
    users: HashSet<String>,
}

impl TextSearch {
    /// A search for this text, with the names of this directory.
    pub fn new(text: &str, directory: &Directory) -> Self {
        let text = lower_case(text.trim());
        let separators = |c: &char| !c.is_whitespace() && !matches!(c, '-' | '.' | '/' | '(' | ')');
        let bare: String = text.chars().filter(separators).collect();
        let digits = bare.strip_prefix('+').unwrap_or(&bare);
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let named = |user: &&super::User| lower_case(&user.full_name()).contains(&text);
        let users = directory.users().filter(named);
        Self {
            users: users.map(|user| user.username.clone()).collect(),
            digits: is_number.then(|| digits.to_owned()),
            text,
        }
    }

    /// Whether the entry shows the text on one of its sides.
    pub fn is_in(&self, entry: &Entry) -> bool {
        let dialed = entry.dialed.as_deref();
        self.is_in_side(&entry.src)
            || self.is_in_side(&entry.dst)
            || dialed.is_some_and(|number| self.is_in_number(number))
    }

    /// What a database may look for first: an entry that shows the text has a name or number that
    /// contains one of these, whatever the case of the letters A to Z, or one of these users.
    /// None where that takes more than ASCII, or many users.
    pub fn in_ascii(&self) -> Option<(Vec<&str>, Vec<&str>)> {
        const MOST_USERS: usize = 200;
        if !self.text.is_ascii() || self.users.len() > MOST_USERS {
            return None;
        }
        let digits = self.digits.as_deref().filter(|digits| *digits != self.text);
        let texts = std::iter::once(self.text.as_str()).chain(digits);
        Some((
            texts.collect(),
            self.users.iter().map(String::as_str).collect(),
        ))
    }

    fn is_in_side(&self, side: &Side) -> bool {
        // Of a user the directory's names are shown, of others that of the caller id.
        let named = match (&side.user, &side.name) {
            (Some(user), _) => self.users.contains(user) || self.is_in_text(user),
            (None, name) => name.as_ref().is_some_and(|name| self.is_in_text(name)),
        };
        named || side.number.as_ref().is_some_and(|n| self.is_in_number(n))
    }

    fn is_in_number(&self, number: &str) -> bool {
        let digits = self.digits.as_ref();
        self.is_in_text(number) || digits.is_some_and(|digits| number.contains(digits.as_str()))
    }

    fn is_in_text(&self, text: &str) -> bool {
        lower_case(text).contains(&self.text)
    }
}

/// Character by character: `str::to_lowercase` writes a Σ at the end of a word otherwise than
/// within one, and a part may end where its name goes on.
pub fn lower_case(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}
