//! Asking again and again over several connections, and what came of it.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// One connection: asks the question of this number.
pub(crate) type Asker<'a> = Box<dyn FnMut(usize) -> anyhow::Result<()> + Send + 'a>;

/// How fast answers came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Answers in a second.
    pub(crate) rate: f64,
    /// What half of the answers took at most, in milliseconds.
    pub(crate) p50: f64,
    /// What 95 of 100 took at most.
    pub(crate) p95: f64,
    /// What 99 of 100 took at most.
    pub(crate) p99: f64,
}

/// Asks over as many connections as there are askers, each from a place of its own among
/// `owners`, for so long.
pub(crate) fn drive(
    askers: Vec<Asker<'_>>,
    owners: usize,
    time: Duration,
) -> anyhow::Result<Measured> {
    let barrier = Barrier::new(askers.len());
    let count = askers.len();
    let results: Vec<anyhow::Result<(Vec<Duration>, Duration)>> = thread::scope(|scope| {
        let threads: Vec<_> = askers
            .into_iter()
            .enumerate()
            .map(|(nr, mut ask)| {
                let barrier = &barrier;
                scope.spawn(move || {
                    let mut next = nr * owners / count;
                    let mut taken = Vec::with_capacity(1 << 16);
                    // The first answer prepares statements.
                    let first = ask(next);
                    barrier.wait();
                    first?;
                    let started = Instant::now();
                    let mut before = Duration::ZERO;
                    while before < time {
                        next += 1;
                        ask(next % owners)?;
                        let now = started.elapsed();
                        taken.push(now - before);
                        before = now;
                    }
                    Ok((taken, before))
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| {
            let panicked = || anyhow::anyhow!("a client panicked");
            thread.join().map_err(|_| panicked())?
        });
        joined.collect()
    });
    let mut all = Vec::new();
    let mut rate = 0.0;
    for result in results {
        let (taken, time) = result?;
        rate += taken.len() as f64 / time.as_secs_f64();
        all.extend(taken);
    }
    all.sort_unstable();
    let at = |share: f64| {
        let place = ((all.len() as f64 * share) as usize).min(all.len().saturating_sub(1));
        all.get(place)
            .map_or(f64::NAN, |taken| taken.as_secs_f64() * 1000.0)
    };
    Ok(Measured {
        rate,
        p50: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
    })
}

/// The round with the middle rate.
pub(crate) fn median(mut rounds: Vec<Measured>) -> Measured {
    rounds.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    rounds[rounds.len() / 2]
}
