//! What changed, by pages and by events, for callers with random rights.

use std::collections::{BTreeMap, BTreeSet};

use call_history::model::{Owner, OwnerKind};
use serde_json::Value;

use super::{Caller, World};
use crate::support::events::Events;

/// The calls of each owner that a page or an event told of.
type Told = BTreeMap<Owner, BTreeSet<String>>;

fn take(told: &mut Told, change: &Value) {
    let id = change["callId"].as_str().unwrap();
    for entry in change["entries"].as_array().unwrap() {
        let word = |name: &str| entry["owner"][name].as_str().unwrap();
        let is_kind = |kind: &&OwnerKind| kind.as_str() == word("kind");
        let kind = OwnerKind::ALL.iter().find(is_kind).unwrap();
        assert_eq!(entry["entry"]["callId"], id);
        let owner = Owner::new(*kind, word("name"));
        told.entry(owner).or_default().insert(id.to_owned());
    }
}

/// The changes show a caller all that the histories do, and nothing else; and so do the events,
/// from the beginning on.
pub(super) fn the_changes_show_what_the_histories_do(world: &World, caller: &Caller) {
    let readable = |owner: &&Owner| caller.may_read(owner);
    let owners = world.histories.keys().filter(readable);
    let expected: Told = owners
        .map(|owner| (owner.clone(), world.calls_of(owner)))
        .collect();
    let who = (&caller.user, &caller.agent, &caller.scopes);
    let mut told = Told::new();
    let mut path = "/changes?size=9".to_owned();
    let mut first = None;
    loop {
        let answer = world.service.get_as(&caller.credential, &path);
        if answer.status == 403 {
            assert!(expected.is_empty(), "{who:?}");
            world.tells_nothing(&answer, &path);
            return;
        }
        assert_eq!(answer.status, 200, "{who:?} {}", answer.body);
        let page = answer.json();
        for change in page["changes"].as_array().unwrap() {
            take(&mut told, change);
        }
        let cursor = page["cursor"].as_str().unwrap();
        first.get_or_insert_with(|| cursor.to_owned());
        if page["more"] == false {
            break;
        }
        path = format!("/changes?size=9&since={cursor}");
    }
    assert_eq!(told, expected, "{who:?}");
    // The rest once more as events, after the first page.
    let first = first.unwrap();
    let path = format!("/changes?since={first}");
    let rest = world.service.get_as(&caller.credential, &path).json();
    let rest = rest["changes"].as_array().unwrap();
    let mut events = Events::open_as(&world.service, &caller.credential, "/events", Some(&first));
    for change in rest {
        assert_eq!(events.next().unwrap().data, *change, "{who:?}");
    }
    // Nobody's are told apart from those that are not there.
    for owner in world.histories.keys() {
        let parameter = match owner.kind {
            OwnerKind::User | OwnerKind::Agent | OwnerKind::Queue => owner.kind.as_str(),
            OwnerKind::Customer | OwnerKind::All => continue,
        };
        let name: String = form_urlencoded::byte_serialize(owner.name.as_bytes()).collect();
        for endpoint in ["/changes", "/events"] {
            if caller.may_read(owner) {
                continue;
            }
            let path = format!("{endpoint}?{parameter}={name}");
            let answer = world.service.get_as(&caller.credential, &path);
            assert_eq!(answer.status, 404, "{who:?} {path}");
            world.tells_nothing(&answer, &path);
        }
    }
}
