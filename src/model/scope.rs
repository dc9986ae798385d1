//! Scopes: the rights that a key, a token or a person of the directory is given.

use std::fmt;
use std::str::FromStr;

/// One right.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// `history:self`: one's own history, as a user and as an agent.
    Own,
    /// `history:user:<name>`: that user's.
    User(String),
    /// `history:agent:<number>`: that agent's queue calls.
    Agent(String),
    /// `history:queue:<name>`: that queue's, by its exact name.
    Queue(String),
    /// `history:queue:*`: those of all queues.
    AnyQueue,
    /// `history:customer`: those of all customers.
    Customer,
    /// `history:all`: every history.
    All,
    /// `directory:write`: changing the directory.
    DirectoryWrite,
    /// `admin`: everything, keys included.
    Admin,
}

/// A word that is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} {expected}", expected = Self::EXPECTED)]
pub struct InvalidScope(pub String);

impl InvalidScope {
    /// What would have been one.
    pub const EXPECTED: &str = "is no scope; scopes are history:self, history:user:<name>, \
        history:agent:<number>, history:queue:<name>, history:queue:*, history:customer, \
        history:all, directory:write, admin";
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        // Lists of scopes are kept with one on each line.
        if text.chars().any(char::is_control) {
            return Err(InvalidScope(text.to_owned()));
        }
        let named = |prefix: &str| text.strip_prefix(prefix).filter(|name| !name.is_empty());
        Ok(match text {
            "history:self" => Self::Own,
            "history:queue:*" => Self::AnyQueue,
            "history:customer" => Self::Customer,
            "history:all" => Self::All,
            "directory:write" => Self::DirectoryWrite,
            "admin" => Self::Admin,
            _ => {
                if let Some(name) = named("history:user:") {
                    Self::User(name.to_owned())
                } else if let Some(number) = named("history:agent:") {
                    Self::Agent(number.to_owned())
                } else if let Some(name) = named("history:queue:") {
                    Self::Queue(name.to_owned())
                } else {
                    return Err(InvalidScope(text.to_owned()));
                }
            }
        })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("history:self"),
            Self::User(name) => write!(f, "history:user:{name}"),
            Self::Agent(number) => write!(f, "history:agent:{number}"),
            Self::Queue(name) => write!(f, "history:queue:{name}"),
            Self::AnyQueue => f.write_str("history:queue:*"),
            Self::Customer => f.write_str("history:customer"),
            Self::All => f.write_str("history:all"),
            Self::DirectoryWrite => f.write_str("directory:write"),
            Self::Admin => f.write_str("admin"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_read_back_from_its_text() {
        for text in [
            "history:self",
            "history:user:usera",
            "history:agent:2501",
            "history:queue:blue",
            "history:queue:*",
            "history:queue:a:b *",
            "history:customer",
            "history:all",
            "directory:write",
            "admin",
        ] {
            assert_eq!(
                text.parse::<Scope>().map(|scope| scope.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in [
            "",
            "history",
            "history:user:",
            "history:user",
            "Admin",
            "history:queue:",
        ] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }
}
