//! Who is who on a FreePBX: its own tables `users`, `devices` and `queues_config`.

use diesel::prelude::*;
use diesel::sql_types::{Binary, Nullable};

use super::Session;
use crate::asterisk::text;

/// The database in which FreePBX keeps what it is configured with; rows of calls are in another.
const DATABASE: &str = "asterisk";

/// What FreePBX is configured with, as it stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FreePbx {
    /// Extension and name of each user.
    pub users: Vec<(String, String)>,
    /// What is dialled for a phone (`PJSIP/1000`), and its user's extension.
    pub devices: Vec<(String, String)>,
    /// Number and description of each queue.
    pub queues: Vec<(String, String)>,
}

#[derive(QueryableByName)]
struct Pair {
    #[diesel(sql_type = Nullable<Binary>)]
    a: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    b: Option<Vec<u8>>,
}

/// Reads it: from the session's own database if it has such a table, else from FreePBX's usual one.
/// None when there is no such table in either, or none that this user may read.
pub fn freepbx(session: &mut Session) -> QueryResult<Option<FreePbx>> {
    // Both columns tell FreePBX's table from any other of that name.
    let found: Vec<Pair> = diesel::sql_query(format!(
        "SELECT CAST(`table_schema` AS BINARY) AS `a`, CAST(DATABASE() AS BINARY) AS `b` \
         FROM `information_schema`.`columns` WHERE `table_name` = 'users' \
         AND `column_name` IN ('extension', 'name') \
         AND `table_schema` IN (DATABASE(), '{DATABASE}') \
         GROUP BY `table_schema` HAVING COUNT(*) = 2"
    ))
    .load(&mut session.0)?;
    let own = found.iter().find(|pair| pair.a == pair.b);
    let Some(schema) = own.or(found.first()).and_then(|pair| pair.a.clone()) else {
        return Ok(None);
    };
    let schema = text::decode(schema).replace('`', "``");
    let mut pairs = |table: &str, a: &str, b: &str| -> QueryResult<Vec<(String, String)>> {
        let pairs: Vec<Pair> = diesel::sql_query(format!(
            "SELECT CAST(`{a}` AS BINARY) AS `a`, CAST(`{b}` AS BINARY) AS `b` \
             FROM `{schema}`.`{table}` ORDER BY `{a}`"
        ))
        .load(&mut session.0)?;
        let text = |bytes: Option<Vec<u8>>| bytes.map(text::decode).unwrap_or_default();
        Ok(pairs
            .into_iter()
            .map(|pair| (text(pair.a), text(pair.b)))
            .collect())
    };
    Ok(Some(FreePbx {
        users: pairs("users", "extension", "name")?,
        devices: pairs("devices", "dial", "user")?,
        queues: pairs("queues_config", "extension", "descr")?,
    }))
}
