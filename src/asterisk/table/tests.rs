//! The layouts of all vendors, from their `CREATE TABLE`.

use super::*;

/// What `information_schema` would say of this statement: a line for each column or index.
fn facts(name: &str, lines: &str) -> Facts {
    let mut facts = Facts {
        name: name.to_owned(),
        ..Facts::default()
    };
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(columns) = line.strip_prefix("KEY ") {
            facts
                .indexes
                .push(columns.split(',').map(|c| c.trim().to_owned()).collect());
            continue;
        }
        let (columns, kind) = line.rsplit_once(' ').unwrap();
        let (kind, charset) = kind.split_once('/').unwrap_or((kind, "utf8mb4"));
        for column in columns.split(' ') {
            facts.columns.push(ColumnFacts {
                name: column.to_owned(),
                data_type: kind.trim_end_matches('+').to_owned(),
                charset: (kind.starts_with("varchar")).then(|| charset.to_owned()),
                is_auto_increment: kind.ends_with('+'),
            });
        }
    }
    facts
}

const OWN: &str = "accountcode src dst dcontext clid channel dstchannel lastapp lastdata varchar
    start answer end datetime
    duration billsec int
    disposition amaflags userfield uniqueid linkedid peeraccount varchar
    sequence int";

const CLASSIC: &str = "calldate datetime
    clid src dst dcontext channel dstchannel lastapp lastdata varchar
    duration billsec int
    disposition varchar
    amaflags int
    accountcode uniqueid userfield varchar";

const FREEPBX: &str = "calldate datetime
    clid src dst dcontext channel dstchannel lastapp lastdata varchar
    duration billsec int
    disposition varchar
    amaflags int
    accountcode uniqueid userfield did recordingfile cnum cnam varchar
    outbound_cnum outbound_cnam dst_cnam linkedid peeraccount varchar
    sequence int
    KEY calldate
    KEY dst
    KEY accountcode
    KEY uniqueid";

const QUEUE_LOG: &str = "id bigint+
    time datetime
    callid queuename agent event data1 data2 data3 data4 data5 varchar
    KEY id";

const CEL: &str = "id int+
    eventtype varchar
    eventtime datetime
    cid_name cid_num cid_ani cid_rdnis cid_dnid exten context channame varchar
    appname appdata varchar
    amaflags int
    accountcode uniqueid linkedid peer userdeftype extra varchar
    KEY id
    KEY uniqueid";

fn read(kind: Kind, facts: &Facts) -> (Layout, Vec<Finding>) {
    let (layout, findings) = layout(kind, &Names::default(), facts);
    (layout.unwrap(), findings)
}

/// The name there of a column of ours.
fn there<'a>(layout: &'a Layout, ours: &str) -> Option<&'a str> {
    let place = layout.kind.columns().iter().position(|c| c.name == ours)?;
    layout.columns[place]
        .as_ref()
        .map(|column| column.name.as_str())
}

#[test]
fn every_vendors_cdr_is_read() {
    for (name, lines, time, key, is_indexed) in [
        ("Asterisk's own", OWN.to_owned(), "start", None, false),
        ("classic", CLASSIC.to_owned(), "calldate", None, false),
        ("FreePBX", FREEPBX.to_owned(), "calldate", None, true),
        (
            "Issabel",
            format!("{FREEPBX}\nKEY linkedid\nKEY sequence\nKEY linkedid,sequence"),
            "calldate",
            None,
            true,
        ),
        (
            "with an id",
            format!("{FREEPBX}\nid bigint+\nKEY id"),
            "calldate",
            Some("id"),
            true,
        ),
        (
            "with another key",
            format!("{OWN}\nacctid int+\nKEY acctid"),
            "start",
            Some("acctid"),
            false,
        ),
        (
            "an id that does not grow",
            format!("{OWN}\nid int\nKEY id"),
            "start",
            None,
            false,
        ),
    ] {
        let (layout, _) = read(Kind::Cdr, &facts("cdr", &lines));
        assert_eq!(layout.time.name, time, "{name}");
        assert_eq!(layout.key.as_deref(), key, "{name}");
        assert_eq!(layout.time_is_indexed, is_indexed, "{name}");
        assert_eq!(there(&layout, "start"), Some(time), "{name}");
        assert_eq!(there(&layout, "calldate"), None, "{name}");
        assert_eq!(layout.form, Form::DateTime, "{name}");
    }
    let (own, findings) = read(Kind::Cdr, &facts("cdr", OWN));
    assert_eq!(there(&own, "end"), Some("end"));
    let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].ends_with("once: CREATE INDEX `start` ON `cdr` (`start`);"),
        "{said:?}"
    );
}

#[test]
fn capitals_are_names_as_well() {
    let (layout, _) = read(
        Kind::Cdr,
        &facts(
            "CDR",
            &FREEPBX
                .to_uppercase()
                .replace("VARCHAR", "varchar")
                .replace("DATETIME", "datetime")
                .replace(" INT", " int"),
        ),
    );
    assert_eq!(layout.table, "CDR");
    assert_eq!(there(&layout, "start"), Some("CALLDATE"));
    assert!(layout.time_is_indexed);
    let tables = [facts("Cel", CEL), facts("CDR", FREEPBX)];
    assert_eq!(
        find(Kind::Cdr, &Names::default(), &tables).unwrap().name,
        "CDR"
    );
    assert!(find(Kind::QueueLog, &Names::default(), &tables).is_none());
    // On Linux `cdr` and `CDR` may be two tables.
    let tables = [facts("CDR", OWN), facts("cdr", OWN)];
    assert_eq!(
        find(Kind::Cdr, &Names::default(), &tables).unwrap().name,
        "cdr"
    );
}

#[test]
fn what_a_cdr_lacks_is_said() {
    let (_, findings) = read(Kind::Cdr, &facts("cdr", CLASSIC));
    for column in ["linkedid", "sequence"] {
        assert!(
            findings.contains(&Finding::NoColumn(Kind::Cdr, column)),
            "{findings:?}"
        );
    }
    let (_, findings) = read(Kind::Cdr, &facts("cdr", FREEPBX));
    assert_eq!(findings, [Finding::NoKey(Kind::Cdr)]);
    let (layout, findings) = layout(
        Kind::Cdr,
        &Names::default(),
        &facts("cdr", "src dst varchar"),
    );
    assert!(layout.is_none());
    let said = findings[0].to_string();
    assert!(
        said.contains("cdr: no column start, channel, disposition"),
        "{said}"
    );
    assert_eq!(findings[0].severity(), Severity::Wrong);
}

#[test]
fn queue_logs_have_times_and_data_in_several_forms() {
    for (lines, form, has_data) in [
        (QUEUE_LOG.to_owned(), Form::DateTime, false),
        (
            QUEUE_LOG.replace("time datetime", "time varchar"),
            Form::Text,
            false,
        ),
        (
            QUEUE_LOG.replace("time datetime", "time int"),
            Form::Number,
            false,
        ),
        (
            QUEUE_LOG.replace("data1 data2 data3 data4 data5", "data"),
            Form::DateTime,
            true,
        ),
    ] {
        let (layout, findings) = read(Kind::QueueLog, &facts("queue_log", &lines));
        assert_eq!(layout.form, form, "{lines}");
        assert_eq!(layout.data.is_some(), has_data, "{lines}");
        assert_eq!(layout.key.as_deref(), Some("id"), "{lines}");
        assert!(findings.is_empty(), "{findings:?}");
    }
    let old = QUEUE_LOG.replace("data1 data2 data3 data4 data5", "arg1 arg2 arg3");
    let names = Names {
        table: None,
        columns: BTreeMap::from([("data1".to_owned(), "arg1".to_owned())]),
    };
    let (layout, findings) = layout(Kind::QueueLog, &names, &facts("queue_log", &old));
    assert_eq!(there(&layout.unwrap(), "data1"), Some("arg1"));
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn cel_is_freepbx_s_or_issabel_s() {
    let (layout, findings) = read(Kind::Cel, &facts("cel", CEL));
    assert_eq!(there(&layout, "extra"), Some("extra"));
    assert!(findings.is_empty(), "{findings:?}");
    let issabel = CEL.replace(" extra ", " eventextra src dst channel dstchannel ");
    let (layout, _) = read(Kind::Cel, &facts("cel", &issabel));
    assert_eq!(there(&layout, "extra"), Some("eventextra"));
    assert_eq!(there(&layout, "channame"), Some("channame"));
}

#[test]
fn configured_names_win_and_wrong_ones_are_found() {
    let names = |ours: &str, theirs: &str| Names {
        table: None,
        columns: BTreeMap::from([(ours.to_owned(), theirs.to_owned())]),
    };
    let lines = OWN.replace("start answer", "began answer");
    let table = facts("cdr", &lines);
    let (found, _) = layout(Kind::Cdr, &names("start", "BEGAN"), &table);
    assert_eq!(found.unwrap().time.name, "began");
    let (_, findings) = layout(Kind::Cdr, &names("begin", "began"), &table);
    assert!(findings.contains(&Finding::NoSuchColumnOfOurs(Kind::Cdr, "begin".to_owned())));
    let (_, findings) = layout(Kind::Cdr, &names("start", "nowhere"), &table);
    assert!(findings.contains(&Finding::ConfiguredColumnMissing(
        Kind::Cdr,
        "nowhere".to_owned()
    )));
    let table = facts("my_cdr", FREEPBX);
    let named = Names {
        table: Some("MY_CDR".to_owned()),
        ..Names::default()
    };
    assert!(find(Kind::Cdr, &named, std::slice::from_ref(&table)).is_some());
}

#[test]
fn text_in_foreign_character_sets_is_converted_by_the_database() {
    let lines = OWN.replace("lastdata varchar", "lastdata varchar/ucs2");
    let (layout, _) = read(Kind::Cdr, &facts("cdr", &lines));
    let column = |ours: &str| {
        let place = Kind::Cdr
            .columns()
            .iter()
            .position(|c| c.name == ours)
            .unwrap();
        layout.columns[place].clone().unwrap().is_plain
    };
    assert!(!column("src"));
    assert!(column("uniqueid"));
    assert!(column("duration"));
}
