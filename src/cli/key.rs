//! `call-history key`.

use anyhow::{anyhow, bail};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::{ArgGroup, Args, Subcommand};

use super::{Exit, open, say};
use crate::auth::keys::ApiKey;
use crate::auth::new_key::{NewKey, expiry};
use crate::config::{DatabaseArgs, zone};
use crate::model::{OwnerKind, Scope, Time, User};
use crate::store::keys::{self, StoredKey};
use crate::store::{Connection, directory, owners};

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
#[command(group = ArgGroup::new("holder").required(true).multiple(true).args(["user", "agent", "scope"]))]
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

pub(super) fn run(command: &KeyCommand, database: &DatabaseArgs) -> anyhow::Result<Exit> {
    let now = Utc::now();
    let mut conn = open(database)?;
    match command {
        KeyCommand::Create(args) => {
            let expires = args.expires.as_deref();
            let expires = expires.map(|text| expiry(text, args.timezone, now));
            let wanted = NewKey {
                user: args.user.clone(),
                agent: args.agent.clone(),
                scopes: args.scope.clone(),
                expires_at: expires
                    .transpose()
                    .map_err(|why| anyhow!("--expires: {why}"))?,
            };
            if let Some(wrong) = wanted.wrongs().first() {
                bail!("{}: {}", wrong.field, wrong.reason);
            }
            let user = wanted.user.clone();
            say(&make(&mut conn, wanted, now)?)?;
            if let Some(user) = user
                && !is_known(&mut conn, &user)?
            {
                // The key is printed all the same: the user may be added, or call, later.
                eprintln!("note: no user {user:?} is in the directory or has calls until now");
            }
        }
        KeyCommand::List => {
            let mut keys = keys::list(&mut conn)?;
            keys.sort_by_key(|key| key.created_at);
            for key in keys {
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
    Ok(Exit::Success)
}

/// Whether the directory or a call knows this user.
fn is_known(conn: &mut Connection, user: &str) -> anyhow::Result<bool> {
    let is_listed = directory::find::<User>(conn, user)?.is_some();
    Ok(is_listed
        || owners::names(conn, OwnerKind::User)?
            .iter()
            .any(|name| name == user))
}

fn make(conn: &mut Connection, wanted: NewKey, now: Time) -> anyhow::Result<String> {
    let key =
        ApiKey::generate().map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    let stored = wanted.stored(&key, now);
    if !keys::insert(conn, &stored)? {
        let user = stored.username.unwrap_or_default();
        bail!("user: {user:?} is deleted from the directory");
    }
    Ok(key.reveal())
}

fn line(key: &StoredKey, now: Time) -> String {
    let day = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M").to_string();
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
