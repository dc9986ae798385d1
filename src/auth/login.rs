//! Tokens of our own login: who has logged in, and nothing about what they may read, which the
//! directory says at each request.
//!
//! They cannot be taken for tokens made elsewhere, nor those for them: a type of their own
//! stands in the header, and they are signed with a key that is derived for them alone, also
//! where somebody configures one secret for both.

use std::sync::OnceLock;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use sha2::Sha256;

use super::jwks::KeySet;
use super::jwt::{Refused, Rules};
use crate::model::{Directory, Principal, Scope, Time};

/// The type in the header of these tokens.
const TYPE: &str = "call-history-login+jwt";
/// Who issues them, and for whom.
const OURSELVES: &str = "call-history";
/// What the signing key is derived for.
const PURPOSE: &[u8] = b"call-history login tokens, HS256";
/// How long after the password was entered a token may be had for a token, in seconds.
const LONGEST_SESSION: i64 = 7 * 24 * 3600;

/// How long a token holds where nothing else is said, in seconds.
const LIFETIME: u32 = 3600;

/// Makes and believes tokens.
pub struct Logins {
    key: OnceLock<Vec<u8>>,
    rules: Rules,
    lifetime: u32,
}

/// Somebody who has logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The user.
    pub username: String,
    /// The stamp of the password that was entered.
    pub stamp: String,
    /// When it was entered, in seconds since 1970.
    pub since: i64,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    aud: &'static str,
    sub: &'a str,
    iat: i64,
    exp: i64,
    auth_time: i64,
    stamp: &'a str,
}

impl Default for Logins {
    /// Tokens that hold for an hour, signed with the database's secret.
    fn default() -> Self {
        Self::new(None, LIFETIME)
    }
}

impl Logins {
    /// Tokens that hold for so many seconds. Without a secret, [`set_secret`](Self::set_secret)
    /// comes before all else.
    pub fn new(secret: Option<&[u8]>, lifetime: u32) -> Self {
        let logins = Self {
            key: OnceLock::new(),
            rules: Rules {
                algorithms: vec![Algorithm::HS256],
                issuer: Some(OURSELVES.to_owned()),
                audience: Some(OURSELVES.to_owned()),
                user_claim: "sub".to_owned(),
                leeway: 0,
            },
            lifetime,
        };
        if let Some(secret) = secret {
            logins.set_secret(secret);
        }
        logins
    }

    /// Whether there is a secret.
    pub fn has_secret(&self) -> bool {
        self.key.get().is_some()
    }

    /// Sets the secret, unless there is one.
    pub fn set_secret(&self, secret: &[u8]) {
        if let Ok(mut derived) = Hmac::<Sha256>::new_from_slice(secret) {
            derived.update(PURPOSE);
            let _ = self.key.set(derived.finalize().into_bytes().to_vec());
        }
    }

    /// How long a token holds, in seconds.
    pub fn lifetime(&self) -> u32 {
        self.lifetime
    }

    /// The token of a session.
    ///
    /// # Errors
    /// There is no secret yet.
    pub fn token(&self, session: &Session, now: Time) -> Result<String, String> {
        let key = self.key.get().ok_or("no secret to sign with")?;
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        let now = now.timestamp();
        let claims = Claims {
            iss: OURSELVES,
            aud: OURSELVES,
            sub: &session.username,
            iat: now,
            exp: now + i64::from(self.lifetime),
            auth_time: session.since,
            stamp: &session.stamp,
        };
        encode(&header, &claims, &EncodingKey::from_secret(key)).map_err(|error| error.to_string())
    }

    /// The session of a token. Whether it goes on, [`Session::principal`] says.
    ///
    /// # Errors
    /// Why the token is not believed.
    pub fn session(&self, token: &str) -> Result<Session, Refused> {
        if !is_login(token) {
            return Err(Refused::Invalid("another type".to_owned()));
        }
        let key = self.key.get().map(Vec::as_slice);
        let claims = self.rules.verify(token, key, &KeySet::default())?;
        let text = |name: &str| claims.get(name)?.as_str().map(str::to_owned);
        let session = || {
            Some(Session {
                username: text("sub")?,
                stamp: text("stamp")?,
                since: claims.get("auth_time")?.as_i64()?,
            })
        };
        session().ok_or_else(|| Refused::Invalid("a claim is missing".to_owned()))
    }
}

/// Whether this calls itself a token of our login; it may be a false one.
pub fn is_login(token: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Type {
        typ: Option<String>,
    }
    let header = token.split('.').next().unwrap_or_default();
    let header = BASE64.decode(header).unwrap_or_default();
    let header: Option<Type> = serde_json::from_slice(&header).ok();
    header.is_some_and(|header| header.typ.as_deref() == Some(TYPE))
}

impl Session {
    /// Who this is: a user of the directory whose password has that stamp. None when the
    /// password is another now, or the user is gone. They may read their own history and what
    /// the directory says.
    pub fn principal(&self, directory: &Directory, stamp: Option<&str>) -> Option<Principal> {
        let user = directory.user(&self.username)?;
        let goes_on = stamp == Some(self.stamp.as_str()) && user.deleted_at.is_none();
        goes_on.then(|| {
            let scopes = std::iter::once(&Scope::Own).chain(&user.scopes);
            let username = Some(user.username.clone());
            Principal::new(username, user.agent_number.clone(), scopes)
        })
    }

    /// Whether a new token may be had for one of this session.
    pub fn may_go_on(&self, now: Time) -> bool {
        now.timestamp() - self.since < LONGEST_SESSION
    }
}

#[cfg(test)]
mod tests;
