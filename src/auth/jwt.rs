//! JSON Web Tokens: signed by somebody whom the service was told to trust.
//!
//! Which algorithms count is fixed by the configuration, never by the token: `none` is
//! impossible, and a public key is never taken for a shared secret, because the secret and the
//! key set are kept apart and each serves only its own algorithms.

use std::collections::BTreeMap;
use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

use super::jwks::KeySet;
use crate::model::Scope;

/// Seconds by which the clock of somebody else may differ.
pub const LEEWAY: u64 = 30;

/// What tokens must look like to be believed.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The algorithms that count.
    pub algorithms: Vec<Algorithm>,
    /// Who must have issued the token, if that is checked.
    pub issuer: Option<String>,
    /// For whom it must be, if that is checked.
    pub audience: Option<String>,
    /// The claim that is the username.
    pub user_claim: String,
    /// Seconds by which clocks may differ.
    pub leeway: u64,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Who issued it, if it says so.
    pub issuer: Option<String>,
    /// The user.
    pub user: String,
    /// Its scopes, those that are ours; one's own histories where it has no scope claim.
    pub scopes: Vec<Scope>,
}

/// A token that is believed while its times let it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) claims: Claims,
    /// Seconds since 1970, as the token has them.
    pub(super) not_before: Option<u64>,
    pub(super) expires: u64,
    /// Seconds by which clocks may differ.
    pub(super) leeway: u64,
}

impl Checked {
    /// Whether its times let it be believed at `now`, in seconds since 1970.
    pub(super) fn is_valid(&self, now: u64) -> bool {
        let begun = |begin: u64| begin <= now.saturating_add(self.leeway);
        self.expires >= now.saturating_sub(self.leeway) && self.not_before.is_none_or(begun)
    }
}

/// Why a token is not believed. It is logged at debug level and never sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a token, or a false one.
    #[error("{0}")]
    Invalid(String),
    /// Signed by a key that the key set does not have, perhaps not yet.
    #[error("unknown key")]
    UnknownKey,
}

impl Rules {
    /// Believes a token, or not.
    ///
    /// # Errors
    /// Why not.
    pub fn check(
        &self,
        token: &str,
        secret: Option<&[u8]>,
        keys: &KeySet,
    ) -> Result<Claims, Refused> {
        self.checked(token, secret, keys)
            .map(|checked| checked.claims)
    }

    /// The same, with the times of the token.
    pub(super) fn checked(
        &self,
        token: &str,
        secret: Option<&[u8]>,
        keys: &KeySet,
    ) -> Result<Checked, Refused> {
        let claims = self.verify(token, secret, keys)?;
        Ok(Checked {
            claims: self.claims(&claims)?,
            not_before: claims.get("nbf").and_then(seconds),
            // Without one it was not believed.
            expires: claims.get("exp").and_then(seconds).unwrap_or(0),
            leeway: self.leeway,
        })
    }

    /// All claims of a token whose signature, times, issuer and audience are right.
    pub(super) fn verify(
        &self,
        token: &str,
        secret: Option<&[u8]>,
        keys: &KeySet,
    ) -> Result<BTreeMap<String, Value>, Refused> {
        let header = decode_header(token).map_err(invalid)?;
        if !self.algorithms.contains(&header.alg) {
            return Err(Refused::Invalid(format!("algorithm {:?}", header.alg)));
        }
        let key = match (is_shared_secret(header.alg), secret) {
            (true, Some(secret)) => DecodingKey::from_secret(secret),
            (true, None) => return Err(Refused::Invalid("no shared secret".to_owned())),
            (false, _) => keys
                .find(header.kid.as_deref(), header.alg)
                .ok_or(Refused::UnknownKey)?,
        };
        let claims = decode::<Unique>(token, &key, &self.validation(header.alg));
        Ok(claims.map_err(invalid)?.claims.0)
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = self.leeway;
        validation.validate_nbf = true;
        let mut required = vec!["exp"];
        if let Some(issuer) = &self.issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        match &self.audience {
            Some(audience) => {
                validation.set_audience(&[audience]);
                required.push("aud");
            }
            None => validation.validate_aud = false,
        }
        validation.set_required_spec_claims(&required);
        validation
    }

    fn claims(&self, claims: &BTreeMap<String, Value>) -> Result<Claims, Refused> {
        let user = claims.get(&self.user_claim).and_then(Value::as_str);
        let user = user.filter(|user| !user.is_empty()).ok_or_else(|| {
            Refused::Invalid(format!("the claim {} is no username", self.user_claim))
        })?;
        let issuer = claims.get("iss").and_then(Value::as_str);
        Ok(Claims {
            issuer: issuer.map(str::to_owned),
            user: user.to_owned(),
            scopes: scopes(claims.get("scope").or(claims.get("scopes"))),
        })
    }
}

/// The scopes in a claim: words in a text, or a list of texts. Words that are no scopes of
/// ours (`openid`) are somebody else's.
fn scopes(claim: Option<&Value>) -> Vec<Scope> {
    match claim {
        None | Some(Value::Null) => vec![Scope::Own],
        Some(Value::String(words)) => words
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect(),
        Some(Value::Array(list)) => {
            let words = list.iter().filter_map(Value::as_str);
            words.filter_map(|word| word.parse().ok()).collect()
        }
        Some(_) => Vec::new(),
    }
}

/// A time, rounded as `decode` does.
fn seconds(claim: &Value) -> Option<u64> {
    let rounded = || claim.as_f64().map(|seconds| seconds.round() as u64);
    claim.as_u64().or_else(rounded)
}

fn is_shared_secret(algorithm: Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512
    )
}

fn invalid(error: jsonwebtoken::errors::Error) -> Refused {
    Refused::Invalid(error.to_string())
}

/// Claims of which none stands twice: two readers of such a token could see two users.
struct Unique(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Claims;
        impl<'de> Visitor<'de> for Claims {
            type Value = Unique;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
                let mut claims = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if claims.insert(name, value).is_some() {
                        return Err(A::Error::custom("a claim stands twice"));
                    }
                }
                Ok(Unique(claims))
            }
        }
        deserializer.deserialize_map(Claims)
    }
}

#[cfg(test)]
mod tests;
