//! A CDR row: one path between a party A and at most one party B.

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::channel::Channel;
use super::record::Record;
use super::time;
use crate::model::{Outcome, Time};

/// A row longer than this is not understood: nobody telephones for a month.
pub(super) const LONGEST: i64 = 31 * 86_400;

/// A CDR row, understood. Equal rows say the same; the order is that of the call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cdr {
    /// Creation of this path (the first of a channel: of the channel).
    pub start: Time,
    /// Asterisk's counter; starts again at 0 with each start of Asterisk.
    pub sequence: Option<i64>,
    /// Id of party A's channel.
    pub uniqueid: String,
    /// Party A.
    pub channel: Option<Channel>,
    /// Party B; None for an application.
    pub dstchannel: Option<Channel>,
    /// End of this path.
    pub end: Time,
    /// The answer, with all the traps of that: the end minus `billsec`.
    pub answer: Time,
    /// Whether the disposition is ANSWERED.
    pub answered: bool,
    /// Party A's number.
    pub src: String,
    /// The extension that party A ran.
    pub dst: String,
    /// The number in `clid`.
    pub clid_number: String,
    /// The name in `clid`.
    pub clid_name: String,
    /// FreePBX: the real internal number of the caller.
    pub cnum: String,
    /// FreePBX: the real name of the caller.
    pub cnam: String,
    /// FreePBX: the outside number that was dialled from outside.
    pub did: String,
    /// Party A's last application.
    pub lastapp: String,
    /// Its arguments.
    pub lastdata: String,
    /// The account that party A's calls are counted for.
    pub accountcode: String,
    /// FreePBX: the file that the call was recorded into.
    pub recordingfile: String,
    /// What the dialplan left for whoever reads it.
    pub userfield: String,
    /// What the disposition says of the called phone.
    pub outcome: Outcome,
    /// The path goes on: `end` is only the last that is known. No row of the table is.
    pub open: bool,
    /// Made from channel events: each value is of the path's own time, which in the table a
    /// transfer may have overwritten.
    pub exact: bool,
    /// The start in the second pass of a repeated hour, if that may be meant; see
    /// [`time::Stamp::again`].
    pub again: Option<Time>,
}

impl Cdr {
    /// Understands a row whose times are local to `zone`.
    ///
    /// # Errors
    /// The reason why it cannot be understood.
    pub fn read(record: &Record, zone: Tz) -> Result<Self, String> {
        let uniqueid = record.get("uniqueid");
        let created = time::created(uniqueid);
        let moment = |column: &str| {
            time::parse(record.get(column), zone, created)
                .map_err(|reason| format!("{column}: {reason}"))
        };
        let start = match moment("start")? {
            Some(start) => start,
            None => moment("calldate")?.ok_or("start: missing")?,
        };
        let (start, again) = (start.time, start.again);
        let duration = seconds(record, "duration")?;
        let end = match (duration, record.get("end")) {
            // An end before the start is of the second pass of a repeated hour.
            (None, text) if !text.is_empty() => moment("end")?.map_or(start, |end| {
                let again = end.again.filter(|_| end.time < start);
                again.unwrap_or(end.time)
            }),
            (duration, _) => start + TimeDelta::seconds(duration.unwrap_or(0)),
        };
        let length = (end - start).num_seconds();
        if length > LONGEST {
            return Err(format!("end: {length} s is too long for a call"));
        }
        let billed = seconds(record, "billsec")?.unwrap_or(0).min(length).max(0);
        let end = end.max(start);
        let (clid_name, clid_number) = caller_id(record.get("clid"));
        let text = |column: &str| record.get(column).to_owned();
        Ok(Self {
            start,
            sequence: record.get("sequence").trim().parse().ok(),
            uniqueid: text("uniqueid"),
            channel: Channel::parse(record.get("channel")),
            dstchannel: Channel::parse(record.get("dstchannel")),
            end,
            answer: end - TimeDelta::seconds(billed),
            answered: outcome(record.get("disposition")) == Outcome::Answered,
            src: text("src"),
            dst: text("dst"),
            clid_number,
            clid_name,
            cnum: text("cnum"),
            cnam: text("cnam"),
            did: text("did"),
            lastapp: text("lastapp"),
            lastdata: text("lastdata"),
            accountcode: text("accountcode"),
            recordingfile: text("recordingfile"),
            userfield: text("userfield"),
            outcome: outcome(record.get("disposition")),
            open: false,
            exact: false,
            again,
        })
    }

    /// The number that party A dialled, as far as `dst` tells it; None for a dialplan word.
    /// FreePBX's voicemail extensions (`vmu1001`, `vmb1001`, …) stand for the phone's number.
    pub fn dialled(&self) -> Option<&str> {
        let of_mailbox = ["vmu", "vmb", "vms", "vmi"]
            .iter()
            .find_map(|prefix| self.dst.strip_prefix(prefix));
        Some(of_mailbox.unwrap_or(&self.dst)).filter(|number| crate::model::is_dialable(number))
    }

    /// Whether the last application is this one, whatever the case.
    pub fn is_in(&self, application: &str) -> bool {
        self.lastapp.eq_ignore_ascii_case(application)
    }

    /// The queue that party A was in: the first argument of `Queue`.
    pub fn queue(&self) -> Option<&str> {
        self.is_in("Queue")
            .then(|| self.lastdata.split([',', '|']).next().unwrap_or_default())
            .filter(|queue| !queue.is_empty())
    }

    /// Whether party A was in a conference room.
    pub fn is_conference(&self) -> bool {
        self.is_in("ConfBridge") || self.is_in("MeetMe")
    }

    /// What two rows have in common when they are one CDR, written twice.
    pub fn identity(&self) -> impl Ord + '_ {
        (self.start, &self.uniqueid, &self.channel, &self.dstchannel)
    }

    /// Whether the two rows are one CDR, written twice: by two modules, or in two layouts, of
    /// which one may lack the sequence and FreePBX's columns.
    pub fn is_same_row(&self, other: &Self) -> bool {
        let counted = |row: &Self| row.sequence.is_some_and(|sequence| sequence != 0);
        let same = if counted(self) && counted(other) {
            self.sequence == other.sequence
        } else {
            let rest = |row: &Self| (row.end, row.answer, row.answered);
            rest(self) == rest(other) && self.lastapp == other.lastapp && self.dst == other.dst
        };
        same && self.identity() == other.identity()
    }
}

/// Whole seconds: fractions are cut, negative values (a clock that was put back) are 0.
fn seconds(record: &Record, column: &str) -> Result<Option<i64>, String> {
    let text = record.get(column).trim();
    if text.is_empty() || text.eq_ignore_ascii_case("null") {
        return Ok(None);
    }
    let value: f64 = text
        .parse()
        .map_err(|_| format!("{column}: {text:?} is no number of seconds"))?;
    if !value.is_finite() || value > LONGEST as f64 {
        return Err(format!("{column}: {text} s is too long for a call"));
    }
    Ok(Some(value.max(0.0) as i64))
}

/// What a disposition says, which is a word or its number.
fn outcome(disposition: &str) -> Outcome {
    match disposition.trim().to_ascii_uppercase().as_str() {
        "ANSWERED" | "8" => Outcome::Answered,
        "BUSY" | "4" => Outcome::Busy,
        "FAILED" | "2" | "CONGESTION" | "16" => Outcome::Failed,
        "CANCEL" | "32" => Outcome::Cancelled,
        _ => Outcome::Unanswered,
    }
}

/// Name and number of a caller id: `"Name" <number>`, only a name, or only a number.
fn caller_id(clid: &str) -> (String, String) {
    let clid = clid.trim();
    match clid.rsplit_once('<') {
        Some((name, number)) => (
            unquote(name.trim()),
            number.trim_end_matches('>').trim().to_owned(),
        ),
        None if crate::model::is_dialable(clid) => (String::new(), clid.to_owned()),
        None => (unquote(clid), String::new()),
    }
}

fn unquote(name: &str) -> String {
    let inner = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
        .unwrap_or(name);
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' {
            chars.next().unwrap_or(c)
        } else {
            c
        });
    }
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asterisk::record::Kind;

    fn record(values: &[(&str, &str)]) -> Record {
        let mut record = Record::new(Kind::Cdr);
        for (name, value) in values {
            record.set(Kind::Cdr.position(name).unwrap(), *value);
        }
        record
    }

    #[test]
    fn names_and_numbers_come_out_of_a_caller_id() {
        for (clid, name, number) in [
            (r#""User A" <1000>"#, "User A", "1000"),
            (r#""" <0611223344>"#, "", "0611223344"),
            (r#""A \"B\" \\ C" <1>"#, r#"A "B" \ C"#, "1"),
            ("Only Name", "Only Name", ""),
            ("0145", "", "0145"),
            ("", "", ""),
        ] {
            assert_eq!(
                caller_id(clid),
                (name.to_owned(), number.to_owned()),
                "{clid}"
            );
        }
    }

    #[test]
    fn a_row_without_answer_and_end_has_them_from_its_seconds() {
        let row = record(&[
            ("calldate", "2026-11-23 00:18:07"),
            ("duration", "5"),
            ("billsec", "4"),
            ("disposition", "ANSWERED"),
        ]);
        let cdr = Cdr::read(&row, Tz::UTC).unwrap();
        assert_eq!((cdr.end - cdr.start).num_seconds(), 5);
        assert_eq!((cdr.answer - cdr.start).num_seconds(), 1);
    }

    #[test]
    fn dispositions_are_words_or_numbers() {
        for (words, expected) in [
            (&["ANSWERED", "answered", " 8"][..], Outcome::Answered),
            (
                &["NO ANSWER", "NOANSWER", "0", "1", ""],
                Outcome::Unanswered,
            ),
            (&["BUSY", "4"], Outcome::Busy),
            (&["FAILED", "2", "CONGESTION", "16"], Outcome::Failed),
            (&["CANCEL", "32"], Outcome::Cancelled),
        ] {
            for word in words {
                assert_eq!(outcome(word), expected, "{word}");
            }
        }
    }

    #[test]
    fn absurd_seconds_are_a_reason_and_negative_ones_none() {
        let base = [("start", "2026-11-23 00:18:07"), ("billsec", "3")];
        let with = |duration| {
            let mut values = base.to_vec();
            values.push(("duration", duration));
            Cdr::read(&record(&values), Tz::UTC)
        };
        let billed = |duration| {
            let row = with(duration).unwrap();
            (row.end - row.answer).num_seconds()
        };
        assert_eq!(billed("-3600"), 0);
        assert_eq!(billed("4.999"), 3);
        assert!(with("99999999999").is_err());
        assert!(with("long").is_err());
    }

    #[test]
    fn an_end_that_is_absurd_is_a_reason() {
        let with = |end| {
            let values = [("start", "2026-11-23 00:18:07"), ("end", end)];
            Cdr::read(&record(&values), Tz::UTC)
        };
        assert_eq!(
            with("2026-11-23 00:18:09").map(|row| (row.end - row.start).num_seconds()),
            Ok(2)
        );
        assert!(with("2027-11-23 00:18:09").is_err());
    }
}
