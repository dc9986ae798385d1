//! The connection to a PBX's Manager Interface: it is kept up, and what it tells is passed on.
//! What is not heard any more is not known: when a connection is lost, so is all it has told.

mod links;
mod session;
mod settings;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, thread};

use futures_util::future::join_all;
use tokio::time::sleep;

use super::Presence;
use super::live::LiveCalls;
use session::{Session, Trouble};

pub use links::{Link, Links};
pub use settings::{Address, Secret, Settings};

/// The wait after a first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest such wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The wait after a login was refused: whoever guards the PBX would take a quicker one for
/// guessing.
const REFUSED_WAIT: Duration = Duration::from_secs(60);

/// Where what is heard goes.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The states of phones.
    pub presence: Arc<Presence>,
    /// Calls in progress.
    pub live: Arc<LiveCalls>,
    /// How the connections are.
    pub links: Arc<Links>,
}

impl Heard {
    /// Forgets what was heard of a source.
    fn forget(&self, source: &str) {
        self.presence.forget_hints(source);
        self.live.forget(source);
    }
}

/// Keeps up the connections to these PBXs for as long as the process lives, in a thread of
/// their own.
///
/// # Errors
/// There is no thread to be had.
pub fn start(all: Vec<Settings>, heard: Heard) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for settings in &all {
        heard
            .links
            .note(&settings.source, Some("it has not answered yet"));
    }
    let run = move || {
        let each = all.iter().map(|settings| keep_up(settings, &heard));
        runtime.block_on(async { join_all(each).await });
    };
    thread::Builder::new().name("ami".to_owned()).spawn(run)?;
    Ok(())
}

/// Connects again and again.
async fn keep_up(settings: &Settings, heard: &Heard) -> Infallible {
    let mut wait = FIRST_WAIT;
    let mut told: Option<Trouble> = None;
    loop {
        let trouble = match Session::open(settings).await {
            Ok(session) => {
                log::info!(
                    "AMI of {}: connected to {}",
                    settings.source,
                    settings.address
                );
                heard.links.note(&settings.source, None);
                let began = Instant::now();
                let trouble = session.listen(heard).await;
                heard.forget(&settings.source);
                // Not where a login is taken and the connection closed again and again.
                if began.elapsed() > LONGEST_WAIT {
                    wait = FIRST_WAIT;
                }
                told = None;
                trouble
            }
            Err(trouble) => trouble,
        };
        heard.links.note(&settings.source, Some(trouble.summary()));
        // Once, and again when it is another.
        if told.as_ref() != Some(&trouble) {
            log::warn!(
                "AMI of {} at {}: {trouble}; trying again",
                settings.source,
                settings.address
            );
        }
        let next = match trouble {
            Trouble::Refused => REFUSED_WAIT,
            _ => wait,
        };
        told = Some(trouble);
        sleep(next.mul_f64(rand::random_range(0.75..1.25))).await;
        wait = (2 * wait).min(LONGEST_WAIT);
    }
}
