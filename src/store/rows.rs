//! Rows of `calls` and `history`, and how calls and entries become them and back.

use diesel::prelude::*;

use super::schema::calls;
use super::statement::Statement;
use super::time::{from_micros, to_micros};
use crate::model::{Call, CallId, Direction, Entry, Line, Owner, Side, Status};

/// A row of `calls`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = calls)]
pub(super) struct CallRow {
    pub(super) call_id: Vec<u8>,
    source: String,
    linkedid: String,
    started_at: i64,
    ended_at: Option<i64>,
    direction: String,
    caller_number: Option<String>,
    caller_user: Option<String>,
    caller_name: Option<String>,
    did: Option<String>,
    end_seen: bool,
}

impl CallRow {
    /// The table and its columns, for an insert; the last two are the revision and its time.
    pub(super) const INTO: &str = "`calls` (`call_id`, `source`, `linkedid`, `started_at`, \
         `ended_at`, `direction`, `caller_number`, `caller_user`, `caller_name`, `did`, \
         `end_seen`, `revision`, `changed_at`)";
    /// How many there are.
    pub(super) const COLUMNS: usize = 13;

    /// Binds the values of the columns.
    pub(super) fn bind<'a>(&'a self, to: &mut Statement<'a>) {
        to.bind_bytes(&self.call_id);
        to.bind(&*self.source);
        to.bind(&*self.linkedid);
        to.bind_number(self.started_at);
        to.bind_number(self.ended_at);
        to.bind(&*self.direction);
        for text in [
            &self.caller_number,
            &self.caller_user,
            &self.caller_name,
            &self.did,
        ] {
            to.bind(text.as_deref());
        }
        to.bind_number(i64::from(self.end_seen));
    }

    pub(super) fn of(call: &Call) -> Self {
        Self {
            call_id: call.id.0.to_vec(),
            source: call.source.clone(),
            linkedid: call.linkedid.clone(),
            started_at: to_micros(call.start),
            ended_at: call.end.map(to_micros),
            direction: call.direction.as_str().to_owned(),
            caller_number: call.caller.number.clone(),
            caller_user: call.caller.user.clone(),
            caller_name: call.caller.name.clone(),
            did: call.did.clone(),
            end_seen: call.end_seen,
        }
    }
}

/// A row of `history`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Queryable)]
pub(super) struct HistoryRow {
    pub(super) owner_id: i64,
    pub(super) started_at: i64,
    pub(super) call_id: Vec<u8>,
    pub(super) ordinal: i16,
    pub(super) status: String,
    pub(super) talk_seconds: Option<i64>,
    pub(super) wait_seconds: Option<i64>,
    pub(super) answered_elsewhere: bool,
    pub(super) src_number: Option<String>,
    src_user: Option<String>,
    src_name: Option<String>,
    pub(super) dst_number: Option<String>,
    dst_user: Option<String>,
    dst_name: Option<String>,
    pub(super) dialed: Option<String>,
    pub(super) queue: Option<String>,
    pub(super) agent: Option<String>,
    member_user: Option<String>,
    pub(super) direction: String,
    pub(super) also_agent: bool,
    pub(super) talking_since: Option<i64>,
    pub(super) account_code: Option<String>,
    pub(super) has_recording: bool,
    pub(super) peer: Option<String>,
}

impl HistoryRow {
    /// The table and its columns, for an insert.
    pub(super) const INTO: &str = "`history` (`owner_id`, `started_at`, `call_id`, `ordinal`, \
         `status`, `talk_seconds`, `wait_seconds`, `answered_elsewhere`, `src_number`, \
         `src_user`, `src_name`, `dst_number`, `dst_user`, `dst_name`, `dialed`, `queue`, \
         `agent`, `member_user`, `direction`, `also_agent`, `talking_since`, \
         `account_code`, `has_recording`, `peer`)";
    /// The columns in their order, of a table that is called `h`.
    pub(super) const SELECTED: &str = "`h`.`owner_id`, `h`.`started_at`, `h`.`call_id`, \
         `h`.`ordinal`, `status`, `talk_seconds`, `wait_seconds`, `answered_elsewhere`, \
         `src_number`, `src_user`, `src_name`, `dst_number`, `dst_user`, `dst_name`, `dialed`, \
         `queue`, `agent`, `member_user`, `direction`, `also_agent`, `talking_since`, \
         `account_code`, `has_recording`, `peer`";
    /// How many there are.
    pub(super) const COLUMNS: usize = 24;

    /// Binds the values of the columns.
    pub(super) fn bind<'a>(&'a self, to: &mut Statement<'a>) {
        to.bind_number(self.owner_id);
        to.bind_number(self.started_at);
        to.bind_bytes(&self.call_id);
        to.bind_number(i64::from(self.ordinal));
        to.bind(&*self.status);
        to.bind_number(self.talk_seconds);
        to.bind_number(self.wait_seconds);
        to.bind_number(i64::from(self.answered_elsewhere));
        for text in [
            &self.src_number,
            &self.src_user,
            &self.src_name,
            &self.dst_number,
            &self.dst_user,
            &self.dst_name,
            &self.dialed,
            &self.queue,
            &self.agent,
            &self.member_user,
        ] {
            to.bind(text.as_deref());
        }
        to.bind(&*self.direction);
        to.bind_number(i64::from(self.also_agent));
        to.bind_number(self.talking_since);
        to.bind(self.account_code.as_deref());
        to.bind_number(i64::from(self.has_recording));
        to.bind(self.peer.as_deref());
    }

    pub(super) fn compared(&self) -> Compared<'_> {
        Compared {
            status: &self.status,
            direction: &self.direction,
            has_recording: self.has_recording,
            answered_elsewhere: self.answered_elsewhere,
            also_agent: self.also_agent,
            lengths: [self.talk_seconds, self.talking_since, self.wait_seconds],
            names: [&self.queue, &self.agent, &self.account_code].map(Option::as_deref),
        }
    }

    pub(super) fn of(call: CallId, owner_id: i64, entry: &Entry) -> Self {
        Self {
            owner_id,
            started_at: to_micros(entry.start),
            call_id: call.0.to_vec(),
            ordinal: entry.ordinal,
            status: entry.status.as_str().to_owned(),
            talk_seconds: entry.talk_seconds,
            wait_seconds: entry.wait_seconds,
            answered_elsewhere: entry.answered_elsewhere,
            src_number: entry.src.number.clone(),
            src_user: entry.src.user.clone(),
            src_name: entry.src.name.clone(),
            dst_number: entry.dst.number.clone(),
            dst_user: entry.dst.user.clone(),
            dst_name: entry.dst.name.clone(),
            dialed: entry.dialed.clone(),
            queue: entry.queue.clone(),
            agent: entry.agent.clone(),
            member_user: entry.member_user.clone(),
            direction: entry.direction.as_str().to_owned(),
            also_agent: entry.also_agent,
            talking_since: entry.talking_since.map(to_micros),
            account_code: entry.account_code.clone(),
            has_recording: entry.has_recording,
            peer: entry.peer(),
        }
    }

    /// The line of this row in the history of `owner`. Words that this version does not know
    /// (a newer one may have written them) are read as the least that can be said.
    pub(super) fn into_line(self, owner: Owner) -> Line {
        Line {
            call: call_id(&self.call_id),
            entry: Entry {
                owner,
                ordinal: self.ordinal,
                start: from_micros(self.started_at),
                status: Status::parse(&self.status).unwrap_or(Status::Unknown),
                talk_seconds: self.talk_seconds,
                talking_since: self.talking_since.map(from_micros),
                wait_seconds: self.wait_seconds,
                answered_elsewhere: self.answered_elsewhere,
                src: Side {
                    number: self.src_number,
                    user: self.src_user,
                    name: self.src_name,
                },
                dst: Side {
                    number: self.dst_number,
                    user: self.dst_user,
                    name: self.dst_name,
                },
                dialed: self.dialed,
                queue: self.queue,
                agent: self.agent,
                member_user: self.member_user,
                direction: Direction::parse(&self.direction).unwrap_or(Direction::Internal),
                account_code: self.account_code,
                has_recording: self.has_recording,
                also_agent: self.also_agent,
            },
        }
    }
}

/// What filters compare of an entry but for its texts and numbers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Compared<'a> {
    status: &'a str,
    direction: &'a str,
    has_recording: bool,
    answered_elsewhere: bool,
    also_agent: bool,
    lengths: [Option<i64>; 3],
    names: [Option<&'a str>; 3],
}

impl<'a> Compared<'a> {
    /// Its columns.
    pub(super) const COLUMNS: [&'static str; 11] = [
        "status",
        "direction",
        "has_recording",
        "answered_elsewhere",
        "also_agent",
        "talk_seconds",
        "talking_since",
        "wait_seconds",
        "queue",
        "agent",
        "account_code",
    ];

    /// Binds the values of the columns.
    pub(super) fn bind(&self, to: &mut Statement<'a>) {
        to.bind(self.status);
        to.bind(self.direction);
        for yes in [self.has_recording, self.answered_elsewhere, self.also_agent] {
            to.bind_number(i64::from(yes));
        }
        self.lengths.into_iter().for_each(|n| to.bind_number(n));
        self.names.into_iter().for_each(|text| to.bind(text));
    }
}

/// The id of these bytes; missing ones are zero, and the column has no room for more.
pub(super) fn call_id(bytes: &[u8]) -> CallId {
    let mut id = [0; 16];
    let length = bytes.len().min(id.len());
    id[..length].copy_from_slice(&bytes[..length]);
    CallId(id)
}
