//! Where the database is. URLs that never show their passwords.

use std::fmt;
use std::str::FromStr;

use super::mysql::{MysqlUrl, SslMode};

/// A database's URL: `mysql://user:password@host:port/database` or `sqlite://path`.
///
/// Neither `Display` nor `Debug` shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Target);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Target {
    Mysql(MysqlUrl),
    /// The file's path.
    Sqlite(String),
}

/// Why a text is no URL of a database. It does not repeat the text, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    /// Neither MySQL nor SQLite.
    #[error(
        "the database URL must be mysql://user:password@host/database (for MariaDB too) or sqlite://path"
    )]
    Scheme,
    /// `mysql://` without a host or a database.
    #[error("the database URL must name host and database: mysql://user:password@host/database")]
    Incomplete,
    /// A host that is none, or a port that is no number.
    #[error("the database URL's host must be a name or an address, and its port a number")]
    Host,
    /// An `ssl_mode` that does not exist.
    #[error("ssl_mode must be disabled, preferred, required, verify_ca or verify_identity")]
    SslMode,
    /// `verify_ca` without an authority.
    #[error("ssl_mode=verify_ca needs ssl_ca=/path/to/ca.pem beside it")]
    NoAuthority,
    /// TLS that the client library cannot be told to use.
    #[error(
        "this ssl_mode works with a host's name or IPv4 address only, \
         not with an IPv6 address or a socket"
    )]
    NoName,
    /// Several URLs, not all of them MySQL's.
    #[error("several database URLs, separated by commas, must all be mysql://…")]
    Mixed,
    /// SQLite without a file, or in memory.
    #[error(
        "the database URL must name a file: sqlite://history.db or sqlite:///var/lib/history.db \
         (a database in memory would be another one for each connection)"
    )]
    NoFile,
}

impl DatabaseUrl {
    /// Whether the database is SQLite, embedded.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.0, Target::Sqlite(_))
    }

    /// Whether connections must be encrypted, and what is checked; None for SQLite.
    pub fn ssl_mode(&self) -> Option<SslMode> {
        match &self.0 {
            Target::Mysql(url) => Some(url.ssl_mode()),
            Target::Sqlite(_) => None,
        }
    }

    pub(super) fn target(&self) -> &Target {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            // SQLite takes `file:` as a URL of its own, which can mean memory as well.
            if path.is_empty() || path == ":memory:" || path.starts_with("file:") {
                return Err(InvalidDatabaseUrl::NoFile);
            }
            return Ok(Self(Target::Sqlite(path.to_owned())));
        }
        if text.starts_with("sqlite:") {
            return Err(InvalidDatabaseUrl::NoFile);
        }
        Ok(Self(Target::Mysql(MysqlUrl::parse(text)?)))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Sqlite(path) => write!(f, "sqlite://{path}"),
            Target::Mysql(url) => {
                let url = url.text();
                // The last `@` ends the password, even one that is not percent-encoded.
                let Some((login, place)) = url.rsplit_once('@') else {
                    return f.write_str(url);
                };
                let login = login.strip_prefix("mysql://").unwrap_or(login);
                match login.split_once(':') {
                    Some((user, _)) => write!(f, "mysql://{user}:***@{place}"),
                    None => f.write_str(url),
                }
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// The URLs of one database: of its one SQLite file, or of the MySQL hosts that have it.
///
/// Written as one text, with commas between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseUrls(Vec<DatabaseUrl>);

impl DatabaseUrls {
    /// Whether the database is SQLite, embedded.
    pub fn is_sqlite(&self) -> bool {
        self.0.iter().any(DatabaseUrl::is_sqlite)
    }

    /// The URLs, the preferred first; at least one.
    pub fn iter(&self) -> std::slice::Iter<'_, DatabaseUrl> {
        self.0.iter()
    }
}

impl From<&DatabaseUrl> for DatabaseUrls {
    fn from(url: &DatabaseUrl) -> Self {
        Self(vec![url.clone()])
    }
}

impl From<&DatabaseUrls> for DatabaseUrls {
    fn from(urls: &DatabaseUrls) -> Self {
        urls.clone()
    }
}

impl FromStr for DatabaseUrls {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A path and a password may hold a comma, so only one before the next URL separates.
        let mut urls = Vec::new();
        let mut rest = text;
        while let Some((first, more)) = split(rest) {
            urls.push(first.trim().parse()?);
            rest = more;
        }
        urls.push(rest.trim().parse::<DatabaseUrl>()?);
        if urls.len() > 1 && urls.iter().any(DatabaseUrl::is_sqlite) {
            return Err(InvalidDatabaseUrl::Mixed);
        }
        Ok(Self(urls))
    }
}

fn split(text: &str) -> Option<(&str, &str)> {
    let starts = |rest: &str| {
        let rest = rest.trim_start();
        rest.starts_with("mysql://") || rest.starts_with("sqlite://")
    };
    let comma = text
        .match_indices(',')
        .map(|(position, _)| position)
        .find(|position| starts(&text[position + 1..]))?;
    Some((&text[..comma], &text[comma + 1..]))
}

impl fmt::Display for DatabaseUrls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, url) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{url}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_chooses_the_database() {
        let sqlite: DatabaseUrl = "sqlite:///var/lib/history.db".parse().unwrap();
        assert!(sqlite.is_sqlite());
        assert!(*sqlite.target() == Target::Sqlite("/var/lib/history.db".to_owned()));
        let mysql: DatabaseUrl = "mysql://root@127.0.0.1:3306/history".parse().unwrap();
        assert!(!mysql.is_sqlite());
    }

    #[test]
    fn what_is_no_database_is_refused_with_a_hint() {
        let refused = |text: &str| text.parse::<DatabaseUrl>().unwrap_err();
        for text in ["", "history.db", "postgres://host/db", "mariadb://host/db"] {
            assert_eq!(refused(text), InvalidDatabaseUrl::Scheme, "{text}");
        }
        for text in [
            "mysql://",
            "mysql://host",
            "mysql://u:p@host/",
            "mysql://host/?a=b",
        ] {
            assert_eq!(refused(text), InvalidDatabaseUrl::Incomplete, "{text}");
        }
        for text in [
            "sqlite://",
            "sqlite://:memory:",
            "sqlite::memory:",
            "sqlite://file:x",
        ] {
            assert_eq!(refused(text), InvalidDatabaseUrl::NoFile, "{text}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for password in ["secret", "se%40cret", "se@cret", "secret/x"] {
            let url: DatabaseUrl =
                format!("mysql://me:{password}@db:3306/history?ssl_mode=required")
                    .parse()
                    .unwrap();
            let shown = format!("{url} {url:?}");
            assert!(!shown.contains("cret"), "{shown}");
            assert!(shown.contains("mysql://me:***@db:3306/history"), "{shown}");
        }
    }

    #[test]
    fn several_hosts_are_separated_by_commas_and_a_password_may_hold_one() {
        let urls: DatabaseUrls = "mysql://me:a,b@db1/h, mysql://me:secret@db2/h"
            .parse()
            .unwrap();
        assert_eq!(
            urls.to_string(),
            "mysql://me:***@db1/h, mysql://me:***@db2/h"
        );
        let urls: DatabaseUrls = "sqlite://a,b.db".parse().unwrap();
        assert_eq!(urls.iter().count(), 1);
        for text in ["mysql://db/h,sqlite://x.db", "sqlite://x.db,sqlite://y.db"] {
            let refused = text.parse::<DatabaseUrls>();
            assert_eq!(refused, Err(InvalidDatabaseUrl::Mixed), "{text}");
        }
    }
}
