//! What a history is filtered by, as conditions of a statement.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::dialect::Dialect;
use crate::model::{Direction, Entry, NumberForm, Owner, OwnerKind, Status, TextSearch, Time};
use crate::store::placeholders;
use crate::store::statement::Statement;
use crate::store::time::to_micros;

/// Which entries pass: those that have all of it, of several values one. What is empty or None
/// lets all pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What became of the call.
    pub statuses: Vec<Status>,
    /// Which way it went.
    pub directions: Vec<Direction>,
    /// The other party's number, or what its owner dialled.
    pub numbers: BTreeSet<NumberForm>,
    /// The queue, by its name.
    pub queues: Vec<String>,
    /// The number of the agent who answered, or whose entry it is.
    pub agents: Vec<String>,
    /// The caller's account.
    pub account_codes: Vec<String>,
    /// Talk of so many seconds at least.
    pub least_talk: Option<i64>,
    /// Talk of so many seconds at most.
    pub most_talk: Option<i64>,
    /// Waiting of so many seconds at least, in a queue.
    pub least_wait: Option<i64>,
    /// Whether it was recorded.
    pub has_recording: Option<bool>,
    /// A text in the names and numbers of both sides.
    pub text: Option<TextSearch>,
    /// Until when what is still going on is counted.
    pub now: Time,
}

impl Filter {
    /// Whether an entry passes that is not stored.
    pub(super) fn passes(&self, entry: &Entry) -> bool {
        // Each by name, so that what is added here is not forgotten.
        let Self {
            statuses,
            directions,
            numbers,
            queues,
            agents,
            account_codes,
            least_talk,
            most_talk,
            least_wait,
            has_recording,
            text,
            now,
        } = self;
        let one_of = |wanted: &[String], value: &Option<String>| {
            wanted.is_empty() || value.as_ref().is_some_and(|value| wanted.contains(value))
        };
        let elapsed = |since: Time| (*now - since).num_seconds().max(0);
        let talk = entry.talk_seconds.or(entry.talking_since.map(elapsed));
        let talk = talk.unwrap_or(0);
        let waits = entry.owner.kind == OwnerKind::Queue && entry.status == Status::Ongoing;
        let wait = entry.wait_seconds.or(waits.then(|| elapsed(entry.start)));
        (statuses.is_empty() || statuses.contains(&entry.status))
            && (directions.is_empty() || directions.contains(&entry.direction))
            && (numbers.is_empty()
                || entry
                    .numbers()
                    .iter()
                    .any(|n| numbers.iter().any(|form| form.is(n))))
            && one_of(queues, &entry.queue)
            && one_of(agents, &entry.agent)
            && one_of(account_codes, &entry.account_code)
            && least_talk.is_none_or(|least| talk >= least)
            && most_talk.is_none_or(|most| talk <= most)
            && least_wait.is_none_or(|least| wait.is_some_and(|wait| wait >= least))
            && has_recording.is_none_or(|wanted| entry.has_recording == wanted)
            && text.as_ref().is_none_or(|text| text.is_in(entry))
    }

    /// Whether the database has nothing to compare.
    pub(super) fn is_plain(&self) -> bool {
        let text = self.text.clone();
        let compared = Self {
            text: text.filter(|text| text.in_ascii().is_some()),
            now: Time::default(),
            ..self.clone()
        };
        compared == Self::default()
    }

    /// Whether marks carry all that is compared.
    pub(super) fn is_short(&self) -> bool {
        self.numbers.is_empty() && self.text.is_none()
    }

    /// Adds the conditions on what marks carry as well (`Compared`) to a statement that ends within
    /// conditions.
    pub(super) fn add_short_to<'a>(&'a self, to: &mut Statement<'a>, owner: &Owner, table: &str) {
        let statuses: Vec<&str> = self.statuses.iter().map(|s| s.as_str()).collect();
        one_of(to, table, "status", &statuses);
        let directions: Vec<&str> = self.directions.iter().map(|d| d.as_str()).collect();
        one_of(to, table, "direction", &directions);
        for (column, values) in [
            ("queue", &self.queues),
            ("agent", &self.agents),
            ("account_code", &self.account_codes),
        ] {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            one_of(to, table, column, &values);
        }
        if let Some(has_recording) = self.has_recording {
            to.push(&format!(" AND `{table}`.`has_recording` = ?"));
            to.bind_number(i64::from(has_recording));
        }
        self.add_lengths(to, owner, table);
    }

    /// Adds the other conditions, on the history `h`.
    pub(super) fn add_long_to<'a>(
        &'a self,
        to: &mut Statement<'a>,
        dialect: Dialect,
        owner: &'a Owner,
    ) {
        self.add_numbers(to, owner);
        self.add_text(to, dialect);
    }

    /// Leaves out most of what does not show the text. The program compares the rest: databases do
    /// not agree about case.
    fn add_text<'a>(&'a self, to: &mut Statement<'a>, dialect: Dialect) {
        let texts = self.text.as_ref().and_then(TextSearch::in_ascii);
        let Some((texts, users)) = texts else {
            return;
        };
        to.push(" AND (");
        for (nr, text) in texts.into_iter().enumerate() {
            let shown = dialect.lower_case(&shown(text));
            to.push(if nr == 0 { "" } else { " OR " });
            to.push(&format!("INSTR({shown}, ?) > 0"));
            to.bind(text);
        }
        for column in ["src_user", "dst_user"] {
            if !users.is_empty() {
                let list = placeholders(users.len());
                to.push(&format!(" OR `{column}` IN ({list})"));
                users.iter().for_each(|user| to.bind(*user));
            }
        }
        to.push(")");
    }

    /// The other party's number, or, of who called, what was dialled.
    fn add_numbers<'a>(&'a self, to: &mut Statement<'a>, owner: &'a Owner) {
        if self.numbers.is_empty() {
            return;
        }
        to.push(" AND (");
        match numbers_of(owner) {
            Numbers::Peer => forms(to, "`peer`", &self.numbers),
            Numbers::PeerAndDialled => {
                forms(to, "`peer`", &self.numbers);
                to.push(" OR ((`h`.`status` = 'emitted' OR `src_user` = ?) AND (");
                to.bind(owner.name.as_str());
                forms(to, "REPLACE(`dialed`, '+', '')", &self.numbers);
                to.push("))");
            }
            Numbers::BothSides => {
                forms(to, "REPLACE(`src_number`, '+', '')", &self.numbers);
                for column in ["dst_number", "dialed"] {
                    to.push(" OR ");
                    forms(to, &format!("REPLACE(`{column}`, '+', '')"), &self.numbers);
                }
            }
        }
        to.push(")");
    }

    /// Talk and waiting, as they are shown: what goes on is counted until now.
    fn add_lengths<'a>(&'a self, to: &mut Statement<'a>, owner: &Owner, table: &str) {
        let before = |seconds: i64| {
            let since =
                TimeDelta::try_seconds(seconds).and_then(|d| self.now.checked_sub_signed(d));
            since.map_or(i64::MIN, to_micros)
        };
        let [talk, since, wait, status, start] = [
            "talk_seconds",
            "talking_since",
            "wait_seconds",
            "status",
            "started_at",
        ]
        .map(|column| format!("`{table}`.`{column}`"));
        if let Some(least) = self.least_talk.filter(|least| *least > 0) {
            to.push(&format!(
                " AND ({talk} >= ? OR ({talk} IS NULL AND {since} <= ?))"
            ));
            to.bind_number(least);
            to.bind_number(before(least));
        }
        if let Some(most) = self.most_talk {
            to.push(&format!(
                " AND ({talk} <= ? OR ({talk} IS NULL AND ({since} IS NULL OR {since} > ?)))"
            ));
            to.bind_number(most);
            to.bind_number(before(most + 1));
        }
        if let Some(least) = self.least_wait {
            to.push(&format!(" AND ({wait} >= ?"));
            to.bind_number(least);
            if owner.kind == OwnerKind::Queue {
                to.push(&format!(
                    " OR ({wait} IS NULL AND {status} = 'ongoing' AND {start} <= ?)"
                ));
                // Whoever came this moment waits, if not for long.
                to.bind_number(if least == 0 { i64::MAX } else { before(least) });
            }
            to.push(")");
        }
    }
}

/// The names and numbers of both sides, for a search for this text. Two letters become a `k` and
/// an `i` as lower case.
fn shown(text: &str) -> String {
    const ALL: &str = "CONCAT_WS(' ', `src_number`, `src_user`, `src_name`, `dst_number`, \
         `dst_user`, `dst_name`, `dialed`)";
    let mut shown = ALL.to_owned();
    for (letter, lower) in [('\u{212a}', 'k'), ('\u{130}', 'i')] {
        if text.contains(lower) {
            shown = format!("REPLACE({shown}, '{letter}', '{lower}')");
        }
    }
    shown
}

/// The numbers that an owner's entries are found by; see [`Entry::numbers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    Peer,
    PeerAndDialled,
    BothSides,
}

fn numbers_of(owner: &Owner) -> Numbers {
    match owner.kind {
        OwnerKind::User => Numbers::PeerAndDialled,
        OwnerKind::Agent | OwnerKind::Queue | OwnerKind::Customer => Numbers::Peer,
        OwnerKind::All => Numbers::BothSides,
    }
}

fn one_of<'a>(to: &mut Statement<'a>, table: &str, column: &str, values: &[&'a str]) {
    match values {
        [] => {}
        [only] => {
            to.push(&format!(" AND `{table}`.`{column}` = ?"));
            to.bind(*only);
        }
        several => {
            let list = placeholders(several.len());
            to.push(&format!(" AND `{table}`.`{column}` IN ({list})"));
            several.iter().for_each(|value| to.bind(*value));
        }
    }
}

/// That a number is of one of these forms.
fn forms<'a>(to: &mut Statement<'a>, number: &str, forms: &'a BTreeSet<NumberForm>) {
    for (nr, form) in forms.iter().enumerate() {
        if nr > 0 {
            to.push(" OR ");
        }
        match form {
            NumberForm::Exactly(digits) => {
                to.push(&format!("{number} = ?"));
                to.bind(digits.as_str());
            }
            NumberForm::BeginsWith(digits, least) => {
                let length = digits.len();
                to.push(&format!(
                    "(SUBSTR({number}, 1, {length}) = ? AND LENGTH({number}) >= {least})"
                ));
                to.bind(digits.as_str());
            }
            NumberForm::EndsWith(digits) => {
                to.push(&format!("SUBSTR({number}, -{}) = ?", digits.len()));
                to.bind(digits.as_str());
            }
        }
    }
}
