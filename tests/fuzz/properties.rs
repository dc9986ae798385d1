//! What is true of every call, whatever the rows are.

use call_history::fold::{Rows, explain, fold};
use call_history::model::{
    Call, Detail, Directory, Entry, LegClass, Outcome, OwnerKind, Ring, Status, Time, Visit,
};
use chrono::TimeDelta;

/// No number in a row stands for more: a month.
const LONGEST: TimeDelta = TimeDelta::days(31);

/// Folds these rows in several orders.
///
/// # Panics
/// When something is not true that should be.
pub(super) fn check(rows: &Rows, directory: &Directory) {
    let call = fold(rows.clone(), directory);
    assert_eq!(call, fold(reversed(rows), directory), "reversed: {rows:#?}");
    assert_eq!(call, fold(doubled(rows), directory), "doubled: {rows:#?}");
    let detail = explain(rows.clone(), directory);
    assert_eq!(call.as_ref(), detail.as_ref().map(|detail| &detail.call));
    if let Some(detail) = &detail {
        holds(rows, detail);
    }
    let mut overdue = rows.clone();
    overdue.overdue_before = Some(Time::MAX_UTC);
    if let Some(closed) = explain(overdue, directory) {
        holds(rows, &closed);
        assert!(closed.call.end.is_some(), "{closed:#?}");
    }
}

fn reversed(rows: &Rows) -> Rows {
    let mut rows = rows.clone();
    rows.cdr.reverse();
    rows.queue_log.reverse();
    rows.cel.reverse();
    rows
}

/// Every row a second time, the events later in the log, and the copies first.
fn doubled(rows: &Rows) -> Rows {
    let mut rows = rows.clone();
    rows.cdr.extend_from_within(..);
    rows.cel.extend_from_within(..);
    let mut copies = rows.queue_log.clone();
    for event in &mut copies {
        event.place += rows.queue_log.len() as i64;
    }
    copies.append(&mut rows.queue_log);
    rows.queue_log = copies;
    rows
}

fn holds(rows: &Rows, detail: &Detail) {
    let call = &detail.call;
    let starts = rows.cdr.iter().flat_map(|row| [row.start, row.end]);
    let starts = starts.chain(rows.cel.iter().map(|event| event.time));
    let times = || starts.clone().chain(rows.queue_log.iter().map(|e| e.time));
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        panic!("a call without rows: {call:#?}");
    };
    // COMPLETE tells how long ago somebody entered: hold and talk; and how long a talk was.
    let earliest = first - LONGEST * 2;
    let span = last + LONGEST - earliest;
    assert!(call.start >= earliest && call.start <= last);
    assert!(call.end.is_none_or(|end| end >= call.start && end <= last));
    let goes_on = detail.visits.iter().any(|v| v.status == Status::Ongoing)
        || detail
            .legs
            .iter()
            .any(|leg| leg.class != LegClass::Partial && leg.end.is_none());
    // A channel that is no end of a leg may go on, too.
    let ended = call.end.is_some();
    assert!(
        ended != goes_on || !ended && !rows.cel.is_empty(),
        "{call:#?}"
    );
    // Every row of CDR is a leg, whatever became of it.
    let told = detail.legs.iter().filter(|leg| !leg.from_events);
    assert_eq!(told.count(), rows.cdr.len(), "{detail:#?}");
    assert!(detail.visits.len() <= rows.queue_log.len());
    for visit in &detail.visits {
        visit_holds(visit, span);
    }
    for ring in &detail.rings {
        ring_holds(ring, detail);
    }
    for line in call.lines() {
        let rule = (line.owner.clone(), line.ordinal);
        assert!(detail.rules.contains_key(&rule), "{line:#?}");
    }
    for entry in call.lines() {
        entry_holds(entry, call, span);
    }
    let keys: Vec<_> = call.entries.iter().map(|e| (&e.owner, e.ordinal)).collect();
    assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
}

fn visit_holds(visit: &Visit, span: TimeDelta) {
    let within = |time: Time| time >= visit.entered && visit.ended.is_none_or(|end| time <= end);
    assert!(visit.ended.is_none_or(within), "{visit:#?}");
    assert!(visit.connected.is_none_or(within), "{visit:#?}");
    for attempt in &visit.attempts {
        assert!(within(attempt.began) && within(attempt.ended), "{visit:#?}");
        assert!(attempt.began <= attempt.ended, "{visit:#?}");
    }
    seconds(visit.wait_seconds, span);
    seconds(visit.talk_seconds, span);
    assert_eq!(visit.ended.is_none(), visit.status == Status::Ongoing);
    assert!(visit.ended.is_none() || visit.talk_seconds.is_some());
}

fn ring_holds(ring: &Ring, detail: &Detail) {
    assert!(
        ring.ended.is_none_or(|ended| ended >= ring.began),
        "{ring:#?}"
    );
    assert!(
        ring.visit.is_none_or(|n| n < detail.visits.len()),
        "{ring:#?}"
    );
    assert_eq!(
        ring.ended.is_none(),
        ring.outcome == Outcome::Ringing,
        "{ring:#?}"
    );
    assert_eq!(
        ring.talk.is_some(),
        ring.outcome == Outcome::Answered,
        "{ring:#?}"
    );
    let entries = &detail.call.entries;
    for owner in &ring.owners {
        assert!(
            entries.iter().any(|entry| entry.owner == *owner),
            "{ring:#?}"
        );
    }
}

fn entry_holds(entry: &Entry, call: &Call, span: TimeDelta) {
    assert!(entry.start >= call.start, "{entry:#?}\n{call:#?}");
    let ended = call.end.is_some_and(|end| end < entry.start);
    assert!(!ended, "{entry:#?}\n{call:#?}");
    seconds(entry.wait_seconds, span);
    seconds(entry.talk_seconds, span);
    assert!(entry.talk_seconds.is_some() || entry.status == Status::Ongoing);
    // Nobody but a queue has two entries of one call.
    assert!(entry.ordinal == 0 || entry.owner.kind == OwnerKind::Queue);
    assert!(
        entry.status != Status::Ongoing || call.end.is_none(),
        "{call:#?}"
    );
    assert!(entry.status.fits(entry.owner.kind), "{entry:#?}");
    let all_talk = call.summary.talk_seconds;
    assert!(
        all_talk.is_none() || entry.talk_seconds <= all_talk,
        "{call:#?}"
    );
    assert!(!entry.answered_elsewhere || entry.status == Status::Missed);
}

fn seconds(value: Option<i64>, span: TimeDelta) {
    let value = value.unwrap_or(0);
    assert!(
        (0..=span.num_seconds()).contains(&value),
        "{value} s of {span}"
    );
}
