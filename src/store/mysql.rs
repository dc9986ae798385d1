//! A MySQL server's URL: where the server is, whether TLS is asked for, and how the client
//! library is told.
//!
//! Debian's libmariadb ignores `ssl_mode`, and Diesel has no way to set a timeout. But the
//! library takes options within the text of the host (`host=db;connect-timeout=3`), and that
//! text is ours. What it does with them was measured; the tests in `tests/outage` show it.

use std::fmt::Write;

use super::url::InvalidDatabaseUrl;

/// Seconds that the library may take to connect, the server's greeting included.
const CONNECT_SECONDS: u32 = 3;

/// The port where the URL names none.
const PORT: u16 = 3306;

/// Whether a connection must be encrypted, and what is checked. The names are MySQL's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    /// Plain.
    Disabled,
    /// Encrypted where the server can.
    Preferred,
    /// Encrypted, with whoever it is.
    Required,
    /// Encrypted; the certificate is of the authority in `ssl_ca`.
    VerifyCa,
    /// Encrypted; the certificate is of a known authority and for this host. The only mode that
    /// stops somebody who sits between us and the server.
    VerifyIdentity,
}

impl SslMode {
    fn of(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "disabled" => Self::Disabled,
            "preferred" => Self::Preferred,
            "required" => Self::Required,
            "verify_ca" => Self::VerifyCa,
            "verify_identity" => Self::VerifyIdentity,
            _ => return None,
        })
    }
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Server {
    /// A host (an IPv6 address without its brackets) and a port.
    Tcp(String, u16),
    /// A socket of this machine.
    Socket(String),
    /// `localhost`: the socket that the library knows.
    Local,
}

/// The URL, understood.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct MysqlUrl {
    text: String,
    server: Server,
    ssl_mode: SslMode,
}

impl MysqlUrl {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let place = place(text).ok_or(InvalidDatabaseUrl::Scheme)?;
        let (place, query) = place.split_once('?').unwrap_or((place, ""));
        let (authority, database) = place
            .split_once('/')
            .ok_or(InvalidDatabaseUrl::Incomplete)?;
        if authority.is_empty() || database.is_empty() {
            return Err(InvalidDatabaseUrl::Incomplete);
        }
        let mut socket = None;
        let mut ca = false;
        let mut mode = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "unix_socket" => socket = Some(value.into_owned()),
                "ssl_ca" => ca = true,
                "ssl_mode" => {
                    mode = Some(SslMode::of(&value).ok_or(InvalidDatabaseUrl::SslMode)?);
                }
                _ => {}
            }
        }
        let server = server(authority, socket)?;
        // Naming an authority means that it is to be checked.
        let ssl_mode = mode.unwrap_or(if ca {
            SslMode::VerifyCa
        } else {
            SslMode::Disabled
        });
        if ssl_mode == SslMode::VerifyCa && !ca {
            return Err(InvalidDatabaseUrl::NoAuthority);
        }
        let url = Self {
            text: text.to_owned(),
            server,
            ssl_mode,
        };
        // Without the host's text, only `ssl_ca` reaches the library.
        let is_enough = ssl_mode <= SslMode::Preferred || (ca && ssl_mode <= SslMode::VerifyCa);
        if url.host_text().is_none() && !is_enough {
            return Err(InvalidDatabaseUrl::NoName);
        }
        Ok(url)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    pub(super) fn ssl_mode(&self) -> SslMode {
        self.ssl_mode
    }

    /// The URL with the options that the library is to be told.
    pub(super) fn for_driver(&self) -> String {
        let host = self.host_text();
        let (Some(host), Some(place)) = (host, place(&self.text)) else {
            return self.text.clone();
        };
        let login = &self.text[..self.text.len() - place.len()];
        let rest = &place[place.find([':', '/']).unwrap_or(place.len())..];
        let mut text = format!("{login}host={host};connect-timeout={CONNECT_SECONDS}");
        let _ = match self.ssl_mode {
            SslMode::Disabled => Ok(()),
            SslMode::Preferred | SslMode::Required | SslMode::VerifyCa => {
                text.write_str(";ssl-enforce=1")
            }
            SslMode::VerifyIdentity => text.write_str(";ssl-verify-server-cert=1"),
        };
        text + rest
    }

    /// The host's name or IPv4 address. An IPv6 address cannot carry options, since a colon
    /// would end the host.
    fn host_text(&self) -> Option<&str> {
        match &self.server {
            Server::Tcp(host, _) if !host.contains(':') => Some(host),
            Server::Local => Some("localhost"),
            _ => None,
        }
    }
}

/// What stands behind the scheme and the login. The last `@` ends the password, even one that
/// is not percent-encoded.
fn place(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("mysql://")?;
    Some(rest.rsplit_once('@').map_or(rest, |(_, place)| place))
}

fn server(authority: &str, socket: Option<String>) -> Result<Server, InvalidDatabaseUrl> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or(InvalidDatabaseUrl::Host)?;
            (host, port.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = match port {
        Some(port) => port.parse().map_err(|_| InvalidDatabaseUrl::Host)?,
        None => PORT,
    };
    let allowed = |c: char| c.is_alphanumeric() || ['.', '-', '_', ':', '%'].contains(&c);
    if host.is_empty() || !host.chars().all(allowed) {
        return Err(InvalidDatabaseUrl::Host);
    }
    Ok(match socket {
        Some(path) if host == "localhost" => Server::Socket(path),
        None if host == "localhost" => Server::Local,
        _ => Server::Tcp(host.to_owned(), port),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn driver(text: &str) -> String {
        MysqlUrl::parse(text).unwrap().for_driver()
    }

    #[test]
    fn timeouts_and_tls_travel_in_the_host() {
        for (url, expected) in [
            (
                "mysql://me:se@cret@db.example.org:3307/history",
                "mysql://me:se@cret@host=db.example.org;connect-timeout=3:3307/history",
            ),
            (
                "mysql://127.0.0.1/history?ssl_mode=Required",
                "mysql://host=127.0.0.1;connect-timeout=3;ssl-enforce=1/history?ssl_mode=Required",
            ),
            (
                "mysql://db/h?ssl_mode=verify_identity",
                "mysql://host=db;connect-timeout=3;ssl-verify-server-cert=1/h?ssl_mode=verify_identity",
            ),
            ("mysql://[::1]:3306/history", "mysql://[::1]:3306/history"),
            (
                "mysql://localhost/history?unix_socket=%2Frun%2Fdb.sock",
                "mysql://localhost/history?unix_socket=%2Frun%2Fdb.sock",
            ),
        ] {
            assert_eq!(driver(url), expected);
        }
    }

    #[test]
    fn what_cannot_be_checked_is_refused() {
        for (url, expected) in [
            ("mysql://db/h?ssl_mode=on", InvalidDatabaseUrl::SslMode),
            (
                "mysql://db/h?ssl_mode=verify_ca",
                InvalidDatabaseUrl::NoAuthority,
            ),
            (
                "mysql://[::1]/h?ssl_mode=required",
                InvalidDatabaseUrl::NoName,
            ),
            (
                "mysql://[::1]/h?ssl_ca=ca.pem&ssl_mode=verify_identity",
                InvalidDatabaseUrl::NoName,
            ),
            ("mysql://db;ssl-enforce=0/h", InvalidDatabaseUrl::Host),
            ("mysql://db:port/h", InvalidDatabaseUrl::Host),
        ] {
            let refused = MysqlUrl::parse(url).err();
            assert_eq!(refused, Some(expected), "{url}");
        }
    }

    #[test]
    fn an_authority_is_checked_where_it_is_named() {
        let mode = |url| MysqlUrl::parse(url).unwrap().ssl_mode();
        assert_eq!(mode("mysql://db/h"), SslMode::Disabled);
        assert_eq!(mode("mysql://db/h?ssl_ca=ca.pem"), SslMode::VerifyCa);
        assert_eq!(mode("mysql://[::1]/h?ssl_ca=ca.pem"), SslMode::VerifyCa);
    }

    #[test]
    fn servers_are_hosts_or_sockets() {
        let server = |url| MysqlUrl::parse(url).unwrap().server().clone();
        let tcp = |host: &str, port| Server::Tcp(host.to_owned(), port);
        assert_eq!(server("mysql://db/h"), tcp("db", 3306));
        assert_eq!(server("mysql://[::1]:3307/h"), tcp("::1", 3307));
        assert_eq!(server("mysql://localhost/h"), Server::Local);
        assert_eq!(
            server("mysql://localhost/h?unix_socket=/run/db.sock"),
            Server::Socket("/run/db.sock".to_owned())
        );
    }
}
