//! Which server it is, and what its user may do there.

use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::prelude::*;
use diesel::row::NamedRow;
use diesel::sql_types::Text;

use super::Session;

/// The first column of a row, whatever its name.
struct First(String);

impl<DB: diesel::backend::Backend> QueryableByName<DB> for First
where
    String: FromSql<Text, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        row.get_value::<Text, _, _>(0).map(Self)
    }
}

/// Kind and version of the server, such as `MariaDB 10.11.6`.
pub fn version(session: &mut Session) -> QueryResult<String> {
    let version: First = diesel::sql_query("SELECT VERSION()").get_result(&mut session.0)?;
    let kind = if version.0.contains("MariaDB") {
        "MariaDB"
    } else {
        "MySQL"
    };
    Ok(format!("{kind} {}", version.0))
}

/// Whether this user has rights beyond reading.
pub fn may_write(session: &mut Session) -> QueryResult<bool> {
    let grants: Vec<First> = diesel::sql_query("SHOW GRANTS").load(&mut session.0)?;
    Ok(grants.iter().any(|grant| writes(&grant.0)))
}

/// Whether a grant allows more than reading. A list of rights stands before `ON`.
fn writes(grant: &str) -> bool {
    let Some((rights, _)) = grant.trim_start_matches("GRANT ").split_once(" ON ") else {
        return false;
    };
    rights.split(',').any(|right| {
        let right = right.trim();
        !["USAGE", "SELECT", "SHOW VIEW", "PROXY", "PROCESS"]
            .iter()
            .any(|reads| right.starts_with(reads))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_to_write_are_told_from_rights_to_read() {
        for (grant, expected) in [
            (
                "GRANT USAGE ON *.* TO `history`@`%` IDENTIFIED BY PASSWORD '*X'",
                false,
            ),
            ("GRANT SELECT ON `asteriskcdrdb`.* TO `history`@`%`", false),
            ("GRANT SELECT, SHOW VIEW ON `a`.* TO `h`@`%`", false),
            (
                "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION",
                true,
            ),
            ("GRANT SELECT, INSERT ON `a`.`cdr` TO `h`@`%`", true),
            ("SET DEFAULT ROLE NONE", false),
        ] {
            assert_eq!(writes(grant), expected, "{grant}");
        }
    }
}
