//! Transfers, without asking and after a talk.

use std::sync::Arc;

use super::direct::reach;
use crate::traffic::rows::{Channel, Disposition, Face, Leg};
use crate::traffic::stage::{Dial, Stage};
use crate::traffic::truth::{Caller, Party, Ring, Truth};

/// A call from inside or outside, to somebody who hands it on.
struct Call {
    caller: Channel,
    user: Option<usize>,
    called: usize,
    third: usize,
    number: String,
    /// When the caller has somebody on the telephone.
    answered: i64,
    ringing: i64,
}

fn begin(stage: &mut Stage<'_>, at: i64) -> Call {
    let called = stage.somebody(at, &[]);
    let third = stage.somebody(at, &[called]);
    let person = &stage.people.users[called];
    let (did, number) = (person.did.clone(), person.number.clone());
    let user = stage
        .chance(35.0)
        .then(|| stage.somebody(at, &[called, third]));
    let caller = match user {
        Some(user) => {
            let face = stage.face(user);
            stage.user_calls(user, &face, at)
        }
        None => stage.customer_calls(&did, at),
    };
    let ringing = at + stage.between(0.05, 0.3);
    Call {
        caller,
        user,
        called,
        third,
        number,
        answered: ringing + stage.between(2.0, 12.0),
        ringing,
    }
}

/// The first talk, until `until`; `dst` is what stands in its row.
fn first_talk(stage: &mut Stage<'_>, call: &Call, at: i64, until: i64, dst: &str) -> i64 {
    let dial = Dial {
        from: &call.caller,
        since: at,
        at: call.ringing,
        up: false,
        dst,
        context: "from-internal-xfer",
    };
    let talk = until - call.answered;
    let rings = call.answered - call.ringing;
    stage.ring(&dial, &[call.called], rings, Some((call.called, talk)))
}

/// A blind transfer. Asterisk overwrites `dst` of the first row with the third's number.
pub(super) fn blind(stage: &mut Stage<'_>, at: i64) {
    let call = begin(stage, at);
    let until = call.answered + stage.talk(40.0);
    let number = stage.people.users[call.third].number.clone();
    let until = first_talk(stage, &call, at, until, &number);
    let over = blind_to(stage, &call.caller, call.third, until);
    if let Some(user) = call.user {
        stage.occupy(user, over);
    }
}

/// The caller, who is connected, is sent to a third.
pub(super) fn blind_to(stage: &mut Stage<'_>, caller: &Channel, third: usize, at: i64) -> i64 {
    let number = stage.people.users[third].number.clone();
    let dial = Dial {
        from: caller,
        since: at,
        at: at + 30,
        up: true,
        dst: &number,
        context: "from-internal-xfer",
    };
    reach(stage, &dial, third)
}

/// An attended transfer with the phone's own key: a second call of the transferer, and then
/// the two others are connected.
pub(super) fn attended(stage: &mut Stage<'_>, at: i64) {
    let call = begin(stage, at);
    let asks = call.answered + stage.talk(30.0);
    let hands_over = asks + stage.between(6.0, 40.0);
    let number = call.number.clone();
    first_talk(stage, &call, at, hands_over, &number);
    let data = format!("{},25,tr", stage.people.users[call.called].phones.join("&"));
    let leg = Handed {
        caller: &call.caller,
        dst: &number,
        context: "from-internal-xfer",
        application: "Dial",
        data: &data,
    };
    let over = attended_to(stage, &leg, (call.called, call.third), asks, hands_over);
    if let Some(user) = call.user {
        stage.occupy(user, over);
    }
}

/// A caller who is handed to a third; the row keeps what the caller was doing.
pub(super) struct Handed<'a> {
    pub(super) caller: &'a Channel,
    pub(super) dst: &'a str,
    pub(super) context: &'a str,
    pub(super) application: &'static str,
    pub(super) data: &'a str,
}

/// The consultation, and the talk of the two who are connected. Returns when it is over.
pub(super) fn attended_to(
    stage: &mut Stage<'_>,
    handed: &Handed<'_>,
    (transferer, third): (usize, usize),
    asks: i64,
    hands_over: i64,
) -> i64 {
    let people = Arc::clone(stage.people);
    let face = stage.face(transferer);
    let nobody = Arc::new(Face::default());
    let from = stage.channel(&people.users[transferer].phones[0], &face, asks);
    let to = stage.channel(&people.users[third].phones[0], &nobody, asks);
    let answer = asks + stage.between(1.0, 5.0);
    // The two conversations become one, mostly: the older linkedid wins.
    let merged = stage.chance(75.0);
    let linkedid = stage.truth.linkedid.clone();
    stage.leg(&Leg {
        from: &from,
        to: Some(&to),
        start: asks,
        answer: Some(answer),
        end: hands_over,
        disposition: Disposition::Answered,
        application: "Dial",
        data: &format!("{},25,tr", people.users[third].phones[0]),
        context: "from-internal",
        dst: &people.users[third].number,
        dst_name: &people.users[third].full_name,
        linkedid: if merged { &linkedid } else { &from.uniqueid },
        made: asks,
        talk: Some((answer, hands_over)),
    });
    let consultation = Ring {
        who: Party::User(third),
        visit: None,
        since: asks,
        from: asks,
        talk: Some((answer, hands_over)),
    };
    if merged {
        stage.truth.rings.push(consultation);
    } else {
        stage.aside.push(Truth {
            linkedid: from.uniqueid.clone(),
            callers: vec![Caller {
                who: Party::User(transferer),
                since: asks,
                talk: Vec::new(),
            }],
            rings: vec![consultation],
            stays: Vec::new(),
        });
    }
    let over = hands_over + stage.talk(120.0);
    stage.leg(&Leg {
        from: handed.caller,
        to: Some(&to),
        start: hands_over,
        answer: Some(hands_over),
        end: over,
        disposition: Disposition::Answered,
        application: handed.application,
        data: handed.data,
        context: handed.context,
        dst: handed.dst,
        dst_name: "",
        linkedid: &linkedid,
        made: hands_over,
        talk: Some((hands_over, over)),
    });
    stage.truth.rings.push(Ring {
        who: Party::User(third),
        visit: None,
        since: hands_over,
        from: hands_over,
        talk: Some((hands_over, over)),
    });
    stage.occupy(transferer, hands_over);
    stage.occupy(third, over);
    over
}
