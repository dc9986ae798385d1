//! Calls as a whole: the list of all of them, and each as it went.

pub(super) mod detail;
mod ends;
mod list;
mod sides;

use std::fmt::Write;

use crate::support::TestDatabase;
use crate::support::service::succeed;

/// Imports rows of `cdr`, each as `linkedid uniqueid second duration billsec disposition
/// channel dstchannel src dst lastapp lastdata`, `-` for none; the seconds are those of a
/// morning.
pub(super) fn import_cdr(database: &TestDatabase, rows: &str) {
    let columns = "linkedid,uniqueid,start,duration,billsec,disposition,channel,dstchannel,src,\
                   dst,lastapp,lastdata,sequence";
    let mut csv = columns.to_owned();
    for (sequence, row) in rows
        .lines()
        .filter(|row| !row.trim().is_empty())
        .enumerate()
    {
        let mut fields: Vec<String> = row.split_whitespace().map(str::to_owned).collect();
        let second: u32 = fields[2].parse().unwrap();
        fields[2] = format!("2026-11-23 09:{:02}:{:02}", second / 60, second % 60);
        for field in &mut fields {
            *field = match field.as_str() {
                "-" => String::new(),
                text => format!("\"{}\"", text.replace('_', " ")),
            };
        }
        write!(csv, "\n{},{}", fields.join(","), sequence + 1).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cdr.csv");
    std::fs::write(&file, csv).unwrap();
    succeed(database, &["import", "--cdr", file.to_str().unwrap()]);
}
