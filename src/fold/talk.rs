//! Talks, and how long they are together.

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
    spans.sort_unstable();
    let mut total = chrono::TimeDelta::zero();
    let mut reached: Option<Time> = None;
    for (from, until) in spans {
        let from = reached.map_or(from, |reached| reached.max(from));
        if until > from {
            total += until - from;
            reached = Some(until);
        }
    }
    Some(total.num_seconds())
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
}
