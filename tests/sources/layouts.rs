//! Every layout in which the tables are found, on a real server.

use call_history::asterisk::Kind;

use crate::Following;
use crate::support::pbx::{CEL, FREEPBX_CDR, PbxDatabase, QUEUE_LOG};

/// What is copied of tables with these rows: the values of these columns of the first row.
fn copied(statements: &[&str], kind: Kind, columns: &[&str]) -> Vec<String> {
    let pbx = PbxDatabase::with(statements);
    let mut following = Following::database(&pbx.url());
    let mut task = following.task();
    following.settle(&mut task);
    let rows = following.rows(kind);
    assert_eq!(rows.len(), 1, "{statements:?}");
    columns
        .iter()
        .map(|column| rows[0].get(column).to_owned())
        .collect()
}

#[test]
fn cdr_of_every_vendor() {
    let own = "CREATE TABLE `cdr` (accountcode VARCHAR(80), src VARCHAR(80), dst VARCHAR(80), \
        dcontext VARCHAR(80), clid VARCHAR(80), channel VARCHAR(80), dstchannel VARCHAR(80), \
        lastapp VARCHAR(80), lastdata VARCHAR(80), `start` DATETIME, answer DATETIME, `end` DATETIME, \
        duration INTEGER, billsec INTEGER, disposition VARCHAR(45), amaflags VARCHAR(45), \
        userfield VARCHAR(256), uniqueid VARCHAR(150), linkedid VARCHAR(150), \
        peeraccount VARCHAR(80), sequence INTEGER)";
    let columns = [
        "start",
        "answer",
        "end",
        "channel",
        "disposition",
        "billsec",
        "uniqueid",
    ];
    assert_eq!(
        copied(
            &[
                own,
                "INSERT INTO `cdr` (`start`, `answer`, `end`, channel, disposition, billsec, uniqueid) \
              VALUES ('2026-11-23 00:19:00', '0000-00-00 00:00:00', '2026-11-23 00:19:09', 'PJSIP/1-1', 'NO ANSWER', 0, '1.1')"
            ],
            Kind::Cdr,
            &columns
        ),
        [
            "2026-11-23 00:19:00",
            "0000-00-00 00:00:00",
            "2026-11-23 00:19:09",
            "PJSIP/1-1",
            "NO ANSWER",
            "0",
            "1.1"
        ]
    );
    let classic = "CREATE TABLE `CDR` (CALLDATE DATETIME NOT NULL, CLID VARCHAR(80), SRC VARCHAR(80), \
        DST VARCHAR(80), DCONTEXT VARCHAR(80), CHANNEL VARCHAR(80), DSTCHANNEL VARCHAR(80), \
        LASTAPP VARCHAR(80), LASTDATA VARCHAR(80), DURATION INT, BILLSEC INT, DISPOSITION INT, \
        AMAFLAGS INT, ACCOUNTCODE VARCHAR(20), UNIQUEID VARCHAR(32), USERFIELD VARCHAR(255))";
    assert_eq!(
        copied(
            &[
                classic,
                "INSERT INTO `CDR` (CALLDATE, CHANNEL, DISPOSITION, BILLSEC, UNIQUEID) \
              VALUES ('2026-11-23 00:19:00', 'SIP/1-1', 8, 4, '1.1')"
            ],
            Kind::Cdr,
            &columns
        ),
        ["2026-11-23 00:19:00", "", "", "SIP/1-1", "8", "4", "1.1"]
    );
    assert_eq!(
        copied(
            &[
                FREEPBX_CDR,
                "INSERT INTO `cdr` (calldate, channel, disposition, did, sequence, uniqueid) \
              VALUES ('2026-11-23 00:19:00', 'SIP/1-1', 'ANSWERED', '0199', 7, '1.1')"
            ],
            Kind::Cdr,
            &["start", "did", "sequence", "src"]
        ),
        ["2026-11-23 00:19:00", "0199", "7", ""]
    );
}

#[test]
fn queue_logs_with_every_form_of_time_and_data() {
    let insert = |time: &str, columns: &str, data: &str| {
        format!(
            "INSERT INTO `queue_log` (`time`, `callid`, `queuename`, `agent`, `event`, {columns}) \
             VALUES ({time}, '1795393139.1', 'blue', 'NONE', 'ABANDON', {data})"
        )
    };
    let three = insert(
        "'2026-11-23 00:19:00.250000'",
        "`data1`, `data3`",
        "'1', '8'",
    );
    let text = QUEUE_LOG.replace("DATETIME(6)", "VARCHAR(26)");
    let number = QUEUE_LOG.replace("DATETIME(6)", "INT UNSIGNED");
    let one = QUEUE_LOG.replace("`data1` VARCHAR(100),", "`data` TEXT,").replace(
        "`data2` VARCHAR(100), `data3` VARCHAR(100), `data4` VARCHAR(100), `data5` VARCHAR(100)",
        "`created` TIMESTAMP",
    );
    let without_key =
        |table: &str| table.replace("`id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,", "");
    let columns = ["time", "data1", "data2", "data3", "data5"];
    let epoch = insert("'1795393140'", "`data1`, `data3`", "'1', '8'");
    let joined = insert("'2026-11-23 00:19:00'", "`data`", "'1||8|x|10|1'");
    for (table, row, expected) in [
        (
            QUEUE_LOG.to_owned(),
            three.clone(),
            ["2026-11-23 00:19:00.250000", "1", "", "8", ""],
        ),
        (
            text.clone(),
            three.clone(),
            ["2026-11-23 00:19:00.250000", "1", "", "8", ""],
        ),
        (
            text.clone(),
            epoch.clone(),
            ["1795393140", "1", "", "8", ""],
        ),
        (
            number.clone(),
            epoch.clone(),
            ["1795393140", "1", "", "8", ""],
        ),
        (
            without_key(QUEUE_LOG),
            three.clone(),
            ["2026-11-23 00:19:00.250000", "1", "", "8", ""],
        ),
        (
            without_key(&text),
            three,
            ["2026-11-23 00:19:00.250000", "1", "", "8", ""],
        ),
        (
            without_key(&text),
            epoch.clone(),
            ["1795393140", "1", "", "8", ""],
        ),
        (
            without_key(&number),
            epoch,
            ["1795393140", "1", "", "8", ""],
        ),
        (
            one,
            joined,
            ["2026-11-23 00:19:00.000000", "1", "", "8", "10|1"],
        ),
    ] {
        assert_eq!(
            copied(&[&table, &row], Kind::QueueLog, &columns),
            expected,
            "{table}"
        );
    }
}

#[test]
fn new_epochs_without_a_key_are_followed() {
    for kind in ["VARCHAR(32)", "INT", "DECIMAL(20,6)"] {
        let table = QUEUE_LOG
            .replace("DATETIME(6)", kind)
            .replace("`id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,", "");
        let pbx = PbxDatabase::with(&[&table]);
        let event = |callid: &str| {
            let now = chrono::Utc::now().timestamp();
            pbx.run(&format!(
                "INSERT INTO `queue_log` (`time`, `callid`, `queuename`, `agent`, `event`) \
                 VALUES ('{now}', '{callid}', 'blue', 'NONE', 'ENTERQUEUE')"
            ));
        };
        event("1.1");
        let mut following = Following::database(&pbx.url());
        let mut task = following.task();
        assert_eq!(following.settle(&mut task), 1, "{kind}");
        event("2.1");
        assert_eq!(following.settle(&mut task), 1, "{kind}");
        let mut task = following.task();
        assert_eq!(following.settle(&mut task), 0, "{kind}");
    }
}

#[test]
fn cel_with_names_or_numbers_and_both_names_of_extra() {
    let row = |event: &str, extra: &str| {
        format!(
            "INSERT INTO `cel` (`eventtype`, `eventtime`, `channame`, `uniqueid`, `linkedid`, `{extra}`) \
             VALUES ('{event}', '2026-11-23 00:19:00', 'PJSIP/1-1', '1.1', '1.1', '{{}}')"
        )
    };
    let columns = ["eventtype", "channame", "extra", "linkedid"];
    assert_eq!(
        copied(&[CEL, &row("LINKEDID_END", "extra")], Kind::Cel, &columns),
        ["LINKEDID_END", "PJSIP/1-1", "{}", "1.1"]
    );
    let issabel = CEL
        .replace("`eventtype` varchar(30)", "`eventtype` int")
        .replace(
            "`extra` varchar(512)",
            "`eventextra` varchar(255), `channel` varchar(80)",
        );
    assert_eq!(
        copied(&[&issabel, &row("14", "eventextra")], Kind::Cel, &columns),
        ["14", "PJSIP/1-1", "{}", "1.1"]
    );
}

#[test]
fn names_can_be_configured() {
    let table = FREEPBX_CDR
        .replace("`cdr`", "`calls`")
        .replace("`calldate`", "`began`");
    let pbx = PbxDatabase::with(&[
        &table,
        "INSERT INTO `calls` (`began`, `channel`, `disposition`, `uniqueid`) \
         VALUES ('2026-11-23 00:19:00', 'SIP/1-1', 'ANSWERED', '1.1')",
    ]);
    let mut following = Following::database(&pbx.url());
    following.column(Kind::Cdr, "start", "began");
    following.settings.names.get_mut(&Kind::Cdr).unwrap().table = Some("calls".to_owned());
    let mut task = following.task();
    assert_eq!(following.settle(&mut task), 1);
    assert_eq!(
        following.values(Kind::Cdr, "start"),
        ["2026-11-23 00:19:00"]
    );
}

#[test]
fn text_is_read_whatever_its_encoding() {
    let latin1 = FREEPBX_CDR.replace("utf8mb4", "latin1");
    let insert = |cnam: &str| {
        format!(
            "INSERT INTO `cdr` (calldate, channel, disposition, uniqueid, cnam) \
             VALUES ('2026-11-23 00:19:00', 'SIP/1-1', 'ANSWERED', '1.1', {cnam})"
        )
    };
    // Latin-1 as such, UTF-8 that was written through a Latin-1 session, and bytes that are both
    // or neither.
    for (table, value, expected) in [
        (&latin1, "x'4ae96af4'", "Jéjô"),
        (&latin1, "x'4ac3a96a'", "Jéj"),
        (&latin1, "x'c328ff'", "Ã(ÿ"),
        (&FREEPBX_CDR.to_owned(), "x'4ac3a96a'", "Jéj"),
        (&FREEPBX_CDR.replace("utf8mb4", "ucs2"), "'Jéj'", "Jéj"),
    ] {
        let found = copied(
            &[table, "SET NAMES utf8mb4", &insert(value)],
            Kind::Cdr,
            &["cnam"],
        );
        assert_eq!(found, [expected], "{value}");
    }
}

#[test]
fn values_that_are_too_long_are_cut_and_cost_no_row() {
    let table = FREEPBX_CDR.replace("`userfield` varchar(255)", "`userfield` mediumtext");
    let insert = "INSERT INTO `cdr` (calldate, channel, disposition, uniqueid, userfield) \
        VALUES ('2026-11-23 00:19:00', 'SIP/1-1', 'ANSWERED', '1.1', REPEAT('é', 200000))";
    let found = copied(&[&table, insert], Kind::Cdr, &["userfield"]);
    assert_eq!(found[0].chars().count(), 1024);
}
