//! Calls between two users, committed one by one.

use std::fmt::Write;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use call_history::model::{Call, CallId, Direction, Entry, Owner, Side, Status, Time};
use call_history::store::calls::replace;
use call_history::store::{Connection, connect};
use chrono::Utc;

use crate::arrivals::Commit;

/// What every caller's number begins with; the number of the call follows, in eight digits.
pub(crate) const PREFIX: &str = "07";

/// Who has calls.
pub(crate) struct Users;

impl Users {
    pub(crate) fn name(number: usize) -> String {
        format!("user{number}")
    }

    /// Writes them to a file for `directory import`.
    pub(crate) fn write(file: &Path, count: usize) -> anyhow::Result<()> {
        let mut text = "username,first_name,last_name,numbers\n".to_owned();
        for number in 0..count {
            let (name, phone) = (Self::name(number), 10_000 + number);
            writeln!(text, "{name},Alex,Miller {number},{phone}")?;
        }
        Ok(std::fs::write(file, text)?)
    }
}

/// Commits calls.
pub(crate) struct Writer {
    conn: Connection,
    users: usize,
    next: u32,
}

impl Writer {
    pub(crate) fn new(url: &str, users: usize) -> anyhow::Result<Self> {
        let (conn, next) = (connect(&url.parse()?)?, 0);
        Ok(Self { conn, users, next })
    }

    /// Commits so many calls a second for a time, each in a transaction of its own.
    pub(crate) fn write(&mut self, rate: u32, time: Duration) -> anyhow::Result<Vec<Commit>> {
        let calls = (f64::from(rate) * time.as_secs_f64()) as u32;
        let begun = Instant::now();
        let mut commits = Vec::with_capacity(calls as usize);
        for count in 0..calls {
            let call = self.call();
            let due = begun + Duration::from_secs(1) * count / rate;
            sleep(due.saturating_duration_since(Instant::now()));
            let began = Instant::now();
            replace(&mut self.conn, std::slice::from_ref(&call), &[])?;
            let (number, done) = (self.next, Instant::now());
            commits.push(Commit {
                number,
                began,
                done,
            });
            self.next += 1;
        }
        Ok(commits)
    }

    /// The next call: a user's with another, each user's turn.
    fn call(&self) -> Call {
        let (number, start) = (self.next, Utc::now());
        let from = number as usize * 2 % self.users;
        let (from, to) = (Users::name(from), Users::name((from + 1) % self.users));
        let caller = Side {
            number: Some(format!("{PREFIX}{number:08}")),
            user: Some(from.clone()),
            name: None,
        };
        let entry = |owner: Owner, status| entry(owner, status, start, &caller, &to);
        Call {
            id: CallId::of("bench", &number.to_string()),
            source: "bench".to_owned(),
            linkedid: number.to_string(),
            start,
            end: Some(start),
            end_seen: true,
            direction: Direction::Internal,
            caller: caller.clone(),
            did: None,
            entries: vec![
                entry(Owner::user(&*from), Status::Emitted),
                entry(Owner::user(&*to), Status::Answered),
            ],
            summary: entry(Owner::all(), Status::Answered),
        }
    }
}

fn entry(owner: Owner, status: Status, start: Time, caller: &Side, to: &str) -> Entry {
    Entry {
        owner,
        ordinal: 0,
        start,
        status,
        talk_seconds: Some(25),
        talking_since: None,
        wait_seconds: None,
        answered_elsewhere: false,
        src: caller.clone(),
        dst: Side {
            number: Some("1000".to_owned()),
            user: Some(to.to_owned()),
            name: None,
        },
        dialed: None,
        queue: None,
        agent: None,
        member_user: None,
        direction: Direction::Internal,
        account_code: None,
        has_recording: false,
        also_agent: false,
    }
}
