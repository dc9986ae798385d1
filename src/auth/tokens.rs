//! Tokens as they are configured: their rules, the shared secret, the public keys.

use chrono::Utc;

use super::believed::Believed;
use super::jwks::KeySets;
use super::jwt::{Claims, Refused, Rules};

/// Believes tokens, or not.
pub struct Tokens {
    rules: Rules,
    secret: Option<Vec<u8>>,
    keys: KeySets,
    believed: Believed,
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
            believed: Believed::default(),
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

    /// Whether this token was believed before and is still to be: that costs next to nothing.
    pub fn has_believed(&self, token: &str) -> bool {
        let keys = self.keys.current();
        self.believed.find(token, &keys, now()).is_some()
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
        let keys = self.keys.current();
        if let Some(claims) = self.believed.find(token, &keys, now()) {
            return Ok(claims);
        }
        let checked = self.rules.checked(token, self.secret.as_deref(), &keys)?;
        self.believed.keep(token, &keys, &checked);
        Ok(checked.claims)
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    u64::try_from(Utc::now().timestamp()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::jwks::Source;
    use jsonwebtoken::jwk::Jwk;
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    use serde_json::json;

    /// Made for this test with `openssl genpkey -algorithm ed25519`.
    const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";

    #[test]
    fn a_key_that_is_taken_out_of_the_set_stops_with_the_set() {
        let key = EncodingKey::from_ed_pem(ED25519.as_bytes()).unwrap();
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA).unwrap();
        let mut set = |id: &str| {
            jwk.common.key_id = Some(id.to_owned());
            json!({"keys": [jwk]}).to_string()
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some("one".to_owned());
        let claims = json!({"sub": "usera", "exp": Utc::now().timestamp() + 60});
        let token = encode(&header, &claims, &key).unwrap();

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwks.json");
        std::fs::write(&path, set("one")).unwrap();
        let rules = Rules {
            algorithms: vec![Algorithm::EdDSA],
            issuer: None,
            audience: None,
            user_claim: "sub".to_owned(),
            leeway: 0,
        };
        let source = Source::of(&path.display().to_string());
        let tokens = Tokens::new(rules, None, KeySets::new(Some(source)));
        assert_eq!(tokens.judge(&token), Verdict::NeedsKeys);
        let claims = tokens.refresh(&token).unwrap();
        for _ in 0..2 {
            assert_eq!(tokens.judge(&token), Verdict::Believed(claims.clone()));
        }
        std::fs::write(&path, set("two")).unwrap();
        assert_eq!(tokens.refresh(&token), Err(Refused::UnknownKey));
        assert_eq!(tokens.judge(&token), Verdict::Refused(Refused::UnknownKey));
    }
}
