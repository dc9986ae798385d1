//! What happened, written as Asterisk writes it: in FreePBX's columns of `cdr`, and in
//! `queue_log`.

use std::fmt::Write;
use std::sync::Arc;

use chrono::{DateTime, Datelike, Timelike};
use chrono_tz::Tz;

use crate::asterisk::{Kind, Record};

/// Columns that are filled in `cdr`, in the order of [`Writer::cdr`].
const CDR: [&str; 23] = [
    "start",
    "clid",
    "src",
    "dst",
    "dcontext",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
    "uniqueid",
    "linkedid",
    "sequence",
    "did",
    "cnum",
    "cnam",
    "outbound_cnum",
    "dst_cnam",
    "accountcode",
    "recordingfile",
];

/// Columns of `queue_log`, in the table's order.
pub const QUEUE_LOG: [&str; 10] = [
    "time",
    "callid",
    "queuename",
    "agent",
    "event",
    "data1",
    "data2",
    "data3",
    "data4",
    "data5",
];

/// Columns that are filled in `cel`, in the order of [`Writer::channel_event`].
const CEL: [&str; 11] = [
    "eventtime",
    "channame",
    "uniqueid",
    "cid_num",
    "cid_name",
    "eventtype",
    "exten",
    "appname",
    "appdata",
    "linkedid",
    "extra",
];

/// Asterisk keeps no more of a value than this.
const LONGEST: usize = 79;

/// Who somebody is, as it stands in the caller id of their channel.
#[derive(Default)]
pub(super) struct Face {
    pub(super) number: String,
    pub(super) name: String,
    /// What the other side sees instead of `number`, to outside.
    pub(super) shown: Option<String>,
    pub(super) did: String,
}

/// A channel: its name, its id, and who calls on it.
#[derive(Clone)]
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) uniqueid: String,
    pub(super) face: Arc<Face>,
}

/// How a path ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposition {
    Answered,
    NoAnswer,
    Busy,
    Failed,
}

/// A path from one channel to another, or into an application. Times are milliseconds.
pub(super) struct Leg<'a> {
    pub(super) from: &'a Channel,
    pub(super) to: Option<&'a Channel>,
    pub(super) start: i64,
    pub(super) answer: Option<i64>,
    pub(super) end: i64,
    pub(super) disposition: Disposition,
    pub(super) application: &'static str,
    pub(super) data: &'a str,
    pub(super) context: &'a str,
    pub(super) dst: &'a str,
    /// Name of whose number `dst` is.
    pub(super) dst_name: &'a str,
    pub(super) linkedid: &'a str,
    /// When the called channel was made; in the row of a caller's first path is their own.
    pub(super) made: i64,
    /// When the two talked, which a row does not always tell.
    pub(super) talk: Option<(i64, i64)>,
}

/// Writes rows with the PBX's clock.
pub(super) struct Writer {
    clock: Tz,
    cdr: [usize; CDR.len()],
    queue_log: [usize; QUEUE_LOG.len()],
    cel: [usize; CEL.len()],
}

impl Writer {
    pub(super) fn new(clock: Tz) -> Self {
        // A name that is no column is beyond all of them: setting it would panic.
        let places = |kind: Kind| move |name| kind.position(name).unwrap_or(usize::MAX);
        Self {
            clock,
            cdr: CDR.map(places(Kind::Cdr)),
            queue_log: QUEUE_LOG.map(places(Kind::QueueLog)),
            cel: CEL.map(places(Kind::Cel)),
        }
    }

    pub(super) fn cdr(&self, leg: &Leg<'_>, sequence: u64) -> Record {
        let seconds = |from: i64| ((leg.end - from).max(0) / 1000).to_string();
        let face = &*leg.from.face;
        let disposition = match leg.disposition {
            Disposition::Answered => "ANSWERED",
            Disposition::NoAnswer => "NO ANSWER",
            Disposition::Busy => "BUSY",
            Disposition::Failed => "FAILED",
        };
        let src = face.shown.as_ref().unwrap_or(&face.number);
        let values: [String; CDR.len()] = [
            self.time(leg.start, None),
            format!("\"{}\" <{src}>", face.name),
            src.clone(),
            leg.dst.to_owned(),
            leg.context.to_owned(),
            leg.from.name.clone(),
            leg.to.map(|to| to.name.clone()).unwrap_or_default(),
            leg.application.to_owned(),
            leg.data.chars().take(LONGEST).collect(),
            seconds(leg.start),
            leg.answer.map_or_else(|| "0".to_owned(), seconds),
            disposition.to_owned(),
            "3".to_owned(),
            leg.from.uniqueid.clone(),
            leg.linkedid.to_owned(),
            sequence.to_string(),
            face.did.clone(),
            face.number.clone(),
            face.name.clone(),
            face.shown.clone().unwrap_or_default(),
            leg.dst_name.to_owned(),
            account(face).to_owned(),
            recording(leg),
        ];
        record(Kind::Cdr, &self.cdr, values)
    }

    /// An event of a queue; `micros` is what its time has beyond the milliseconds.
    pub(super) fn event(
        &self,
        (at, micros): (i64, u64),
        (callid, queue, member): (&str, &str, &str),
        event: &str,
        data: [String; 5],
    ) -> Record {
        let [data1, data2, data3, data4, data5] = data;
        let values: [String; QUEUE_LOG.len()] = [
            self.time(at, Some(micros)),
            callid.to_owned(),
            queue.to_owned(),
            member.to_owned(),
            event.to_owned(),
            data1,
            data2,
            data3,
            data4,
            data5,
        ];
        record(Kind::QueueLog, &self.queue_log, values)
    }

    /// An event of a channel: type, extension, application, its arguments, linkedid, and what
    /// else there is to it. `micros` is what its time has beyond the milliseconds.
    pub(super) fn channel_event(
        &self,
        (at, micros): (i64, u64),
        channel: &Channel,
        [kind, exten, application, data, linkedid, extra]: [&str; 6],
    ) -> Record {
        let values: [String; CEL.len()] = [
            self.time(at, Some(micros)),
            channel.name.clone(),
            channel.uniqueid.clone(),
            channel.face.number.clone(),
            channel.face.name.clone(),
            kind.to_owned(),
            exten.to_owned(),
            application.to_owned(),
            data.to_owned(),
            linkedid.to_owned(),
            extra.to_owned(),
        ];
        record(Kind::Cel, &self.cel, values)
    }

    fn time(&self, millis: i64, micros: Option<u64>) -> String {
        let local = DateTime::from_timestamp_millis(millis)
            .unwrap_or_default()
            .with_timezone(&self.clock)
            .naive_local();
        let mut text = String::with_capacity(26);
        // Writing into a String does not fail. chrono's own formatting is several times slower.
        let _ = write!(
            text,
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
            local.year(),
            local.month(),
            local.day(),
            local.hour(),
            local.minute(),
            local.second(),
        );
        if let Some(micros) = micros {
            let _ = write!(text, ".{:03}{:03}", millis.rem_euclid(1000), micros % 1000);
        }
        text
    }
}

/// The account of somebody inside, by the number.
fn account(face: &Face) -> &'static str {
    const ACCOUNTS: [&str; 3] = ["sales", "service", "office"];
    match face.number.parse::<usize>() {
        Ok(number) if number < 10_000 && face.did.is_empty() => ACCOUNTS[number % ACCOUNTS.len()],
        _ => "",
    }
}

/// The file into which the call is recorded: those of queues are, from the answer on.
fn recording(leg: &Leg<'_>) -> String {
    match leg.application == "Queue" && leg.disposition == Disposition::Answered {
        true => format!("q-{}-{}.wav", leg.dst, leg.from.uniqueid),
        false => String::new(),
    }
}

fn record<const N: usize>(kind: Kind, places: &[usize; N], values: [String; N]) -> Record {
    let mut record = Record::new(kind);
    for (place, value) in places.iter().zip(values) {
        record.set(*place, value);
    }
    record
}
