//! `call-history healthcheck`: whether the service is ready, for containers and scripts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::Value;

use super::{Exit, say};
use crate::config::address;

/// How long the service may take. Whoever watches a container asks every few seconds.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The most of an answer that is read, in bytes.
const LARGEST: u64 = 64 * 1024;

#[derive(Args, Debug)]
pub(super) struct HealthcheckArgs {
    /// The address that the service listens on; where that is all addresses, loopback is asked
    #[arg(long, env = "BIND", default_value = "127.0.0.1:8080", value_parser = address)]
    bind: SocketAddr,

    /// Ask a service elsewhere, such as http://pbx:8080
    #[arg(long, value_name = "URL", value_parser = base)]
    url: Option<String>,
}

pub(super) fn healthcheck(args: &HealthcheckArgs) -> anyhow::Result<Exit> {
    let base = match &args.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", reachable(args.bind)),
    };
    ready(&base).with_context(|| format!("{base} is not ready"))?;
    say("ready")?;
    Ok(Exit::Success)
}

/// Where a service that listens on this address can be reached from its own machine.
fn reachable(bind: SocketAddr) -> SocketAddr {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bind.port())
}

fn base(url: &str) -> Result<String, String> {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    match rest {
        Some(rest) if !rest.is_empty() && !url.contains(['?', '#', ' ']) => Ok(url.to_owned()),
        _ => Err("the service's address is needed, such as http://127.0.0.1:8080".to_owned()),
    }
}

fn ready(base: &str) -> anyhow::Result<()> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .http_status_as_error(false)
        // The service is asked, not somebody who would have to reach it for us.
        .proxy(None)
        .build()
        .into();
    let mut response = agent.get(format!("{base}/health/ready")).call()?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(LARGEST);
    let body: Value = body
        .read_to_string()
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    if status != 200 {
        let detail = body["detail"].as_str().unwrap_or_default();
        bail!("{}", format!("status {status} {detail}").trim_end());
    }
    // Something else that listens there answers 200 as well.
    if body["status"] != "ready" {
        bail!("what answers there is no call-history");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_are_asked_on_loopback() {
        for (bind, expected) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:80", "[::1]:80"),
            ("10.0.0.1:80", "10.0.0.1:80"),
            ("[::1]:80", "[::1]:80"),
        ] {
            assert_eq!(reachable(bind.parse().unwrap()).to_string(), expected);
        }
    }

    #[test]
    fn an_address_is_a_url_without_a_query() {
        assert!(base("http://pbx:8080").is_ok() && base("https://pbx/calls/").is_ok());
        for url in ["", "pbx:8080", "http://", "ftp://pbx", "http://pbx/?a=b"] {
            assert!(base(url).is_err(), "{url}");
        }
    }
}
