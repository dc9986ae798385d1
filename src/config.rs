//! What the program is told by flags and the environment.

mod tokens;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};
use chrono_tz::Tz;
use clap::Args;

use crate::model::Trunks;
use crate::store::DatabaseUrls;

pub use tokens::TokenArgs;

/// Where the calls are kept.
#[derive(Args, Clone, Debug)]
pub struct DatabaseArgs {
    /// Database: mysql://user:password@host/name (several hosts: with commas), or sqlite://path
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        default_value = "sqlite://call-history.db",
        global = true
    )]
    database_url: String,

    /// Endpoints that are trunks, such as PJSIP/trunk*,SIP/ovh-*; kept with the database, else
    /// guessed: those that are no user's and not named by 2 to 6 digits
    #[arg(long, env = "TRUNKS", global = true, value_name = "PATTERNS")]
    trunks: Option<String>,

    /// File that holds the database URL, instead of DATABASE_URL (for secrets)
    #[arg(long, env = "DATABASE_URL_FILE", global = true)]
    database_url_file: Option<PathBuf>,
}

impl DatabaseArgs {
    /// The trunks, if they are configured here.
    pub fn trunks(&self) -> Option<Trunks> {
        self.trunks.as_deref().map(Trunks::parse)
    }

    /// The URL (or URLs), from its file if one is named.
    ///
    /// # Errors
    /// The file cannot be read, or the URL is none.
    pub fn url(&self) -> anyhow::Result<DatabaseUrls> {
        let text = match &self.database_url_file {
            Some(file) => std::fs::read_to_string(file)
                .with_context(|| format!("DATABASE_URL_FILE: cannot read {}", file.display()))?,
            None => self.database_url.clone(),
        };
        Ok(text.trim().parse()?)
    }
}

/// How the service is reached, and for whom it answers.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Address and port to listen on
    #[arg(long, env = "BIND", default_value = "127.0.0.1:8080")]
    pub bind: SocketAddr,

    /// Zone of the times in answers and of dates in questions, unless a request names its own
    #[arg(long, env = "TIMEZONE", default_value = "UTC", value_parser = zone)]
    pub timezone: Tz,

    /// Answer everybody as an administrator; only on a loopback address
    #[arg(long)]
    pub no_auth: bool,
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

/// Reads an IANA zone, whatever its case.
///
/// # Errors
/// A sentence with an example.
pub fn zone(name: &str) -> Result<Tz, String> {
    Tz::from_str_insensitive(name.trim())
        .map_err(|_| "not an IANA time zone; one is Europe/Paris, another UTC".to_owned())
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
    fn no_auth_stays_on_loopback() {
        let serve = |bind: &str| ServeArgs {
            bind: bind.parse().unwrap(),
            timezone: Tz::UTC,
            no_auth: true,
        };
        assert!(serve("127.0.0.1:80").check().is_ok());
        assert!(serve("[::1]:80").check().is_ok());
        assert!(serve("0.0.0.0:80").check().is_err());
        assert!(serve("192.168.1.1:80").check().is_err());
    }
}
