//! A call by its id: exactly the entries that somebody may read, and nobody else's name or phone
//! in what is told beside them.

use std::collections::{BTreeMap, BTreeSet};

use call_history::model::{Owner, OwnerKind};

use super::{Caller, World, without_request_id};

/// The owners of each call.
pub(super) type Calls = BTreeMap<String, BTreeSet<Owner>>;

pub(super) fn owners_of_calls(world: &World) -> Calls {
    let mut calls = Calls::new();
    let others = world
        .histories
        .iter()
        .filter(|(owner, _)| owner.kind != OwnerKind::All);
    for (owner, ids) in others {
        for id in ids {
            calls.entry(id.clone()).or_default().insert(owner.clone());
        }
    }
    calls
}

pub(super) fn a_call_shows_each_their_side(world: &World, calls: &Calls, caller: &Caller) {
    let nowhere = format!("/calls/{}", "0".repeat(32));
    let nowhere = world.service.get_as(&caller.credential, &nowhere);
    // Each kind of call is among the first of a day.
    for (id, owners) in calls.iter().step_by(3) {
        let path = format!("/calls/{id}");
        let answer = world.service.get_as(&caller.credential, &path);
        let readable: BTreeSet<&Owner> = owners.iter().filter(|o| caller.may_read(o)).collect();
        if readable.is_empty() {
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(without_request_id(&answer), without_request_id(&nowhere));
            world.tells_nothing(&answer, &path);
            continue;
        }
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let mut call = answer.json();
        let entries = call["entries"].take();
        let told: BTreeSet<Owner> = entries
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| {
                let text = |name: &str| entry["owner"][name].as_str().unwrap();
                let kind = OwnerKind::ALL.into_iter();
                let mut kind = kind.filter(|kind| kind.as_str() == text("kind"));
                Owner::new(kind.next().unwrap(), text("name"))
            })
            .collect();
        assert_eq!(told.iter().collect::<BTreeSet<_>>(), readable, "{path}");
        // The entries say who called whom; the rest is nobody's but theirs.
        let rest = call.to_string();
        for user in &world.users {
            let agent = user.agent_number.as_ref().map(Owner::agent);
            let own = [Some(Owner::user(&user.username)), agent];
            if own.iter().flatten().any(|owner| caller.may_read(owner)) {
                continue;
            }
            assert!(
                !rest.contains(&format!("{:?}", user.username)),
                "{path}: {rest}"
            );
            for endpoint in &user.endpoints {
                assert!(
                    !rest.contains(&format!("{}-", endpoint.value)),
                    "{path}: {rest}"
                );
            }
        }
    }
}
