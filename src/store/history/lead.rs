//! What leads to the rows of a long history that pass a filter, when few rows have it.

use std::collections::BTreeSet;

use super::filter::Filter;
use crate::model::{Direction, NumberForm, Owner, OwnerKind, Status};
use crate::store::marks::{LONG, Marks, has_marks};

/// Marks of which every entry that passes has one.
pub(super) type Lead = BTreeSet<Marks>;

/// The leads of a filter; likely rare ones come first. None where a history is short.
pub(super) fn leads(filter: &Filter, owner: &Owner) -> Vec<Lead> {
    if !has_marks(owner.kind) {
        return Vec::new();
    }
    let form = |form: &NumberForm| match form {
        NumberForm::Exactly(number) => Marks::number(number),
        NumberForm::BeginsWith(digits, _) => Marks::number_begins(digits),
        NumberForm::EndsWith(digits) => Marks::number_ends(digits),
    };
    let each = |values: &[String], mark: fn(&str) -> Marks| {
        values.iter().map(|value| mark(value)).collect()
    };
    let long = |least: Option<i64>, marks: fn(i64) -> Marks| {
        let least = least.filter(|least| *least >= LONG);
        least.into_iter().map(marks).collect()
    };
    let queues: &[String] = match owner.kind {
        OwnerKind::All => &filter.queues,
        _ => &[],
    };
    let by_value: [Lead; 6] = [
        filter.numbers.iter().map(form).collect(),
        each(&filter.agents, Marks::agent),
        long(filter.least_talk, Marks::talk),
        long(filter.least_wait, Marks::wait),
        each(&filter.account_codes, Marks::account),
        each(queues, Marks::queue),
    ];
    by_value
        .into_iter()
        .chain([of_kind(filter)])
        .filter(|marks| !marks.is_empty())
        .collect()
}

/// By status, or by direction, recording and status in all their combinations.
fn of_kind(filter: &Filter) -> Lead {
    let (statuses, directions) = (&filter.statuses, &filter.directions);
    let mut marks = BTreeSet::new();
    if directions.is_empty() && filter.has_recording.is_none() {
        let words = statuses.iter().copied().map(Status::as_str);
        return words.map(Marks::status).collect();
    }
    let directions = match directions.as_slice() {
        [] => &Direction::ALL,
        directions => directions,
    };
    let recorded = match filter.has_recording {
        Some(recorded) => vec![recorded],
        None if statuses.is_empty() => Vec::new(),
        None => vec![false, true],
    };
    for direction in directions.iter().map(|direction| direction.as_str()) {
        if recorded.is_empty() {
            marks.insert(Marks::kind(direction, None));
        }
        for recorded in &recorded {
            if statuses.is_empty() {
                marks.insert(Marks::kind(direction, Some((*recorded, None))));
            }
            let words = statuses.iter().copied().map(Status::as_str);
            marks.extend(words.map(|word| Marks::kind(direction, Some((*recorded, Some(word))))));
        }
    }
    marks
}
