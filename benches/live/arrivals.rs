//! When what was committed arrived.

use std::time::Instant;

/// A call that was committed.
pub(crate) struct Commit {
    /// Its number.
    pub(crate) number: u32,
    /// When its transaction began,
    pub(crate) began: Instant,
    /// and when the database had said that it is there.
    pub(crate) done: Instant,
}

/// A call that came on one of the connections.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) number: u32,
    pub(crate) at: Instant,
}

/// From commits to arrivals, in milliseconds.
pub(crate) struct Latencies {
    sorted: Vec<f64>,
    /// What a transaction took itself, in the middle.
    pub(crate) commit: f64,
    pub(crate) arrived: usize,
    pub(crate) lost: usize,
}

impl Latencies {
    /// Of calls of which each is to arrive on so many connections.
    pub(crate) fn of(commits: &[Commit], arrivals: &[Arrival], listeners: usize) -> Self {
        let first = commits.first().map_or(0, |commit| commit.number);
        let latency = |arrival: &Arrival| {
            let place = arrival.number.checked_sub(first)? as usize;
            // It may be there before the writer knows.
            let since = arrival
                .at
                .saturating_duration_since(commits.get(place)?.done);
            Some(since.as_secs_f64() * 1000.0)
        };
        let mut sorted: Vec<f64> = arrivals.iter().filter_map(latency).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let took = |commit: &Commit| (commit.done - commit.began).as_secs_f64() * 1000.0;
        Self {
            commit: median(commits.iter().map(took)),
            arrived: sorted.len(),
            lost: (commits.len() * listeners).saturating_sub(sorted.len()),
            sorted,
        }
    }

    /// What this share of them took at most.
    pub(crate) fn at(&self, share: f64) -> f64 {
        let place = (self.sorted.len() as f64 * share) as usize;
        let last = self.sorted.len().saturating_sub(1);
        self.sorted
            .get(place.min(last))
            .copied()
            .unwrap_or(f64::NAN)
    }
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
