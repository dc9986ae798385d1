//! What is asked of Asterisk.

use md5::{Digest, Md5};

/// A value that would end its line, and be another field or another action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it holds a line break")]
pub struct InvalidValue;

/// An action, as it is written.
#[derive(Clone, PartialEq, Eq)]
pub struct Action(String);

impl Action {
    /// The action of this name without fields.
    pub fn new(name: &'static str) -> Self {
        Self(format!("Action: {name}\r\n"))
    }

    /// The same with this field.
    ///
    /// # Errors
    /// The value holds a line break (or a NUL, which ends a text for Asterisk).
    pub fn with(mut self, key: &'static str, value: &str) -> Result<Self, InvalidValue> {
        if value.contains(['\r', '\n', '\0']) {
            return Err(InvalidValue);
        }
        self.0.extend([key, ": ", value, "\r\n"]);
        Ok(self)
    }

    /// The bytes to send.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.0.push_str("\r\n");
        self.0.into_bytes()
    }
}

/// What proves that the secret is known without telling it: the MD5 of challenge and secret,
/// as Asterisk compares it.
pub fn login_key(challenge: &str, secret: &str) -> String {
    let hash = Md5::new().chain_update(challenge).chain_update(secret);
    let bytes = hash.finalize();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_lines_that_end_with_an_empty_one() {
        let action = Action::new("Challenge").with("AuthType", "MD5").unwrap();
        assert_eq!(
            action.into_bytes(),
            b"Action: Challenge\r\nAuthType: MD5\r\n\r\n"
        );
    }

    #[test]
    fn no_value_makes_another_line() {
        for value in ["a\r\nAction: Originate", "a\n", "\r", "a\0b"] {
            assert!(
                Action::new("Login").with("Username", value).is_err(),
                "{value:?}"
            );
        }
    }

    #[test]
    fn the_key_is_the_md5_of_challenge_and_secret() {
        // MD5 of "abc", of RFC 1321.
        assert_eq!(login_key("a", "bc"), "900150983cd24fb0d6963f7d28e17f72");
    }
}
