//! Making a key: what may be asked for, the same on the command line and over HTTP.

use chrono::{Datelike, TimeDelta};
use chrono_tz::Tz;

use super::keys::ApiKey;
use crate::asterisk::time;
use crate::model::{Scope, Time, check};
use crate::store::keys::StoredKey;

/// So many scopes a key has at most.
const MOST_SCOPES: usize = 100;

/// A key that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewKey {
    /// The user that its holder is.
    pub user: Option<String>,
    /// The agent that its holder is.
    pub agent: Option<String>,
    /// What it opens; beside it, `history:self` where there is a user or an agent.
    pub scopes: Vec<Scope>,
    /// When it ends.
    pub expires_at: Option<Time>,
}

/// What is wrong with a key that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong: `user`, `agent`, `scopes` or `expires`.
    pub field: &'static str,
    /// Why, and the way out.
    pub reason: String,
}

impl NewKey {
    /// Everything that is wrong with it.
    pub fn wrongs(&self) -> Vec<Wrong> {
        let mut wrongs = Vec::new();
        let mut note = |field, checked: Result<(), String>| {
            wrongs.extend(checked.err().map(|reason| Wrong { field, reason }));
        };
        note("user", self.user.as_deref().map_or(Ok(()), check::name));
        note("agent", self.agent.as_deref().map_or(Ok(()), check::name));
        note("scopes", self.check_scopes());
        wrongs
    }

    fn check_scopes(&self) -> Result<(), String> {
        if self.scopes.len() > MOST_SCOPES {
            return Err(format!("more than {MOST_SCOPES} scopes"));
        }
        if self.user.is_none() && self.agent.is_none() && self.scopes.is_empty() {
            return Err("a key needs a user, an agent or a scope".to_owned());
        }
        self.scopes.iter().try_for_each(check::scope)
    }

    /// How this key is kept.
    pub fn stored(self, key: &ApiKey, now: Time) -> StoredKey {
        let mut scopes = self.scopes;
        if self.user.is_some() || self.agent.is_some() {
            scopes.push(Scope::Own);
        }
        scopes.sort();
        scopes.dedup();
        StoredKey {
            id: key.id().to_owned(),
            secret_hash: key.hash(),
            username: self.user,
            agent_number: self.agent,
            scopes,
            created_at: now,
            expires_at: self.expires_at,
            revoked_at: None,
            last_used_at: None,
        }
    }
}

/// Reads when a key is to end: days from now (`90d`), or a date or a time, which are those of
/// `zone` unless they have an offset.
///
/// # Errors
/// Why it is no such time.
pub fn expiry(text: &str, zone: Tz, now: Time) -> Result<Time, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok());
    let expires = match days.and_then(TimeDelta::try_days) {
        Some(days) => now.checked_add_signed(days),
        None => {
            let midnight = format!("{text} 00:00:00");
            let whole = [text, &midnight, &text.replace('Z', "+00:00")];
            let parsed = whole
                .iter()
                .find_map(|text| time::parse(text, zone, None).ok());
            parsed.flatten().map(|stamp| stamp.time)
        }
    };
    match expires.filter(|expires| expires.year() < 10_000) {
        Some(expires) if expires > now => Ok(expires),
        Some(_) => Err(format!("{text} has passed already")),
        None => Err("is no time; write 90d, 2027-01-31 or an RFC 3339 time".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_after_days_at_a_date_or_at_a_time() {
        let now = chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let ends = |text| expiry(text, Tz::Europe__Paris, now).map(|time| time.to_rfc3339());
        assert_eq!(ends("1d").unwrap(), "2026-11-19T11:06:40+00:00");
        assert_eq!(ends("2027-01-31").unwrap(), "2027-01-30T23:00:00+00:00");
        assert_eq!(
            ends("2027-01-31T10:00:00Z").unwrap(),
            "2027-01-31T10:00:00+00:00"
        );
        for text in [
            "",
            "never",
            "-1d",
            "0d",
            "2020-01-01",
            "9999999d",
            "99999999999999d",
        ] {
            assert!(ends(text).is_err(), "{text}");
        }
    }

    #[test]
    fn everything_wrong_with_a_key_is_told() {
        let key = NewKey {
            user: Some(String::new()),
            agent: Some("x".repeat(256)),
            scopes: vec![Scope::Queue("q".repeat(256))],
            expires_at: None,
        };
        let fields: Vec<&str> = key.wrongs().iter().map(|wrong| wrong.field).collect();
        assert_eq!(fields, ["user", "agent", "scopes"]);
        assert_eq!(NewKey::default().wrongs().len(), 1);
        let user = NewKey {
            user: Some("usera".to_owned()),
            ..NewKey::default()
        };
        assert_eq!(user.wrongs(), []);
    }
}
