//! `call-history key`.

use std::process::ExitCode;

use anyhow::{anyhow, bail};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use clap::{Args, Subcommand};

use super::{open, say};
use crate::asterisk::time;
use crate::auth::keys::ApiKey;
use crate::config::{DatabaseArgs, zone};
use crate::model::{Scope, Time};
use crate::store::Connection;
use crate::store::keys::{self, StoredKey};

#[derive(Subcommand, Debug)]
pub(super) enum KeyCommand {
    /// Make a key and print it; it cannot be shown again
    Create(CreateArgs),
    /// List the keys, without their secrets
    List,
    /// Revoke a key; it stops to work within two seconds
    Revoke {
        /// The key's id, as the list shows it
        id: String,
    },
}

#[derive(Args, Debug)]
#[command(after_help = "\
Scopes:
  history:self              the user's or agent's own history (given by --user and --agent)
  history:user:<name>       that user's
  history:agent:<number>    that agent's queue calls
  history:queue:<name>      that queue's, by its exact name; history:queue:* of all queues
  history:customer          of all customers
  history:all               every history
  directory:write           changing the directory
  admin                     everything

Examples:
  call-history key create --user usera
  call-history key create --scope history:queue:blue --scope history:customer --expires 90d
  call-history key create --scope admin > key.txt")]
#[group(id = "holder", required = true, multiple = true, args = ["user", "agent", "scope"])]
pub(super) struct CreateArgs {
    /// The user that the key's holder is
    #[arg(long)]
    user: Option<String>,

    /// The agent that the key's holder is
    #[arg(long)]
    agent: Option<String>,

    /// A right; may be repeated
    #[arg(long)]
    scope: Vec<Scope>,

    /// When the key ends: a date, a date and time, or days from now such as 90d
    #[arg(long)]
    expires: Option<String>,

    /// Zone of the date in --expires
    #[arg(long, env = "TIMEZONE", default_value = "UTC", value_parser = zone)]
    timezone: Tz,
}

pub(super) fn run(command: &KeyCommand, database: &DatabaseArgs) -> anyhow::Result<ExitCode> {
    let now = Utc::now();
    let mut conn = open(database)?;
    match command {
        KeyCommand::Create(args) => {
            let key = generate()?;
            let expires_at = args
                .expires
                .as_deref()
                .map(|text| expiry(text, args.timezone, now))
                .transpose()?;
            keys::insert(&mut conn, &stored(args, &key, expires_at, now))?;
            say(&key.reveal())?;
        }
        KeyCommand::List => {
            for key in keys::list(&mut conn)? {
                say(&line(&key, now))?;
            }
        }
        KeyCommand::Revoke { id } => {
            if !keys::revoke(&mut conn, id, now)? {
                bail!("there is no key {id:?}; call-history key list shows them");
            }
            say(&format!("key {id} is revoked"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes a key that opens everything, and returns it as its holder has it.
pub(super) fn for_everything(conn: &mut Connection) -> anyhow::Result<String> {
    let key = generate()?;
    let args = CreateArgs {
        user: None,
        agent: None,
        scope: vec![Scope::Admin],
        expires: None,
        timezone: Tz::UTC,
    };
    keys::insert(conn, &stored(&args, &key, None, Utc::now()))?;
    Ok(key.reveal())
}

fn generate() -> anyhow::Result<ApiKey> {
    ApiKey::generate().map_err(|error| anyhow!("the system gives no random bytes: {error}"))
}

fn stored(args: &CreateArgs, key: &ApiKey, expires_at: Option<Time>, now: Time) -> StoredKey {
    let mut scopes = args.scope.clone();
    if args.user.is_some() || args.agent.is_some() {
        scopes.push(Scope::Own);
    }
    scopes.sort();
    scopes.dedup();
    StoredKey {
        id: key.id().to_owned(),
        secret_hash: key.hash(),
        username: args.user.clone(),
        agent_number: args.agent.clone(),
        scopes,
        created_at: now,
        expires_at,
        revoked_at: None,
        last_used_at: None,
    }
}

fn expiry(text: &str, zone: Tz, now: Time) -> anyhow::Result<Time> {
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
    match expires {
        Some(expires) if expires > now => Ok(expires),
        Some(_) => bail!("--expires: {text} has passed already"),
        None => bail!("--expires: {text:?} is no time; write 90d, 2027-01-31 or an RFC 3339 time"),
    }
}

fn line(key: &StoredKey, now: Time) -> String {
    let day = |time: DateTime<Utc>| time.format("%Y-%m-%d").to_string();
    let scopes: Vec<String> = key.scopes.iter().map(ToString::to_string).collect();
    let mut line = format!("{}  {}", key.id, scopes.join(" "));
    for (word, value) in [
        ("user", key.username.clone()),
        ("agent", key.agent_number.clone()),
        ("made", Some(day(key.created_at))),
        ("expires", key.expires_at.map(day)),
        ("used", key.last_used_at.map(day)),
        ("revoked", key.revoked_at.map(day)),
    ] {
        if let Some(value) = value {
            line += &format!("  {word} {value}");
        }
    }
    if key.revoked_at.is_none() && !key.is_valid(now) {
        line += "  (expired)";
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_after_days_at_a_date_or_at_a_time() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let ends = |text| expiry(text, Tz::Europe__Paris, now).map(|time| time.to_rfc3339());
        assert_eq!(ends("1d").unwrap(), "2026-11-19T11:06:40+00:00");
        assert_eq!(ends("2027-01-31").unwrap(), "2027-01-30T23:00:00+00:00");
        assert_eq!(
            ends("2027-01-31T10:00:00Z").unwrap(),
            "2027-01-31T10:00:00+00:00"
        );
        for text in ["", "never", "-1d", "0d", "2020-01-01", "99999999999999d"] {
            assert!(ends(text).is_err(), "{text}");
        }
    }
}
