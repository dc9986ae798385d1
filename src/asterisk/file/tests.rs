use super::*;

type Row = Result<(u64, Record), BadLine>;

fn read(kind: Kind, file: &[u8]) -> Vec<Row> {
    match Rows::new(kind, file) {
        Ok(rows) => rows.collect(),
        Err(bad) => vec![Err(bad)],
    }
}

fn good(row: &Row) -> &Record {
    &row.as_ref().unwrap().1
}

fn bad(row: &Row) -> (u64, &str) {
    let bad = row.as_ref().unwrap_err();
    (bad.line, &bad.reason)
}

const HEADER: &str = "event,time,callid,queuename,agent,data1,nonsense\n";

#[test]
fn columns_come_in_any_order_and_unknown_ones_are_left_out() {
    let file = format!("{HEADER}ABANDON,2026-01-01 00:00:00,1.2,\"bl\"\"ue, x\",NONE,1,?\n");
    let rows = read(Kind::QueueLog, file.as_bytes());
    let record = good(&rows[0]);
    assert_eq!(rows[0].as_ref().unwrap().0, 2);
    assert_eq!(record.get("event"), "ABANDON");
    assert_eq!(record.get("queuename"), "bl\"ue, x");
    assert_eq!(record.get("data2"), "");
}

#[test]
fn a_bad_line_has_its_number_and_the_rest_is_kept() {
    let wide = "1".repeat(300);
    let file = format!("{HEADER}a,b\nx,t,1.2,q,NONE,1,2\n\ny,t,1.2,q,NONE,{wide},2\nz,t,1,q,N,1,2");
    let rows = read(Kind::QueueLog, file.as_bytes());
    assert_eq!(bad(&rows[0]), (2, "2 fields where the header line has 7"));
    assert_eq!(good(&rows[1]).get("event"), "x");
    assert_eq!(
        bad(&rows[2]),
        (5, "data1 has 300 characters, more than 255")
    );
    assert_eq!(good(&rows[3]).get("event"), "z");
}

#[test]
fn a_file_in_no_known_form_is_refused() {
    for file in [
        "",
        "\n",
        "hello world\nfoo\n",
        "a,b,c\n1,2,3\n",
        "time,callid\n1,2\n",
    ] {
        let rows = read(Kind::QueueLog, file.as_bytes());
        assert_eq!(bad(&rows[0]).0, 1, "{file:?}");
        assert!(bad(&rows[0]).1.contains("queue_log"), "{rows:?}");
    }
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0";
    assert!(bad(&read(Kind::Cdr, png)[0]).1.contains("Master.csv"));
}

#[test]
fn a_quoted_field_goes_over_lines_and_an_unclosed_quote_costs_one_line() {
    let file = format!("{HEADER}A,t,1.2,\"two\nlines\",NONE,1,2\nB,t,1,\"q,N,1,2\nC,t,1,q,N,1,2\n");
    let rows = read(Kind::QueueLog, file.as_bytes());
    assert_eq!(good(&rows[0]).get("queuename"), "two\nlines");
    assert_eq!(bad(&rows[1]), (4, "a quote is opened and not closed"));
    assert_eq!(good(&rows[2]).get("event"), "C");
    assert_eq!(rows.len(), 3);
}

#[test]
fn bytes_ends_of_lines_and_marks_do_not_matter() {
    let mut file = "\u{feff}".as_bytes().to_vec();
    file.extend(HEADER.trim_end().as_bytes());
    file.extend(b"\r\nJos\xe9,t\0,1.2,q,NONE,1,2\r\n");
    file.extend("Zoé,t,1.2,q,NONE,NULL,2".as_bytes());
    let rows = read(Kind::QueueLog, &file);
    assert_eq!(good(&rows[0]).get("event"), "José", "Latin-1");
    assert_eq!(good(&rows[0]).get("time"), "t\0");
    assert_eq!(good(&rows[1]).get("event"), "Zoé");
    assert_eq!(good(&rows[1]).get("data1"), "");
}

#[test]
fn very_long_and_very_wide_lines_are_bad_and_no_more() {
    let huge = "x".repeat(10 << 20);
    let wide = ",".repeat(100_000);
    let file = format!("{HEADER}{huge},t,1,q,N,1,2\n{wide}\nC,t,1,q,N,1,2\n");
    let rows = read(Kind::QueueLog, file.as_bytes());
    assert!(
        bad(&rows[0]).1.contains("10485772 bytes"),
        "{:?}",
        bad(&rows[0])
    );
    assert_eq!(
        bad(&rows[1]),
        (3, "100001 fields where the header line has 7")
    );
    assert_eq!(good(&rows[2]).get("event"), "C");
    let header = format!("{}{HEADER}", "a,".repeat(100_000));
    assert!(Rows::new(Kind::QueueLog, header.as_bytes()).is_ok());
}

#[test]
fn data_in_one_column_is_taken_apart() {
    let file = "time,callid,queuename,agent,event,data\n\
                1,2,q,A,ATTENDEDTRANSFER,LINK|a|b|3|10|1\n1,2,q,A,ABANDON,1|1|8\n";
    let rows = read(Kind::QueueLog, file.as_bytes());
    let data =
        |row: &Row| ["data1", "data3", "data4", "data5"].map(|c| good(row).get(c).to_owned());
    assert_eq!(data(&rows[0]), ["LINK", "b", "3", "10|1"]);
    assert_eq!(data(&rows[1]), ["1", "8", "", ""]);
}

#[test]
fn the_queue_log_file_is_read_and_empty_values_at_its_end_are_none() {
    let file = "1795393065|NONE|NONE|NONE|QUEUESTART|\n\
                1795393140|1.28|blue|NONE|ENTERQUEUE||0699000001|1|\n\
                1795393150|1.28|blue|Agent/1|ATTENDEDTRANSFER|LINK|a|b|3|10|1\n\
                1795393151|1.28|bl\n1795393152|1.28|blue|NONE|ABANDON|1|1|8|||||\n";
    let rows = read(Kind::QueueLog, file.as_bytes());
    assert_eq!(good(&rows[0]).get("event"), "QUEUESTART");
    assert_eq!(good(&rows[1]).get("data2"), "0699000001");
    assert_eq!(good(&rows[2]).get("data5"), "10|1");
    assert_eq!(
        bad(&rows[3]),
        (4, "3 fields where queue_log has at least 5")
    );
    assert_eq!(good(&rows[4]).get("data5"), "");
}

#[test]
fn master_csv_is_read_in_all_its_variants() {
    let base = "\"acc\",\"1000\",\"1001\",\"default\",\"\"\"A\"\" <1000>\",\"PJSIP/1000-1\",\"PJSIP/1001-2\",\
                \"Dial\",\"PJSIP/1001,30\",\"2026-11-23 00:18:07\",,\"2026-11-23 00:18:12\",5,0,\
                \"NO ANSWER\",\"DOCUMENTATION\"";
    let new = ",\"peer\",\"1795393087.9\",7";
    let unique = ",\"1795393087.0\"";
    for (line, uniqueid, userfield, linkedid) in [
        (base.to_owned(), "", "", ""),
        (format!("{base}{unique}"), "1795393087.0", "", ""),
        (format!("{base},\"mine\""), "", "mine", ""),
        (
            format!("{base}{unique},\"mine\""),
            "1795393087.0",
            "mine",
            "",
        ),
        (format!("{base}{new}"), "", "", "1795393087.9"),
        (
            format!("{base}{unique}{new}"),
            "1795393087.0",
            "",
            "1795393087.9",
        ),
        (format!("{base},\"mine\"{new}"), "", "mine", "1795393087.9"),
        (
            format!("{base}{unique},\"mine\"{new}"),
            "1795393087.0",
            "mine",
            "1795393087.9",
        ),
    ] {
        let rows = read(Kind::Cdr, format!("{line}\n{line}\n").as_bytes());
        assert_eq!(rows.len(), 2, "{line}");
        let record = good(&rows[0]);
        assert_eq!(record.get("uniqueid"), uniqueid, "{line}");
        assert_eq!(record.get("userfield"), userfield, "{line}");
        assert_eq!(record.get("linkedid"), linkedid, "{line}");
        assert_eq!(record.get("clid"), "\"A\" <1000>");
        assert_eq!(record.get("disposition"), "NO ANSWER");
    }
}

#[test]
fn a_gzipped_file_is_read_as_it_is_and_a_broken_one_up_to_the_break() {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    for n in 0..5000 {
        writeln!(packed, "17953931{n:04}|1.{n}|blue|NONE|FULL|").unwrap();
    }
    let packed = packed.finish().unwrap();
    assert_eq!(read(Kind::QueueLog, &packed).len(), 5000);
    let rows = read(Kind::QueueLog, &packed[..packed.len() / 2]);
    assert!(rows.len() > 1000);
    let last = rows.last().unwrap();
    assert!(
        bad(last).1.contains("cannot be read any further"),
        "{last:?}"
    );
}

/// A disk that breaks behind what could be read.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("broken disk"))
    }
}

#[test]
fn what_is_wrong_behind_an_open_quote_is_told_too() {
    let open = "start,channel,disposition\nt,\"SIP/1-1,BUSY\n";
    let rows: Vec<Row> = Rows::new(Kind::Cdr, open.as_bytes().chain(Broken))
        .unwrap()
        .collect();
    assert_eq!(bad(&rows[0]), (2, "a quote is opened and not closed"));
    assert!(bad(&rows[1]).1.contains("broken disk"), "{rows:?}");

    let long = "x".repeat(lines::LONGEST + 1);
    let rows = read(Kind::Cdr, format!("{open}{long}\nt,c,d\n").as_bytes());
    assert_eq!(bad(&rows[1]).0, 3);
    assert_eq!(good(&rows[2]).get("channel"), "c");
    assert_eq!(rows.len(), 3);
}

#[test]
fn a_gzipped_file_is_known_however_small_the_pieces_are_in_which_it_comes() {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writeln!(packed, "1795393140|1.1|blue|NONE|FULL|").unwrap();
    let packed = packed.finish().unwrap();
    let (one, rest) = packed.split_at(1);
    assert_eq!(
        Rows::new(Kind::QueueLog, one.chain(rest)).unwrap().count(),
        1
    );
}
