//! Which ids of a table were seen. Ids are given in order and appear out of order, when a
//! transaction that began earlier is committed later: an id that is missing is looked for again
//! and again, until it is certain enough that it will never come.
//!
//! Time is what the follower has lived through, not what a clock says: while the database hangs,
//! so do the transactions whose rows are missing.

use std::collections::VecDeque;
use std::time::Duration;

/// So long a missing id is looked for at least, and longer while a transaction is seen to write it.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Missing ids that stand together are looked for together.
const SPAN: i64 = 1000;

/// With more missing ranges than this, no further ids are read until some are given up.
const MOST: usize = 500_000;

/// Ids from the first to the second.
pub(super) type Range = (i64, i64);

/// What was seen of one table's ids.
#[derive(Debug)]
pub(super) struct Seen {
    /// The highest id that was seen.
    high: i64,
    /// Ranges below it that were not, in order; together those that were found missing at once.
    missing: VecDeque<Missing>,
    ranges: usize,
}

#[derive(Debug)]
struct Missing {
    since: Duration,
    look_at: Duration,
    ranges: Vec<Range>,
}

/// Missing ids to look for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Look {
    number: usize,
    /// Where rows may have appeared; between the missing ids are ids that were seen.
    pub(super) spans: Vec<Range>,
    /// Whether it is the last time, unless they are being written.
    pub(super) is_last: bool,
}

impl Seen {
    /// All ids up to this one were seen, and none after it.
    pub(super) fn up_to(position: i64) -> Self {
        Self {
            high: position,
            missing: VecDeque::new(),
            ranges: 0,
        }
    }

    /// The highest id that was seen.
    pub(super) fn high(&self) -> i64 {
        self.high
    }

    /// All ids up to this one were seen or given up.
    pub(super) fn position(&self) -> i64 {
        let first = self.missing.iter().flat_map(|part| part.ranges.first());
        first
            .map(|(first, _)| first - 1)
            .next()
            .unwrap_or(self.high)
    }

    /// Whether so many ids are missing that others have to wait.
    pub(super) fn is_full(&self) -> bool {
        self.ranges > MOST
    }

    /// These ids, in order and higher than any before, were seen now.
    pub(super) fn advance(&mut self, ids: impl Iterator<Item = i64>, now: Duration) {
        let mut ranges = Vec::new();
        for id in ids {
            if id > self.high + 1 {
                ranges.push((self.high + 1, id - 1));
            }
            self.high = self.high.max(id);
        }
        if !ranges.is_empty() {
            self.ranges += ranges.len();
            self.missing.push_back(Missing {
                since: now,
                look_at: now,
                ranges,
            });
        }
    }

    /// What is to be looked for now. Say what was [`found`](Self::found) of each, the last one first.
    pub(super) fn due(&self, now: Duration) -> Vec<Look> {
        let due = self.missing.iter().enumerate();
        let due = due.filter(|(_, part)| part.look_at <= now);
        due.map(|(number, part)| Look {
            number,
            spans: spans(&part.ranges),
            is_last: now.saturating_sub(part.since) >= PATIENCE,
        })
        .collect()
    }

    /// Whether an id was missing until now.
    pub(super) fn is_missing(&self, look: &Look, id: i64) -> bool {
        let part = self.missing.get(look.number);
        part.is_some_and(|part| position_of(&part.ranges, id).is_some())
    }

    /// These of the ids that were looked for were found. If it was the last time, the rest is given
    /// up, but for ranges in which something is being `written`.
    pub(super) fn found(
        &mut self,
        look: &Look,
        ids: impl Iterator<Item = i64>,
        written: &[Range],
        now: Duration,
    ) {
        let Some(part) = self.missing.get_mut(look.number) else {
            return;
        };
        self.ranges -= part.ranges.len();
        for id in ids {
            if let Some(position) = position_of(&part.ranges, id) {
                let (first, last) = part.ranges[position];
                let rest = [(first, id - 1), (id + 1, last)];
                let rest = rest.into_iter().filter(|(first, last)| first <= last);
                part.ranges.splice(position..=position, rest);
            }
        }
        if look.is_last {
            let is_kept = |(first, last): &Range| {
                written.iter().any(|(from, to)| first <= to && last >= from)
            };
            part.ranges.retain(is_kept);
        }
        // Rarer and rarer.
        part.look_at = now + now.saturating_sub(part.since) / 4;
        self.ranges += part.ranges.len();
        if part.ranges.is_empty() {
            self.missing.remove(look.number);
        }
    }
}

fn position_of(ranges: &[Range], id: i64) -> Option<usize> {
    let position = ranges.partition_point(|(_, last)| *last < id);
    ranges
        .get(position)
        .is_some_and(|(first, _)| *first <= id)
        .then_some(position)
}

/// Ranges, those that stand together as one.
fn spans(ranges: &[Range]) -> Vec<Range> {
    let mut spans: Vec<Range> = Vec::new();
    for (first, last) in ranges {
        match spans.last_mut() {
            Some(span) if *last - span.0 < SPAN => span.1 = *last,
            _ => spans.push((*first, *last)),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(1000);

    fn at(millis: u64) -> Duration {
        START + Duration::from_millis(millis)
    }

    fn look(seen: &Seen, now: Duration) -> Option<Look> {
        seen.due(now).pop()
    }

    #[test]
    fn the_position_stays_before_what_is_missing() {
        let mut seen = Seen::up_to(10);
        seen.advance([11, 12, 15, 16, 20].into_iter(), at(0));
        assert_eq!((seen.position(), seen.high()), (12, 20));
        let found = look(&seen, at(0)).unwrap();
        assert_eq!(found.spans, [(13, 19)]);
        assert!(seen.is_missing(&found, 14) && !seen.is_missing(&found, 15));
        seen.found(&found, [13, 17, 18].into_iter(), &[], at(0));
        assert_eq!(seen.position(), 13);
        let found = look(&seen, at(0)).unwrap();
        seen.found(&found, [14, 19].into_iter(), &[], at(0));
        assert_eq!(seen.position(), 20);
        assert!(look(&seen, at(1_000_000)).is_none());
    }

    #[test]
    fn an_id_is_given_up_after_a_while_unless_it_is_being_written() {
        let mut seen = Seen::up_to(0);
        seen.advance([2, 1000].into_iter(), at(0));
        let (mut now, mut looks) = (at(0), 0);
        while now < at(59_900) {
            if let Some(look) = look(&seen, now) {
                assert!(!look.is_last);
                seen.found(&look, std::iter::empty(), &[], now);
                looks += 1;
            }
            now += Duration::from_millis(200);
        }
        assert!((10..60).contains(&looks), "{looks}");
        assert_eq!(seen.position(), 0);
        let last = look(&seen, at(80_000)).unwrap();
        assert!(last.is_last);
        seen.found(&last, std::iter::empty(), &[(500, 600)], at(80_000));
        assert_eq!(seen.position(), 2);
        let last = look(&seen, at(200_000)).unwrap();
        seen.found(&last, std::iter::empty(), &[], at(200_000));
        assert_eq!(seen.position(), 1000);
    }

    #[test]
    fn what_stands_together_is_looked_for_together() {
        let ranges: Vec<Range> = (0..2000).map(|n| (3 * n + 1, 3 * n + 2)).collect();
        let spans = spans(&ranges);
        assert_eq!(spans.len(), 7);
        assert!(spans.iter().all(|(first, last)| last - first < SPAN));
        assert_eq!(self::spans(&[(1, 1_000_000)]), [(1, 1_000_000)]);
    }
}
