//! API keys: `chk_<id>_<secret>`. The id is public and finds the key; of the secret, 32 random
//! bytes, only a hash is kept. A fast hash is right here: there is nothing to guess.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use diesel::QueryResult;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::model::{Directory, Principal, Time};
use crate::store::Connection;
use crate::store::keys::{StoredKey, find};

/// What every key begins with, so that it is recognised where it was left lying about.
const PREFIX: &str = "chk_";
/// Bytes of the id and of the secret.
const ID_BYTES: usize = 5;
const SECRET_BYTES: usize = 32;
/// How long a key that was looked up is believed: so long a revoked one still works.
const BELIEVED: Duration = Duration::from_secs(1);
/// The same while the directory's revision is known to be the same: so long one still works that
/// was revoked by hand, in the table.
const BELIEVED_UNCHANGED: Duration = Duration::from_secs(30);
/// How many keys are remembered at most.
const REMEMBERED: usize = 10_000;
/// How often the last uses are written down.
const WRITTEN: Duration = Duration::from_secs(30);

/// A key as its holder has it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    id: String,
    secret: String,
}

impl ApiKey {
    /// A new key.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut id = [0; ID_BYTES];
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut id)?;
        getrandom::fill(&mut secret)?;
        Ok(Self {
            id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
            secret: BASE64_URL_SAFE_NO_PAD.encode(secret),
        })
    }

    /// Reads a key; None for what has not its form.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_id = id.len() == 2 * ID_BYTES && id.bytes().all(|b| b.is_ascii_hexdigit());
        let is_secret = (20..=100).contains(&secret.len()) && secret.is_ascii();
        (is_id && is_secret).then(|| Self {
            id: id.to_owned(),
            secret: secret.to_owned(),
        })
    }

    /// The public part.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The whole key. It is shown once, to who made it.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, self.secret)
    }

    /// What is kept of the secret.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.as_bytes()).into()
    }

    fn opens(&self, key: &StoredKey, now: Time) -> bool {
        // Both are always looked at, so that the time tells nothing.
        let same = bool::from(self.hash().ct_eq(&key.secret_hash));
        same & key.is_valid(now)
    }
}

/// Keys that were looked up a moment ago, and when each was last used.
#[derive(Default)]
pub struct KeyCache {
    inner: Mutex<Inner>,
}

/// A key that opened something.
struct Known {
    key: StoredKey,
    principal: Principal,
    looked_up: Instant,
    /// The directory's revision then, or an earlier one.
    directory: i64,
}

impl Known {
    /// Whether it is believed without another look. A revoked key moves the directory's revision,
    /// so where that is known and the same nothing has changed; all the same it is looked at
    /// again at times, for who writes into the tables by hand.
    fn is_believed(&self, directory: Option<i64>) -> bool {
        let bound = match directory == Some(self.directory) {
            true => BELIEVED_UNCHANGED,
            false => BELIEVED,
        };
        self.looked_up.elapsed() < bound
    }
}

#[derive(Default)]
struct Inner {
    known: HashMap<String, Known>,
    uses: HashMap<String, Time>,
    written: Option<Instant>,
    /// How often keys were forgotten.
    forgotten: u64,
}

impl KeyCache {
    /// Who holds this key, if it was looked up a moment ago: the way of nearly all requests,
    /// without the database. `directory` is the directory's revision, where that is known.
    pub fn recent(&self, key: &ApiKey, now: Time, directory: Option<i64>) -> Option<Principal> {
        let mut inner = self.lock();
        let known = inner.known.get(key.id())?;
        if !known.is_believed(directory) || !key.opens(&known.key, now) {
            return None;
        }
        let principal = known.principal.clone();
        inner.uses.insert(key.id().to_owned(), now);
        Some(principal)
    }

    /// Whether the key has opened something since the service started, as far as is remembered.
    pub fn has_opened(&self, key: &ApiKey) -> bool {
        let inner = self.lock();
        let known = inner.known.get(key.id());
        known.is_some_and(|known| bool::from(key.hash().ct_eq(&known.key.secret_hash)))
    }

    /// Who holds this key, looked up in the database; None when it opens nothing. A user with
    /// a key is also the agent that the directory links to that user. `revision` is that of the
    /// directory, or an earlier one.
    ///
    /// # Errors
    /// The database's.
    pub fn look_up(
        &self,
        conn: &mut Connection,
        (directory, revision): (&Directory, i64),
        key: &ApiKey,
        now: Time,
    ) -> QueryResult<Option<Principal>> {
        let forgotten = self.lock().forgotten;
        let stored = find(conn, key.id())?.filter(|stored| key.opens(stored, now));
        let stored = stored.and_then(|stored| {
            let user = stored
                .username
                .as_deref()
                .and_then(|name| directory.user(name));
            if user.is_some_and(|user| user.deleted_at.is_some()) {
                return None;
            }
            let linked = user.and_then(|user| user.agent_number.clone());
            let agent = stored.agent_number.clone().or(linked);
            let principal = Principal::new(stored.username.clone(), agent, &stored.scopes);
            Some((stored, principal))
        });
        {
            let mut inner = self.lock();
            if inner.known.len() >= REMEMBERED {
                inner.known.clear();
            }
            match &stored {
                Some((stored, principal)) => {
                    // What was found before keys were forgotten may be one of those.
                    if inner.forgotten == forgotten {
                        let known = Known {
                            key: stored.clone(),
                            principal: principal.clone(),
                            looked_up: Instant::now(),
                            directory: revision,
                        };
                        inner.known.insert(key.id().to_owned(), known);
                    }
                    inner.uses.insert(key.id().to_owned(), now);
                }
                None => drop(inner.known.remove(key.id())),
            }
        }
        Ok(stored.map(|(_, principal)| principal))
    }

    /// Forgets these keys, so that the next request with one looks it up.
    pub fn forget(&self, which: impl Fn(&StoredKey) -> bool) {
        let mut inner = self.lock();
        inner.forgotten += 1;
        inner.known.retain(|_, known| !which(&known.key));
    }

    /// When which keys were last used, to be written down; now and then there are some.
    pub fn take_uses(&self) -> Vec<(String, Time)> {
        self.lock().take_uses()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The uses to write down, now and then.
    fn take_uses(&mut self) -> Vec<(String, Time)> {
        if self
            .written
            .is_some_and(|written| written.elapsed() < WRITTEN)
        {
            return Vec::new();
        }
        self.written = Some(Instant::now());
        self.uses.drain().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(key: &ApiKey) -> StoredKey {
        StoredKey {
            id: key.id().to_owned(),
            secret_hash: key.hash(),
            username: None,
            agent_number: None,
            scopes: Vec::new(),
            created_at: Time::UNIX_EPOCH,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        }
    }

    #[test]
    fn a_key_is_read_back_and_no_two_are_alike() {
        let (a, b) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        let text = a.reveal();
        assert!(text.starts_with("chk_") && text.len() > 50, "{text}");
        assert!(ApiKey::parse(&text).is_some_and(|key| key == a));
        assert!(a != b);
        for text in [
            "",
            "chk_",
            "chk_1_2",
            "chk_0123456789_",
            "xyz_0123456789_abc",
            &text[1..],
        ] {
            assert!(ApiKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_key_opens_only_itself_while_it_is_valid() {
        let key = ApiKey::generate().unwrap();
        let now = chrono::DateTime::from_timestamp(1_000, 0).unwrap();
        let mut other = ApiKey::generate().unwrap();
        other.id = key.id.clone();
        assert!(key.opens(&stored(&key), now));
        assert!(!other.opens(&stored(&key), now));
        let ends = |expires_at, revoked_at| StoredKey {
            expires_at,
            revoked_at,
            ..stored(&key)
        };
        let later = now + chrono::TimeDelta::seconds(1);
        assert!(key.opens(&ends(Some(later), None), now));
        assert!(!key.opens(&ends(Some(now), None), now));
        assert!(!key.opens(&ends(None, Some(now)), now));
    }
}
