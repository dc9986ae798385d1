//! Rows and a directory in a compact form: cells of ten bytes, in any order, one for each row.
//! What mutates is a choice among words, or a time, so that most inputs are calls.
//!
//! ```text
//! cdr    kind+sequence second length answered+billsec channel dstchannel
//!        cnum+lastdata+lastapp src+dst uniqueid+did+clid fraction
//! event  kind second fraction queue+event callid+member data1 … data5
//! who    kind flags
//! ```

use call_history::asterisk::{Cdr, ChannelEvent, Kind, QueueEvent, Record};
use call_history::fold::{DEFAULT_SOURCE, Rows};
use call_history::model::{Directory, Queue, Time, Trunks, User, Validity, Valued};
use chrono::DateTime;
use chrono_tz::Europe::Paris;

use super::words;

/// Bytes of a cell.
pub(crate) const SIZE: usize = 10;
/// Second 0 of every input.
const ZERO: i64 = 1_767_225_600;
/// Data below are a number, from here on a word.
pub(crate) const FIRST_WORD: usize = 200;
/// Lengths below are seconds, from here on a word.
pub(crate) const FIRST_LENGTH: usize = 240;

/// The rows and the directory that these bytes are. Rows that are not understood are left out,
/// as it is done in the service.
pub(crate) fn decode(data: &[u8]) -> (Rows, Directory) {
    let cells: Vec<&[u8; SIZE]> = data.as_chunks::<SIZE>().0.iter().collect();
    let flags = cells
        .iter()
        .filter(|cell| cell[0] % 8 == 7)
        .fold(0, |flags, cell| flags ^ cell[1]);
    let mut rows = Rows {
        source: source(flags).to_owned(),
        linkedid: words::IDS[0].to_owned(),
        ..Rows::default()
    };
    for cell in cells {
        match cell[0] % 8 {
            0..=3 => rows.cdr.extend(Cdr::read(&cdr(cell), Paris)),
            4..=6 => {
                let place = rows.queue_log.len() as i64;
                rows.queue_log
                    .extend(QueueEvent::read(&event(cell), place, Paris));
            }
            _ if cell[0] >= CHANNEL_EVENT => {
                rows.cel
                    .extend(ChannelEvent::read(&channel_event(cell), Paris));
            }
            _ => {}
        }
    }
    (rows, directory(flags))
}

/// Of the cells that are neither a CDR row nor a queue event, those from here on are channel
/// events, and the others flags.
const CHANNEL_EVENT: u8 = 128;

fn channel_event(cell: &[u8; SIZE]) -> Record {
    let [
        tag,
        second,
        fraction,
        kind,
        name,
        ids,
        app,
        bridge,
        numbers,
        exten,
    ] = *cell;
    let mut record = Record::new(Kind::Cel);
    let mut set = |column: &str, value: &str| {
        if let Some(place) = Kind::Cel.position(column) {
            record.set(place, value);
        }
    };
    set("eventtype", word(&words::CHANNEL_EVENTS, kind));
    // A few instants, so that much happens at once.
    set("eventtime", &moment(second, fraction % 2));
    set("channame", &channel(name));
    // Mostly a channel has an id of its own, and the call's linkedid.
    let own = format!("1.{}", name / 16 + name % 16 * 16);
    let uniqueid = match ids % 16 {
        n @ 0..8 => words::IDS[usize::from(n)],
        _ => &own,
    };
    set("uniqueid", uniqueid);
    let linkedid = match ids >> 4 {
        0 => uniqueid,
        n @ 1..4 => words::IDS[usize::from(n)],
        _ => words::IDS[0],
    };
    set("linkedid", linkedid);
    set("appname", word(&words::APPLICATIONS, app % 8));
    set("appdata", word(&words::ARGUMENTS, app >> 3));
    let technology = if bridge >= 224 { "holding" } else { "simple" };
    let extra = format!(
        r#"{{"bridge_id":"{}","bridge_technology":"{technology}_bridge"}}"#,
        bridge % 4
    );
    set("extra", if tag >= 248 { &extra[..9] } else { &extra });
    set("cid_num", word(&words::NUMBERS, numbers));
    set("exten", word(&words::NUMBERS, exten));
    record
}

fn word(list: &[&'static str], n: u8) -> &'static str {
    list[usize::from(n) % list.len()]
}

fn cdr(cell: &[u8; SIZE]) -> Record {
    let [
        tag,
        second,
        length,
        billed,
        from,
        to,
        app,
        numbers,
        ids,
        fraction,
    ] = *cell;
    let mut record = Record::new(Kind::Cdr);
    let mut set = |column: &str, value: &str| {
        if let Some(place) = Kind::Cdr.position(column) {
            record.set(place, value);
        }
    };
    let duration = match usize::from(length).checked_sub(FIRST_LENGTH) {
        Some(n) => words::LENGTHS[n].to_owned(),
        None => length.to_string(),
    };
    let billsec = match billed % 128 {
        127 => duration.clone(),
        seconds => seconds.to_string(),
    };
    match tag >> 3 {
        0 => {}
        n => set("sequence", &(n - 1).to_string()),
    }
    set("start", &moment(second, fraction));
    set("duration", &duration);
    set("billsec", &billsec);
    let answered = billed >= 128;
    set("disposition", if answered { "ANSWERED" } else { "BUSY" });
    set("channel", &channel(from));
    set("dstchannel", &channel(to));
    set("lastapp", word(&words::APPLICATIONS, app % 8));
    set("lastdata", word(&words::ARGUMENTS, app >> 3));
    set("cnum", if app >= 128 { "1001" } else { "" });
    set("src", word(&words::NUMBERS, numbers % 16));
    set("dst", word(&words::NUMBERS, numbers >> 4));
    set("uniqueid", word(&words::IDS, ids % 8));
    set("did", word(&["", "0330010", "s", "0330020"], ids >> 3));
    set("clid", word(&words::CALLER_IDS, ids >> 5));
    record
}

fn event(cell: &[u8; SIZE]) -> Record {
    let [_, second, fraction, what, who, data @ ..] = *cell;
    let mut record = Record::new(Kind::QueueLog);
    record.set(0, moment(second, fraction));
    record.set(1, word(&words::IDS, who % 8));
    record.set(2, word(&words::QUEUES, what % 8));
    record.set(3, word(&words::MEMBERS, who >> 3));
    record.set(4, word(&words::EVENTS, what >> 3));
    for (n, value) in data.iter().enumerate() {
        let text = match usize::from(*value).checked_sub(FIRST_WORD) {
            Some(n) => words::DATA[n % words::DATA.len()].to_owned(),
            None => value.to_string(),
        };
        record.set(5 + n, text);
    }
    record
}

fn moment(second: u8, fraction: u8) -> String {
    let (second, micros) = (ZERO + i64::from(second), u32::from(fraction) * 3906);
    format!("{second}.{micros:06}")
}

/// A channel: the name from the low half of the byte, the suffix from the high one.
fn channel(byte: u8) -> String {
    let (n, suffix) = (usize::from(byte % 16), byte / 16);
    let name = words::CHANNELS[n];
    if name.is_empty() {
        String::new()
    } else if n < words::FIRST_LOCAL {
        format!("{name}-{suffix:x}")
    } else {
        format!("{name}-{};{}", suffix / 2, suffix % 2 + 1)
    }
}

fn source(flags: u8) -> &'static str {
    if flags & 2 == 0 {
        DEFAULT_SOURCE
    } else {
        "paris"
    }
}

/// Ann, Bob and Kim, two queues; each flag changes something.
pub(crate) fn directory(flags: u8) -> Directory {
    let has = |flag: u8| flags & flag != 0;
    let split = DateTime::from_timestamp(ZERO + 100, 0).filter(|_| has(16));
    let mut users = vec![
        user(flags, "ann", "1001", (None, split)),
        user(flags, "bob", "1002", (None, None)),
    ];
    if split.is_some() {
        users.push(user(flags, "eve", "1001", (split, None)));
    }
    if !has(32) {
        let mut kim = user(flags, "kim", "1003", (None, None));
        let mut mobile = kim.endpoints[0].clone();
        mobile.value = "SIP/kim-mobile".to_owned();
        kim.endpoints.push(mobile);
        users.push(kim);
    }
    if has(4) {
        users[0].agent_number = Some("2501".to_owned());
        users[1].agent_number = Some(if has(8) { "2501" } else { "2502" }.to_owned());
    }
    if has(64) {
        users.clear();
    }
    let queues = [("blue", "3000"), ("black", "3001")].map(|(name, number)| Queue {
        name: name.to_owned(),
        number: if has(128) { "" } else { number }.to_owned(),
        ..Queue::default()
    });
    let trunks = Trunks::parse(if has(1) { "PJSIP/trunk*" } else { "" });
    Directory::new(users, [], queues).with_trunks(trunks)
}

fn user(flags: u8, name: &str, number: &str, (from, until): (Option<Time>, Option<Time>)) -> User {
    let valued = |value: String| Valued {
        source: source(flags).to_owned(),
        value,
        validity: Validity { from, until },
    };
    User {
        username: name.to_owned(),
        first_name: name.to_owned(),
        numbers: vec![valued(number.to_owned())],
        endpoints: vec![valued(format!("PJSIP/{number}"))],
        ..User::default()
    }
}
