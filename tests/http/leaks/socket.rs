//! The CTI WebSocket: its answers are those of the HTTP interface, and it pushes the caller's own
//! calls and no other.

use std::collections::BTreeSet;

use call_history::model::{Owner, OwnerKind};
use serde_json::{Value, json};

use super::{Caller, World};
use crate::support::cti::{Cti, PATH, command};

fn open(world: &World, caller: &Caller) -> Cti {
    let headers = [("X-API-Key", caller.credential.as_str())];
    let mut cti = Cti::connect(&world.service, PATH, &headers).unwrap();
    assert_eq!(cti.next()["msgType"], "LoggedOn");
    cti
}

fn ids(entries: &Value) -> BTreeSet<String> {
    let entries = entries.as_array().unwrap().iter();
    entries
        .map(|entry| entry["callId"].as_str().unwrap().to_owned())
        .collect()
}

/// The caller's own owners that it may read.
fn own(caller: &Caller) -> Vec<Owner> {
    let user = caller.user.as_ref().map(Owner::user);
    let agent = caller.agent.as_ref().map(Owner::agent);
    let own = user.into_iter().chain(agent);
    own.filter(|owner| caller.may_read(owner)).collect()
}

/// Each command gives what the path gives, and that is a part of what the caller may read.
pub(super) fn the_socket_tells_no_more(world: &World, caller: &Caller) {
    let mut cti = open(world, caller);
    let who = (&caller.user, &caller.agent, &caller.scopes);
    let over_http = |path: &str| world.service.get_as(&caller.credential, path);
    for (name, path, of) in [
        (
            "getUserCallHistory",
            "/history/user",
            caller.user.as_ref().map(Owner::user),
        ),
        (
            "getAgentCallHistory",
            "/history/agent",
            caller.agent.as_ref().map(Owner::agent),
        ),
    ] {
        let answer = cti.ask(&command(name, &json!({"size": 1000})));
        let http = over_http(&format!("{path}?size=1000"));
        match of.and_then(|owner| world.answer_to(caller, &owner)) {
            Some(calls) => {
                assert_eq!(answer["ctiMessage"], http.json(), "{who:?} {name}");
                assert!(
                    ids(&answer["ctiMessage"]).is_subset(&calls),
                    "{who:?} {name}"
                );
            }
            None => {
                assert_eq!(answer["msgType"], "Error", "{who:?} {name}: {answer}");
                let told = |word: &&String| answer.to_string().contains(*word);
                assert_eq!(world.words.iter().find(told), None, "{answer}");
            }
        }
    }
    for owner in world.histories.keys() {
        let calls = world.answer_to(caller, owner);
        let (answer, entries) = match owner.kind {
            OwnerKind::Queue => {
                let queue = json!({"queue": owner.name, "size": 1000});
                let answer = cti.ask(&command("getQueueCallHistory", &queue));
                (answer.clone(), answer["ctiMessage"].clone())
            }
            OwnerKind::Customer => {
                let filter =
                    json!({"field": "customer.phone", "operator": "=", "value": owner.name});
                let find = json!({"id": 7, "request": {"filters": [filter], "size": 1000}});
                let answer = cti.ask(&command("findCustomerCallHistory", &find));
                let response = answer["ctiMessage"]["response"].clone();
                let list = response["list"].clone();
                assert_eq!(response["total"], list.as_array().unwrap().len());
                (answer, list)
            }
            _ => continue,
        };
        assert_eq!(ids(&entries), calls.unwrap(), "{who:?} {owner:?} {answer}");
    }
}

/// Somebody who wants to be told of new calls.
pub(super) struct Subscriber {
    cti: Cti,
    /// Their own calls, of which nothing is told yet.
    expected: BTreeSet<String>,
}

impl Subscriber {
    /// None for somebody who is refused, and has no calls of their own.
    pub(super) fn of(world: &World, caller: &Caller) -> Option<Self> {
        let mut cti = open(world, caller);
        cti.say(command("subscribeToCallHistory", &json!({})).to_string());
        let answer = cti.ask(&json!({"claz": "ping"}));
        let own = own(caller);
        let is_refused = answer["msgType"] == "Error";
        assert_eq!(is_refused, own.is_empty(), "{:?}: {answer}", caller.scopes);
        let late = |owner: &Owner| world.late_histories.get(owner).into_iter().flatten();
        (!is_refused).then(|| Self {
            cti,
            expected: own.iter().flat_map(late).cloned().collect(),
        })
    }

    /// All of them come, in however many frames, and nothing else.
    pub(super) fn hears_of_its_own_calls(mut self) {
        let ping = json!({"claz": "ping"});
        let mut told = BTreeSet::new();
        let mut asked = false;
        loop {
            if told == self.expected && !asked {
                asked = true;
                self.cti.say(ping.to_string());
            }
            let frame = self.cti.next();
            if frame == ping {
                return;
            }
            let kind = frame["msgType"].as_str().unwrap();
            assert!(
                matches!(kind, "CallHistoryUpdate" | "CallHistoryGone"),
                "{frame}"
            );
            let id = frame["ctiMessage"]["callId"].as_str().unwrap().to_owned();
            let is_own = self.expected.contains(&id);
            assert!(is_own, "somebody else's call: {frame}");
            told.insert(id);
        }
    }
}
