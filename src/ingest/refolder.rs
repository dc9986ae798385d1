//! Folds everything again in the background of the service when the directory was changed over
//! HTTP: one folding at a time, beside everybody else who folds.
//!
//! Calls whose end was lost are closed here as well, for those who do not follow.
//!
//! What is to be done stands in the database (`refold-wanted`), so a service that ends in between
//! goes on with it at its next start. Commands do their own folding; what one of them left
//! undone is taken up when nobody has been at it for a while.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::{anyhow, bail};
use chrono::Utc;

use super::projector;
use crate::store::{DatabaseUrls, NOT_UP_TO_DATE, connect_to_work, pending, revisions};

/// How often to look for what somebody else left undone, and for how long nobody must have been
/// at it.
const LOOK: Duration = Duration::from_secs(30);

/// The thread that folds again.
#[derive(Debug)]
pub struct Refolder {
    wake: SyncSender<()>,
}

impl Refolder {
    /// Starts it. It begins with what was left undone.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn start(urls: DatabaseUrls) -> io::Result<Self> {
        // One waiting word is enough: whoever hears it looks at the database.
        let (wake, woken) = sync_channel(1);
        thread::Builder::new()
            .name("refolder".to_owned())
            .spawn(move || run(&urls, &woken))?;
        Ok(Self { wake })
    }

    /// Says that there may be something to do. Does not wait.
    pub fn wake(&self) {
        let _ = self.wake.try_send(());
    }
}

/// What is left to do, and whose turn of folding it last was.
type Left = Option<(revisions::Refold, i64)>;

fn run(urls: &DatabaseUrls, woken: &Receiver<()>) {
    let (mut is_mine, mut seen) = (true, None);
    loop {
        if let Err(error) = look(urls, is_mine, &mut seen) {
            log::warn!("folding again is put off: {error:#}");
        }
        is_mine = match woken.recv_timeout(LOOK) {
            Ok(()) => true,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => return,
        };
    }
}

/// Does what is left, if it is this thread's or nobody was at it since the last look.
fn look(urls: &DatabaseUrls, is_mine: bool, seen: &mut Left) -> anyhow::Result<()> {
    let mut conn = connect_to_work(urls)?;
    if pending(&mut conn).map_err(|error| anyhow!(error))? {
        bail!("{NOT_UP_TO_DATE}");
    }
    let left: Left = match revisions::refold_is_wanted(&mut conn)? {
        true => Some((
            revisions::refold_begins(&mut conn)?,
            revisions::last_turn(&mut conn)?,
        )),
        false => None,
    };
    let is_abandoned = left == *seen;
    *seen = left;
    if left.is_some() && (is_mine || is_abandoned) {
        let totals = projector::rebuild_in_background(&mut conn)?;
        log::info!(
            "folded again changed={} unchanged={} removed={}",
            totals.changed,
            totals.unchanged,
            totals.removed
        );
    }
    projector::close_overdue(&mut conn, Utc::now(), None)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::DatabaseUrl;

    #[test]
    fn where_the_tables_are_not_up_to_date_the_remedy_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let url: DatabaseUrl = format!("sqlite://{}", file.path().display())
            .parse()
            .unwrap();
        let error = look(&DatabaseUrls::from(&url), true, &mut None).unwrap_err();
        assert!(
            error.to_string().contains("call-history migrate"),
            "{error}"
        );
    }
}
