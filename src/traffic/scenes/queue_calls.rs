//! Calls to queues.

use rand::Rng;

use super::queue::{Ringing, Waiting};
use super::transfer::{Handed, attended_to, blind_to};
use crate::model::Status;
use crate::traffic::stage::Stage;
use crate::traffic::truth::Truth;

/// How long the members of a queue ring before the next are rung.
const RINGS: i64 = 15_000;

/// Somebody calls a queue: mostly a customer, some after a menu.
fn comes(stage: &mut Stage<'_>, at: i64) -> Waiting {
    // The first queues have the most calls.
    let count = stage.people.queues.len() as f64;
    let queue = (stage.random.random::<f64>().powf(1.4) * count) as usize;
    let did = stage.people.queues[queue].did.clone();
    let caller = if stage.chance(5.0) {
        // Who waits in a queue is none of its members.
        let members = stage.people.queues[queue].members.clone();
        let user = stage.somebody(at, &members);
        let face = stage.face(user);
        stage.user_calls(user, &face, at)
    } else {
        stage.customer_calls(&did, at)
    };
    let mut waiting = Waiting::new(stage, caller, at, queue);
    waiting.now = at
        + if stage.chance(25.0) {
            stage.between(4.0, 25.0)
        } else {
            stage.between(0.4, 1.2)
        };
    waiting
}

/// Another queue than this one.
fn another(stage: &mut Stage<'_>, queue: usize) -> usize {
    let count = stage.people.queues.len();
    (queue + stage.random.random_range(1..count)) % count
}

/// Some members ring in vain.
fn in_vain(stage: &mut Stage<'_>, waiting: &mut Waiting, most: usize) {
    for _ in 0..stage.random.random_range(0..=most) {
        let members = waiting.members(stage);
        let refused = stage.chance(8.0);
        let length = if refused {
            stage.between(0.2, 1.5)
        } else {
            RINGS
        };
        if members.is_empty() {
            waiting.now += stage.between(2.0, 15.0);
        } else {
            let dst = waiting.dst.clone();
            waiting.ring(stage, &members, length, Ringing::Missed, &dst);
        }
        waiting.now += stage.between(1.0, 5.0);
    }
}

/// A member picks up. Returns who, and when; None when no member is free.
fn picked_up(
    stage: &mut Stage<'_>,
    waiting: &mut Waiting,
    talk: i64,
    dst: &str,
) -> Option<(usize, i64)> {
    let members = waiting.members(stage);
    if members.is_empty() {
        return None;
    }
    let member = members[stage.random.random_range(0..members.len())];
    let rings = stage.between(1.2, 12.0);
    let answered = waiting.now + rings;
    waiting.ring(stage, &members, rings, Ringing::Taken(member, talk), dst);
    Some((member, answered))
}

/// Answered, and now and then handed on.
pub(super) fn answered(stage: &mut Stage<'_>, at: i64) {
    let mut waiting = comes(stage, at);
    waiting.enter(stage);
    let most = if stage.chance(35.0) { 3 } else { 0 };
    in_vain(stage, &mut waiting, most);
    if stage.chance(4.0) {
        blind_to_user(stage, waiting);
    } else if stage.chance(2.0) {
        blind_to_queue(stage, waiting);
    } else if stage.chance(4.0) {
        attended(stage, waiting);
    } else {
        plain(stage, waiting);
    }
}

fn plain(stage: &mut Stage<'_>, mut waiting: Waiting) {
    let talk = stage.talk(190.0);
    let dst = waiting.dst.clone();
    let Some(member) = picked_up(stage, &mut waiting, talk, &dst) else {
        return give_up(stage, waiting);
    };
    let event = if stage.chance(60.0) {
        "COMPLETECALLER"
    } else {
        "COMPLETEAGENT"
    };
    waiting.complete(stage, member, event, []);
}

fn blind_to_user(stage: &mut Stage<'_>, mut waiting: Waiting) {
    let members = stage.people.queues[waiting.queue].members.clone();
    let third = stage.somebody(waiting.now, &members);
    let number = stage.people.users[third].number.clone();
    let talk = stage.talk(60.0);
    let Some(member) = picked_up(stage, &mut waiting, talk, &number) else {
        return give_up(stage, waiting);
    };
    let first = [number, "from-internal-xfer".to_owned()];
    waiting.complete(stage, member, "BLINDTRANSFER", first);
    blind_to(stage, &waiting.caller, third, waiting.now);
}

fn blind_to_queue(stage: &mut Stage<'_>, mut waiting: Waiting) {
    let queue = another(stage, waiting.queue);
    let number = stage.people.queues[queue].number.clone();
    let talk = stage.talk(60.0);
    let Some(member) = picked_up(stage, &mut waiting, talk, &number) else {
        return give_up(stage, waiting);
    };
    let first = [number, "from-internal-xfer".to_owned()];
    waiting.complete(stage, member, "BLINDTRANSFER", first);
    waiting.now += 3;
    let mut waiting = waiting.onward(stage, queue);
    waiting.since = Some(waiting.now);
    waiting.enter(stage);
    plain(stage, waiting);
}

fn attended(stage: &mut Stage<'_>, mut waiting: Waiting) {
    let members = stage.people.queues[waiting.queue].members.clone();
    let third = stage.somebody(waiting.now, &members);
    let asks = stage.talk(40.0);
    let talk = asks + stage.between(6.0, 40.0);
    let dst = waiting.dst.clone();
    let Some((member, answered)) = picked_up(stage, &mut waiting, talk, &dst) else {
        return give_up(stage, waiting);
    };
    let bridge = format!("{:032x}", stage.random.random::<u128>());
    let first = ["BRIDGE".to_owned(), bridge];
    waiting.complete(stage, (member, answered), "ATTENDEDTRANSFER", first);
    let handed = Handed {
        caller: &waiting.caller,
        dst: &dst,
        context: "ext-queues",
        application: "Queue",
        data: &format!("{},tC,,,300", waiting.name),
    };
    let times = (answered + asks, waiting.now);
    attended_to(stage, &handed, (member, third), times.0, times.1);
}

/// The caller hangs up, or leaves in another way.
pub(super) fn unanswered(stage: &mut Stage<'_>, at: i64) {
    let mut waiting = comes(stage, at);
    waiting.enter(stage);
    in_vain(stage, &mut waiting, 3);
    waiting.now += stage.between(0.5, 30.0);
    match stage.random.random_range(0..100) {
        0..60 => give_up(stage, waiting),
        60..80 => put_out(stage, waiting, "EXITWITHTIMEOUT", Status::Timeout),
        80..88 => put_out(stage, waiting, "EXITEMPTY", Status::Leaveempty),
        88..97 => put_out(stage, waiting, "EXITWITHKEY", Status::Exitwithkey),
        _ => put_out(stage, waiting, "WITHDRAW", Status::Withdrawn),
    }
}

/// The caller hangs up, perhaps while a member rings.
fn give_up(stage: &mut Stage<'_>, mut waiting: Waiting) {
    let members = waiting.members(stage);
    if stage.chance(60.0) && !members.is_empty() {
        let length = stage.between(1.0, 14.0);
        let dst = waiting.dst.clone();
        waiting.ring(stage, &members, length, Ringing::Canceled, &dst);
        waiting.now += 2;
    } else {
        waiting.now += stage.between(1.0, 20.0);
    }
    waiting.leave(stage, "ABANDON", Status::Abandoned);
    // A PBX that answers only when a member does, and logs no unanswered calls, has no row.
    let from_outside = waiting.caller.name.starts_with("PJSIP/trunk");
    if waiting.since.is_some() && from_outside && stage.chance(15.0) && stage.cdr.is_empty() {
        return forget_start(stage);
    }
    waiting.gone(stage);
}

/// Without a CDR the call begins with its first visit.
fn forget_start(stage: &mut Stage<'_>) {
    let Truth { callers, stays, .. } = &mut stage.truth;
    let first = stays.first().map(|stay| stay.entered);
    for caller in callers {
        caller.since = first.unwrap_or(caller.since);
    }
}

fn put_out(stage: &mut Stage<'_>, mut waiting: Waiting, event: &str, status: Status) {
    waiting.leave(stage, event, status);
    waiting.announcement(stage);
}

/// The queue does not let the caller in. Who is diverted waits in another, perhaps.
pub(super) fn refused(stage: &mut Stage<'_>, at: i64) {
    let mut waiting = comes(stage, at);
    let (event, status) = match stage.random.random_range(0..100) {
        0..20 => ("FULL", Status::Full),
        20..55 => ("CLOSED", Status::Closed),
        55..70 => ("JOINEMPTY", Status::Joinempty),
        70..85 => ("DIVERT_CA_RATIO", Status::DivertCaRatio),
        _ => ("DIVERT_HOLDTIME", Status::DivertWaittime),
    };
    waiting.refused(stage, event, status);
    let diverted = matches!(status, Status::DivertCaRatio | Status::DivertWaittime);
    if diverted && stage.chance(50.0) {
        let queue = another(stage, waiting.queue);
        waiting.now += 40;
        let mut waiting = waiting.onward(stage, queue);
        waiting.enter(stage);
        plain(stage, waiting);
    } else {
        waiting.announcement(stage);
    }
}

/// Nobody in the first queue, so the caller goes on to a second.
pub(super) fn overflow(stage: &mut Stage<'_>, at: i64) {
    let mut waiting = comes(stage, at);
    waiting.enter(stage);
    in_vain(stage, &mut waiting, 2);
    waiting.now += stage.between(0.5, 10.0);
    waiting.leave(stage, "EXITWITHTIMEOUT", Status::Timeout);
    let queue = another(stage, waiting.queue);
    waiting.now += 2;
    let mut waiting = waiting.onward(stage, queue);
    waiting.enter(stage);
    in_vain(stage, &mut waiting, 1);
    plain(stage, waiting);
}
