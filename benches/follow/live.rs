//! Calls that end, so many a second, and whoever waits for each of them to be served.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use chrono::{TimeDelta, Utc};
use diesel::MysqlConnection;
use diesel::connection::{Connection, SimpleConnection};

/// So many are called.
const USERS: u32 = 50;

/// So many ask.
const ASKERS: u32 = 4;

/// How often a call that is not served yet is asked for.
const PAUSE: Duration = Duration::from_millis(40);

/// A call that is not served after so long is lost.
const LOST: Duration = Duration::from_secs(120);

/// How long calls took until they were served.
pub(crate) struct Found {
    pub(crate) calls: usize,
    milliseconds: Vec<f64>,
}

impl Found {
    pub(crate) fn served(&self) -> usize {
        self.milliseconds.len()
    }

    /// What this share of the calls took at most, in milliseconds.
    pub(crate) fn at(&self, share: f64) -> f64 {
        let place = (self.milliseconds.len() as f64 * share) as usize;
        let last = self.milliseconds.len().saturating_sub(1);
        self.milliseconds
            .get(place.min(last))
            .copied()
            .unwrap_or(f64::NAN)
    }
}

/// A call that was committed.
struct Ended {
    number: String,
    at: Instant,
}

/// Puts calls through, and waits until each is served.
pub(crate) fn drive(pbx: &str, base: &str, rate: u32, time: Duration) -> anyhow::Result<Found> {
    let waiting: Vec<Mutex<VecDeque<Ended>>> = (0..ASKERS).map(|_| Mutex::default()).collect();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let askers: Vec<_> = waiting
            .iter()
            .map(|waiting| scope.spawn(|| ask(base, waiting, &is_over)))
            .collect();
        let calls = write(pbx, rate, time, &waiting);
        is_over.store(true, Ordering::Release);
        let mut milliseconds = Vec::new();
        for asker in askers {
            let found = asker.join().map_err(|_| anyhow!("an asker panicked"))?;
            milliseconds.extend(found?);
        }
        milliseconds.sort_unstable_by(f64::total_cmp);
        Ok(Found {
            calls: calls?,
            milliseconds,
        })
    })
}

/// Writes the row of each call when it ends; returns how many.
fn write(
    pbx: &str,
    rate: u32,
    time: Duration,
    waiting: &[Mutex<VecDeque<Ended>>],
) -> anyhow::Result<usize> {
    let mut conn = MysqlConnection::establish(pbx)?;
    let begun = Instant::now();
    let mut calls = 0;
    while begun.elapsed() < time {
        let due = begun + Duration::from_secs(1) * calls / rate;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let user = calls % USERS;
        let number = format!("07{calls:08}");
        // From a moment to eight minutes: shorter than the short window.
        let duration = 1 + i64::from(calls * 37 % 480);
        let start = Utc::now() - TimeDelta::seconds(duration);
        let id = format!("{}.{calls}", start.timestamp());
        conn.batch_execute(&format!(
            "INSERT INTO `cdr` (`calldate`, `clid`, `src`, `dst`, `dcontext`, `channel`, `dstchannel`, \
             `lastapp`, `duration`, `billsec`, `disposition`, `amaflags`, `uniqueid`, `linkedid`, `sequence`) \
             VALUES ('{}', '{number}', '{number}', '{to}', 'from-trunk', 'PJSIP/trunk-ovh-{calls:08x}', \
             'PJSIP/{to}-{calls:08x}', 'Dial', {duration}, {duration}, 'ANSWERED', 3, '{id}', '{id}', {calls})",
            start.format("%Y-%m-%d %H:%M:%S"),
            to = 1000 + user,
        ))?;
        let ended = Ended {
            number,
            at: Instant::now(),
        };
        let place = (calls % ASKERS) as usize;
        waiting[place]
            .lock()
            .map_err(|_| anyhow!("an asker panicked"))?
            .push_back(ended);
        calls += 1;
    }
    Ok(calls as usize)
}

/// Asks for the calls that wait until all are served, or lost.
fn ask(
    base: &str,
    waiting: &Mutex<VecDeque<Ended>>,
    is_over: &AtomicBool,
) -> anyhow::Result<Vec<f64>> {
    let agent = ureq::Agent::new_with_defaults();
    let mut milliseconds = Vec::new();
    let mut open: Vec<Ended> = Vec::new();
    loop {
        let begun = Instant::now();
        let was_over = is_over.load(Ordering::Acquire);
        open.extend(
            waiting
                .lock()
                .map_err(|_| anyhow!("the writer panicked"))?
                .drain(..),
        );
        if open.is_empty() && was_over {
            return Ok(milliseconds);
        }
        for place in (0..open.len()).rev() {
            let path = format!("{base}/history/customer?number={}", open[place].number);
            let body = match agent.get(&path).call() {
                Ok(mut answer) => answer.body_mut().read_to_string()?,
                Err(_) => continue,
            };
            let since = open[place].at.elapsed();
            let is_served = body.len() > 2;
            if is_served {
                milliseconds.push(since.as_secs_f64() * 1000.0);
            }
            if is_served || since > LOST {
                open.swap_remove(place);
            }
        }
        thread::sleep(PAUSE.saturating_sub(begun.elapsed()));
    }
}
