//! What `information_schema` says of a PBX's tables.

use diesel::prelude::*;
use diesel::sql_types::{Binary, Nullable};

use super::Session;
use crate::asterisk::table::{ColumnFacts, Facts};

// As bytes, since the servers' versions differ in the types of these columns; and with names of
// our own, since MySQL 8 shows them in capitals.
const COLUMNS: &str = "SELECT CAST(`table_name` AS BINARY) AS `t`, \
     CAST(`column_name` AS BINARY) AS `c`, CAST(`data_type` AS BINARY) AS `d`, \
     CAST(`character_set_name` AS BINARY) AS `s`, CAST(`extra` AS BINARY) AS `e` \
     FROM `information_schema`.`columns` WHERE `table_schema` = DATABASE() \
     ORDER BY `table_name`, `ordinal_position`";

const INDEXES: &str = "SELECT CAST(`table_name` AS BINARY) AS `t`, \
     CAST(`column_name` AS BINARY) AS `c`, CAST(`index_name` AS BINARY) AS `d`, \
     NULL AS `s`, NULL AS `e` \
     FROM `information_schema`.`statistics` WHERE `table_schema` = DATABASE() \
     ORDER BY `table_name`, `index_name`, `seq_in_index`";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Binary, column_name = t)]
    table: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>, column_name = c)]
    column: Option<Vec<u8>>,
    #[diesel(sql_type = Binary, column_name = d)]
    detail: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>, column_name = s)]
    charset: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>, column_name = e)]
    extra: Option<Vec<u8>>,
}

/// All tables of the database that this user may see, by name.
pub fn tables(session: &mut Session) -> QueryResult<Vec<Facts>> {
    let mut tables: Vec<Facts> = Vec::new();
    for line in diesel::sql_query(COLUMNS).load::<Line>(&mut session.0)? {
        let name = text(line.table);
        if tables.last().is_none_or(|table| table.name != name) {
            tables.push(Facts {
                name,
                ..Facts::default()
            });
        }
        let extra = line.extra.map(text).unwrap_or_default();
        if let Some(table) = tables.last_mut() {
            table.columns.push(ColumnFacts {
                name: line.column.map(text).unwrap_or_default(),
                data_type: text(line.detail).to_ascii_lowercase(),
                charset: line.charset.map(text),
                is_auto_increment: extra.to_ascii_lowercase().contains("auto_increment"),
            });
        }
    }
    let mut last = None;
    for line in diesel::sql_query(INDEXES).load::<Line>(&mut session.0)? {
        let index = (text(line.table), text(line.detail));
        let Some(table) = tables.iter_mut().find(|table| table.name == index.0) else {
            continue;
        };
        if last.as_ref() != Some(&index) {
            table.indexes.push(Vec::new());
        }
        // An index on an expression has no column.
        if let (Some(columns), Some(column)) = (table.indexes.last_mut(), line.column) {
            columns.push(text(column));
        }
        last = Some(index);
    }
    Ok(tables)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}
