//! The session, and the thread that it lives in.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{ConnectionError, MysqlConnection, QueryResult};

use super::Fault;
use crate::store::connection::establish_mysql;
use crate::store::reach::greeted;
use crate::store::url::{DatabaseUrl, Target};

/// So long the server may work on a statement, waits for locks included.
const STATEMENT_SECONDS: u32 = 15;

/// So long an answer is waited for: longer than the server may work.
const DEADLINE: Duration = Duration::from_secs(STATEMENT_SECONDS as u64 + 3);

/// So long a new session may take until it can be asked.
const CONNECTING: Duration = Duration::from_secs(12);

/// So many sessions may hang before no new one is tried.
const MOST_HANGING: usize = 3;

/// What makes a session one that only reads. Locks of others (`LOCK TABLES … WRITE`, a change of
/// the table) are waited for for five seconds, not for the day that is the default. Errors are told
/// apart by their words. The zone of the session stays the server's, in which `TIMESTAMP` columns
/// were written too.
const SETUP: [&str; 3] = [
    "SET NAMES utf8mb4",
    "SET sql_mode = '', lc_messages = 'en_US', lock_wait_timeout = 5",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY",
];

/// A session on a PBX's database, for statements that read.
pub struct Session(pub(super) MysqlConnection);

impl Session {
    /// Opens a session in this thread, however long that takes.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn open(url: &DatabaseUrl) -> Result<Self, Fault> {
        let Target::Mysql(url) = url.target() else {
            return Err(Fault::other("a source is a MySQL or MariaDB database"));
        };
        greeted(url.server()).map_err(|error| Fault::away(&error.to_string()))?;
        let mut mysql = establish_mysql(url).map_err(|error| Fault::of_connection(&error))?;
        let failed =
            |error| Fault::of_connection(&ConnectionError::CouldntSetupConfiguration(error));
        for statement in SETUP {
            mysql.batch_execute(statement).map_err(failed)?;
        }
        // MariaDB and MySQL have a variable each, and skip the other's comment.
        let limit = format!(
            "SET SESSION /*M!100101 max_statement_time = {STATEMENT_SECONDS}, */ \
             /*!50708 max_execution_time = {STATEMENT_SECONDS}000, */ lock_wait_timeout = 5"
        );
        mysql.batch_execute(&limit).map_err(failed)?;
        Ok(Self(mysql))
    }

    /// Runs any statement, as the server allows it.
    ///
    /// # Errors
    /// The server's.
    pub fn execute(&mut self, statement: &str) -> QueryResult<()> {
        self.0.batch_execute(statement)
    }
}

type Job = Box<dyn FnOnce(&mut Session) + Send>;

/// A PBX's database, asked in a thread of its own.
pub struct Pbx {
    url: DatabaseUrl,
    worker: Option<Worker>,
    /// Each worker holds one, so that those that hang are counted.
    alive: Arc<()>,
}

struct Worker {
    jobs: Sender<Job>,
}

impl Pbx {
    /// The database of this URL. Nothing is opened yet.
    pub fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            worker: None,
            alive: Arc::new(()),
        }
    }

    /// The URL.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Does some reading and returns what it gave. Opens a session where there is none; after an
    /// error that leaves none behind, the next question opens a new one.
    ///
    /// # Errors
    /// Why there is no answer. One comes in bounded time, also from a server that is silent.
    pub fn ask<T: Send + 'static>(
        &mut self,
        question: impl FnOnce(&mut Session) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => self.open()?,
        };
        let (sender, answer) = sync_channel(1);
        let job: Job = Box::new(move |session| {
            let _ = sender.send(question(session));
        });
        if worker.jobs.send(job).is_err() {
            return Err(Fault::away("the connection was lost"));
        }
        match wait(&answer, DEADLINE)? {
            Ok(value) => {
                self.worker = Some(worker);
                Ok(value)
            }
            Err(error) => {
                let fault = Fault::of_statement(&error);
                if !fault.is_of_connection() {
                    self.worker = Some(worker);
                }
                Err(fault)
            }
        }
    }

    /// Starts a thread that opens a session, and waits until it is open.
    fn open(&self) -> Result<Worker, Fault> {
        if Arc::strong_count(&self.alive) > MOST_HANGING {
            return Err(Fault::silent());
        }
        let (jobs, waiting) = channel::<Job>();
        let (sender, opened) = sync_channel(1);
        let url = self.url.clone();
        let alive = Arc::clone(&self.alive);
        let work = move || {
            let _alive = alive;
            match Session::open(&url) {
                Err(fault) => {
                    let _ = sender.send(Err(fault));
                }
                Ok(mut session) => {
                    let _ = sender.send(Ok(()));
                    for job in waiting {
                        job(&mut session);
                    }
                }
            }
        };
        thread::Builder::new()
            .name("pbx".into())
            .spawn(work)
            .map_err(|error| Fault::other(&format!("no thread to ask the PBX: {error}")))?;
        wait(&opened, CONNECTING)??;
        Ok(Worker { jobs })
    }
}

fn wait<T>(answer: &Receiver<T>, within: Duration) -> Result<T, Fault> {
    let begun = Instant::now();
    answer.recv_timeout(within).map_err(|error| match error {
        RecvTimeoutError::Timeout => {
            log::debug!("the PBX did not answer within {:?}", begun.elapsed());
            Fault::silent()
        }
        RecvTimeoutError::Disconnected => Fault::other("the thread that asks the PBX ended"),
    })
}
