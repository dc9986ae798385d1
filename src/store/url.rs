//! Where the database is. A URL that never shows its password.

use std::fmt;
use std::str::FromStr;

/// A database's URL: `mysql://user:password@host:port/database` or `sqlite://path`.
///
/// Neither `Display` nor `Debug` shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Target);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// The whole URL.
    Mysql(String),
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
        let rest = text
            .strip_prefix("mysql://")
            .ok_or(InvalidDatabaseUrl::Scheme)?;
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        let place = place.split_once('?').map_or(place, |(place, _)| place);
        match place.split_once('/') {
            Some((host, database)) if !host.is_empty() && !database.is_empty() => {
                Ok(Self(Target::Mysql(text.to_owned())))
            }
            _ => Err(InvalidDatabaseUrl::Incomplete),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Sqlite(path) => write!(f, "sqlite://{path}"),
            Target::Mysql(url) => {
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
}
