//! The public keys that sign tokens: a JSON Web Key Set from a file or a URL.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};

/// How often the set is read again at most, because of keys that it does not have.
const AGAIN: Duration = Duration::from_secs(60);
/// How old a set may become before it is read again in any case: a key that was taken out of
/// it is to be forgotten some time.
const OLDEST: Duration = Duration::from_secs(600);
/// How long the other side may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest set that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Public keys.
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<Jwk>);

impl KeySet {
    /// Reads a set. Keys that cannot be used are left out.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let set: JwkSet = serde_json::from_str(text)
            .map_err(|error| format!("it is no JSON Web Key Set: {error}"))?;
        Ok(Self(set.keys))
    }

    /// The key with this id for this algorithm. A token without an id means the only key that
    /// there is for its algorithm.
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let mut fitting = self
            .0
            .iter()
            .filter(|key| serves(key, algorithm))
            .filter(|key| id.is_none() || key.common.key_id.as_deref() == id);
        let key = fitting.next()?;
        let only = fitting.next().is_none();
        only.then(|| DecodingKey::from_jwk(key).ok()).flatten()
    }
}

/// Whether a key is of the kind that the algorithm needs, and not meant for another.
fn serves(key: &Jwk, algorithm: Algorithm) -> bool {
    let meant = key.common.key_algorithm.map(|meant| meant.to_string());
    let kind = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(_), Algorithm::RS256) => true,
        (AlgorithmParameters::EllipticCurve(curve), Algorithm::ES256) => {
            curve.curve == EllipticCurve::P256
        }
        (AlgorithmParameters::OctetKeyPair(pair), Algorithm::EdDSA) => {
            pair.curve == EllipticCurve::Ed25519
        }
        _ => false,
    };
    kind && meant.is_none_or(|meant| meant == format!("{algorithm:?}"))
}

/// Where a set comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file, by its path.
    File(String),
    /// An address, `https://…` (or `http://` within a machine).
    Url(String),
}

impl Source {
    /// A URL or a path.
    pub fn of(text: &str) -> Self {
        if text.starts_with("https://") || text.starts_with("http://") {
            Self::Url(text.to_owned())
        } else {
            Self::File(text.to_owned())
        }
    }

    /// Reads the set; it may block.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn read(&self) -> Result<KeySet, String> {
        let text = match self {
            Self::File(path) => {
                std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?
            }
            Self::Url(url) => fetch(url).map_err(|error| format!("{url}: {error}"))?,
        };
        KeySet::parse(&text)
    }
}

fn fetch(url: &str) -> Result<String, ureq::Error> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .build()
        .into();
    let mut response = agent.get(url).call()?;
    response
        .body_mut()
        .with_config()
        .limit(LARGEST)
        .read_to_string()
}

/// The set of a source, read again now and then.
#[derive(Debug)]
pub struct KeySets {
    source: Option<Source>,
    held: RwLock<Held>,
}

#[derive(Debug, Default)]
struct Held {
    keys: Arc<KeySet>,
    tried: Option<Instant>,
}

impl KeySets {
    /// The sets of this source; none when there is no source.
    pub fn new(source: Option<Source>) -> Self {
        Self {
            source,
            held: RwLock::default(),
        }
    }

    /// The keys at hand.
    pub fn current(&self) -> Arc<KeySet> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&held.keys)
    }

    /// Whether it is time to read the set: never yet, long ago, or when a key is missing, not
    /// within the last minute. Whoever is told so must do it; others are not told meanwhile.
    pub fn is_due(&self, key_is_missing: bool) -> bool {
        if self.source.is_none() {
            return false;
        }
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let wait = if key_is_missing { AGAIN } else { OLDEST };
        let due = held.tried.is_none_or(|tried| tried.elapsed() >= wait);
        if due {
            held.tried = Some(Instant::now());
        }
        due
    }

    /// Reads the set; it may block. Where that fails, the keys at hand stay.
    pub fn refresh(&self) {
        let Some(source) = &self.source else { return };
        match source.read() {
            Ok(keys) => {
                let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
                held.keys = Arc::new(keys);
            }
            Err(error) => log::error!("the keys that sign tokens cannot be read: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_at_first_and_then_at_most_once_a_minute() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwks.json").display().to_string();
        let sets = KeySets::new(Some(Source::of(&path)));
        assert!(sets.is_due(false));
        assert!(
            !sets.is_due(false) && !sets.is_due(true),
            "somebody is at it"
        );
        sets.refresh();
        assert!(
            sets.current().0.is_empty(),
            "a missing file leaves what there was"
        );
        assert!(!KeySets::new(None).is_due(true));
    }

    #[test]
    fn what_is_no_set_is_refused() {
        assert!(KeySet::parse("{\"keys\":[]}").is_ok());
        for text in ["", "[]", "{}", "{\"keys\":{}}"] {
            assert!(KeySet::parse(text).is_err(), "{text}");
        }
    }
}
