//! What is kept of calls in progress has bounds, whatever a PBX tells and leaves out.

use super::*;
use crate::asterisk::Happening;
use crate::presence::live::in_progress::MOST_EVENTS;
use crate::presence::live::source::MOST_CHANNELS;

const HOUR: Duration = Duration::from_secs(3600);

impl Pbx {
    /// The rows that are kept of the only call.
    fn version(&self) -> Arc<Version> {
        let mut versions = self.live.versions();
        assert_eq!(versions.len(), 1);
        versions.remove(0)
    }

    fn linkedids(&self) -> usize {
        self.live.sources()[SOURCE].of_linkedid.len()
    }
}

#[test]
fn a_call_of_many_events_is_bounded_and_still_ends() {
    let pbx = Pbx::new();
    ringing(&pbx);
    for n in 0..5000 {
        pbx.tell(300 + n, "Newstate", ANN, &[]);
    }
    let line = pbx.only(Owner::user("ann"));
    assert_eq!(line.entry.status, Status::Ongoing);
    pbx.tell(9000, "Hangup", ANN, &[]);
    pbx.tell(9000, "Hangup", BEN, &[]);
    assert!(pbx.lines(Owner::user("ann")).is_empty());
}

#[test]
fn a_room_that_never_closes_keeps_who_is_there() {
    let pbx = Pbx::new();
    pbx.tell(0, "Newchannel", ANN, &[("Exten", "8000")]);
    pbx.talk(0, "room", [ANN, ANN]);
    for n in 0..3 * MOST_EVENTS as i64 {
        let (name, id) = (format!("PJSIP/1001-{n:08x}"), format!("1800000009.{n}"));
        let own = (name.as_str(), id.as_str(), id.as_str());
        let joined = (own.0, own.1, ANN.1);
        pbx.tell(10 * n, "Newchannel", own, &[("Exten", "8000")]);
        pbx.tell(
            10 * n + 1,
            "BridgeEnter",
            joined,
            &[("BridgeUniqueid", "room")],
        );
        let caller = [("Queue", "blue"), ("Position", "1")];
        pbx.tell(10 * n + 2, "QueueCallerJoin", joined, &caller);
        pbx.tell(10 * n + 3, "Hangup", joined, &[]);
        assert_eq!(pbx.linkedids(), 1, "of who is there");
    }
    let version = pbx.version();
    assert!(version.rows.cel.len() <= 2 * MOST_EVENTS);
    assert!(version.rows.queue_log.len() <= MOST_EVENTS);
    assert!(version.rows.cel.iter().any(|event| event.uniqueid == ANN.1));
    // Whoever has left made room.
    let last = format!("1800000009.{}", 3 * MOST_EVENTS - 1);
    assert!(version.rows.cel.iter().any(|event| event.uniqueid == last));
    let line = pbx.only(Owner::user("ann"));
    assert_eq!(line.call, CallId::of(SOURCE, ANN.1));
    let detail = pbx.live.detail(line.call, &pbx.directory).unwrap();
    assert!(detail.is_cut);
    pbx.tell(i64::from(u32::MAX), "Hangup", ANN, &[]);
    assert_eq!((pbx.linkedids(), pbx.live.versions().len()), (0, 0));
}

#[test]
fn calls_that_become_one_keep_the_bounds_and_no_end_without_its_beginning() {
    let pbx = Pbx::new();
    let many = 2 * MOST_EVENTS;
    let name = |n: usize| (format!("PJSIP/1001-{n:08x}"), format!("1800000009.{n}"));
    for n in 0..many {
        let (name, id) = name(n);
        let first = format!("1800000009.{}", n % 2);
        pbx.tell(n as i64, "Newchannel", (&name, &id, &first), &[]);
    }
    assert_eq!((pbx.live.versions().len(), pbx.linkedids()), (2, 2));
    let (channel, id) = name(1);
    pbx.tell(0, "Newstate", (&channel, &id, "1800000009.0"), &[]);
    assert_eq!(pbx.version().rows.cel.len(), MOST_EVENTS);
    for n in 1..many {
        let (name, id) = name(n);
        pbx.tell(many as i64, "Hangup", (&name, &id, "1800000009.0"), &[]);
    }
    let version = pbx.version();
    let is = |happening: Happening| {
        let of = version
            .rows
            .cel
            .iter()
            .filter(|event| event.happening == happening);
        of.map(|event| event.uniqueid.clone())
            .collect::<HashSet<_>>()
    };
    assert!(is(Happening::End).is_subset(&is(Happening::Start)));
    assert!(version.rows.cel.len() <= 2 * MOST_EVENTS && version.is_cut);
    assert_eq!(pbx.linkedids(), 1);
}

#[test]
fn a_conversation_keeps_the_oldest_name_when_whoever_had_it_is_gone() {
    let pbx = Pbx::new();
    ringing(&pbx);
    let kim = ("PJSIP/1002-00000004", "1800000006.4", "1800000006.4");
    pbx.tell(300, "Newchannel", kim, &[("Exten", "1000")]);
    // Kim's channel is told to be of the older one, and of its own again.
    pbx.tell(400, "Newstate", (kim.0, kim.1, ANN.1), &[]);
    pbx.tell(500, "Newstate", kim, &[]);
    for channel in [ANN, BEN] {
        pbx.tell(600, "Hangup", channel, &[]);
    }
    assert_eq!(pbx.only(Owner::user("kim")).call, CallId::of(SOURCE, ANN.1));
    pbx.tell(700, "Hangup", kim, &[]);
    assert_eq!((pbx.linkedids(), pbx.live.versions().len()), (0, 0));
}

#[test]
fn more_channels_than_are_followed_change_nothing() {
    let pbx = Pbx::new();
    for n in 0..MOST_CHANNELS + 10 {
        let id = format!("1800000009.{n}");
        pbx.tell(0, "Newchannel", ("PJSIP/1001-1", &id, &id), &[]);
    }
    assert_eq!(pbx.live.versions().len(), MOST_CHANNELS);
    assert_eq!(pbx.linkedids(), MOST_CHANNELS);
}

#[test]
fn a_call_of_which_nothing_is_told_ends_and_a_list_tells_that_it_goes_on() {
    let pbx = Pbx::new();
    ringing(&pbx);
    let later = |hours: u32| Instant::now() + hours * HOUR;
    assert!(!pbx.live.end_silent(4 * HOUR, later(3)));
    let heard = later(0);
    pbx.live
        .list(SOURCE, listed(ANN, "04:00:00", "", ("Dial", "")));
    assert!(!pbx.live.end_silent(4 * HOUR, heard + 4 * HOUR));
    assert_eq!(pbx.lines(Owner::user("ann")).len(), 1);
    assert!(pbx.live.end_silent(4 * HOUR, later(5)));
    assert!(pbx.lines(Owner::user("ann")).is_empty());
    assert_eq!(pbx.linkedids(), 0);
    assert!(!pbx.live.end_silent(4 * HOUR, later(5)));
    // Its channels are not known any more: a list would tell of them.
    pbx.tell(900, "Newstate", ANN, &[]);
    assert!(pbx.lines(Owner::user("ann")).is_empty());
}

#[test]
fn what_was_folded_of_older_rows_is_not_that_of_newer_ones() {
    let pbx = Pbx::new();
    ringing(&pbx);
    let talks = |version: &Version| {
        let call = version.call(&pbx.directory).unwrap();
        call.lines().any(|entry| entry.talking_since.is_some())
    };
    // Somebody has looked, and folds only after the answer was told.
    let older = pbx.version();
    pbx.talk(5000, "b", [BEN, ANN]);
    let newer = pbx.version();
    assert!(talks(&newer) && !talks(&older) && talks(&newer));
    assert!(pbx.only(Owner::user("ann")).entry.talking_since.is_some());
    // Nothing has happened, so nothing is folded again.
    let call = |version: Arc<Version>| version.call(&pbx.directory).unwrap();
    assert!(Arc::ptr_eq(&call(newer), &call(pbx.version())));
}
