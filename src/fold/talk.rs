//! Talks, and how long they are together.

use chrono::TimeDelta;

use crate::model::Time;

/// A talk: from when, and until when unless it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Talk {
    pub(super) from: Time,
    pub(super) until: Option<Time>,
}

/// The length of the union of all talks in whole seconds; None while one goes on.
pub(super) fn union_seconds(talks: &[Talk]) -> Option<i64> {
    let mut spans: Vec<(Time, Time)> = talks
        .iter()
        .map(|talk| talk.until.map(|until| (talk.from, until)))
        .collect::<Option<_>>()?;
    Some(union(&mut spans).num_seconds())
}

/// While a talk goes on: when it would have begun, had there been no pause since the first.
pub(super) fn talking_since(talks: &[Talk]) -> Option<Time> {
    let open = talks.iter().filter(|talk| talk.until.is_none());
    let open = open.map(|talk| talk.from).min()?;
    let before = talks.iter().filter(|talk| talk.from < open);
    let mut spans: Vec<(Time, Time)> = before
        .map(|talk| (talk.from, talk.until.map_or(open, |until| until.min(open))))
        .collect();
    Some(open - union(&mut spans))
}

fn union(spans: &mut [(Time, Time)]) -> TimeDelta {
    spans.sort_unstable();
    let mut total = TimeDelta::zero();
    let mut reached: Option<Time> = None;
    for (from, until) in spans.iter().copied() {
        let from = reached.map_or(from, |reached| reached.max(from));
        if until > from {
            total += until - from;
            reached = Some(until);
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn talk(from: i64, until: i64) -> Talk {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        Talk {
            from: at(from),
            until: Some(at(until)),
        }
    }

    #[test]
    fn talk_that_overlaps_is_counted_once() {
        assert_eq!(union_seconds(&[]), Some(0));
        assert_eq!(
            union_seconds(&[talk(0, 10), talk(5, 8), talk(9, 12)]),
            Some(12)
        );
        assert_eq!(union_seconds(&[talk(20, 25), talk(0, 10)]), Some(15));
        let open = Talk {
            until: None,
            ..talk(0, 1)
        };
        assert_eq!(union_seconds(&[talk(0, 10), open]), None);
    }

    #[test]
    fn a_talk_that_goes_on_began_earlier_by_what_was_talked_before() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let open = |from| Talk {
            until: None,
            from: at(from),
        };
        assert_eq!(talking_since(&[talk(0, 10)]), None);
        assert_eq!(talking_since(&[open(20)]), Some(at(20)));
        assert_eq!(talking_since(&[open(20), talk(0, 10)]), Some(at(10)));
        assert_eq!(
            talking_since(&[talk(5, 30), open(20), open(25)]),
            Some(at(5))
        );
    }
}
