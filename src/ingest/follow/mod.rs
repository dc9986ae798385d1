//! Following living PBXs: new rows become history within a second.
//!
//! ```text
//! a PBX's database, its log file ──Source──► landing tables ──tail──► projector ──► history
//! Asterisk, through ODBC ────────────────────►
//! ```
//!
//! [`Source`]s only copy. What makes calls of the rows is the tail over the landing tables, the
//! same for all rows, whoever wrote them. One process at a time follows: the one that holds the
//! lease (`store/lease.rs`), whose fence every transaction of a follower checks.
//!
//! A [`Follower`] has a thread that never touches the database, and so never hangs. For each
//! *term* it starts a keeper of the lease and, once that has it, a thread for each task.

mod board;
pub mod database;
mod keeper;
pub mod log_file;
mod overdue;
mod refold;
mod seen;
pub mod settings;
mod tail;
mod task;
mod term;
mod worker;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use chrono_tz::Tz;

pub use board::{Board, Notice, Role};
pub use task::{Source, Step, Task, Trouble};

use self::keeper::keep;
use self::term::Term;
use self::worker::Backoff;
use crate::model::Trunks;
use crate::store::DatabaseUrls;

/// How long the database may be silent while this process waits for the lease.
const SILENCE: Duration = Duration::from_secs(30);

/// With so many threads that hang in the database, no further ones are started.
const HANGING: usize = 40;

/// How a follower follows.
pub struct Options {
    /// How long another process waits, when this one says nothing more, until it takes over.
    pub lease: Duration,
    /// The zone of the times that Asterisk writes into our tables; None to leave it as it is.
    pub landing_zone: Option<Tz>,
    /// The trunks; None to leave them as they are.
    pub trunks: Option<Trunks>,
    /// Hours after which a call without an end has lost it; None to leave them as they are.
    pub max_call_hours: Option<u16>,
    /// The PBXs to copy from. Rows that Asterisk writes into our tables need none.
    pub sources: Vec<Source>,
}

/// A process that follows, or stands by to do so.
pub struct Follower {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

/// What all threads know.
struct Shared {
    urls: DatabaseUrls,
    options: Options,
    /// Who we are, unlike all others.
    holder: String,
    board: Arc<Board>,
    now: Mutex<Now>,
}

#[derive(Default)]
struct Now {
    stops: bool,
    term: Option<Arc<Term>>,
}

impl Follower {
    /// Begins to follow, without waiting for the database.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn start(urls: DatabaseUrls, options: Options) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            urls,
            options,
            holder: holder(),
            board: Arc::default(),
            now: Mutex::default(),
        });
        let seen = Arc::clone(&shared);
        let thread = thread::Builder::new().name("follow".into());
        let thread = thread.spawn(move || seen.supervise())?;
        Ok(Self { shared, thread })
    }

    /// What there is to be told of it.
    pub fn board(&self) -> Arc<Board> {
        Arc::clone(&self.shared.board)
    }

    /// Ends what it does and gives up the lease. What hangs in the database is not waited for
    /// longer than this.
    pub fn stop(self, within: Duration) {
        let begun = Instant::now();
        let term = {
            let mut now = self.shared.now();
            now.stops = true;
            now.term.clone()
        };
        if let Some(term) = term {
            term.end();
        }
        while !self.thread.is_finished() && begun.elapsed() < within {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Shared {
    fn now(&self) -> std::sync::MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One term after another.
    fn supervise(self: Arc<Self>) {
        let mut backoff = Backoff::new();
        let mut ended: Vec<Arc<Term>> = Vec::new();
        loop {
            let term = Arc::new(Term::new());
            {
                let mut now = self.now();
                if now.stops {
                    return;
                }
                now.term = Some(Arc::clone(&term));
            }
            let hanging: usize = ended.iter().map(|term| left(term, Duration::ZERO)).sum();
            if hanging < HANGING {
                self.one_term(&term);
            } else {
                log::warn!("following: {hanging} threads hang in the database; waiting for them");
            }
            if term.heard().1 {
                backoff = Backoff::new();
            }
            ended.retain(|term| left(term, Duration::ZERO) > 0);
            ended.push(term);
            // The end of this pause is a term's as well, so that a stop need not wait for it.
            let pause = Arc::new(Term::new());
            self.now().term = Some(Arc::clone(&pause));
            if self.now().stops {
                return;
            }
            pause.sleep(backoff.next());
        }
    }

    /// Sees a term through; returns when it is over and its threads have ended or hang.
    fn one_term(self: &Arc<Self>, term: &Arc<Term>) {
        let (shared, own) = (Arc::clone(self), Arc::clone(term));
        let counted = term.thread();
        let keeper = thread::Builder::new().name("follow-lease".into());
        let keeper = keeper.spawn(move || {
            let _counted = counted;
            keep(&shared, &own);
        });
        if let Err(error) = keeper {
            log::error!("following: no thread: {error}");
            return;
        }
        while !term.sleep(Duration::from_millis(200)) {
            let (heard, holds_lease) = term.heard();
            let limit = if holds_lease {
                self.options.lease
            } else {
                SILENCE
            };
            if heard.elapsed() > limit {
                let silent = Trouble::new("our own database is silent", "no answer");
                self.board.failed(keeper::NAME, &silent);
                term.end();
            }
        }
        self.board.role(Role::Starting);
        left(term, Duration::from_secs(5));
    }
}

/// How many threads of a term are left after a while.
fn left(term: &Term, limit: Duration) -> usize {
    term.wait_for_threads(0, limit)
}

/// The machine, the process, and some letters: for people, and unlike all others.
fn holder() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String = host
        .trim()
        .chars()
        .filter(char::is_ascii)
        .take(32)
        .collect();
    let letters: u32 = rand::random();
    format!("{host} process {} {letters:08x}", std::process::id())
}
