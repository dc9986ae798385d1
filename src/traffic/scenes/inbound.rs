//! Calls from outside that go to no queue.

use super::direct::reach;
use crate::traffic::stage::{Dial, Stage};
use rand::Rng;

/// A customer calls somebody's own outside number. Some hear a menu first.
pub(super) fn direct(stage: &mut Stage<'_>, at: i64) {
    let called = stage.somebody(at, &[]);
    let person = &stage.people.users[called];
    let (did, number) = (person.did.clone(), person.number.clone());
    let channel = stage.customer_calls(&did, at);
    let menu = stage.chance(15.0);
    let dial = Dial {
        from: &channel,
        since: at,
        at: at
            + if menu {
                stage.between(3.0, 20.0)
            } else {
                stage.between(0.05, 0.4)
            },
        up: menu,
        dst: &number,
        context: if menu { "ivr-1" } else { "from-did-direct" },
    };
    reach(stage, &dial, called);
}

/// A customer calls a number that many phones have.
pub(super) fn group(stage: &mut Stage<'_>, at: i64) {
    let chosen = stage.random.random_range(0..stage.people.groups.len());
    let group = &stage.people.groups[chosen];
    let (did, number) = (group.did.clone(), group.number.clone());
    let members = free(stage, group.members.clone(), at);
    let channel = stage.customer_calls(&did, at);
    let menu = stage.chance(20.0);
    let wait = if menu {
        stage.between(3.0, 15.0)
    } else {
        stage.between(0.05, 0.4)
    };
    let dial = Dial {
        from: &channel,
        since: at,
        at: at + wait,
        up: menu,
        dst: &number,
        context: "ext-group",
    };
    if stage.chance(78.0) {
        let rings = stage.between(2.0, 18.0);
        let who = members[stage.random.random_range(0..members.len())];
        let talk = stage.talk(150.0);
        stage.ring(&dial, &members, rings, Some((who, talk)));
    } else {
        let rings = stage.between(2.0, 25.0);
        stage.ring(&dial, &members, rings, None);
    }
}

/// A customer calls a number where one phone rings, then the next.
pub(super) fn one_after_another(stage: &mut Stage<'_>, at: i64) {
    let chosen = stage.random.random_range(0..stage.people.groups.len());
    let group = &stage.people.groups[chosen];
    let (did, number) = (group.did.clone(), group.number.clone());
    let members = free(stage, group.members.clone(), at);
    let channel = stage.customer_calls(&did, at);
    let answering = stage.random.random_range(0..=members.len());
    let mut now = at + 150;
    for (n, member) in members.iter().enumerate() {
        let dial = Dial {
            from: &channel,
            since: if n == 0 { at } else { now },
            at: now,
            up: false,
            dst: &number,
            context: "ext-group",
        };
        if n == answering {
            let rings = stage.between(1.5, 11.0);
            let talk = stage.talk(150.0);
            stage.ring(&dial, &[*member], rings, Some((*member, talk)));
            return;
        }
        now = stage.ring(&dial, &[*member], 12_000, None) + 20;
    }
}

/// A customer hears the menu, and hangs up.
pub(super) fn menu_only(stage: &mut Stage<'_>, at: i64) {
    let did = stage.people.queues[0].did.clone();
    let channel = stage.customer_calls(&did, at);
    let until = at + stage.between(2.0, 40.0);
    let dial = Dial {
        from: &channel,
        since: at,
        at: at + 50,
        up: false,
        dst: "s",
        context: "ivr-1",
    };
    stage.application(&dial, "BackGround", "custom/welcome", until);
}

/// Those who are not on the telephone; all, when nobody is free.
fn free(stage: &Stage<'_>, members: Vec<usize>, at: i64) -> Vec<usize> {
    let free = members.iter().copied().filter(|m| stage.busy[*m] < at);
    let free: Vec<usize> = free.collect();
    if free.is_empty() { members } else { free }
}
