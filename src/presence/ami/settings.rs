//! Which PBX is listened to, and as whom.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The port where nothing else is said.
const PORT: u16 = 5038;

/// One PBX's Manager Interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The source whose phones and calls it tells of.
    pub source: String,
    /// Where it listens.
    pub address: Address,
    /// The user, of `manager.conf`.
    pub user: String,
    /// The user's secret there.
    pub secret: Secret,
    /// How long it may be silent until it is asked for a sign of life, and how long it may take
    /// for each answer.
    pub patience: Duration,
}

/// Where a Manager Interface listens: `tcp://host:5038`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name or an address; an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// A text that is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// It has another form.
    #[error("must be tcp://host or tcp://host:port, such as tcp://127.0.0.1:5038")]
    Form,
    /// It wants encryption.
    #[error(
        "must be tcp://: TLS is not spoken here; reach a PBX on another machine through a tunnel \
         (WireGuard, stunnel), and name its end"
    )]
    Tls,
    /// It holds a user or a password.
    #[error("must not hold a user or a secret: they are settings of their own")]
    Credentials,
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(InvalidAddress::Form)?;
        match scheme {
            "tcp" => {}
            "tls" | "ssl" | "tcps" | "amis" => return Err(InvalidAddress::Tls),
            _ => return Err(InvalidAddress::Form),
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err(InvalidAddress::Credentials);
        }
        let (host, port) = match rest.strip_prefix('[') {
            Some(v6) => {
                let (host, port) = v6.split_once(']').ok_or(InvalidAddress::Form)?;
                let port = match port {
                    "" => None,
                    port => Some(port.strip_prefix(':').ok_or(InvalidAddress::Form)?),
                };
                (host, port)
            }
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let port = port.map_or(Some(PORT), |port| port.parse().ok());
        let is_host = !host.is_empty()
            && host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-._:%".contains(c));
        match port {
            Some(port) if is_host && port > 0 => Ok(Self {
                host: host.to_owned(),
                port,
            }),
            _ => Err(InvalidAddress::Form),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// A secret, which is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// This secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_tcp_with_a_host_and_perhaps_a_port() {
        for (text, shown) in [
            ("tcp://pbx", "pbx:5038"),
            ("tcp://127.0.0.1:5039", "127.0.0.1:5039"),
            (" tcp://pbx.example.org:5038/ ", "pbx.example.org:5038"),
            ("tcp://[::1]", "[::1]:5038"),
            ("tcp://[fe80::1%eth0]:7", "[fe80::1%eth0]:7"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), shown);
        }
        use InvalidAddress::{Credentials, Form, Tls};
        for (text, fault) in [
            ("", Form),
            ("pbx:5038", Form),
            ("http://pbx", Form),
            ("tcp://", Form),
            ("tcp://pbx:0", Form),
            ("tcp://pbx:65536", Form),
            ("tcp://pbx:5038/x", Form),
            ("tcp://[::1", Form),
            ("tcp://[::1]5038", Form),
            ("tcp://p bx", Form),
            ("tls://pbx", Tls),
            ("tcp://me:secret@pbx", Credentials),
        ] {
            assert_eq!(text.parse::<Address>(), Err(fault), "{text}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret");
    }
}
