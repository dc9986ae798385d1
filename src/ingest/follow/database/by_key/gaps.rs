//! Keys that were passed over because no row had them yet.

use serde::{Deserialize, Serialize};

/// Keys that are missing for no longer than this are looked for each time.
const YOUNG_SECONDS: i64 = 60;

/// Keys that are missing for longer than this have no row: it was rolled back.
const OLD_SECONDS: i64 = 3600;

/// So far below the highest key they are looked for. Where keys are given in steps (Galera), most
/// of them never come.
const FAR: i64 = 5000;

/// So many ranges are kept apart; then the nearest become one, with the keys between them.
const MOST: usize = 100;

/// Ranges of keys, each with the second since which it is missing, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Gaps(Vec<(i64, i64, i64)>);

impl Gaps {
    /// These keys, both ends included, are missing.
    pub(super) fn add(&mut self, from: i64, to: i64, now: i64) {
        if from > to {
            return;
        }
        self.0.push((from.max(to - FAR), to, now));
        if self.0.len() > MOST {
            self.join_nearest();
        }
    }

    /// The ranges that are to be looked at now.
    pub(super) fn due(&self, now: i64, old_ones_too: bool) -> Vec<(i64, i64)> {
        let due = |since: i64| old_ones_too || now - since <= YOUNG_SECONDS;
        let ranges = self.0.iter().filter(|(_, _, since)| due(*since));
        ranges.map(|(from, to, _)| (*from, *to)).collect()
    }

    /// These keys have rows after all.
    pub(super) fn found(&mut self, ids: impl Iterator<Item = i64>) {
        for id in ids {
            let Some(place) = self
                .0
                .iter()
                .position(|(from, to, _)| (*from..=*to).contains(&id))
            else {
                continue;
            };
            let (from, to, since) = self.0.remove(place);
            for (from, to) in [(id + 1, to), (from, id - 1)] {
                if from <= to {
                    self.0.insert(place, (from, to, since));
                }
            }
        }
        while self.0.len() > MOST {
            self.join_nearest();
        }
    }

    /// Gives up what has been missing for long, or lies far below the highest key.
    pub(super) fn forget(&mut self, now: i64, highest: i64) {
        self.0
            .retain(|(_, to, since)| now - since <= OLD_SECONDS && *to >= highest - FAR);
    }

    fn join_nearest(&mut self) {
        let distance = |place: &usize| self.0[place + 1].0.saturating_sub(self.0[*place].1);
        let nearest = (0..self.0.len().saturating_sub(1)).min_by_key(distance);
        if let Some(place) = nearest {
            let (_, to, since) = self.0.remove(place + 1);
            self.0[place].1 = to;
            self.0[place].2 = self.0[place].2.max(since);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_comes_late_leaves_the_others_missing() {
        let mut gaps = Gaps::default();
        gaps.add(5, 9, 0);
        gaps.add(12, 11, 0);
        gaps.found([7, 100].into_iter());
        assert_eq!(gaps.due(0, false), [(5, 6), (8, 9)]);
        gaps.found([5, 6, 8, 9].into_iter());
        assert!(gaps.due(0, true).is_empty());
    }

    #[test]
    fn what_never_comes_is_looked_for_less_often_and_then_given_up() {
        let mut gaps = Gaps::default();
        gaps.add(5, 5, 0);
        assert!(gaps.due(61, false).is_empty());
        assert_eq!(gaps.due(61, true), [(5, 5)]);
        gaps.forget(3600, 10);
        assert_eq!(gaps.due(3600, true), [(5, 5)]);
        gaps.forget(3601, 10);
        assert!(gaps.due(3601, true).is_empty());
    }

    #[test]
    fn keys_in_steps_cost_a_bounded_number_of_ranges() {
        let mut gaps = Gaps::default();
        for id in 1..=10_000 {
            gaps.add(3 * id + 1, 3 * id + 2, id / 100);
        }
        gaps.forget(100, 30_000);
        let due = gaps.due(100, true);
        assert!(due.len() <= MOST, "{}", due.len());
        assert!(due.is_sorted());
        assert_eq!(due.last(), Some(&(30_001, 30_002)));
    }
}
