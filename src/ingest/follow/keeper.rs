//! The keeper of the lease: waits for it, holds it, and starts the tasks while it does.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::board::Role;
use super::overdue::Overdue;
use super::refold::Refold;
use super::tail::Tail;
use super::term::Term;
use super::worker::{away, work};
use super::{Shared, Source, Task, Trouble};
use crate::fold::DEFAULT_SOURCE;
use crate::store::lease::{self, Fence, Watch, try_take};
use crate::store::sources::{self, Zones};
use crate::store::{Connection, FileId, connect_to_work, pending, settings};

/// How logs call it.
pub(super) const NAME: &str = "following";

/// How logs call the tail.
const TAIL: &str = "folding";

/// How long the tasks may take to end before the lease is given up all the same: the fence
/// holds whoever is late.
const TO_END: Duration = Duration::from_secs(4);

/// Waits for the lease and keeps it until the term is over, which it is when that fails.
pub(super) fn keep(shared: &Arc<Shared>, term: &Arc<Term>) {
    match hold(shared, term) {
        Ok(()) => shared.board.forget(NAME),
        Err(trouble) if trouble.is_lost_lease() => {
            log::warn!("following: another process has taken over");
        }
        Err(_) if term.is_over() => {}
        Err(trouble) => shared.board.failed(NAME, &trouble),
    }
    term.end();
}

fn hold(shared: &Arc<Shared>, term: &Arc<Term>) -> Result<(), Trouble> {
    // Before connecting: a file that is replaced meanwhile is noticed later.
    let file = FileId::all(&shared.urls);
    let mut conn = connect_to_work(&shared.urls).map_err(away)?;
    if pending(&mut conn).map_err(|error| Trouble::new("our own database failed", error))? {
        let remedy = "run: call-history migrate";
        return Err(Trouble::new("the tables are not up to date", remedy));
    }
    let Some(fence) = take(shared, term, &mut conn)? else {
        return Ok(());
    };
    shared.board.role(Role::Following);
    log::info!("following: this process follows from now on");
    if let Some(zone) = shared.options.landing_zone {
        sources::put_zones(&mut conn, DEFAULT_SOURCE, Zones::all(zone))?;
    }
    if let Some(trunks) = &shared.options.trunks {
        settings::put_trunks(&mut conn, trunks)?;
    }
    if let Some(hours) = shared.options.max_call_hours {
        settings::put_longest_call(&mut conn, hours)?;
    }
    start(shared, term, fence)?;
    let length = shared.options.lease;
    while !term.sleep(length / 3) {
        if FileId::all(&shared.urls) != file {
            let what = "our own database is another file";
            return Err(Trouble::new(
                what,
                "the SQLite file was deleted or replaced",
            ));
        }
        lease::beat(&mut conn, &fence)?;
        term.hear(true);
    }
    // This thread is one of them.
    term.wait_for_threads(1, TO_END);
    lease::release(&mut conn, &fence)?;
    Ok(())
}

/// Waits for the lease; None when the term is over before.
fn take(shared: &Shared, term: &Term, conn: &mut Connection) -> Result<Option<Fence>, Trouble> {
    let length = shared.options.lease;
    let look = (length / 8).clamp(Duration::from_millis(20), Duration::from_secs(1));
    let mut watch = Watch::default();
    let mut is_told = false;
    loop {
        let taken = try_take(conn, &mut watch, &shared.holder, length, Instant::now)?;
        if term.is_over() {
            // It took so long that another term has begun.
            if let Some(fence) = taken {
                lease::release(conn, &fence)?;
            }
            return Ok(None);
        }
        term.hear(taken.is_some());
        shared.board.works(NAME, None);
        if taken.is_some() {
            return Ok(taken);
        }
        shared.board.role(Role::Standby);
        if !is_told {
            let holder = lease::holder(conn)?.unwrap_or_default();
            log::info!("following: standing by while another process follows: {holder}");
            is_told = true;
        }
        if term.sleep(look) {
            return Ok(None);
        }
    }
}

/// Starts a thread for each task.
fn start(shared: &Arc<Shared>, term: &Arc<Term>, fence: Fence) -> Result<(), Trouble> {
    let name = |source: &Source| format!("source {}", source.name);
    let sources = shared.options.sources.iter().map(name);
    let overdue = Overdue {
        board: Arc::clone(&shared.board),
        parts: std::iter::once(TAIL.to_owned()).chain(sources).collect(),
    };
    let own: [(&str, Box<dyn Task>, bool); 3] = [
        (TAIL, Box::new(Tail::default()), true),
        ("folding again", Box::new(Refold::default()), false),
        ("closing", Box::new(overdue), false),
    ];
    for (name, task, wakes) in own {
        spawn(shared, term, fence, name, task, wakes)?;
    }
    for source in &shared.options.sources {
        spawn(shared, term, fence, &name(source), (source.task)(), false)?;
    }
    Ok(())
}

fn spawn(
    shared: &Arc<Shared>,
    term: &Arc<Term>,
    fence: Fence,
    name: &str,
    mut task: Box<dyn Task>,
    wakes: bool,
) -> Result<(), Trouble> {
    let (shared, term) = (Arc::clone(shared), Arc::clone(term));
    let (counted, name) = (term.thread(), name.to_owned());
    let thread = thread::Builder::new().name(format!("follow {name}"));
    let work = move || {
        let _counted = counted;
        work(
            &name,
            &mut *task,
            wakes,
            &shared.urls,
            &fence,
            &term,
            &shared.board,
        );
        shared.board.forget(&name);
    };
    thread
        .spawn(work)
        .map(drop)
        .map_err(|error| Trouble::new("no thread", error))
}
