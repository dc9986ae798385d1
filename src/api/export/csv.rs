//! Entries as comma-separated values: RFC 4180, with a header line and CRLF.
//!
//! Names come from whoever calls, and spreadsheets take a cell that begins with `=`, `+`, `-` or
//! `@` for a formula. Such a beginning gets a `'` before it, which spreadsheets show or hide and
//! never compute. A `+` with nothing but digits behind it is a telephone number and stays as it
//! is: it can do no more than lose its plus. A spreadsheet that expects `;` or tabs, as many
//! outside of the English-speaking countries do, begins cells within ours, so what stands behind
//! a `;`, a tab or a line break is a beginning as well.

use std::borrow::Cow;

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use crate::api::wire::CallHistory;

/// The columns: the members of [`CallHistory`], in their order. New ones come at the end.
const COLUMNS: usize = 30;

/// The lines of these entries.
///
/// # Errors
/// The writer's; memory takes everything.
pub(super) fn lines(entries: impl Iterator<Item = CallHistory>) -> csv::Result<Vec<u8>> {
    let mut writer = writer();
    let mut number = itoa::Buffer::new();
    for entry in entries {
        for (_, cell) in cells(&entry) {
            match cell {
                Cell::Nothing => writer.write_field("")?,
                Cell::Ours(text) => writer.write_field(text)?,
                Cell::Theirs(text) => writer.write_field(&*defused(text))?,
                Cell::Number(value) => writer.write_field(number.format(value))?,
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    written(writer)
}

/// The header line.
///
/// # Errors
/// As [`lines`].
pub(super) fn header() -> csv::Result<Vec<u8>> {
    let mut writer = writer();
    writer.write_record(cells(&CallHistory::default()).map(|(name, _)| name))?;
    written(writer)
}

fn writer() -> Writer<Vec<u8>> {
    WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::Necessary)
        .from_writer(Vec::new())
}

fn written(writer: Writer<Vec<u8>>) -> csv::Result<Vec<u8>> {
    writer
        .into_inner()
        .map_err(|error| csv::Error::from(std::io::Error::other(error.to_string())))
}

/// What a cell shows.
enum Cell<'a> {
    /// It is unknown, or does not apply.
    Nothing,
    /// A text that we have made.
    Ours(&'a str),
    /// A text that somebody else has made.
    Theirs(&'a str),
    Number(i64),
}

/// The cells of an entry with the names of their columns.
fn cells(entry: &CallHistory) -> [(&'static str, Cell<'_>); COLUMNS] {
    use Cell::{Nothing, Number, Ours};
    // Named one by one, so that no member can be forgotten.
    let CallHistory {
        start,
        duration,
        status,
        call_id,
        src_num,
        dst_num,
        src_username,
        dst_username,
        src_first_name,
        src_last_name,
        dst_first_name,
        dst_last_name,
        src_phone_status,
        dst_phone_status,
        src_video_status,
        dst_video_status,
        started_at,
        dialed_num,
        wait_time,
        queue_name,
        queue_display_name,
        agent_num,
        agent_name,
        queue_num,
        direction,
        duration_seconds,
        wait_seconds,
        answered_elsewhere,
        has_recording,
        account_code,
        // An export has no parties.
        calls: _,
    } = entry;
    let yes = |is: Option<bool>| is.map_or(Nothing, |is| Ours(if is { "true" } else { "false" }));
    let number = |value: Option<i64>| value.map_or(Nothing, Number);
    [
        ("start", Ours(start)),
        ("duration", Ours(duration)),
        ("status", Ours(status)),
        ("callId", Ours(call_id)),
        ("srcNum", theirs(src_num)),
        ("dstNum", theirs(dst_num)),
        ("srcUsername", theirs(src_username)),
        ("dstUsername", theirs(dst_username)),
        ("srcFirstName", theirs(src_first_name)),
        ("srcLastName", theirs(src_last_name)),
        ("dstFirstName", theirs(dst_first_name)),
        ("dstLastName", theirs(dst_last_name)),
        ("srcPhoneStatus", number(src_phone_status.map(i64::from))),
        ("dstPhoneStatus", number(dst_phone_status.map(i64::from))),
        ("srcVideoStatus", theirs(src_video_status)),
        ("dstVideoStatus", theirs(dst_video_status)),
        ("startedAt", Ours(started_at)),
        ("dialedNum", theirs(dialed_num)),
        ("waitTime", wait_time.as_deref().map_or(Nothing, Ours)),
        ("queueName", theirs(queue_name)),
        ("queueDisplayName", theirs(queue_display_name)),
        ("agentNum", theirs(agent_num)),
        ("agentName", theirs(agent_name)),
        ("queueNum", theirs(queue_num)),
        ("direction", Ours(direction)),
        ("durationSeconds", Number(*duration_seconds)),
        ("waitSeconds", number(*wait_seconds)),
        ("answeredElsewhere", yes(*answered_elsewhere)),
        ("hasRecording", yes(*has_recording)),
        ("accountCode", theirs(account_code)),
    ]
}

fn theirs(text: &Option<String>) -> Cell<'_> {
    text.as_deref().map_or(Cell::Nothing, Cell::Theirs)
}

/// The text with a `'` before each beginning of a formula. Where quotes stood before it already,
/// it is one more: whoever takes one away has what was there.
fn defused(text: &str) -> Cow<'_, str> {
    let is_phone_number =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if text.strip_prefix('+').is_some_and(is_phone_number) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::new();
    let mut copied = 0;
    // Where a spreadsheet may begin a cell, while nothing but quotes has followed.
    let mut beginning = Some(0);
    for (at, character) in text.char_indices() {
        let is_break = matches!(character, ';' | '\t' | '\r' | '\n');
        let is_formula = matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
        // Blanks of this kind are skipped at the beginning of a cell.
        let is_skipped = is_break && character != ';' && beginning == Some(0);
        if let Some(begin) = beginning
            && (is_formula || is_skipped)
        {
            safe.push_str(&text[copied..begin]);
            safe.push('\'');
            copied = begin;
        }
        beginning = match character {
            _ if is_break => Some(at + character.len_utf8()),
            '\'' => beginning,
            _ => None,
        };
    }
    if safe.is_empty() {
        return Cow::Borrowed(text);
    }
    safe.push_str(&text[copied..]);
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(entry: CallHistory) -> String {
        String::from_utf8(lines([entry].into_iter()).unwrap()).unwrap()
    }

    #[test]
    fn the_columns_are_the_members_in_their_order() {
        let header = String::from_utf8(header().unwrap()).unwrap();
        // Of JSON, whose members stand in the order of the type.
        let all = CallHistory {
            answered_elsewhere: Some(true),
            ..CallHistory::default()
        };
        let json = serde_json::to_string(&all).unwrap();
        let present: Vec<&str> = json
            .trim_matches(['{', '}'])
            .split(',')
            .map(|member| member.split('"').nth(1).unwrap())
            .collect();
        let columns: Vec<&str> = header.trim_end().split(',').collect();
        assert_eq!(columns.len(), COLUMNS);
        let same: Vec<&str> = columns
            .into_iter()
            .filter(|c| present.contains(c))
            .collect();
        assert_eq!(same, present);
        assert!(header.ends_with("\r\n"));
    }

    #[test]
    fn cells_are_quoted_where_they_must_be_and_unknown_ones_are_empty() {
        let entry = CallHistory {
            start: "2026-11-23 10:00:00".to_owned(),
            src_last_name: Some("Dupont, \"Jo\"\r\nfils".to_owned()),
            src_phone_status: Some(-2),
            duration_seconds: 7,
            answered_elsewhere: Some(true),
            ..CallHistory::default()
        };
        assert_eq!(
            line(entry),
            "2026-11-23 10:00:00,,,,,,,,,\"Dupont, \"\"Jo\"\"\r\nfils\",,,-2,,,,,,,,,,,,,7,,true,,\r\n"
        );
    }

    #[test]
    fn no_cell_begins_a_formula_and_telephone_numbers_stay() {
        for (text, expected) in [
            ("Jean-Luc @home = 1+1", "Jean-Luc @home = 1+1"),
            ("+33612345678", "+33612345678"),
            ("0611223344", "0611223344"),
            ("*21#", "*21#"),
            ("'t Hart", "'t Hart"),
            ("", ""),
            ("+", "'+"),
            ("+33 6", "'+33 6"),
            ("+1+cmd", "'+1+cmd"),
            ("=1+1", "'=1+1"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            ("\t=1", "'\t'=1"),
            ("\r", "'\r"),
            ("a;=1", "a;'=1"),
            ("a;;+4", "a;;'+4"),
            ("a\n@b", "a\n'@b"),
            ("a; b", "a; b"),
            // What looks defused already is told apart.
            ("'=1", "''=1"),
            ("a;''=1", "a;'''=1"),
        ] {
            assert_eq!(defused(text), expected, "{text:?}");
        }
    }
}
