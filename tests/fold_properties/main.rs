//! What holds of every call, whatever its rows: calls are composed at random of the shapes that
//! PBXs write.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its fixture is broken"
)]

mod pbx;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use call_history::fold::{explain, fold};
use call_history::model::{Detail, LegClass, OwnerKind};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use pbx::{Pbx, Step, directory, step};

fn check(detail: &Detail) {
    let call = &detail.call;
    let mut owners = BTreeSet::new();
    let length = call.end.map(|end| (end - call.start).num_seconds());
    for entry in call.lines() {
        let place = (&entry.owner, entry.ordinal);
        let all_talk = call.summary.talk_seconds;
        assert!(
            all_talk.is_none() || entry.talk_seconds <= all_talk,
            "{call:#?}"
        );
        assert!(owners.insert(place), "two entries: {entry:?}");
        assert!(entry.ordinal == 0 || entry.owner.kind == OwnerKind::Queue);
        assert!(entry.status.fits(entry.owner.kind), "{entry:?}");
        assert!(entry.start >= call.start, "{entry:?}");
        if let (Some(talk), Some(length)) = (entry.talk_seconds, length) {
            assert!(
                (0..=length).contains(&talk),
                "longer than {length}: {entry:?}"
            );
        }
        assert!(!entry.answered_elsewhere || entry.talk_seconds == Some(0));
    }
    let visits = call.entries.iter();
    let visits = visits.filter(|entry| entry.owner.kind == OwnerKind::Queue);
    assert_eq!(visits.count(), detail.visits.len());
    for entry in call.lines() {
        let rule = (entry.owner.clone(), entry.ordinal);
        assert!(detail.rules.contains_key(&rule), "{entry:?}");
    }
    for ring in &detail.rings {
        assert!(
            ring.ended.is_none_or(|ended| ended >= ring.began),
            "{ring:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_holds_of_every_call(
        from_outside: bool,
        counted: bool,
        steps in proptest::collection::vec(step(), 1..7),
        seed: u64,
    ) {
        let pbx = Pbx::call(from_outside, counted, &steps);
        let directory = directory();
        let call = fold(pbx.rows(), &directory);
        let detail = explain(pbx.rows(), &directory);
        detail.iter().for_each(check);
        prop_assert_eq!(call.as_ref(), detail.as_ref().map(|detail| &detail.call));
        let mut random = StdRng::seed_from_u64(seed);
        let mut other = pbx.rows();
        let more = pbx.rows();
        other.cdr.extend(more.cdr);
        other.queue_log.extend(more.queue_log);
        other.cdr.shuffle(&mut random);
        other.queue_log.shuffle(&mut random);
        prop_assert_eq!(&call, &fold(other.clone(), &directory));
        // Rows that are there twice are legs, which do not count. (Two steps can write the same row.)
        let without_doubles = |mut detail: Detail| {
            detail.legs.retain(|leg| leg.class != LegClass::Duplicate);
            detail
        };
        prop_assert_eq!(
            detail.map(without_doubles),
            explain(other, &directory).map(without_doubles)
        );
    }

    #[test]
    fn rows_that_are_missing_do_no_harm(
        steps in proptest::collection::vec(step(), 1..7),
        lost in proptest::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let mut pbx = Pbx::call(true, true, &steps);
        for index in lost {
            for rows in [&mut pbx.cdr, &mut pbx.queue_log] {
                if !rows.is_empty() {
                    rows.remove(index.index(rows.len()));
                }
            }
        }
        if let Some(call) = fold(pbx.rows(), &directory()) {
            let mut owners = BTreeSet::new();
            for entry in &call.entries {
                prop_assert!(owners.insert((&entry.owner, entry.ordinal)));
            }
        }
    }
}

/// Cost must not grow with the square of the rows. The bound is far above what it takes even
/// unoptimised, and far below what a square would take.
#[test]
fn a_call_of_thousands_of_rows_folds_at_once() {
    let group = |n: usize, local| Step::Ring {
        phones: (0..n).map(|n| (n % 100) as u8).collect(),
        local,
        rang: 1,
        talk: Some(5),
    };
    let queue = |local| Step::Queue {
        queue: 0,
        members: (0..12).collect(),
        local,
        rang: 1,
        talk: Some(5),
    };
    let consult = |n: usize| Step::Consult {
        from: (n % 90) as u8,
        to: ((n + 7) % 90) as u8,
        talk: 3,
    };
    let in_one_second = Step::Queue {
        queue: 1,
        members: (0..100).collect(),
        local: false,
        rang: 0,
        talk: None,
    };
    let directory = directory();
    for (name, steps) in [
        ("one group", vec![group(5000, false)]),
        ("a group of Local channels", vec![group(2500, true)]),
        ("queues", (0..200).map(|n| queue(n % 2 == 0)).collect()),
        ("queues in one second", vec![in_one_second; 30]),
        ("consultations", (0..5000).map(consult).collect()),
        (
            "rooms",
            (0..5000_usize)
                .map(|n| Step::Room((n % 90) as u8, 1))
                .collect(),
        ),
    ] {
        let rows = Pbx::call(true, true, &steps).rows();
        let count = rows.cdr.len() + rows.queue_log.len();
        // The best of some: other tests run at the same time.
        let took = (0..3).map(|_| {
            let rows = rows.clone();
            let begun = Instant::now();
            fold(rows, &directory).unwrap();
            begun.elapsed()
        });
        let took = took.min().unwrap();
        println!("{name}: {count} rows in {took:?}");
        assert!(
            took < Duration::from_secs(3),
            "{name}: {count} rows took {took:?}"
        );
    }
}
