//! Filters tell nothing that the entries do not show: whatever somebody else is called, has for a
//! number or works in, a filter keeps what shows it of the entries that the caller reads anyway,
//! and counts no more.

use call_history::model::{Owner, OwnerKind, User};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, IteratorRandom};
use serde_json::Value;

use super::{Caller, World, path_of};
use crate::support::service::Answer;

/// All made-up calls, and short enough to search texts in.
const WINDOW: &str = "from=2026-11-10&until=2026-12-01";

/// How many histories each caller asks for.
const HISTORIES: usize = 8;

pub(super) fn filters_keep_what_is_shown(world: &World, caller: &Caller, random: &mut StdRng) {
    let owners = world.histories.keys().filter(|owner| {
        let answer = world.answer_to(caller, owner);
        answer.is_some_and(|calls| !calls.is_empty())
    });
    for owner in owners.choose_multiple(random, HISTORIES) {
        let whole = ask(world, caller, owner, "");
        assert_eq!(whole.status, 200, "{owner:?}");
        let whole = entries(&whole);
        let parties = ask(world, caller, owner, "&distinct=peer&include=total");
        let counted = total(&parties);
        let parties = entries(&parties);
        assert_eq!(parties.len(), counted, "{owner:?}");
        let calls = parties.iter().map(|party| party["calls"].as_u64().unwrap());
        assert_eq!(calls.sum::<u64>(), whole.len() as u64, "{owner:?}");
        for question in questions(world, owner, random) {
            let answer = ask(world, caller, owner, &question.query());
            let shown = whole.iter().filter(|entry| question.is_shown_by(entry));
            let shown: Vec<&Value> = shown.collect();
            let found = entries(&answer);
            assert_eq!(found.len(), shown.len(), "{owner:?} {}", question.query());
            for (found, shown) in found.iter().zip(shown) {
                assert_eq!(found["callId"], shown["callId"], "{}", question.query());
            }
            assert_eq!(total(&answer), found.len(), "{}", question.query());
        }
    }
    // Whose history is not there, a filter does not bring to light.
    let hidden = world.histories.keys();
    let hidden = hidden.filter(|owner| world.answer_to(caller, owner).is_none());
    for owner in hidden.choose_multiple(random, HISTORIES) {
        let plain = ask(world, caller, owner, "").status;
        for question in questions(world, owner, random) {
            let path = format!("{}&{}", path_of(owner), question.query());
            let answer = ask(world, caller, owner, &question.query());
            assert_eq!(answer.status, plain, "{owner:?} {}", question.query());
            assert!(answer.header("x-total-count").is_none());
            world.tells_nothing(&answer, &path);
        }
    }
}

fn ask(world: &World, caller: &Caller, owner: &Owner, more: &str) -> Answer {
    let path = path_of(owner).replace("from=2026-01-01", WINDOW) + more;
    world.service.get_as(&caller.credential, &path)
}

fn entries(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json().as_array().unwrap().clone()
}

fn total(answer: &Answer) -> usize {
    answer.header("x-total-count").unwrap().parse().unwrap()
}

/// A filter with somebody's value.
enum Question {
    Queue(String),
    Agent(String),
    Number(String),
    Text(String),
}

/// Questions about somebody else, as far as histories of this kind have such a filter.
fn questions(world: &World, owner: &Owner, random: &mut StdRng) -> Vec<Question> {
    let user: &User = world.users.choose(random).unwrap();
    let text = match random.random_range(0..4) {
        0 => user.username.clone(),
        1 => user.first_name.clone(),
        2 => user.last_name[..2].to_owned(),
        _ => user.numbers[0].value.clone(),
    };
    let mut questions = vec![Question::Text(text)];
    let queue = world.queues.choose(random).unwrap();
    // Of a queue that the name is no part of there is nothing: that is refused.
    if owner.kind != OwnerKind::Queue || queue.contains(&owner.name) {
        questions.push(Question::Queue(queue.clone()));
    }
    if owner.kind != OwnerKind::Agent {
        questions.extend(user.agent_number.clone().map(Question::Agent));
    }
    if owner.kind != OwnerKind::Customer {
        questions.push(Question::Number(user.numbers[0].value.clone()));
    }
    questions
}

impl Question {
    fn query(&self) -> String {
        let (name, value) = match self {
            Self::Queue(value) => ("queue", value),
            Self::Agent(value) => ("agent", value),
            Self::Number(value) => ("number", value),
            Self::Text(value) => ("q", value),
        };
        let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
        format!("&{name}={value}&include=total")
    }

    /// Whether the entry, as its reader sees it, shows the value.
    fn is_shown_by(&self, entry: &Value) -> bool {
        let text = |name: &str| entry[name].as_str().unwrap_or_default();
        match self {
            Self::Queue(value) => text("queueName") == value,
            Self::Agent(value) => text("agentNum") == value,
            Self::Number(value) => {
                let calls = text("status") == "emitted";
                let peer = if calls { "dstNum" } else { "srcNum" };
                text(peer) == value || (calls && text("dialedNum") == value)
            }
            Self::Text(value) => {
                let full = |side: &str| {
                    let part = |name: &str| text(&format!("{side}{name}")).to_owned();
                    format!("{} {}", part("FirstName"), part("LastName"))
                };
                let single = [
                    "srcNum",
                    "dstNum",
                    "dialedNum",
                    "srcUsername",
                    "dstUsername",
                ];
                let shown = single.into_iter().map(|name| text(name).to_owned());
                let mut shown = shown.chain([full("src"), full("dst")]);
                shown.any(|shown| shown.to_lowercase().contains(&value.to_lowercase()))
            }
        }
    }
}
