//! Properties of folding over made-up calls, from CDR and the queue log, from channel events and
//! the queue log, and from all three. `CALLS` and `SEED` make a longer run.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use call_history::asterisk::{Cdr, ChannelEvent, QueueEvent};
use call_history::fold::{DEFAULT_SOURCE, Rows, explain, fold};
use call_history::model::{Call, Detail, Directory, Entry, LegClass, OwnerKind, Status, Time};
use call_history::traffic::{Expected, MadeCall, Shape, Traffic};
use chrono::DateTime;
use chrono_tz::Tz;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

const CALLS: usize = 600;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tables {
    Cdr,
    Cel,
    Both,
}

fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn made_up_calls_fold_to_what_happened_whatever_tells_of_them() {
    let seed = setting("SEED", 20_261_123) as u64;
    let end = DateTime::from_timestamp(1_795_393_351, 0).unwrap();
    let shape = Shape {
        channels: true,
        days: 7_300,
        clock: chrono_tz::Europe::Paris,
        ..Shape::company(end)
    };
    let mut traffic = Traffic::new(&shape, seed);
    let (users, agents, queues) = traffic.directory();
    let directory = Directory::new(users, agents, queues);
    let mut random = StdRng::seed_from_u64(seed);
    let mut wrong: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for call in traffic.by_ref().take(setting("CALLS", CALLS)) {
        for tables in [Tables::Cdr, Tables::Cel, Tables::Both] {
            for what in faults(&call, tables, &directory, shape.clock, &mut random) {
                let (count, example) = wrong.entry(format!("{tables:?}: {what}")).or_default();
                *count += 1;
                if example.is_empty() {
                    *example = told(&call);
                }
            }
        }
    }
    let report: Vec<String> = wrong
        .iter()
        .map(|(what, (count, example))| format!("{count} × {what}, such as\n{example}"))
        .collect();
    assert!(report.is_empty(), "seed {seed}: {}", report.join("\n"));
}

fn told(call: &MadeCall) -> String {
    let mut text = String::new();
    for row in call.cdr.iter().chain(&call.queue_log).chain(&call.cel) {
        let values = row.values().iter().flatten().map(String::as_str);
        text += &format!("  {}\n", values.collect::<Vec<_>>().join("|"));
    }
    for expected in call.expected_with_channels() {
        text += &format!("  => {expected:?}\n");
    }
    text
}

fn faults(
    made: &MadeCall,
    tables: Tables,
    directory: &Directory,
    zone: Tz,
    random: &mut StdRng,
) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expected = match tables {
        Tables::Cdr => made.expected(),
        Tables::Cel | Tables::Both => made.expected_with_channels(),
    };
    for rows in conversations(made, tables, zone) {
        let call = fold(rows.clone(), directory);
        let detail = explain(rows.clone(), directory);
        if detail.as_ref().map(|detail| &detail.call) != call.as_ref() {
            faults.push("told otherwise than folded".to_owned());
        }
        let mut shuffled = rows.clone();
        shuffled.cdr.extend(rows.cdr.iter().cloned());
        shuffled.queue_log.extend(rows.queue_log.iter().cloned());
        shuffled.cel.extend(rows.cel.iter().cloned());
        shuffled.cdr.shuffle(random);
        shuffled.queue_log.shuffle(random);
        shuffled.cel.shuffle(random);
        // Rows that are there twice are legs, which do not count.
        let told = explain(shuffled, directory).map(|mut told| {
            told.legs.retain(|leg| leg.class != LegClass::Duplicate);
            told
        });
        if told != detail {
            faults.push("another order, or doubles, make another call".to_owned());
        }
        let Some(call) = call else { continue };
        faults.extend(detail.iter().flat_map(impossible));
        faults.extend(sums(&call));
        faults.extend(early(&rows, &call, directory));
        if call.end.is_none() {
            faults.push("it does not end".to_owned());
        }
        for entry in &call.entries {
            let same = |e: &Expected| {
                e.owner == entry.owner && e.ordinal == entry.ordinal && e.linkedid == call.linkedid
            };
            match expected.iter().position(same) {
                None => faults.push(format!("unexpected {}", described(entry))),
                Some(place) => faults.extend(difference(&expected.remove(place), entry)),
            }
        }
    }
    let missing = expected.iter().map(|expected| {
        let kind = expected.owner.kind;
        format!("missing {kind} {}", expected.status.as_str())
    });
    faults.extend(missing);
    faults
}

fn described(entry: &Entry) -> String {
    format!("{} {}", entry.owner.kind, entry.status.as_str())
}

fn difference(expected: &Expected, entry: &Entry) -> Option<String> {
    let what = described(entry);
    if entry.status != expected.status {
        return Some(format!("{what} instead of {}", expected.status.as_str()));
    }
    if entry.answered_elsewhere != expected.answered_elsewhere {
        return Some(format!("{what}, elsewhere: {}", entry.answered_elsewhere));
    }
    let talk = entry.talk_seconds.unwrap_or(-1);
    if !expected.talk_seconds.contains(&talk) {
        return Some(format!("{what}: its talk"));
    }
    (!expected.start.contains(&entry.start)).then(|| format!("{what}: its start"))
}

/// What no call can be.
fn impossible(detail: &Detail) -> Vec<String> {
    let call = &detail.call;
    let mut faults = Vec::new();
    let end = call.end.unwrap_or(Time::MAX_UTC);
    let mut lines = BTreeSet::new();
    for entry in &call.entries {
        if !lines.insert((&entry.owner, entry.ordinal)) {
            faults.push(format!("two entries: {}", described(entry)));
        }
        if entry.ordinal > 0 && entry.owner.kind != OwnerKind::Queue {
            faults.push(format!("a second entry: {}", described(entry)));
        }
        // The queue log's seconds are cut off where a call begins and ends between two.
        let length = (end - entry.start).num_seconds() + 1;
        if entry.talk_seconds.is_some_and(|talk| talk > length) {
            faults.push(format!("talk beyond the call: {}", described(entry)));
        }
        if entry.start < call.start || entry.start > end {
            faults.push(format!("outside of the call: {}", described(entry)));
        }
        if (entry.status == Status::Ongoing) && call.end.is_some() {
            faults.push(format!("ongoing after the end: {}", described(entry)));
        }
    }
    for visit in &detail.visits {
        let ended = visit.ended.unwrap_or(end);
        if visit.entered < call.start || ended > end || ended < visit.entered {
            faults.push("a visit outside of the call".to_owned());
        }
    }
    faults
}

/// The talk of the visits is that of the members who answered, and part of the caller's.
fn sums(call: &Call) -> Vec<String> {
    let mut faults = Vec::new();
    let talk = |entry: &&Entry| entry.talk_seconds.unwrap_or(0);
    let of = |kind: OwnerKind| call.entries.iter().filter(move |e| e.owner.kind == kind);
    let visits: i64 = of(OwnerKind::Queue).map(|entry| talk(&entry)).sum();
    let agents: i64 = of(OwnerKind::Agent).map(|entry| talk(&entry)).sum();
    let by_agents = |entry: &&Entry| entry.agent.is_some();
    let of_agents: i64 = of(OwnerKind::Queue)
        .filter(by_agents)
        .map(|e| talk(&e))
        .sum();
    if agents < of_agents || agents > visits {
        faults.push("the talk of agents is not that of their visits".to_owned());
    }
    let callers = call.entries.iter().filter(|entry| entry.src == call.caller);
    let caller = callers
        .filter(|e| e.start == call.start)
        .map(|e| talk(&e))
        .max();
    if caller.is_some_and(|caller| caller + 1 < visits) {
        faults.push("the caller has talked less than in the queues".to_owned());
    }
    faults
}

/// Half of the rows make a possible call, too, and whoever is done then stays so.
fn early(rows: &Rows, whole: &Call, directory: &Directory) -> Vec<String> {
    if rows.cel.is_empty() {
        return Vec::new();
    }
    let times = rows.cel.iter().map(|event| event.time);
    let mut times: Vec<Time> = times.chain(rows.queue_log.iter().map(|e| e.time)).collect();
    times.sort_unstable();
    let until = times[times.len() / 2];
    let part = Rows {
        cdr: Vec::new(),
        cel: rows
            .cel
            .iter()
            .filter(|e| e.time <= until)
            .cloned()
            .collect(),
        queue_log: rows
            .queue_log
            .iter()
            .filter(|e| e.time <= until)
            .cloned()
            .collect(),
        ..rows.clone()
    };
    let mut faults = Vec::new();
    let Some(detail) = explain(part, directory) else {
        return vec!["no call early".to_owned()];
    };
    faults.extend(impossible(&detail));
    let call = detail.call;
    let final_of: HashMap<_, _> = whole
        .entries
        .iter()
        .map(|entry| ((&entry.owner, entry.ordinal), entry))
        .collect();
    for entry in &call.entries {
        let Some(later) = final_of.get(&(&entry.owner, entry.ordinal)) else {
            faults.push(format!("gone later: {}", described(entry)));
            continue;
        };
        // A caller may hang up a moment before the log tells how the visit ended.
        let open = matches!(entry.status, Status::Ongoing | Status::Unknown);
        let is_over = entry.owner.kind == OwnerKind::Queue && !open;
        if is_over && entry.status != later.status {
            faults.push(format!("a visit was over as {}", described(entry)));
        }
    }
    if call.end.is_some() && call.entries.len() < whole.entries.len() {
        faults.push("over early".to_owned());
    }
    faults
}

/// The rows of each conversation. Channel events join those that CDR keeps apart.
fn conversations(made: &MadeCall, tables: Tables, zone: Tz) -> Vec<Rows> {
    let joined = match tables {
        Tables::Cdr => None,
        Tables::Cel | Tables::Both => {
            let first = made.expected_with_channels();
            Some(first.first().map_or(String::new(), |e| e.linkedid.clone()))
        }
    };
    let mut all: BTreeMap<String, Rows> = BTreeMap::new();
    let name = |own: &str| joined.clone().unwrap_or_else(|| own.to_owned());
    let rows = |linkedid: &str| Rows {
        source: DEFAULT_SOURCE.to_owned(),
        linkedid: linkedid.to_owned(),
        ..Rows::default()
    };
    let mut of_channel = HashMap::new();
    for row in made.cdr.iter().filter(|_| tables != Tables::Cel) {
        let linkedid = name(row.get("linkedid"));
        of_channel.insert(row.get("uniqueid"), linkedid.clone());
        let cdr = Cdr::read(row, zone).unwrap();
        let of = all.entry(linkedid.clone());
        of.or_insert_with(|| rows(&linkedid)).cdr.push(cdr);
    }
    for (place, row) in (0..).zip(&made.queue_log) {
        let callid = row.get("callid");
        let linkedid = of_channel
            .get(callid)
            .cloned()
            .unwrap_or_else(|| name(callid));
        let event = QueueEvent::read(row, place, zone).unwrap();
        let of = all.entry(linkedid.clone());
        of.or_insert_with(|| rows(&linkedid)).queue_log.push(event);
    }
    for row in made.cel.iter().filter(|_| tables != Tables::Cdr) {
        let linkedid = name(row.get("linkedid"));
        let event = ChannelEvent::read(row, zone).unwrap();
        let of = all.entry(linkedid.clone());
        of.or_insert_with(|| rows(&linkedid)).cel.push(event);
    }
    all.into_values().collect()
}
