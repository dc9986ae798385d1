//! Calls in progress, from the messages of a PBX to lines.

use chrono::TimeDelta;

use super::*;
use crate::asterisk::ami::{Message, listed_channel, report};
use crate::model::{CallId, OwnerKind, Principal, Queue, Status, User, Valued};

const SOURCE: &str = "default";

fn at(millis: i64) -> Time {
    Time::from_timestamp_millis(1_800_000_000_000 + millis).unwrap()
}

fn directory() -> Arc<Directory> {
    let user = |name: &str, number: &str| {
        let valued = |value: String| Valued {
            source: SOURCE.to_owned(),
            value,
            validity: Default::default(),
        };
        User {
            username: name.to_owned(),
            numbers: vec![valued(number.to_owned())],
            endpoints: vec![valued(format!("PJSIP/{number}"))],
            ..User::default()
        }
    };
    let users = [
        user("ann", "1000"),
        user("ben", "1001"),
        user("kim", "1002"),
    ];
    let blue = Queue {
        name: "blue".to_owned(),
        number: "3000".to_owned(),
        ..Queue::default()
    };
    Arc::new(Directory::new(users, [], [blue]))
}

/// A PBX that tells what happens.
struct Pbx {
    live: LiveCalls,
    directory: Arc<Directory>,
}

impl Pbx {
    fn new() -> Self {
        Self {
            live: LiveCalls::default(),
            directory: directory(),
        }
    }

    fn tell(&self, millis: i64, event: &str, channel: (&str, &str, &str), more: &[(&str, &str)]) {
        let (name, uniqueid, linkedid) = channel;
        let mut message = Message::from([
            ("Event", event),
            ("Channel", name),
            ("Uniqueid", uniqueid),
            ("Linkedid", linkedid),
        ]);
        for (key, value) in more {
            message = message.with(key, value);
        }
        let report = report(&message, at(millis)).unwrap_or_else(|| panic!("{event}"));
        self.live.take(SOURCE, report);
    }

    /// A phone rings another: `1.1` rings `1.2`, for example.
    fn ring(&self, millis: i64, from: (&str, &str, &str), to: (&str, &str, &str)) {
        self.tell(millis, "Newchannel", to, &[]);
        let dialled = [("DestChannel", to.0), ("DestUniqueid", to.1)];
        self.tell(millis + 1, "DialBegin", from, &dialled);
    }

    fn talk(&self, millis: i64, bridge: &str, channels: [(&str, &str, &str); 2]) {
        for channel in channels {
            let bridge = [
                ("BridgeUniqueid", bridge),
                ("BridgeTechnology", "simple_bridge"),
            ];
            self.tell(millis, "BridgeEnter", channel, &bridge);
        }
    }

    fn lines(&self, owner: Owner) -> Vec<Line> {
        let readable = Principal::administrator().readable([owner]);
        self.live.lines(&readable, &self.directory)
    }

    fn only(&self, owner: Owner) -> Line {
        let mut lines = self.lines(owner);
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines.remove(0)
    }
}

const ANN: (&str, &str, &str) = ("PJSIP/1000-00000001", "1800000000.1", "1800000000.1");
const BEN: (&str, &str, &str) = ("PJSIP/1001-00000002", "1800000000.2", "1800000000.1");

/// Ann calls ben, who rings.
fn ringing(pbx: &Pbx) {
    pbx.tell(
        0,
        "Newchannel",
        ANN,
        &[("Exten", "1001"), ("CallerIDNum", "1000")],
    );
    pbx.ring(200, ANN, BEN);
}

#[test]
fn a_call_is_ongoing_for_both_and_its_talk_counts_from_the_answer() {
    let pbx = Pbx::new();
    ringing(&pbx);
    for owner in [Owner::user("ann"), Owner::user("ben"), Owner::all()] {
        let line = pbx.only(owner);
        assert_eq!(line.call, CallId::of(SOURCE, ANN.1));
        assert_eq!(line.entry.status, Status::Ongoing, "{:?}", line.entry.owner);
        assert_eq!(line.entry.talking_since, None);
        assert_eq!(line.entry.src.user.as_deref(), Some("ann"));
        assert_eq!(line.entry.dst.user.as_deref(), Some("ben"));
    }
    assert_eq!(pbx.only(Owner::user("ben")).entry.start, at(200));
    pbx.talk(5000, "b", [BEN, ANN]);
    for owner in [Owner::user("ann"), Owner::user("ben")] {
        let entry = pbx.only(owner).entry;
        assert_eq!(
            (entry.status, entry.talking_since),
            (Status::Ongoing, Some(at(5000)))
        );
    }
    assert!(pbx.lines(Owner::user("kim")).is_empty());
    pbx.tell(9000, "Hangup", BEN, &[]);
    assert_eq!(pbx.lines(Owner::user("ann")).len(), 1, "ann is still there");
    pbx.tell(9000, "Hangup", ANN, &[]);
    for owner in [Owner::user("ann"), Owner::user("ben"), Owner::all()] {
        assert!(pbx.lines(owner).is_empty());
    }
}

#[test]
fn a_visit_and_its_caller_are_ongoing() {
    let pbx = Pbx::new();
    let caller = ("PJSIP/trunk-ovh-00000001", "1.1", "1.1");
    let member = ("PJSIP/1001-00000002", "1.2", "1.1");
    let number = ("CallerIDNum", "0611223344");
    pbx.tell(0, "Newchannel", caller, &[("Exten", "3000"), number]);
    let blue = ("Queue", "blue");
    pbx.tell(
        100,
        "QueueCallerJoin",
        caller,
        &[blue, ("Position", "1"), number],
    );
    let visit = pbx.only(Owner::queue("blue")).entry;
    assert_eq!((visit.status, visit.start), (Status::Ongoing, at(100)));
    assert_eq!(visit.dst.number.as_deref(), Some("3000"));
    pbx.ring(1000, caller, member);
    pbx.talk(4100, "b", [member, caller]);
    let connected = [
        blue,
        ("MemberName", "PJSIP/1001"),
        ("HoldTime", "4"),
        ("DestUniqueid", "1.2"),
    ];
    pbx.tell(4100, "AgentConnect", caller, &connected);
    let visit = pbx.only(Owner::queue("blue")).entry;
    assert_eq!(
        (visit.status, visit.wait_seconds),
        (Status::Ongoing, Some(4))
    );
    let ben = pbx.only(Owner::user("ben")).entry;
    assert_eq!(
        (ben.status, ben.queue.as_deref()),
        (Status::Ongoing, Some("blue"))
    );
    assert_eq!(ben.src.number.as_deref(), Some("0611223344"));
    let customer = pbx
        .only(Owner::new(OwnerKind::Customer, "0611223344"))
        .entry;
    assert_eq!(customer.status, Status::Ongoing);
}

#[test]
fn two_conversations_that_become_one_are_one_call_under_the_oldest_name() {
    let pbx = Pbx::new();
    ringing(&pbx);
    pbx.talk(5000, "b", [BEN, ANN]);
    // Ben calls kim from a second line, and connects her to ann.
    let again = ("PJSIP/1001-00000003", "1800000006.3", "1800000006.3");
    let kim = ("PJSIP/1002-00000004", "1800000006.4", "1800000006.3");
    pbx.tell(6000, "Newchannel", again, &[("Exten", "1002")]);
    pbx.ring(6100, again, kim);
    pbx.talk(7000, "c", [kim, again]);
    assert_eq!(pbx.lines(Owner::user("ben")).len(), 2);
    let joined = (kim.0, kim.1, ANN.1);
    pbx.tell(9000, "BridgeLeave", kim, &[("BridgeUniqueid", "c")]);
    pbx.tell(9000, "BridgeEnter", joined, &[("BridgeUniqueid", "b")]);
    pbx.tell(9001, "Hangup", again, &[]);
    pbx.tell(9001, "Hangup", BEN, &[]);
    for user in ["ann", "ben", "kim"] {
        let line = pbx.only(Owner::user(user));
        assert_eq!(line.call, CallId::of(SOURCE, ANN.1), "{user}");
    }
    pbx.tell(9500, "Hangup", (ANN.0, ANN.1, ANN.1), &[]);
    pbx.tell(9500, "Hangup", joined, &[]);
    assert!(pbx.lines(Owner::user("kim")).is_empty());
}

fn listed(
    channel: (&str, &str, &str),
    duration: &str,
    bridge: &str,
    application: (&str, &str),
) -> Vec<ChannelEvent> {
    let message = Message::from([
        ("Event", "CoreShowChannel"),
        ("Channel", channel.0),
        ("Uniqueid", channel.1),
        ("Linkedid", channel.2),
        ("Duration", duration),
        ("BridgeId", bridge),
        ("Application", application.0),
        ("ApplicationData", application.1),
        ("Exten", "1001"),
    ]);
    listed_channel(&message, |_| false, at(0))
}

#[test]
fn calls_that_were_there_before_are_known_from_the_list_and_end_with_it() {
    let pbx = Pbx::new();
    let ann = listed(ANN, "00:01:00", "b", ("Dial", "PJSIP/1001,30"));
    let ben = listed(BEN, "00:00:58", "b", ("AppDial", "(Outgoing Line)"));
    let before = pbx.live.mark(SOURCE, at(600_000));
    for events in [&ann, &ben, &ann] {
        pbx.live.list(SOURCE, events.clone());
    }
    let line = pbx.only(Owner::user("ben"));
    assert_eq!(line.entry.start, at(0) - TimeDelta::seconds(58));
    // How long they have talked is not told, so it counts from now on.
    assert_eq!(
        (line.entry.status, line.entry.talking_since),
        (Status::Ongoing, Some(at(0)))
    );
    let both = [ANN, BEN].map(|channel| channel.1.to_owned()).into();
    let asked = pbx.live.mark(SOURCE, at(300_000));
    pbx.live.end_list(SOURCE, &both, asked);
    assert_eq!(pbx.lines(Owner::user("ann")).len(), 1);
    // What has begun since the list was asked for is not in it.
    pbx.live.end_list(SOURCE, &HashSet::new(), before);
    assert_eq!(pbx.lines(Owner::user("ann")).len(), 1);
    // A clock that was set back changes nothing.
    let asked = pbx.live.mark(SOURCE, at(-600_000));
    pbx.live.end_list(SOURCE, &HashSet::new(), asked);
    assert!(pbx.lines(Owner::user("ann")).is_empty());
}

#[test]
fn what_is_not_known_from_its_beginning_is_nothing() {
    let pbx = Pbx::new();
    pbx.talk(0, "b", [ANN, BEN]);
    pbx.tell(1, "Hangup", ANN, &[]);
    pbx.tell(2, "QueueCallerJoin", ANN, &[("Queue", "blue")]);
    assert!(pbx.lines(Owner::user("ann")).is_empty());
    ringing(&pbx);
    pbx.live.forget(SOURCE);
    assert!(pbx.lines(Owner::user("ann")).is_empty());
}

#[test]
fn an_agents_history_shows_a_call_once() {
    let pbx = Pbx::new();
    ringing(&pbx);
    let readable = Principal::administrator().readable_agent("2501", Some("ann"));
    assert_eq!(pbx.live.lines(&readable, &pbx.directory).len(), 1);
    // Another directory counts at once.
    let nobody = Arc::new(Directory::default());
    let readable = Principal::administrator().readable([Owner::user("1000")]);
    assert_eq!(pbx.live.lines(&readable, &nobody).len(), 1);
    assert_eq!(pbx.live.lines(&readable, &pbx.directory).len(), 0);
}

mod bounds;
