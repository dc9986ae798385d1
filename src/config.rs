//! What the program is told by flags and the environment.

mod ami;
mod login;
mod numbers;
mod protection;
mod sources;
mod tokens;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use chrono_tz::Tz;
use clap::Args;

use crate::model::Trunks;
use crate::store::DatabaseUrls;

pub use ami::AmiArgs;
pub use login::LoginArgs;
pub use numbers::NumberArgs;
pub use protection::ProtectionArgs;
pub use sources::SourceArgs;
pub use tokens::TokenArgs;

/// Where the calls are kept, when nothing else is said.
const DEFAULT_DATABASE: &str = "sqlite://call-history.db";

/// Where the calls are kept.
#[derive(Args, Clone, Debug)]
pub struct DatabaseArgs {
    // The environment is read in `url`, because a flag of either kind comes before both.
    /// Database: mysql://user:password@host/name (several hosts: with
    /// commas), or sqlite://path [env: DATABASE_URL] [default:
    /// sqlite://call-history.db]
    #[arg(
        long,
        value_name = "URL",
        global = true,
        display_order = 900,
        conflicts_with = "database_url_file"
    )]
    database_url: Option<String>,

    /// Endpoints that are trunks, such as PJSIP/trunk*,SIP/ovh-*; kept with the database, else
    /// guessed: those that are no user's and not named by 2 to 6 digits
    #[arg(
        long,
        env = "TRUNKS",
        global = true,
        value_name = "PATTERNS",
        display_order = 900
    )]
    trunks: Option<String>,

    /// Hours after which a call without an end has lost it; kept with the database, at first 4
    #[arg(
        long,
        env = "MAX_CALL_HOURS",
        global = true,
        value_name = "HOURS",
        value_parser = clap::value_parser!(u16).range(1..=720),
        display_order = 900
    )]
    max_call_hours: Option<u16>,

    /// File that holds the database URL, for secrets [env: DATABASE_URL_FILE]
    #[arg(long, value_name = "FILE", global = true, display_order = 900)]
    database_url_file: Option<PathBuf>,
}

impl DatabaseArgs {
    /// The trunks, if they are configured here.
    pub fn trunks(&self) -> Option<Trunks> {
        self.trunks.as_deref().map(Trunks::parse)
    }

    /// How many hours a call may go on, if that is configured here.
    pub fn max_call_hours(&self) -> Option<u16> {
        self.max_call_hours
    }

    /// The URL (or URLs): of a flag, else of the environment, else the default.
    ///
    /// # Errors
    /// The file cannot be read, or the URL is none.
    pub fn url(&self) -> anyhow::Result<DatabaseUrls> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let text = if let Some(url) = &self.database_url {
            url.clone()
        } else if let Some(file) = &self.database_url_file {
            read_secret("--database-url-file", file)?
        } else if let Some(file) = variable("DATABASE_URL_FILE") {
            read_secret("DATABASE_URL_FILE", Path::new(&file))?
        } else if let Some(url) = variable("DATABASE_URL") {
            url.into_string()
                .map_err(|_| anyhow!("DATABASE_URL is no text"))?
        } else {
            DEFAULT_DATABASE.to_owned()
        };
        Ok(text.trim().parse()?)
    }
}

fn read_secret(what: &str, file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{what}: cannot read {}", file.display()))
}

/// How the service is reached, and for whom it answers.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Address and port to listen on
    #[arg(long, env = "BIND", default_value = "127.0.0.1:8080", value_parser = address)]
    pub bind: SocketAddr,

    /// Zone of the times in answers and of dates in questions, unless a request names its own
    #[arg(long, env = "TIMEZONE", default_value = "UTC", value_parser = zone)]
    pub timezone: Tz,

    /// Answer everybody as an administrator; only on a loopback address
    #[arg(long)]
    pub no_auth: bool,

    /// How often the service looks what changed: 100ms to 1m
    #[arg(
        long,
        env = "CHANGES_INTERVAL",
        value_name = "TIME",
        default_value = "1s",
        value_parser = interval
    )]
    pub changes_interval: Duration,

    /// How often the clients of WebSockets are asked for a sign of life, and how long one may
    /// leave unread what is sent to it; three intervals of silence end it: 100ms to 1m
    #[arg(
        long,
        env = "PING_INTERVAL",
        value_name = "TIME",
        default_value = "20s",
        value_parser = interval
    )]
    pub ping_interval: Duration,
}

impl ServeArgs {
    /// Refuses what would open the histories to the network.
    ///
    /// # Errors
    /// `--no-auth` on an address that is not loopback.
    pub fn check(&self) -> anyhow::Result<()> {
        if self.no_auth && !self.bind.ip().is_loopback() {
            bail!(
                "--no-auth answers everybody, so it needs a loopback address: \
                 --bind 127.0.0.1:{} instead of {}",
                self.bind.port(),
                self.bind
            );
        }
        Ok(())
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if (Duration::from_millis(100)..=Duration::from_secs(60)).contains(&interval) {
        Ok(interval)
    } else {
        Err("an interval of 100ms to 1m is needed".to_owned())
    }
}

/// Reads an address and port.
///
/// # Errors
/// A sentence with an example.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    text.trim()
        .parse()
        .map_err(|_| "an IP address and a port are needed, such as 127.0.0.1:8080".to_owned())
}

/// Reads an IANA zone, whatever its case.
///
/// # Errors
/// A sentence with an example.
pub fn zone(name: &str) -> Result<Tz, String> {
    Tz::from_str_insensitive(name.trim())
        .map_err(|_| "not an IANA time zone; one is Europe/Paris, another UTC".to_owned())
}

/// Reads a time such as `500ms`, `10s` or `2m`.
///
/// # Errors
/// A sentence with examples.
pub fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let millis = match unit.trim() {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        _ => 0,
    };
    let millis = number.parse().ok().and_then(|n: u64| n.checked_mul(millis));
    match millis {
        Some(millis) if millis > 0 => Ok(Duration::from_millis(millis)),
        _ => Err("a time is needed, such as 500ms, 10s or 2m".to_owned()),
    }
}

/// The zone of `TIMEZONE`, where nobody has named one: else UTC.
///
/// # Errors
/// A sentence with an example.
pub fn default_zone() -> Result<Tz, String> {
    match std::env::var("TIMEZONE") {
        Ok(name) if !name.is_empty() => zone(&name).map_err(|reason| format!("TIMEZONE: {reason}")),
        _ => Ok(Tz::UTC),
    }
}

/// Reads the name of a source.
///
/// # Errors
/// A sentence that says what a name may be.
pub fn source(name: &str) -> Result<String, String> {
    match name.len() {
        1..=64 => Ok(name.to_owned()),
        _ => Err("a name of 1 to 64 bytes is needed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_iana_names_in_any_case() {
        assert_eq!(zone("europe/paris"), Ok(Tz::Europe__Paris));
        assert!(zone("Mars/Olympus").is_err());
        assert!(zone("+02:00").is_err());
    }

    #[test]
    fn times_have_a_unit() {
        assert_eq!(duration("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(duration(" 10s "), Ok(Duration::from_secs(10)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for bad in [
            "",
            "1",
            "s",
            "-1s",
            "1.5s",
            "0s",
            "1h",
            "99999999999999999999s",
            "18446744073709551615m",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert!(interval("99ms").is_err() && interval("61s").is_err());
    }

    #[test]
    fn no_auth_stays_on_loopback() {
        let serve = |bind: &str| ServeArgs {
            bind: bind.parse().unwrap(),
            timezone: Tz::UTC,
            no_auth: true,
            changes_interval: Duration::from_secs(1),
            ping_interval: Duration::from_secs(20),
        };
        assert!(serve("127.0.0.1:80").check().is_ok());
        assert!(serve("[::1]:80").check().is_ok());
        assert!(serve("0.0.0.0:80").check().is_err());
        assert!(serve("192.168.1.1:80").check().is_err());
    }
}
