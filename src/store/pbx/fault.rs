//! Why a PBX's database did not give what it was asked for, and how that reads.

use std::fmt;

use diesel::ConnectionError;
use diesel::result::Error;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    kind: Kind,
    said: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// No connection, or it was lost.
    Away,
    /// It takes too long.
    Silent,
    /// User or password.
    Login,
    /// This user may not.
    Rights,
    /// Somebody else has locked the table.
    Locked,
    /// The server gave the statement up because it took long.
    Slow,
    /// A table or a column is not there (any more).
    Changed,
    Other,
}

/// Words by which errors are told apart: Diesel has no numbers of errors, and servers may speak
/// other languages in the rest of the text.
const SIGNS: [(Kind, &[&str]); 6] = [
    (
        Kind::Login,
        &[
            "access denied for user",
            "is not allowed to connect",
            "unknown database",
            "host is blocked",
        ],
    ),
    (
        Kind::Away,
        &[
            "gone away",
            "lost connection",
            "can't connect",
            "connection refused",
            "server closed",
            "connection was killed",
            "server shutdown",
            "communication packet",
            "commands out of sync",
            "wsrep has not yet prepared",
        ],
    ),
    (Kind::Rights, &["command denied", "access denied"]),
    (Kind::Locked, &["lock wait timeout"]),
    (
        Kind::Slow,
        &[
            "max_statement_time",
            "maximum statement execution time",
            "execution was interrupted",
        ],
    ),
    (
        Kind::Changed,
        &[
            "doesn't exist",
            "unknown column",
            "unknown table",
            "needs to be re-prepared",
            "table definition has changed",
        ],
    ),
];

impl Fault {
    pub(super) fn away(said: &str) -> Self {
        Self::new(Kind::Away, said)
    }

    pub(super) fn silent() -> Self {
        Self::new(Kind::Silent, "no answer in time")
    }

    /// None of the tables is there.
    pub fn no_tables() -> Self {
        Self::new(
            Kind::Changed,
            "none of the tables cdr, queue_log, cel is there, with the columns that it needs and \
             SELECT granted on it; call-history doctor says more",
        )
    }

    pub(super) fn other(said: &str) -> Self {
        Self::new(Kind::Other, said)
    }

    pub(super) fn of_connection(error: &ConnectionError) -> Self {
        let said = error.to_string();
        Self::new(kind(&said).unwrap_or(Kind::Away), &said)
    }

    pub(super) fn of_statement(error: &Error) -> Self {
        let said = error.to_string();
        Self::new(kind(&said).unwrap_or(Kind::Other), &said)
    }

    fn new(kind: Kind, said: &str) -> Self {
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { kind, said }
    }

    /// Whether nothing can be asked at all, rather than this one thing.
    pub fn is_of_connection(&self) -> bool {
        matches!(self.kind, Kind::Away | Kind::Silent | Kind::Login)
    }

    /// Whether the table is not as it was.
    pub fn is_of_layout(&self) -> bool {
        self.kind == Kind::Changed
    }

    /// What the server, or the client library, said.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// In words for everybody: no names of hosts, users or tables, no SQL.
    pub fn summary(&self) -> &'static str {
        match self.kind {
            Kind::Away => "the PBX's database cannot be reached",
            Kind::Silent => "the PBX's database does not answer",
            Kind::Login => "the PBX's database refuses the login",
            Kind::Rights => "this user may not read the PBX's tables",
            Kind::Locked => "a table of the PBX is locked",
            Kind::Slow => "reading a table of the PBX takes too long",
            Kind::Changed => "a table or a column of the PBX is not there",
            Kind::Other => "the PBX's database refused a question",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.summary(), self.said)
    }
}

impl std::error::Error for Fault {}

fn kind(said: &str) -> Option<Kind> {
    let said = said.to_ascii_lowercase();
    let fits = |(_, signs): &&(Kind, &[&str])| signs.iter().any(|sign| said.contains(sign));
    SIGNS.iter().find(fits).map(|(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_put_into_few_words() {
        for (said, summary) in [
            (
                "Access denied for user 'x'@'y' (using password: YES)",
                "refuses the login",
            ),
            (
                "SELECT command denied to user 'x'@'y' for table 'cdr'",
                "may not read",
            ),
            ("Table 'a.cdr' doesn't exist", "not there"),
            ("Unknown column 'did' in 'SELECT'", "not there"),
            (
                "Lock wait timeout exceeded; try restarting transaction",
                "is locked",
            ),
            (
                "Query execution was interrupted (max_statement_time exceeded)",
                "too long",
            ),
            ("MySQL server has gone away", "cannot be reached"),
            ("You have an error in your SQL syntax", "refused a question"),
        ] {
            let fault = Fault::other(said);
            let kind = kind(said).unwrap_or(fault.kind);
            let summary_of = Fault { kind, ..fault }.summary();
            assert!(summary_of.contains(summary), "{said}: {summary_of}");
        }
    }
}
