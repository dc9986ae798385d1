//! Tokens whose signature was checked before, so that a client pays for it once.
//!
//! Checking the signature of a public key takes some hundred microseconds, and clients send the
//! same token with each request. What is kept is found by the token's hash, and counts only for
//! the very key set that it was checked with, and only while its times let it: a token ends as
//! it always did, and a key that was taken out of the set stops with the set.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::jwks::KeySet;
use super::jwt::{Checked, Claims};

/// How many bytes of tokens are remembered at most; what is kept of one is no more than a few
/// times as long as the token. Usual ones have 200 to 1,000 bytes.
const REMEMBERED: usize = 4 * 1024 * 1024;

/// Tokens that were believed.
#[derive(Default)]
pub(super) struct Believed(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    tokens: HashMap<[u8; 32], Entry>,
    bytes: usize,
}

struct Entry {
    /// What it was checked with. Held, so that no other set can take its place in memory.
    keys: Arc<KeySet>,
    checked: Checked,
}

impl Believed {
    /// What a token says that was believed with these keys and is still valid at `now`, in
    /// seconds since 1970.
    pub(super) fn find(&self, token: &str, keys: &Arc<KeySet>, now: u64) -> Option<Claims> {
        let hash = hash(token);
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = inner.tokens.get(&hash)?;
        let counts = Arc::ptr_eq(&entry.keys, keys) && entry.checked.is_valid(now);
        counts.then(|| entry.checked.claims.clone())
    }

    /// Keeps what came of a token.
    pub(super) fn keep(&self, token: &str, keys: &Arc<KeySet>, checked: &Checked) {
        let entry = Entry {
            keys: Arc::clone(keys),
            checked: checked.clone(),
        };
        let hash = hash(token);
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.bytes + token.len() > REMEMBERED {
            *inner = Inner::default();
        }
        if inner.tokens.insert(hash, entry).is_none() {
            inner.bytes += token.len();
        }
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Scope;

    fn checked(not_before: Option<u64>, expires: u64) -> Checked {
        Checked {
            claims: Claims {
                issuer: None,
                user: "usera".to_owned(),
                scopes: vec![Scope::Own],
            },
            not_before,
            expires,
            leeway: 30,
        }
    }

    #[test]
    fn a_token_that_was_believed_ends_and_begins_when_it_says() {
        let (believed, keys) = (Believed::default(), Arc::default());
        believed.keep("a.b.c", &keys, &checked(Some(1_000), 2_000));
        let found = |now| believed.find("a.b.c", &keys, now).is_some();
        // Clocks may differ by 30 s, and may be set back.
        assert!(!found(969) && found(970) && found(2_030) && !found(2_031));
        assert!(found(1_500), "it is not lost by asking");
        assert!(believed.find("a.b.d", &keys, 1_500).is_none());
        believed.keep("a.b.c", &keys, &checked(None, u64::MAX));
        assert!(found(0) && found(u64::MAX));
    }

    #[test]
    fn it_counts_for_the_key_set_that_it_was_checked_with() {
        let (believed, keys) = (Believed::default(), Arc::default());
        believed.keep("a.b.c", &keys, &checked(None, 2_000));
        assert!(believed.find("a.b.c", &keys, 1_000).is_some());
        assert!(believed.find("a.b.c", &Arc::default(), 1_000).is_none());
    }

    #[test]
    fn memory_is_bounded_whatever_is_signed() {
        let (believed, keys) = (Believed::default(), Arc::default());
        let long = "x".repeat(8 * 1024 - 10);
        for number in 0..600 {
            let token = format!("{number}.{long}");
            believed.keep(&token, &keys, &checked(None, 2_000));
            believed.keep(&token, &keys, &checked(None, 2_000));
            assert!(believed.find(&token, &keys, 1_000).is_some());
        }
        let inner = believed.0.lock().unwrap();
        assert!(inner.bytes <= REMEMBERED);
        assert!(inner.tokens.len() <= REMEMBERED / long.len());
    }
}
