//! The lease: one holder, whatever clocks say.

use std::cell::Cell;
use std::time::{Duration, Instant};

use call_history::store::Connection;
use call_history::store::lease::{Fence, Watch, beat, fenced, holder, is_lost, release, try_take};
use diesel::RunQueryDsl;

use crate::support::TestDatabase;

const LENGTH: Duration = Duration::from_secs(10);

/// One who wants the lease, with a clock of their own.
struct Candidate {
    name: &'static str,
    watch: Watch,
    clock: Cell<Instant>,
}

impl Candidate {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            watch: Watch::default(),
            clock: Cell::new(Instant::now()),
        }
    }

    /// Looks after this many seconds more.
    fn look(&mut self, conn: &mut Connection, seconds: u64) -> Option<Fence> {
        self.clock
            .set(self.clock.get() + Duration::from_secs(seconds));
        let clock = &self.clock;
        try_take(conn, &mut self.watch, self.name, LENGTH, || clock.get()).unwrap()
    }
}

#[test]
fn who_waits_takes_over_when_the_holder_has_said_nothing_for_a_lease() {
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    assert_eq!(holder(conn), Ok(None));
    let (mut first, mut second) = (Candidate::new("first"), Candidate::new("second"));
    let held = first.look(conn, 0).expect("it is free");
    assert_eq!(holder(conn), Ok(Some("first".to_owned())));
    for _ in 0..5 {
        assert_eq!(second.look(conn, 9), None);
        beat(conn, &held).unwrap();
    }
    assert_eq!(
        second.look(conn, 100),
        None,
        "the last beat is seen only now"
    );
    assert_eq!(second.look(conn, 9), None);
    let taken = second.look(conn, 1).expect("ten seconds without a beat");
    assert_ne!(held, taken);
    assert_eq!(holder(conn), Ok(Some("second".to_owned())));
}

#[test]
fn a_clock_that_stands_still_or_jumps_ahead_gives_no_second_holder_the_right_to_write() {
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    let (mut first, mut second) = (Candidate::new("first"), Candidate::new("second"));
    let held = first.look(conn, 0).unwrap();
    // A machine that slept, or whose clock runs: it has seen the beat once before.
    assert_eq!(second.look(conn, 1_000_000), None);
    beat(conn, &held).unwrap();
    assert_eq!(
        second.look(conn, 1_000_000),
        None,
        "there was a beat in between"
    );
    let taken = second.look(conn, 1_000_000).expect("its clock says so");
    // Wrongly, but then the first is no holder any more.
    let error = fenced(conn, &held, |_| Ok(())).unwrap_err();
    assert!(is_lost(&error), "{error}");
    assert!(is_lost(&beat(conn, &held).unwrap_err()));
    fenced(conn, &taken, |_| Ok(())).unwrap();
    // A clock that stands still never takes it.
    for _ in 0..5 {
        assert_eq!(first.look(conn, 0), None);
    }
}

#[test]
fn what_a_former_holder_writes_is_undone() {
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    let mut first = Candidate::new("first");
    let held = first.look(conn, 0).unwrap();
    release(conn, &held).unwrap();
    assert_eq!(holder(conn), Ok(None));
    let taken = Candidate::new("second").look(conn, 0).expect("given up");
    let insert = "INSERT INTO `queue_log` (`callid`) VALUES ('1.1')";
    let write = |conn: &mut Connection| diesel::sql_query(insert).execute(conn);
    assert!(is_lost(&fenced(conn, &held, write).unwrap_err()));
    assert_eq!(fenced(conn, &taken, write), Ok(1));
    // Giving up what one does not hold changes nothing.
    release(conn, &held).unwrap();
    assert_eq!(holder(conn), Ok(Some("second".to_owned())));
}

#[test]
fn nobody_takes_over_in_the_middle_of_a_transaction() {
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    let mut first = Candidate::new("first");
    let held = first.look(conn, 0).unwrap();
    let mut second = Candidate::new("second");
    let mut other = database.connect();
    assert_eq!(second.look(&mut other, 0), None);
    let taken = std::thread::scope(|scope| {
        let (go, went) = std::sync::mpsc::channel();
        let taker = scope.spawn(move || {
            went.recv().unwrap();
            second.look(&mut other, 20)
        });
        let written = fenced(conn, &held, |conn| {
            go.send(()).unwrap();
            // Should the other not wait, it takes the lease in this time.
            std::thread::sleep(Duration::from_millis(200));
            assert_eq!(holder(conn)?.as_deref(), Some("first"));
            held.check(conn)
        });
        assert_eq!(written, Ok(()));
        taker.join().unwrap()
    });
    assert!(taken.is_some());
    assert!(is_lost(&fenced(conn, &held, |_| Ok(())).unwrap_err()));
}

#[test]
fn one_process_takes_its_own_lease_again_at_once() {
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    let held = Candidate::new("first").look(conn, 0).unwrap();
    let again = Candidate::new("first").look(conn, 0).expect("its own");
    assert_ne!(held, again);
    assert!(is_lost(&beat(conn, &held).unwrap_err()));
}
