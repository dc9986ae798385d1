//! Calls inside the house.

use std::sync::Arc;

use crate::traffic::rows::{Disposition, Face, Leg};
use crate::traffic::stage::{Dial, Stage};
use crate::traffic::truth::{Party, Ring};

/// A colleague calls a colleague.
pub(super) fn internal(stage: &mut Stage<'_>, at: i64) {
    between_colleagues(stage, at, (0.02, 0.2), false);
}

/// A program calls for somebody: their own phone rings first.
pub(super) fn click_to_call(stage: &mut Stage<'_>, at: i64) {
    between_colleagues(stage, at, (1.0, 6.0), true);
}

/// Somebody's phone calls a colleague's so many seconds after it began; `up` when the caller is
/// connected by then.
fn between_colleagues(stage: &mut Stage<'_>, at: i64, after: (f64, f64), up: bool) {
    let caller = stage.somebody(at, &[]);
    let called = stage.somebody(at, &[caller]);
    let face = stage.face(caller);
    let channel = stage.user_calls(caller, &face, at);
    let number = stage.people.users[called].number.clone();
    let dial = Dial {
        from: &channel,
        since: at,
        at: at + stage.between(after.0, after.1),
        up,
        dst: &number,
        context: "from-internal",
    };
    let over = reach(stage, &dial, called);
    stage.occupy(caller, over);
}

/// Tries to reach somebody: they talk, are busy, or do not pick up and voicemail does, perhaps.
pub(super) fn reach(stage: &mut Stage<'_>, dial: &Dial<'_>, called: usize) -> i64 {
    if stage.busy[called] >= dial.at || stage.chance(4.0) {
        return busy(stage, dial, called);
    }
    if stage.chance(72.0) {
        let rings = stage.between(1.5, 14.0);
        let talk = stage.talk(130.0);
        return stage.ring(dial, &[called], rings, Some((called, talk)));
    }
    if stage.chance(45.0) {
        let rings = stage.between(3.0, 24.0);
        return stage.ring(dial, &[called], rings, None);
    }
    let over = stage.ring(dial, &[called], 25_000, None);
    voicemail(stage, dial, called, over)
}

/// The mailbox of somebody who did not pick up answers.
fn voicemail(stage: &mut Stage<'_>, dial: &Dial<'_>, called: usize, at: i64) -> i64 {
    let number = stage.people.users[called].number.clone();
    let until = at + stage.between(4.0, 45.0);
    let dial = Dial {
        since: at,
        at,
        up: true,
        dst: &format!("vmu{number}"),
        context: "ext-local",
        ..*dial
    };
    stage.application(
        &dial,
        "VoiceMail",
        &format!("{number}@default,us\"\""),
        until,
    );
    until
}

fn busy(stage: &mut Stage<'_>, dial: &Dial<'_>, called: usize) -> i64 {
    let people = Arc::clone(stage.people);
    let person = &people.users[called];
    let nobody = Arc::new(Face::default());
    let channel = stage.channel(&person.phones[0], &nobody, dial.at);
    let end = dial.at + stage.between(0.05, 0.9);
    let linkedid = stage.truth.linkedid.clone();
    stage.leg(&Leg {
        from: dial.from,
        to: Some(&channel),
        start: dial.since,
        answer: dial.up.then_some(dial.since),
        end,
        disposition: Disposition::Busy,
        application: "Dial",
        data: &format!("{},25,tr", person.phones[0]),
        context: dial.context,
        dst: dial.dst,
        dst_name: &person.full_name,
        linkedid: &linkedid,
        made: dial.at,
        talk: None,
    });
    stage.truth.rings.push(Ring {
        who: Party::User(called),
        visit: None,
        since: dial.since,
        from: dial.at,
        talk: None,
    });
    end
}

/// Somebody listens to their mailbox.
pub(super) fn mailbox(stage: &mut Stage<'_>, at: i64) {
    let caller = stage.somebody(at, &[]);
    let face = stage.face(caller);
    let channel = stage.user_calls(caller, &face, at);
    let until = at + stage.between(8.0, 120.0);
    let dial = Dial {
        from: &channel,
        since: at,
        at: at + 100,
        up: false,
        dst: "*97",
        context: "from-internal",
    };
    let number = stage.people.users[caller].number.clone();
    stage.application(&dial, "VoiceMailMain", &format!("{number}@default"), until);
    stage.occupy(caller, until);
}
