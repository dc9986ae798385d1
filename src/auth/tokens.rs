//! Tokens as they are configured: their rules, the shared secret, the public keys.

use super::jwks::KeySets;
use super::jwt::{Claims, Refused, Rules};

/// Believes tokens, or not.
pub struct Tokens {
    rules: Rules,
    secret: Option<Vec<u8>>,
    keys: KeySets,
}

/// What is to be done about a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It says this.
    Believed(Claims),
    /// It is not believed.
    Refused(Refused),
    /// The key set is to be read ([`Tokens::refresh`], which may block), and the token judged
    /// again.
    NeedsKeys,
}

impl Tokens {
    /// Tokens of these rules.
    pub fn new(rules: Rules, secret: Option<Vec<u8>>, keys: KeySets) -> Self {
        Self {
            rules,
            secret,
            keys,
        }
    }

    /// Judges a token.
    pub fn judge(&self, token: &str) -> Verdict {
        let judged = self.judge_at_hand(token);
        let key_is_missing = judged == Err(Refused::UnknownKey);
        match judged {
            // Tokens of a key that was taken out of the set are believed until it is read
            // again, which the next request that needs no waiting does.
            _ if self.keys.is_due(key_is_missing) => Verdict::NeedsKeys,
            Ok(claims) => Verdict::Believed(claims),
            Err(refused) => Verdict::Refused(refused),
        }
    }

    /// Reads the key set and judges again. It may block for some seconds.
    ///
    /// # Errors
    /// Why the token is not believed.
    pub fn refresh(&self, token: &str) -> Result<Claims, Refused> {
        self.keys.refresh();
        self.judge_at_hand(token)
    }

    fn judge_at_hand(&self, token: &str) -> Result<Claims, Refused> {
        self.rules
            .check(token, self.secret.as_deref(), &self.keys.current())
    }
}
