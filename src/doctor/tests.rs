//! The report, from rows to text.

use chrono::{DateTime, TimeDelta};

use super::*;

fn now() -> Time {
    DateTime::from_timestamp(1_795_400_000, 0).unwrap()
}

fn record(kind: Kind, values: &[(&str, &str)]) -> Record {
    let mut record = Record::new(kind);
    for (name, value) in values {
        record.set(kind.position(name).unwrap(), *value);
    }
    record
}

fn report(source: Source) -> Report {
    Report {
        at: now(),
        hosts: vec![Host {
            url: "sqlite://history.db".to_owned(),
            fault: None,
        }],
        database: Some(Database {
            version: "SQLite 3".to_owned(),
            sources: BTreeMap::from([("default".to_owned(), source)]),
            ..Database::default()
        }),
        pbxs: Vec::new(),
    }
}

#[test]
fn rows_that_are_understood_give_the_newest_and_others_are_counted_without_numbers() {
    let mut table = Table::default();
    for id in 1..=10 {
        let row = record(
            Kind::Cdr,
            &[("start", "0611223344x"), ("src", "0611223344")],
        );
        table.add(id, &row);
    }
    for start in ["2026-11-23 00:00:00", "2026-11-22 00:00:00"] {
        table.add(11, &record(Kind::Cdr, &[("start", start)]));
    }
    assert_eq!((table.rows, table.not_understood), (12, 10));
    assert_eq!(table.examples.len(), EXAMPLES);
    assert_eq!(
        table.newest.unwrap().to_rfc3339(),
        "2026-11-23T00:00:00+00:00"
    );
    let source = Source {
        tables: BTreeMap::from([(Kind::Cdr, table)]),
        ..Source::default()
    };
    let report = report(source);
    assert!(!report.is_well());
    let text = report.to_string();
    assert!(
        text.contains("!!   cdr: 10 rows are not understood"),
        "{text}"
    );
    assert!(text.contains("row 1: start: "), "{text}");
    assert!(!text.contains("0611223344"), "{text}");
    assert!(text.ends_with("1 thing is wrong, marked with !!"), "{text}");
}

#[test]
fn a_row_of_tomorrow_shows_a_wrong_zone() {
    let table = |ahead| Table {
        rows: 1,
        newest: Some(now() + TimeDelta::seconds(ahead)),
        ..Table::default()
    };
    for (ahead, is_well) in [(-60, true), (60, true), (7200, false)] {
        let source = Source {
            tables: BTreeMap::from([(Kind::Cdr, table(ahead))]),
            ..Source::default()
        };
        assert_eq!(report(source).is_well(), is_well, "{ahead}");
    }
}

#[test]
fn a_note_is_nothing_wrong_and_a_conversation_without_call_is() {
    let mut source = Source::default();
    source.add_without_call("1795393139.28", [].into_iter());
    let text = report(source.clone()).to_string();
    assert!(text.contains(" ?   1 conversation makes no call"), "{text}");
    assert!(text.contains("such as 1795393139.28"), "{text}");
    assert!(text.ends_with("all is well"), "{text}");
    let row = record(Kind::Cdr, &[("start", "2026-11-23 00:00:00")]);
    source.add_without_call("1795393139.29", [&row].into_iter());
    let text = report(source).to_string();
    assert!(
        text.contains("!!   1 conversation is not folded yet"),
        "{text}"
    );
}

#[test]
fn a_database_that_is_away_says_so() {
    let report = Report {
        at: now(),
        hosts: vec![Host {
            url: "mysql://db/history".to_owned(),
            fault: Some("no answer within 3000 ms".to_owned()),
        }],
        database: None,
        pbxs: Vec::new(),
    };
    assert!(!report.is_well());
    let text = report.to_string();
    assert!(
        text.starts_with("!! database mysql://db/history: no answer"),
        "{text}"
    );
}
