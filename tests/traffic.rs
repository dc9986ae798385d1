//! Made-up traffic: the same for the same seed, plausible, and folded into what happened.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use call_history::asterisk::{Cdr, Kind, QueueEvent};
use call_history::fold::{DEFAULT_SOURCE, Rows, fold};
use call_history::model::{Directory, Entry, Owner, OwnerKind, Status, Time};
use call_history::traffic::{Expected, FREEPBX_CDR, MadeCall, Shape, Traffic};
use chrono::{DateTime, Datelike, TimeDelta, Timelike, Weekday};
use chrono_tz::Europe::Paris;
use chrono_tz::Tz;

fn end() -> Time {
    DateTime::from_timestamp(1_795_393_351, 0).unwrap()
}

fn company(days: u32) -> Shape {
    Shape {
        days,
        zone: Paris,
        ..Shape::company(end())
    }
}

#[test]
fn one_seed_makes_the_same_rows_and_another_others() {
    let rows = |seed| -> Vec<_> {
        Traffic::new(&company(30), seed)
            .flat_map(MadeCall::into_records)
            .collect()
    };
    assert!(rows(1).len() > 2_000);
    assert!(rows(1) == rows(1));
    assert!(rows(1) != rows(2));
}

#[test]
fn calls_come_in_order_and_end_in_time_with_ids_of_their_own() {
    let mut last = DateTime::UNIX_EPOCH;
    let mut channels: HashMap<String, String> = HashMap::new();
    let mut sequence = -1;
    for call in Traffic::new(&company(90), 3) {
        assert!(call.start >= last && call.end > call.start && call.end <= end());
        last = call.start;
        for row in &call.cdr {
            let channel = row.get("channel").to_owned();
            let known = channels.entry(row.get("uniqueid").to_owned());
            assert_eq!(*known.or_insert_with(|| channel.clone()), channel);
            let next: i64 = row.get("sequence").parse().unwrap();
            assert!(next > sequence);
            sequence = next;
        }
    }
}

#[test]
fn a_year_has_working_hours_quiet_weekends_and_every_way_to_end() {
    let mut hours = [0_u32; 24];
    let mut weekend = 0;
    let mut calls = 0;
    let mut over_midnight = 0;
    let mut statuses = BTreeSet::new();
    let mut events = BTreeSet::new();
    for call in Traffic::new(&company(365), 5) {
        let (start, end) = (call.start.with_timezone(&Paris), call.end);
        calls += 1;
        hours[start.hour() as usize] += 1;
        weekend += u32::from(matches!(start.weekday(), Weekday::Sat | Weekday::Sun));
        over_midnight += u32::from(start.date_naive() != end.with_timezone(&Paris).date_naive());
        let visits = call.expected().into_iter();
        statuses.extend(
            visits
                .filter(|expected| expected.owner.kind == OwnerKind::Queue)
                .map(|expected| expected.status.as_str()),
        );
        events.extend(call.queue_log.iter().map(|row| row.get("event").to_owned()));
    }
    assert!((15_000..25_000).contains(&calls), "{calls} calls");
    assert!(
        hours[10] > 2 * hours[12] && hours[15] > 2 * hours[12],
        "{hours:?}"
    );
    assert!(
        hours[2..5] == [0; 3] && hours[22] < hours[9] / 10,
        "{hours:?}"
    );
    assert!(weekend > 0 && weekend < calls / 40, "{weekend} of {calls}");
    assert!((1..calls / 200).contains(&over_midnight), "{over_midnight}");
    for status in Status::ALL {
        let ends =
            status.fits(OwnerKind::Queue) && !matches!(status, Status::Ongoing | Status::Unknown);
        assert!(!ends || statuses.contains(status.as_str()), "{status:?}");
    }
    for event in [
        "COMPLETEAGENT",
        "RINGCANCELED",
        "BLINDTRANSFER",
        "ATTENDEDTRANSFER",
    ] {
        assert!(events.contains(event), "{event}");
    }
}

#[test]
fn customers_call_again() {
    let mut calls: BTreeMap<Owner, u32> = BTreeMap::new();
    for call in Traffic::new(&company(120), 8) {
        for expected in call.expected() {
            if expected.owner.kind == OwnerKind::Customer {
                *calls.entry(expected.owner).or_default() += 1;
            }
        }
    }
    let (_, _, best) = Traffic::new(&company(1), 8).busiest();
    let most = calls.values().max().unwrap();
    assert_eq!(calls.get(&Owner::customer(best)), Some(most));
    let once = calls.values().filter(|count| **count == 1).count();
    assert!(
        *most > 50 && once > calls.len() / 2,
        "{most}, {once} of {}",
        calls.len()
    );
}

#[test]
fn names_and_numbers_of_a_large_pbx_are_unique() {
    let (users, agents, queues) = Traffic::new(&Shape::large(end(), 1000), 1).directory();
    assert_eq!((users.len(), agents.len(), queues.len()), (500, 60, 25));
    let distinct = |values: Vec<String>| values.iter().collect::<HashSet<_>>().len();
    assert_eq!(distinct(users.iter().map(|u| u.full_name()).collect()), 500);
    assert_eq!(
        distinct(users.iter().map(|u| u.username.clone()).collect()),
        500
    );
    let numbers = users.iter().map(|u| u.numbers[0].value.clone());
    let numbers = numbers.chain(queues.iter().map(|q| q.number.clone()));
    assert_eq!(distinct(numbers.collect()), 525);
    assert_eq!(queues.iter().filter(|q| q.name.contains("bl")).count(), 3);
    assert!(
        queues
            .iter()
            .all(|q| q.name != q.display_name.to_lowercase())
    );
}

#[test]
fn freepbx_columns_hold_all_that_is_written() {
    let places = FREEPBX_CDR.map(|name| Kind::Cdr.position(name).unwrap());
    for call in Traffic::new(&company(20), 4) {
        for row in &call.cdr {
            let mut values = row.values().iter().enumerate();
            assert!(values.all(|(place, value)| value.is_none() || places.contains(&place)));
        }
    }
}

#[test]
fn about_as_many_rows_as_were_asked_for() {
    let shape = Shape::large(end(), 50_000);
    let rows: usize = Traffic::new(&shape, 1).map(|call| call.cdr.len()).sum();
    assert!((47_000..55_000).contains(&rows), "{rows}");
}

/// The oracle: what folding finds in the rows is what happened.
#[test]
fn folding_finds_what_happened() {
    let mut wrong = BTreeMap::new();
    for (shape, seed) in [(company(120), 11), (Shape::large(end(), 8_000), 12)] {
        let mut traffic = Traffic::new(&shape, seed);
        let (users, agents, queues) = traffic.directory();
        let directory = Directory::new(users, agents, queues);
        for call in &mut traffic {
            compare(&call, &directory, &shape, &mut wrong);
        }
    }
    let report: Vec<String> = wrong
        .iter()
        .map(|(what, (count, example))| format!("{count} × {what}, such as\n{example}"))
        .collect();
    assert!(report.is_empty(), "{}", report.join("\n"));
}

fn compare(
    call: &MadeCall,
    directory: &Directory,
    shape: &Shape,
    wrong: &mut BTreeMap<String, (u32, String)>,
) {
    let mut expected = call.expected();
    for entry in folded(call, directory, shape.clock) {
        let place = expected.iter().position(|e| is_same(e, &entry));
        let what = match place.map(|place| expected.remove(place)) {
            None => format!(
                "unexpected {} {}",
                entry.1.owner.kind,
                entry.1.status.as_str()
            ),
            Some(expected) => match difference(&expected, &entry.1) {
                None => continue,
                Some(what) => format!("{} {what}", entry.1.owner.kind),
            },
        };
        note(wrong, what, call, &entry.1.owner);
    }
    for missing in expected {
        let what = format!("missing {} {}", missing.owner.kind, missing.status.as_str());
        note(wrong, what, call, &missing.owner);
    }
}

fn note(wrong: &mut BTreeMap<String, (u32, String)>, what: String, call: &MadeCall, owner: &Owner) {
    let (count, example) = wrong.entry(what).or_default();
    *count += 1;
    if example.is_empty() {
        *example = format!("  {owner:?}\n");
        for row in call.cdr.iter().chain(&call.queue_log) {
            let values = row.values().iter().flatten().map(String::as_str);
            *example += &format!("  {}\n", values.collect::<Vec<_>>().join("|"));
        }
        for expected in call.expected() {
            *example += &format!("  => {expected:?}\n");
        }
    }
}

/// The entries of a call's conversations, with their linkedids.
fn folded(call: &MadeCall, directory: &Directory, zone: Tz) -> Vec<(String, Entry)> {
    let mut conversations: BTreeMap<String, Rows> = BTreeMap::new();
    let mut of_channel = HashMap::new();
    let rows = |linkedid: &str| Rows {
        source: DEFAULT_SOURCE.to_owned(),
        linkedid: linkedid.to_owned(),
        ..Rows::default()
    };
    for row in &call.cdr {
        let linkedid = row.get("linkedid");
        of_channel.insert(row.get("uniqueid"), linkedid);
        let conversation = conversations.entry(linkedid.to_owned());
        let cdr = Cdr::read(row, zone).unwrap();
        conversation.or_insert_with(|| rows(linkedid)).cdr.push(cdr);
    }
    for (place, row) in (0..).zip(&call.queue_log) {
        let callid = row.get("callid");
        let linkedid = of_channel.get(callid).copied().unwrap_or(callid);
        let conversation = conversations.entry(linkedid.to_owned());
        let event = QueueEvent::read(row, place, zone).unwrap();
        let conversation = conversation.or_insert_with(|| rows(linkedid));
        conversation.queue_log.push(event);
    }
    conversations
        .into_iter()
        .filter_map(|(linkedid, rows)| Some((linkedid, fold(rows, directory)?)))
        .flat_map(|(linkedid, call)| {
            call.entries
                .into_iter()
                .map(move |entry| (linkedid.clone(), entry))
        })
        .collect()
}

fn is_same(expected: &Expected, (linkedid, entry): &(String, Entry)) -> bool {
    expected.owner == entry.owner
        && expected.ordinal == entry.ordinal
        && expected.linkedid == *linkedid
}

fn difference(expected: &Expected, entry: &Entry) -> Option<String> {
    if entry.status != expected.status {
        let words = (entry.status.as_str(), expected.status.as_str());
        return Some(format!("{} instead of {}", words.0, words.1));
    }
    if entry.answered_elsewhere != expected.answered_elsewhere {
        return Some(format!("answered elsewhere: {}", entry.answered_elsewhere));
    }
    if !entry
        .talk_seconds
        .is_some_and(|talk| expected.talk_seconds.contains(&talk))
    {
        return Some(format!("{} talk", entry.status.as_str()));
    }
    if let Some(wait) = &expected.wait_seconds
        && !entry
            .wait_seconds
            .is_some_and(|seconds| wait.contains(&seconds))
    {
        return Some(format!("{} wait", entry.status.as_str()));
    }
    (!expected.start.contains(&entry.start)).then(|| {
        format!(
            "{} start {}",
            entry.status.as_str(),
            offset(expected, entry)
        )
    })
}

fn offset(expected: &Expected, entry: &Entry) -> &'static str {
    if entry.start - *expected.start.start() < TimeDelta::zero() {
        "too early"
    } else {
        "too late"
    }
}
