//! From an entry to what a client reads.

use chrono::SecondsFormat;
use chrono_tz::Tz;

use super::CallHistory;
use crate::api::names::Names;
use crate::model::{Directory, Entry, Line, OwnerKind, Side, Time};

/// The entry as a client reads it, with times in `zone`; what is still going on is counted
/// until `now`.
pub fn call_history(line: &Line, names: &Names, zone: Tz, now: Time) -> CallHistory {
    let entry = &line.entry;
    let directory = names.directory();
    let start = entry.start.with_timezone(&zone);
    let (talk, wait) = talk_and_wait(entry, now);
    let src = Person::of(&entry.src, directory);
    let dst = Person::of(&entry.dst, directory);
    let queue = entry.queue.as_deref().and_then(|q| directory.queue(q));
    CallHistory {
        start: start.format("%Y-%m-%d %H:%M:%S").to_string(),
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
        started_at: start.to_rfc3339_opts(SecondsFormat::Secs, false),
        dialed_num: entry.dialed.clone(),
        wait_time: wait.map(hours_minutes_seconds),
        queue_name: entry.queue.clone(),
        queue_display_name: queue.and_then(|q| known(&q.display_name)),
        agent_num: entry.agent.clone(),
        agent_name: agent_name(entry, directory),
        queue_num: queue.and_then(|q| known(&q.number)),
        direction: entry.direction.as_str().to_owned(),
        duration_seconds: talk,
        wait_seconds: wait,
        answered_elsewhere: entry.answered_elsewhere.then_some(true),
        ..CallHistory::default()
    }
}

/// Seconds of talk, and of waiting in the queue. What is open lasts until `now`.
fn talk_and_wait(entry: &Entry, now: Time) -> (i64, Option<i64>) {
    let elapsed = (now - entry.start).num_seconds().max(0);
    let is_visit = entry.owner.kind == OwnerKind::Queue;
    match (entry.talk_seconds, entry.wait_seconds) {
        (Some(talk), wait) => (talk, wait),
        // A visit starts with the waiting: without a hold time the caller waits still.
        (None, None) if is_visit => (0, Some(elapsed)),
        (None, Some(wait)) if is_visit => ((elapsed - wait).max(0), Some(wait)),
        (None, wait) => (elapsed, wait),
    }
}

#[derive(Default)]
struct Person {
    first_name: Option<String>,
    last_name: Option<String>,
}

impl Person {
    fn of(side: &Side, directory: &Directory) -> Self {
        match side.user.as_deref() {
            Some(username) => directory.user(username).map(|user| Self {
                first_name: known(&user.first_name),
                last_name: known(&user.last_name),
            }),
            None => side.name.as_deref().map(|name| Self {
                first_name: None,
                last_name: known(name),
            }),
        }
        .unwrap_or_default()
    }
}

fn agent_name(entry: &Entry, directory: &Directory) -> Option<String> {
    let Some(number) = entry.agent.as_deref() else {
        let member = entry.member_user.as_deref()?;
        return directory.user(member).and_then(|u| known(&u.full_name()));
    };
    let agent = directory.agent(number).and_then(|agent| {
        let name = format!("{} {}", agent.first_name, agent.last_name);
        known(name.trim())
    });
    agent.or_else(|| {
        let linked = directory.user_of_agent(number)?;
        known(&linked.full_name())
    })
}

fn known(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn hours_minutes_seconds(seconds: i64) -> String {
    let (hours, rest) = (seconds / 3600, seconds % 3600);
    format!("{hours:02}:{:02}:{:02}", rest / 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use chrono::TimeDelta;
    use chrono_tz::Europe::Paris;
    use serde_json::json;

    use super::*;
    use crate::model::{Agent, CallId, Direction, Owner, Queue, Status, User};

    fn start() -> Time {
        "2026-11-23T09:32:50.987654Z".parse().unwrap()
    }

    fn names() -> Names {
        let user = |username: &str, first: &str, last: &str, agent: Option<&str>| User {
            username: username.to_owned(),
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            agent_number: agent.map(str::to_owned),
            ..User::default()
        };
        let users = [
            user("usera", "User", "A", None),
            user("userb", "User", "B", Some("2501")),
            user("single", "", "Prince", None),
        ];
        let agent = Agent {
            number: "2502".to_owned(),
            first_name: "Agent".to_owned(),
            last_name: "C".to_owned(),
        };
        let queue = |name: &str, display_name: &str, number: &str| Queue {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            number: number.to_owned(),
        };
        let queues = [
            queue("blue", "Customer care", "3000"),
            queue("bare", "", ""),
        ];
        Names::new(
            Directory::new(users, [agent], queues),
            HashSet::new(),
            HashSet::new(),
            BTreeSet::new(),
        )
    }

    fn entry(owner: Owner) -> Entry {
        Entry {
            owner,
            ordinal: 0,
            start: start(),
            status: Status::Answered,
            talk_seconds: Some(25),
            wait_seconds: None,
            answered_elsewhere: false,
            src: Side::default(),
            dst: Side::default(),
            dialed: None,
            queue: None,
            agent: None,
            member_user: None,
            direction: Direction::Internal,
            also_agent: false,
        }
    }

    fn side(number: &str, user: Option<&str>, name: Option<&str>) -> Side {
        Side {
            number: Some(number.to_owned()),
            user: user.map(str::to_owned),
            name: name.map(str::to_owned),
        }
    }

    fn wire(entry: Entry) -> CallHistory {
        let call = CallId::of("pbx", "1");
        let now = start() + TimeDelta::seconds(60);
        call_history(&Line { call, entry }, &names(), Paris, now)
    }

    #[test]
    fn a_call_between_users_has_their_names_and_nothing_that_is_unknown() {
        let mut entry = entry(Owner::user("usera"));
        entry.src = side("1000", Some("usera"), None);
        entry.dst = side("1001", Some("single"), None);
        entry.dialed = Some("4002".to_owned());
        assert_eq!(
            serde_json::to_value(wire(entry)).unwrap(),
            json!({
                "start": "2026-11-23 10:32:50",
                "duration": "00:00:25",
                "status": "answered",
                "callId": CallId::of("pbx", "1").to_string(),
                "srcNum": "1000",
                "dstNum": "1001",
                "srcUsername": "usera",
                "dstUsername": "single",
                "srcFirstName": "User",
                "srcLastName": "A",
                "dstLastName": "Prince",
                "startedAt": "2026-11-23T10:32:50+01:00",
                "dialedNum": "4002",
                "direction": "internal",
                "durationSeconds": 25,
            })
        );
    }

    #[test]
    fn a_visit_has_its_queue_its_waiting_and_the_outside_callers_name() {
        let mut entry = entry(Owner::queue("blue"));
        entry.src = side("0699000012", None, Some("ACME"));
        entry.dst = side("3000", None, None);
        entry.queue = Some("blue".to_owned());
        entry.agent = Some("2501".to_owned());
        entry.wait_seconds = Some(3661);
        entry.direction = Direction::Inbound;
        let wire = serde_json::to_value(wire(entry)).unwrap();
        for (field, expected) in [
            ("srcLastName", json!("ACME")),
            ("dstNum", json!("3000")),
            ("waitTime", json!("01:01:01")),
            ("waitSeconds", json!(3661)),
            ("queueName", json!("blue")),
            ("queueDisplayName", json!("Customer care")),
            ("queueNum", json!("3000")),
            ("agentNum", json!("2501")),
            ("agentName", json!("User B")),
        ] {
            assert_eq!(wire[field], expected, "{field}");
        }
    }

    #[test]
    fn the_agents_name_comes_from_whoever_knows_it() {
        for (agent, member, expected) in [
            (Some("2502"), None, Some("Agent C")),
            (Some("2501"), None, Some("User B")),
            (Some("2503"), Some("usera"), None),
            (None, Some("usera"), Some("User A")),
            (None, Some("1004"), None),
            (None, None, None),
        ] {
            let mut entry = entry(Owner::queue("bare"));
            entry.agent = agent.map(str::to_owned);
            entry.member_user = member.map(str::to_owned);
            entry.queue = Some("bare".to_owned());
            let wire = wire(entry);
            assert_eq!(wire.agent_name.as_deref(), expected);
            assert_eq!((wire.queue_display_name, wire.queue_num), (None, None));
        }
    }

    #[test]
    fn a_user_whom_the_directory_does_not_know_has_a_username_only() {
        let mut entry = entry(Owner::user("1004"));
        entry.src = side("1004", Some("1004"), Some("caller id"));
        entry.answered_elsewhere = true;
        let wire = wire(entry);
        assert_eq!(wire.src_username.as_deref(), Some("1004"));
        assert_eq!((wire.src_first_name, wire.src_last_name), (None, None));
        assert_eq!(wire.answered_elsewhere, Some(true));
    }

    #[test]
    fn what_goes_on_is_counted_until_now() {
        let open = |owner, wait_seconds| Entry {
            talk_seconds: None,
            wait_seconds,
            ..entry(owner)
        };
        for (entry, talk, wait) in [
            (open(Owner::user("usera"), None), 60, None),
            (open(Owner::agent("2501"), Some(7)), 60, Some(7)),
            (open(Owner::queue("blue"), None), 0, Some(60)),
            (open(Owner::queue("blue"), Some(7)), 53, Some(7)),
        ] {
            let wire = wire(entry);
            assert_eq!((wire.duration_seconds, wire.wait_seconds), (talk, wait));
        }
        let mut future = open(Owner::user("usera"), None);
        future.start += TimeDelta::days(1);
        assert_eq!(wire(future).duration, "00:00:00");
    }

    #[test]
    fn hours_go_beyond_99() {
        assert_eq!(hours_minutes_seconds(0), "00:00:00");
        assert_eq!(hours_minutes_seconds(86_399), "23:59:59");
        assert_eq!(hours_minutes_seconds(360_000 + 61), "100:01:01");
    }
}
