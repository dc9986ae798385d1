//! Marks: what the entries of long histories (those of queues, that of all calls) are found by
//! when few have it.
//!
//! A mark is a letter and a value, and a row for each mark of each entry leads to the entry, newest
//! first. Beside the mark it carries what else filters compare of the entry, if it is short: what does
//! not pass need not be looked up. Marks of numbers only lead: what they find is compared with what
//! is asked for, so an entry may have more of them, and must not have fewer.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::Connection;
use super::rows::{Compared, HistoryRow};
use super::statement::{self, Statement, pieces};
use crate::model::OwnerKind;

/// Talk and waiting of so many seconds or more are marked; what is shorter is not rare.
pub(super) const LONG: i64 = 256;
/// The columns of a [`Key`].
const KEY: [&str; 5] = ["owner_id", "mark", "started_at", "call_id", "ordinal"];
/// So many of a number's last digits are marked, the last first.
const LAST_DIGITS: usize = 6;

/// The key of a row of `history_marks`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    owner_id: i64,
    mark: Vec<u8>,
    started_at: i64,
    call_id: &'a [u8],
    ordinal: i16,
}

impl<'a> Key<'a> {
    /// Binds the values of the columns.
    fn bind(&'a self, to: &mut Statement<'a>) {
        to.bind_number(self.owner_id);
        to.bind_bytes(&self.mark);
        to.bind_number(self.started_at);
        to.bind_bytes(self.call_id);
        to.bind_number(i64::from(self.ordinal));
    }
}

/// The rows of `history_marks`: beside their keys they carry [`Compared`].
type Rows<'a> = BTreeMap<Key<'a>, Compared<'a>>;

/// The marks that lead to what is asked for: one, or all from one on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Marks {
    /// This one. Its rows lie in the order of time.
    One(Vec<u8>),
    /// From the first on, without the second.
    Range(Vec<u8>, Vec<u8>),
}

impl Marks {
    fn beginning_with(begin: Vec<u8>) -> Self {
        let mut end = begin.clone();
        // No mark has a byte of 255, which is not UTF-8.
        end.push(u8::MAX);
        Self::Range(begin, end)
    }

    /// Direction, recording and status, of which only the last ones may be left open.
    pub(super) fn kind(direction: &str, recorded: Option<(bool, Option<&str>)>) -> Self {
        match recorded {
            Some((recorded, Some(status))) => Self::One(kind(direction, recorded, status)),
            Some((recorded, None)) => Self::beginning_with(kind(direction, recorded, "")),
            None => Self::beginning_with(format!("k{direction}/").into_bytes()),
        }
    }

    pub(super) fn status(word: &str) -> Self {
        Self::One(text(b's', word))
    }

    pub(super) fn number(bare: &str) -> Self {
        Self::One(number(bare))
    }

    pub(super) fn number_begins(digits: &str) -> Self {
        Self::beginning_with(number(digits))
    }

    pub(super) fn number_ends(digits: &str) -> Self {
        let mark = number_end(digits);
        if digits.len() < LAST_DIGITS {
            Self::beginning_with(mark)
        } else {
            Self::One(mark)
        }
    }

    pub(super) fn agent(number: &str) -> Self {
        Self::One(text(b'a', number))
    }

    pub(super) fn account(code: &str) -> Self {
        Self::One(text(b'b', code))
    }

    pub(super) fn queue(name: &str) -> Self {
        Self::One(text(b'q', name))
    }

    /// Talk of so many seconds at least, of [`LONG`] or more.
    pub(super) fn talk(least: i64) -> Self {
        Self::Range(seconds(b't', least), vec![b't', u8::MAX])
    }

    /// Waiting of so many seconds at least, of [`LONG`] or more.
    pub(super) fn wait(least: i64) -> Self {
        Self::Range(seconds(b'w', least), vec![b'w', u8::MAX])
    }

    /// Whether an entry surely has one of these at most: it has one kind, status, agent,
    /// account and queue.
    pub(super) fn are_one_each(marks: &BTreeSet<Self>) -> bool {
        let single = |mark: &Self| matches!(mark, Self::One(mark) if b"ksabq".contains(&mark[0]));
        marks.iter().all(single)
    }

    /// Adds to the WHERE of a statement that a row of the table `m` has any of these.
    pub(super) fn add_any_to<'a>(any: impl IntoIterator<Item = &'a Self>, to: &mut Statement<'a>) {
        for (nr, marks) in any.into_iter().enumerate() {
            to.push(if nr == 0 { " AND (" } else { " OR " });
            match marks {
                Self::One(mark) => {
                    to.push("`m`.`mark` = ?");
                    to.bind_bytes(mark);
                }
                Self::Range(first, end) => {
                    to.push("(`m`.`mark` >= ? AND `m`.`mark` < ?)");
                    to.bind_bytes(first);
                    to.bind_bytes(end);
                }
            }
        }
        to.push(")");
    }
}

fn kind(direction: &str, recorded: bool, status: &str) -> Vec<u8> {
    format!("k{direction}/{}/{status}", i32::from(recorded)).into_bytes()
}

fn text(letter: u8, value: &str) -> Vec<u8> {
    let mut mark = vec![letter];
    mark.extend(value.bytes());
    mark
}

fn number(bare: &str) -> Vec<u8> {
    text(b'n', bare)
}

fn number_end(bare: &str) -> Vec<u8> {
    let mut mark = vec![b'e'];
    mark.extend(bare.bytes().rev().take(LAST_DIGITS));
    mark
}

/// As many digits as the greatest number has, so that they are sorted like numbers.
fn seconds(letter: u8, seconds: i64) -> Vec<u8> {
    format!("{}{seconds:019}", char::from(letter)).into_bytes()
}

/// What is still counted is longer than whatever is asked for, some time.
fn counting(letter: u8) -> Vec<u8> {
    vec![letter, b'~']
}

/// Whether the entries of such owners have marks.
pub(super) fn has_marks(owner: OwnerKind) -> bool {
    matches!(owner, OwnerKind::Queue | OwnerKind::All)
}

/// Adds the marks of an entry. Migrations 000014 and 000015 say the same in SQL, of what was stored
/// before.
fn add_rows<'a>(rows: &mut Rows<'a>, row: &'a HistoryRow, owner: OwnerKind) {
    if !has_marks(owner) {
        return;
    }
    let mut marks = vec![
        kind(&row.direction, row.has_recording, &row.status),
        text(b's', &row.status),
    ];
    let numbers: &[&Option<String>] = match owner {
        OwnerKind::All => &[&row.src_number, &row.dst_number, &row.dialed],
        _ => &[&row.peer],
    };
    for written in numbers.iter().copied().flatten() {
        let bare = written.replace('+', "");
        marks.push(number(&bare));
        marks.push(number_end(&bare));
    }
    for (letter, value) in [(b'a', &row.agent), (b'b', &row.account_code)] {
        marks.extend(value.iter().map(|value| text(letter, value)));
    }
    if owner == OwnerKind::All {
        marks.extend(row.queue.iter().map(|name| text(b'q', name)));
    }
    let long = |letter, length: Option<i64>| {
        let length = length.filter(|length| *length >= LONG);
        length.map(|length| seconds(letter, length))
    };
    marks.extend(long(b't', row.talk_seconds));
    marks.extend(long(b'w', row.wait_seconds));
    marks.extend(row.talking_since.map(|_| counting(b't')));
    if row.status == "ongoing" {
        marks.push(counting(b'w'));
    }
    let key = |mark| Key {
        owner_id: row.owner_id,
        mark,
        started_at: row.started_at,
        call_id: &row.call_id,
        ordinal: row.ordinal,
    };
    rows.extend(marks.into_iter().map(|mark| (key(mark), row.compared())));
}

/// Makes the marks those of new entries and not of obsolete ones; the kind of an owner is looked
/// up by its id.
pub(super) fn replace(
    conn: &mut Connection,
    kind: impl Fn(&i64) -> Option<OwnerKind>,
    obsolete: &[HistoryRow],
    new: &[HistoryRow],
) -> QueryResult<()> {
    let (old, new) = (rows(obsolete, &kind), rows(new, &kind));
    for key in old.keys().filter(|key| !new.contains_key(key)) {
        let mut statement = Statement::kept(
            "DELETE FROM `history_marks` WHERE `owner_id` = ? AND `mark` = ? \
             AND `started_at` = ? AND `call_id` = ? AND `ordinal` = ?"
                .to_owned(),
        );
        key.bind(&mut statement);
        statement.run(conn)?;
    }
    // In the order in which they will lie.
    let changed: Vec<_> = new
        .iter()
        .filter(|(key, compared)| old.get(key) != Some(compared))
        .collect();
    let columns: Vec<&str> = KEY.iter().chain(&Compared::COLUMNS).copied().collect();
    let into = format!("`history_marks` (`{}`)", columns.join("`, `"));
    let set = |to: fn(&str) -> String| Compared::COLUMNS.map(to).join(", ");
    let ending = match conn {
        Connection::Mysql(_) => {
            let set = set(|column| format!("`{column}` = VALUES(`{column}`)"));
            format!("ON DUPLICATE KEY UPDATE {set}")
        }
        Connection::Sqlite(_) => {
            let set = set(|column| format!("`{column}` = `excluded`.`{column}`"));
            format!("ON CONFLICT DO UPDATE SET {set}")
        }
    };
    for piece in pieces(&changed) {
        statement::insert(
            conn,
            &into,
            columns.len(),
            &ending,
            piece,
            |to, (key, compared)| {
                key.bind(to);
                compared.bind(to);
            },
        )?;
    }
    Ok(())
}

fn rows<'a>(of: &'a [HistoryRow], kind: &impl Fn(&i64) -> Option<OwnerKind>) -> Rows<'a> {
    let mut rows = Rows::new();
    for row in of {
        if let Some(kind) = kind(&row.owner_id) {
            add_rows(&mut rows, row, kind);
        }
    }
    rows
}
