//! From an entry to what a client reads.

use std::fmt::Write;

use chrono::{DateTime, Datelike, Offset, SecondsFormat, Timelike};
use chrono_tz::Tz;

use super::CallHistory;
use crate::api::names::Names;
use crate::model::{Directory, Entry, Line, OwnerKind, Side, Status, Time};
use crate::presence::Look;

/// How entries are looked at: what an answer shows beside what is stored.
pub struct View<'a> {
    /// What people, agents and queues are called.
    pub names: &'a Names,
    /// What people are doing.
    pub presence: &'a Look<'a>,
    /// The zone of times.
    pub zone: Tz,
    /// The moment of the answer: what is still going on is counted until then.
    pub now: Time,
}

/// The entry as a client reads it.
pub fn call_history(line: &Line, view: &View<'_>) -> CallHistory {
    let entry = &line.entry;
    let directory = view.names.directory();
    let start = entry.start.with_timezone(&view.zone);
    let (talk, wait) = talk_and_wait(entry, view.now);
    let src = Person::of(&entry.src, view);
    let dst = Person::of(&entry.dst, view);
    let queue = entry.queue.as_deref().and_then(|q| directory.queue(q));
    CallHistory {
        start: local_text(&start),
        duration: hours_minutes_seconds(talk),
        status: entry.status.as_str().to_owned(),
        call_id: line.call.to_string(),
        src_num: entry.src.number.clone(),
        dst_num: entry.dst.number.clone(),
        src_username: entry.src.user.clone(),
        dst_username: entry.dst.user.clone(),
        src_first_name: src.first_name,
        src_last_name: src.last_name,
        dst_first_name: dst.first_name,
        dst_last_name: dst.last_name,
        src_phone_status: src.phone,
        dst_phone_status: dst.phone,
        src_video_status: src.video,
        dst_video_status: dst.video,
        started_at: rfc3339(&start),
        dialed_num: entry.dialed.clone(),
        wait_time: wait.map(hours_minutes_seconds),
        queue_name: entry.queue.clone(),
        queue_display_name: queue.and_then(|q| known(&q.display_name)),
        agent_num: entry.agent.clone(),
        agent_name: member_name(
            directory,
            entry.agent.as_deref(),
            entry.member_user.as_deref(),
            entry.start,
        ),
        queue_num: queue.and_then(|q| known(&q.number)),
        direction: entry.direction.as_str().to_owned(),
        duration_seconds: talk,
        wait_seconds: wait,
        answered_elsewhere: entry.answered_elsewhere.then_some(true),
        has_recording: entry.has_recording.then_some(true),
        account_code: entry.account_code.clone(),
        calls: None,
    }
}

/// `2022-09-08 10:32:50`, without the machinery of formats: a page has up to a thousand.
fn local_text(start: &DateTime<Tz>) -> String {
    let (date, time) = (start.date_naive(), start.time());
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// RFC 3339 with whole seconds and a numeric offset.
fn rfc3339(start: &DateTime<Tz>) -> String {
    let offset = start.offset().fix().local_minus_utc();
    // What the fast way does not know: years of more digits, offsets with seconds.
    if !(0..=9999).contains(&start.year()) || offset % 60 != 0 {
        return start.to_rfc3339_opts(SecondsFormat::Secs, false);
    }
    let mut text = local_text(start);
    text.replace_range(10..11, "T");
    let minutes = offset.abs() / 60;
    let sign = if offset < 0 { '-' } else { '+' };
    let _ = write!(text, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    text
}

/// Seconds of talk, and of waiting in the queue. What is open lasts until `now`.
fn talk_and_wait(entry: &Entry, now: Time) -> (i64, Option<i64>) {
    let elapsed = |since: Time| (now - since).num_seconds().max(0);
    let talk = entry.talk_seconds.or(entry.talking_since.map(elapsed));
    // A visit starts with the waiting.
    let waits = entry.owner.kind == OwnerKind::Queue && entry.status == Status::Ongoing;
    let waiting = waits.then(|| elapsed(entry.start));
    (talk.unwrap_or(0), entry.wait_seconds.or(waiting))
}

#[derive(Default)]
struct Person {
    first_name: Option<String>,
    last_name: Option<String>,
    phone: Option<i32>,
    video: Option<String>,
}

impl Person {
    fn of(side: &Side, view: &View<'_>) -> Self {
        let directory = view.names.directory();
        let Some(username) = side.user.as_deref() else {
            return Self {
                last_name: side.name.as_deref().and_then(known),
                ..Self::default()
            };
        };
        let user = directory.user(username);
        Self {
            first_name: user.and_then(|user| known(&user.first_name)),
            last_name: user.and_then(|user| known(&user.last_name)),
            phone: view.presence.phone(username, directory, view.now),
            video: view.presence.video(username).map(ToString::to_string),
        }
    }
}

/// The name of a queue's member at a time: of the agent, else of the user.
pub(in crate::api) fn member_name(
    directory: &Directory,
    agent: Option<&str>,
    user: Option<&str>,
    at: Time,
) -> Option<String> {
    let Some(number) = agent else {
        return directory.user(user?).and_then(|u| known(&u.full_name()));
    };
    let agent = directory.agent(number).and_then(|agent| {
        let name = format!("{} {}", agent.first_name, agent.last_name);
        known(name.trim())
    });
    agent.or_else(|| {
        let linked = directory.user_of_agent(number, at)?;
        known(&linked.full_name())
    })
}

fn known(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn hours_minutes_seconds(seconds: i64) -> String {
    let (hours, rest) = (seconds / 3600, seconds % 3600);
    format!("{hours:02}:{:02}:{:02}", rest / 60, rest % 60)
}
