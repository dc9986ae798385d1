//! Numbers in all their forms, recordings, accounts, and parties.

use serde_json::Value;

use super::in_france;
use crate::support::TestDatabase;
use crate::support::service::{Service, program, succeed};

const WINDOW: &str = "from=2026-01-01&until=2026-01-31";

/// Calls of 1000 with others, one a minute: who called, who was called, the account, the recording.
const CALLS: [(&str, &str, &str, &str); 9] = [
    ("0611223344", "1000", "", ""),
    ("+33611223344", "1000", "", "in.wav"),
    ("1000", "0033611223344", "sales", ""),
    ("33611223344", "1000", "", ""),
    ("1000", "0611223345", "Sales", "out.wav"),
    ("anonymous", "1000", "", ""),
    ("anonymous", "1000", "", ""),
    ("1000", "1001", "sales", ""),
    ("3365", "1000", "", ""),
];

fn filled() -> TestDatabase {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let mut csv = "calldate,clid,src,dst,channel,dstchannel,lastapp,duration,billsec,disposition,\
                   uniqueid,linkedid,accountcode,recordingfile\n"
        .to_owned();
    let channel = |number: &str, nr: usize, side: &str| match number {
        "1000" | "1001" => format!("PJSIP/{number}-{side}{nr}"),
        _ => format!("PJSIP/trunk-{side}{nr}"),
    };
    for (nr, (src, dst, account, recording)) in CALLS.iter().enumerate() {
        let (from, to) = (channel(src, nr, "a"), channel(dst, nr, "b"));
        csv += &format!(
            "2026-01-05 10:{nr:02}:00,\"\"\"\"\" <{src}>\",{src},{dst},{from},{to},Dial,20,10,ANSWERED,\
             {id},{id},{account},{recording}\n",
            id = format_args!("1767607200.{nr}")
        );
    }
    let file = folder.path().join("cdr.csv");
    std::fs::write(&file, csv).unwrap();
    succeed(&database, &["import", "--cdr", &file.display().to_string()]);
    database
}

/// The minutes of the calls that are listed.
fn minutes(service: &Service, path: &str) -> Vec<usize> {
    let minute = |entry: &Value| entry["start"].as_str().unwrap()[14..16].parse().unwrap();
    let entries = service.entries(&format!("{path}&{WINDOW}"));
    entries.iter().map(minute).collect()
}

#[test]
fn one_number_is_one_in_whatever_form() {
    let database = filled();
    let service = in_france(&database);
    for (number, expected) in [
        ("0611223344", &[3, 2, 1, 0][..]),
        ("%2B33611223344", &[3, 2, 1, 0]),
        // The plus of a URL that nobody encoded.
        ("+33611223344", &[3, 2, 1, 0]),
        ("0033611223344", &[3, 2, 1, 0]),
        ("33611223344", &[3, 2, 1, 0]),
        ("06+11.22-33/44", &[3, 2, 1, 0]),
        ("0611*", &[4, 3, 2, 1, 0]),
        ("%2B33*", &[4, 3, 2, 1, 0]),
        ("33*", &[8, 3, 1]),
        ("*344", &[3, 2, 1, 0]),
        ("*3345", &[4]),
        ("1001", &[7]),
        ("1001&number=3365", &[8, 7]),
        ("1000", &[]),
        ("0612", &[]),
    ] {
        let path = format!("/history/user?user=1000&number={number}");
        assert_eq!(minutes(&service, &path), expected, "{number}");
    }
    for number in [
        "0611223344",
        "+33611223344",
        "%2B33611223344",
        "0033611223344",
    ] {
        let path = format!("/history/customer?number={number}");
        assert_eq!(minutes(&service, &path), [3, 2, 1, 0], "{number}");
    }
}

#[test]
fn without_a_country_only_the_plus_is_an_exit_prefix() {
    let database = filled();
    let service = Service::start(&database);
    for (number, expected) in [
        ("0611223344", &[0][..]),
        ("%2B33611223344", &[3, 2, 1]),
        ("0033611223344", &[3, 2, 1]),
        ("33611223344", &[3, 1]),
    ] {
        let path = format!("/history/user?user=1000&number={number}");
        assert_eq!(minutes(&service, &path), expected, "{number}");
        let path = format!("/history/customer?number={number}");
        assert_eq!(minutes(&service, &path), expected, "{number}");
    }
}

#[test]
fn a_country_that_is_none_is_refused_at_the_start() {
    let database = TestDatabase::new();
    for (name, value) in [
        ("COUNTRY_CODE", "FR"),
        ("EXIT_PREFIX", "+"),
        ("NATIONAL_PREFIX", "zero"),
    ] {
        let output = program()
            .args(["serve", "--no-auth", "--bind", "127.0.0.1:0"])
            .env("DATABASE_URL", database.url_text())
            .env(name, value)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(64), "{name}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains(&name.to_lowercase().replace('_', "-")),
            "{said}"
        );
    }
}

#[test]
fn recordings_and_accounts_are_told_and_filtered() {
    let database = filled();
    let service = in_france(&database);
    for (query, expected) in [
        ("hasRecording=true", &[4, 1][..]),
        ("hasRecording=false", &[8, 7, 6, 5, 3, 2, 0]),
        ("accountCode=sales", &[7, 2]),
        ("accountCode=sales&accountCode=Sales", &[7, 4, 2]),
        ("accountCode=sale", &[]),
        ("accountCode=sales&direction=outbound", &[2]),
        (
            "direction=inbound&direction=internal&order=asc",
            &[0, 1, 3, 5, 6, 7, 8],
        ),
        ("minDuration=11", &[]),
        ("minDuration=10&maxDuration=10&number=1001", &[7]),
    ] {
        let path = format!("/history/user?user=1000&{query}");
        assert_eq!(minutes(&service, &path), expected, "{query}");
    }
    let entries = service.entries(&format!("/history/user?user=1000&{WINDOW}"));
    assert_eq!(entries[4]["accountCode"], "Sales");
    assert_eq!(entries[4]["hasRecording"], true);
    assert!(entries[8].get("accountCode").is_none());
    assert!(entries[8].get("hasRecording").is_none());
}

#[test]
fn each_party_is_listed_once_and_who_withholds_a_number_each_time() {
    let database = filled();
    let service = in_france(&database);
    let path = format!("/history/user?user=1000&distinct=peer&include=total&{WINDOW}");
    let expected = [(8, 1), (7, 1), (6, 1), (5, 1), (4, 1), (3, 4)];
    for size in [1, 2, 5, 6, 1000] {
        let listed = service.walk(&format!("{path}&size={size}"));
        let told = |entry: &Value| {
            let minute: u64 = entry["start"].as_str().unwrap()[14..16].parse().unwrap();
            (minute, entry["calls"].as_u64().unwrap())
        };
        assert_eq!(
            listed.iter().map(told).collect::<Vec<_>>(),
            expected,
            "{size}"
        );
        let first = service.get(&format!("{path}&size={size}"));
        assert_eq!(first.header("x-total-count"), Some("6"));
    }
    let calls = &service.entries(&format!("{path}&direction=outbound&number=0611*"))[1]["calls"];
    assert_eq!(calls, 1);
}
