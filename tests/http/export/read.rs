//! What a client makes of an export.

use serde_json::{Map, Value};

use crate::support::service::Answer;

/// What the program wrote, before it put a quote before what could be a formula.
pub(crate) fn as_it_was(cell: &str) -> String {
    let is_formula = |c: char| "=+-@＝＋－＠".contains(c);
    let is_break = |c: char| ";\t\r\n".contains(c);
    let mut was = String::new();
    let mut rest = cell;
    let mut begins = true;
    let mut is_first = true;
    while let Some(next) = rest.chars().next() {
        let behind = rest.trim_start_matches('\'').chars().next();
        let is_ours = |c| is_formula(c) || is_first && is_break(c) && c != ';';
        if begins && next == '\'' && behind.is_some_and(is_ours) {
            rest = &rest[1..];
        }
        // The quotes that stood there, and whatever follows them.
        let quotes = rest.len() - rest.trim_start_matches('\'').len();
        let length = if begins { quotes } else { 0 };
        let one = rest[length..].chars().next().map_or(0, char::len_utf8);
        let (taken, left) = rest.split_at(length + one);
        was.push_str(taken);
        begins = taken.ends_with(is_break);
        is_first = false;
        rest = left;
    }
    was
}

/// The lines of CSV as the objects that JSON has.
pub(crate) fn from_csv(text: &str) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let line = |line: csv::Result<csv::StringRecord>| {
        let line = line.unwrap();
        let members = header
            .iter()
            .zip(&line)
            .filter(|(_, cell)| !cell.is_empty());
        let member = |(name, cell): (&str, &str)| {
            let value = match name {
                "durationSeconds" | "waitSeconds" | "srcPhoneStatus" | "dstPhoneStatus" => {
                    cell.parse::<i64>().unwrap().into()
                }
                "answeredElsewhere" => Value::Bool(cell == "true"),
                _ => as_it_was(cell).into(),
            };
            (name.to_owned(), value)
        };
        Value::Object(members.map(member).collect::<Map<_, _>>())
    };
    reader.records().map(line).collect()
}

pub(crate) fn from_ndjson(text: &str) -> Vec<Value> {
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

pub(crate) fn good(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{}", answer.body);
    &answer.body
}
