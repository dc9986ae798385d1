//! What protects the service from its clients.

use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::duration;
use crate::api::audit::{Journal, Target};
use crate::api::client::TrustedProxies;
use crate::api::cors::Origins;
use crate::api::limit::RateLimit;

/// How the service protects itself.
#[derive(Args, Clone, Debug)]
pub struct ProtectionArgs {
    /// Proxies whose X-Forwarded-For counts, as addresses and networks: 10.0.0.0/8,::1
    /// [default: none]
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        value_name = "LIST",
        default_value = "",
        hide_default_value = true
    )]
    pub trusted_proxies: TrustedProxies,

    /// Requests that each client may make in a second, and at once (100,500; else twice as
    /// many); without a valid credential a tenth, for each address; 0 is no limit. With
    /// --no-auth there is none
    #[arg(
        long,
        env = "RATE_LIMIT",
        value_name = "RATE[,BURST]",
        default_value = "100"
    )]
    pub rate_limit: RateLimit,

    /// Web pages of other origins that may ask from a browser, such as
    /// `https://crm.example.org`
    /// [default: none]
    #[arg(
        long,
        env = "CORS_ORIGINS",
        value_name = "LIST",
        default_value = "",
        hide_default_value = true
    )]
    pub cors_origins: Origins,

    /// Time after which a client that takes nothing of an answer any more is dropped: 1s to 60m
    #[arg(
        long,
        env = "SEND_TIMEOUT",
        value_name = "TIME",
        default_value = "60s",
        value_parser = patience
    )]
    pub send_timeout: Duration,

    /// File into which each request for a history writes a line of JSON: who asked, and for
    /// whose; - is standard output [default: none]
    #[arg(long, env = "AUDIT_LOG", value_name = "FILE|-")]
    pub audit_log: Option<String>,
}

impl ProtectionArgs {
    /// Where the audit is written, if it is.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn journal(&self) -> anyhow::Result<Option<Journal>> {
        let place = self.audit_log.as_deref().filter(|place| !place.is_empty());
        let open = |place| {
            Journal::open(Target::from(place))
                .with_context(|| format!("AUDIT_LOG: cannot write to {place}"))
        };
        place.map(open).transpose()
    }
}

/// Reads how long a client may take nothing. A number alone is seconds.
fn patience(text: &str) -> Result<Duration, String> {
    let seconds = text.trim().parse().map(Duration::from_secs);
    let time = seconds.or_else(|_| duration(text))?;
    match time.as_secs() {
        1..=3600 => Ok(time),
        _ => Err("1s to 60m is needed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_unit_is_seconds() {
        let of = |text| patience(text).map(|time| time.as_secs());
        assert_eq!((of("60"), of("60s"), of("2m")), (Ok(60), Ok(60), Ok(120)));
        for text in ["", "0", "500ms", "61m", "3601", "soon"] {
            assert!(of(text).is_err(), "{text}");
        }
    }
}
