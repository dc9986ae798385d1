//! Tokens of each algorithm, with keys made for this benchmark, and what believes them.

use anyhow::Context;
use call_history::auth::jwks::{KeySets, Source};
use call_history::auth::jwt::{LEEWAY, Rules};
use call_history::auth::tokens::Tokens;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

pub(crate) const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::HS256,
    Algorithm::RS256,
    Algorithm::ES256,
    Algorithm::EdDSA,
];

/// Makes tokens of one algorithm.
pub(crate) struct Issuer {
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Issuer {
    pub(crate) fn new(algorithm: Algorithm) -> anyhow::Result<Self> {
        let key = match algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_pem(include_bytes!("rsa.pem"))?,
            Algorithm::ES256 => EncodingKey::from_ec_pem(include_bytes!("ec.pem"))?,
            Algorithm::EdDSA => EncodingKey::from_ed_pem(include_bytes!("ed25519.pem"))?,
            _ => EncodingKey::from_secret(SECRET),
        };
        Ok(Self { algorithm, key })
    }

    /// What believes its tokens.
    pub(crate) fn tokens(&self) -> anyhow::Result<Tokens> {
        let rules = Rules {
            algorithms: vec![self.algorithm],
            issuer: Some("https://login.example.org/".to_owned()),
            audience: Some("call-history".to_owned()),
            user_claim: "sub".to_owned(),
            leeway: LEEWAY,
        };
        if self.algorithm == Algorithm::HS256 {
            return Ok(Tokens::new(
                rules,
                Some(SECRET.to_vec()),
                KeySets::new(None),
            ));
        }
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("jwks.json");
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm)?;
        jwk.common.key_id = Some("one".to_owned());
        std::fs::write(&path, json!({ "keys": [jwk] }).to_string())?;
        let source = Source::of(path.to_str().context("a path that is no text")?);
        let tokens = Tokens::new(rules, None, KeySets::new(Some(source)));
        // The first one has the keys read.
        tokens.judge(&self.token(0)?);
        tokens.refresh(&self.token(0)?)?;
        Ok(tokens)
    }

    /// A token, such as identity providers make; another one for each number.
    pub(crate) fn token(&self, number: usize) -> anyhow::Result<String> {
        let mut header = Header::new(self.algorithm);
        header.kid = Some("one".to_owned());
        let now = chrono::Utc::now().timestamp();
        let claims = json!({
            "iss": "https://login.example.org/",
            "aud": "call-history",
            "sub": "usera",
            "exp": now + 3_600,
            "iat": now,
            "nbf": now,
            "jti": format!("{number:036}"),
            "scope": "openid profile history:self history:queue:blue",
        });
        Ok(encode(&header, &claims, &self.key)?)
    }
}
