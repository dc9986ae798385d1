//! Rows as they come, and which call they are of.

use std::collections::{BTreeSet, HashMap};

use call_history::asterisk::record::{Kind, Record};
use call_history::store::Connection;
use call_history::store::landing::{self, Conversations};
use diesel::connection::SimpleConnection;

use crate::support::TestDatabase;

fn record(kind: Kind, values: &[(&str, &str)]) -> Record {
    let mut record = Record::new(kind);
    for (name, value) in values {
        let columns = kind.columns();
        record.set(
            columns.iter().position(|c| c.name == *name).unwrap(),
            *value,
        );
    }
    record
}

fn cdr(uniqueid: &str, linkedid: &str) -> Record {
    let ids = [("uniqueid", uniqueid), ("linkedid", linkedid)];
    record(Kind::Cdr, &ids)
}

fn cel(uniqueid: &str, linkedid: &str) -> Record {
    let ids = [("uniqueid", uniqueid), ("linkedid", linkedid)];
    record(Kind::Cel, &ids)
}

fn queue_log(callid: &str, event: &str) -> Record {
    record(Kind::QueueLog, &[("callid", callid), ("event", event)])
}

fn insert(conn: &mut Connection, records: &[Record]) -> Vec<usize> {
    landing::insert(conn, "pbx", records).unwrap()
}

fn walk(conn: &mut Connection, limit: usize) -> Vec<String> {
    let mut conversations = Conversations::of("pbx");
    let mut all = Vec::new();
    loop {
        let chunk = conversations.next_chunk(conn, limit).unwrap();
        assert!(chunk.len() <= limit);
        if chunk.is_empty() {
            return all;
        }
        all.extend(chunk);
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| text.to_string()).collect()
}

#[test]
fn inserting_twice_inserts_nothing() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let records = [
        cdr("1.1", "1.1"),
        queue_log("1.1", "ENTERQUEUE"),
        cdr("1.1", "1.1"),
    ];
    assert_eq!(insert(&mut conn, &records), [0, 1]);
    assert_eq!(insert(&mut conn, &records), [0usize; 0]);
    let stored = landing::rows(&mut conn, "pbx", &strings(&["1.1"])).unwrap();
    assert_eq!((stored[0].cdr.len(), stored[0].queue_log.len()), (1, 1));
    assert_eq!(
        insert(&mut conn, &[cdr("1.1", "1.1"), cdr("1.2", "1.1")]),
        [1]
    );
    // Another source has its own rows.
    assert_eq!(
        landing::insert(&mut conn, "other", &records).unwrap(),
        [0, 1]
    );
    assert_eq!(
        landing::sources_with_rows(&mut conn).unwrap(),
        ["other", "pbx"]
    );
}

#[test]
fn a_large_batch_and_its_texts_survive() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let long = "é".repeat(300);
    let records: Vec<Record> = (0..1000)
        .map(|nr| {
            record(
                Kind::Cdr,
                &[
                    ("uniqueid", &format!("1.{nr}")),
                    ("linkedid", "1.0"),
                    ("start", "0000-00-00 00:00:00"),
                    ("clid", r#""Zoë \ 'x' 😀" <0611>"#),
                    ("src", &long),
                    ("disposition", "8"),
                    ("recordingfile", " blanks "),
                ],
            )
        })
        .collect();
    assert_eq!(insert(&mut conn, &records).len(), 1000);
    let calls = landing::rows(&mut conn, "pbx", &strings(&["1.0", "nothing"])).unwrap();
    assert_eq!(calls.len(), 2);
    assert!(calls[1].is_empty());
    let rows = &calls[0].cdr;
    assert_eq!(rows.len(), 1000);
    assert!(rows.windows(2).all(|two| two[0].id < two[1].id));
    for (stored, sent) in rows.iter().zip(&records) {
        for column in ["uniqueid", "start", "clid", "disposition", "recordingfile"] {
            assert_eq!(stored.record.get(column), sent.get(column));
        }
        // What is too long is cut, and costs nothing else.
        assert_eq!(stored.record.get("src").chars().count(), 255);
    }
    assert_eq!(insert(&mut conn, &records), [0usize; 0]);
}

#[test]
fn asterisk_inserts_rows_that_name_only_its_columns() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    conn.batch_execute(
        "INSERT INTO cdr (accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,\
             start,answer,end,duration,billsec,disposition,amaflags,userfield,uniqueid,linkedid,sequence) \
         VALUES ('','0611','1000','from-trunk','\"A\" <0611>','PJSIP/trunk-1','PJSIP/1000-2','Dial','x',\
             '2024-01-02 03:04:05','0000-00-00 00:00:00','2024-01-02 03:05:05',60,50,'ANSWERED','DOCUMENTATION','','7.1','7.1',3); \
         INSERT INTO cdr (calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,\
             disposition,amaflags,accountcode,uniqueid,userfield) \
         VALUES ('2024-01-02 03:04:05','','0611','1000','x','PJSIP/trunk-1','','Dial','x',60,0,4,3,'','7.2',''); \
         INSERT INTO cel (eventtype,eventtime,cid_name,channame,uniqueid,linkedid) \
         VALUES ('CHAN_START','2024-01-02 03:04:05.123456','A','PJSIP/trunk-1','7.1','7.1'); \
         INSERT INTO queue_log (time,callid,queuename,agent,event,data1,data2) \
         VALUES ('2024-01-02 03:04:05.1','7.1','blue','NONE','ENTERQUEUE','','0611'); \
         INSERT INTO cdr (src) VALUES ('nobody knows which call');",
    )
    .unwrap();
    let calls = landing::rows(&mut conn, "default", &strings(&["7.1", "7.2"])).unwrap();
    let sizes: Vec<_> = calls
        .iter()
        .map(|c| (c.cdr.len(), c.queue_log.len(), c.cel.len()))
        .collect();
    assert_eq!(sizes, [(1, 1, 1), (1, 0, 0)]);
    assert_eq!(calls[0].cdr[0].record.get("answer"), "0000-00-00 00:00:00");
    assert_eq!(calls[0].cdr[0].record.get("duration"), "60");
    assert_eq!(
        calls[0].cel[0].record.get("eventtime"),
        "2024-01-02 03:04:05.123456"
    );
    assert_eq!(
        calls[1].cdr[0].record.get("calldate"),
        "2024-01-02 03:04:05"
    );
    assert_eq!(calls[1].cdr[0].record.get("disposition"), "4");
    let mut all = Conversations::of("default");
    assert_eq!(all.next_chunk(&mut conn, 10).unwrap(), ["7.1", "7.2"]);
}

#[test]
fn bytes_that_are_no_text_stop_nothing() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let cast = if database.url().is_sqlite() {
        "CAST(X'FF31' AS TEXT)"
    } else {
        "X'FF31'"
    };
    conn.batch_execute(&format!(
        "INSERT INTO cdr (uniqueid, linkedid) VALUES ('8.1', '8.1'), ({cast}, {cast}); \
         INSERT INTO queue_log (callid) VALUES ({cast}), ('9.1')"
    ))
    .unwrap();
    let mut all = Conversations::of("default");
    let mut seen = Vec::new();
    loop {
        match all.next_chunk(&mut conn, 1).unwrap() {
            chunk if chunk.is_empty() => break,
            chunk => seen.extend(chunk),
        }
    }
    assert_eq!(seen, ["8.1", "9.1", "\u{fffd}1"]);
    let calls = landing::rows(&mut conn, "default", &seen).unwrap();
    assert_eq!(calls[0].cdr.len(), 1);
}

#[test]
fn the_database_and_the_program_agree_on_the_conversation() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let records = [
        cdr("1.1", "1.0"),
        cdr("1.2", ""),
        record(Kind::Cdr, &[("src", "0611")]),
        cdr(&"x".repeat(300), &"y".repeat(300)),
        cdr("1.1 ", "1.0 "),
        cel("josé", "Jose"),
        cel("Jose", "josé"),
    ];
    insert(&mut conn, &records);
    let wanted: BTreeSet<String> = records.iter().filter_map(landing::conversation).collect();
    assert_eq!(wanted.len(), records.len());
    let walked = walk(&mut conn, 2);
    assert_eq!(walked, wanted.iter().cloned().collect::<Vec<_>>());
    for call in landing::rows(&mut conn, "pbx", &walked).unwrap() {
        assert_eq!(call.cdr.len() + call.cel.len(), 1, "{}", call.conversation);
    }
}

#[test]
fn a_callid_goes_where_its_channel_went() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    insert(
        &mut conn,
        &[
            cdr("1.2", "1.1"),
            cel("1.2", "1.2"),
            cel("2.2", "2.9"),
            cel("2.2", "2.1"),
            cel("3.1", "3.1"),
            cel("3.1", "2.0"),
        ],
    );
    let asked = strings(&["1.2", "2.2", "3.1", "4.1", "NONE", "none", ""]);
    let found = landing::conversations_of(&mut conn, "pbx", &asked).unwrap();
    let wanted = [
        ("1.2", "1.1"),
        ("2.2", "2.1"),
        ("3.1", "3.1"),
        ("4.1", "4.1"),
    ];
    let wanted: HashMap<_, _> = wanted.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    assert_eq!(found, wanted);
    // In another source nothing is known of them.
    let other = landing::conversations_of(&mut conn, "other", &asked).unwrap();
    assert_eq!(other["1.2"], "1.2");
}

#[test]
fn all_rows_of_a_call_are_found_and_none_twice() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let records = [
        cdr("1.1", "1.1"),
        cdr("1.2", "1.1"),
        cel("1.1", "1.1"),
        queue_log("1.1", "ENTERQUEUE"),
        queue_log("1.2", "CONNECT"),
        // A call of the queue log alone, and rows of no call.
        queue_log("5.1", "ABANDON"),
        queue_log("NONE", "QUEUESTART"),
        queue_log("MANAGER", "ADDMEMBER"),
        cel("6.1", "6.0"),
        queue_log("6.1", "ENTERQUEUE"),
        queue_log("6.0", "ENTERQUEUE"),
    ];
    insert(&mut conn, &records);
    let walked = walk(&mut conn, 1);
    assert_eq!(walked, ["1.1", "5.1", "6.0"]);
    assert_eq!(walk(&mut conn, 100), walked);
    let calls = landing::rows(&mut conn, "pbx", &walked).unwrap();
    let sizes: Vec<_> = calls
        .iter()
        .map(|c| (c.cdr.len(), c.queue_log.len(), c.cel.len()))
        .collect();
    assert_eq!(sizes, [(2, 2, 1), (0, 1, 0), (0, 2, 1)]);
    // Asked for alone, or twice, a call is the same.
    let alone = landing::rows(&mut conn, "pbx", &strings(&["6.0", "6.0"])).unwrap();
    assert_eq!(alone, calls[2..]);
}

#[test]
fn a_late_row_touches_the_calls_that_it_takes_rows_from() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let first = [
        queue_log("1.2", "ENTERQUEUE"),
        cel("1.2", "1.5"),
        cdr("7.7", "7.7"),
    ];
    insert(&mut conn, &first);
    let late = [cdr("1.2", "1.1")];
    insert(&mut conn, &late);
    let touched = landing::touched(&mut conn, "pbx", &late).unwrap();
    assert_eq!(
        touched,
        BTreeSet::from(["1.1", "1.2", "1.5"].map(str::to_owned))
    );
}

#[test]
fn two_importers_of_the_same_rows_do_not_disturb_each_other() {
    let database = TestDatabase::new();
    let records: Vec<Record> = (0..400).map(|nr| cdr(&format!("1.{nr}"), "1.0")).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| insert(&mut database.connect(), &records));
        }
    });
    let mut conn = database.connect();
    let calls = landing::rows(&mut conn, "pbx", &strings(&["1.0"])).unwrap();
    assert_eq!(calls[0].cdr.len(), 400);
}
