//! Calls to outside.

use std::sync::Arc;

use crate::traffic::customers;
use crate::traffic::rows::{Channel, Disposition, Face, Leg};
use crate::traffic::stage::Stage;
use crate::traffic::truth::{Party, Ring};

/// Somebody calls a customer.
pub(super) fn outbound(stage: &mut Stage<'_>, at: i64) {
    let caller = stage.somebody(at, &[]);
    let person = &stage.people.users[caller];
    let face = Arc::new(Face {
        number: person.number.clone(),
        name: person.full_name.clone(),
        // Half of the people show their own outside number.
        shown: (caller % 2 == 1).then(|| person.did.clone()),
        did: String::new(),
    });
    let channel = stage.user_calls(caller, &face, at);
    let number = customers::draw(stage.random).number;
    let over = dial_out(stage, &channel, at, "from-internal", &number, &number);
    stage.occupy(caller, over);
}

/// A customer calls somebody who has their calls forwarded to a mobile.
pub(super) fn forwarded(stage: &mut Stage<'_>, at: i64) {
    let called = stage.somebody(at, &[]);
    let person = &stage.people.users[called];
    let (did, number) = (person.did.clone(), person.number.clone());
    let channel = stage.customer_calls(&did, at);
    // In the company's own block of numbers, so that it is no customer's.
    let mobile = format!("03530199{:02}", called % 100);
    dial_out(stage, &channel, at, "ext-local", &number, &mobile);
}

/// Calls an outside number through a trunk; returns when it is over.
fn dial_out(
    stage: &mut Stage<'_>,
    from: &Channel,
    at: i64,
    context: &str,
    dst: &str,
    number: &str,
) -> i64 {
    let ringing = at + stage.between(0.1, 0.8);
    let trunk = stage.trunk();
    let nobody = Arc::new(Face::default());
    let to = stage.channel(trunk, &nobody, ringing);
    let (disposition, rings, talk) = if stage.chance(76.0) {
        let talk = stage.talk(160.0);
        (Disposition::Answered, stage.between(3.0, 22.0), Some(talk))
    } else if stage.chance(60.0) {
        (Disposition::NoAnswer, stage.between(5.0, 45.0), None)
    } else if stage.chance(60.0) {
        (Disposition::Busy, stage.between(0.8, 3.0), None)
    } else {
        (Disposition::Failed, stage.between(0.1, 1.5), None)
    };
    let answer = talk.map(|_| ringing + rings);
    let end = ringing + rings + talk.unwrap_or(0);
    let linkedid = stage.truth.linkedid.clone();
    let (technology, name) = trunk.split_once('/').unwrap_or(("PJSIP", trunk));
    stage.leg(&Leg {
        from,
        to: Some(&to),
        start: at,
        answer,
        end,
        disposition,
        application: "Dial",
        data: &format!("{technology}/{number}@{name},300,Tb(func-apply-sipheaders^s^1)"),
        context,
        dst,
        dst_name: "",
        linkedid: &linkedid,
        made: at,
        talk: answer.map(|answer| (answer, end)),
    });
    stage.truth.rings.push(Ring {
        who: Party::Outside(number.to_owned()),
        visit: None,
        since: at,
        from: ringing,
        talk: answer.map(|answer| (answer, end)),
    });
    end
}
