//! Files that are not what they should be: the good lines are kept, the bad ones are told.

use std::process::Output;

use crate::support::TestDatabase;
use crate::support::service::{Service, run, succeed};

const HEADER: &str = "calldate,clid,src,dst,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,uniqueid,linkedid";

fn row(n: u32) -> String {
    format!(
        "2026-11-23 10:00:{n:02},\"\"\"An, na\"\" <100>\",100,101,PJSIP/100-1,PJSIP/101-2,Dial,\"PJSIP/101,30\",9,5,ANSWERED,1.{n},1.{n}"
    )
}

fn import(database: &TestDatabase, csv: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cdr.csv");
    std::fs::write(&file, csv).unwrap();
    run(database, &["import", "--cdr", &file.display().to_string()])
}

/// How many calls of user 101 came of it.
fn calls(database: &TestDatabase) -> usize {
    let service = Service::start(database);
    service.entries("/history/customer?number=1&size=9");
    match service.get("/history/user?user=101&size=1000") {
        answer if answer.status == 404 => 0,
        answer => answer.json().as_array().unwrap().len(),
    }
}

#[test]
fn an_extra_column_quotes_and_another_order_do_not_matter() {
    let database = TestDatabase::new();
    let with_extra = |line: String| format!("whatever,{line}");
    let csv = [
        with_extra(HEADER.to_owned()),
        with_extra(row(1)),
        with_extra(row(2)),
    ]
    .join("\n");
    assert_eq!(import(&database, &csv).status.code(), Some(0));
    let turned = |line: &str| {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(line.as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(record.iter().rev()).unwrap();
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    };
    let csv = turned(HEADER) + &turned(&row(1)) + &turned(&row(3));
    let output = import(&database, &csv);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("2 rows, 1 of them new"), "{said}");
    assert_eq!(calls(&database), 3);
}

#[test]
fn a_bad_line_is_told_with_its_number_and_the_rest_is_kept() {
    let database = TestDatabase::new();
    let lines = [
        HEADER.to_owned(),
        row(1),
        "too,few".to_owned(),
        row(2) + ",one,two,many",
        row(3).replace("2026-11-23 10", "yesterday"),
        row(4).replace("PJSIP/101,30", &"x".repeat(2000)),
        row(5),
    ];
    let output = import(&database, &lines.join("\n"));
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr);
    for line in ["csv:3:", "csv:4:", "csv:5: start", "csv:6: lastdata"] {
        assert!(errors.contains(line), "no {line} in {errors}");
    }
    assert_eq!(calls(&database), 2);
    let rebuilt = succeed(&database, &["rebuild"]);
    assert!(rebuilt.contains("1 rows were not understood"), "{rebuilt}");
}

#[test]
fn a_file_that_is_none_is_refused_with_a_reason() {
    let database = TestDatabase::new();
    let png = "\u{89}PNG\r\n\u{1a}\n\0\0\0\rIHDR\0\0";
    for (csv, reason) in [
        ("", "the file is empty"),
        ("hello\nworld\n", "no CSV of cdr"),
        (png, "no CSV of cdr"),
        (
            "src,dst\n1,2\n",
            "has no column start, channel, disposition",
        ),
        (
            &HEADER.replace("channel,dst", "dst"),
            "has no column channel",
        ),
    ] {
        let output = import(&database, csv);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{csv:?}");
        assert!(errors.contains(reason), "{csv:?}: {errors}");
    }
    assert_eq!(calls(&database), 0);
}

#[test]
fn a_bad_line_of_the_directory_is_told_and_the_rest_is_kept() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    std::fs::write(
        &file,
        "username,numbers,endpoints\nann,100,PJSIP/100\n,1,\nbob,x,\n",
    )
    .unwrap();
    let file = file.display().to_string();
    let output = run(&database, &["directory", "import", "--users", &file]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("csv:3: username: is empty"), "{errors}");
    assert!(errors.contains("csv:4: numbers"), "{errors}");
    let service = Service::start(&database);
    assert_eq!(service.get("/history/user?user=ann").status, 200);
    assert_eq!(service.get("/history/user?user=bob").status, 404);
}
