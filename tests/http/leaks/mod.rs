//! Nothing leaks: random directories, calls and callers, and every way out of the service.
//!
//! What happened in a made-up call is known without the service (`MadeCall::expected`), and
//! what a caller may read is said here once more in a few lines. So each answer is held
//! against both: it has all the calls that it must have, and none of anybody else.

mod administration;
mod calls;
mod feed;
mod filters;
mod socket;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use call_history::model::{Owner, OwnerKind};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::Value;

use administration::administration_is_closed;
use calls::{a_call_shows_each_their_side, owners_of_calls};
use feed::the_changes_show_what_the_histories_do;
use filters::filters_keep_what_is_shown;
use socket::{Subscriber, the_socket_tells_no_more};
use world::{Caller, World, import_calls, path_of};

use crate::support::service::Answer;

/// The forms of an answer, as they are asked for.
const FORMS: [&str; 3] = ["", "&format=csv", "&format=ndjson"];

/// The calls of an answer, in whatever form it is.
fn call_ids(answer: &Answer) -> BTreeSet<String> {
    let id = |entry: &Value| entry["callId"].as_str().unwrap().to_owned();
    match answer.header("content-type").unwrap() {
        "application/json" => answer.json().as_array().unwrap().iter().map(id).collect(),
        "application/x-ndjson" => {
            let lines = answer.body.lines();
            lines
                .map(|line| id(&serde_json::from_str(line).unwrap()))
                .collect()
        }
        _ => {
            let mut lines = csv::Reader::from_reader(answer.body.as_bytes());
            let place = lines
                .headers()
                .unwrap()
                .iter()
                .position(|name| name == "callId");
            let id = |line: csv::StringRecord| line[place.unwrap()].to_owned();
            lines.records().map(|line| id(line.unwrap())).collect()
        }
    }
}

/// A body without what differs between two equal answers.
fn without_request_id(answer: &Answer) -> String {
    let id = answer.header("x-request-id").unwrap();
    answer.body.replace(id, "")
}

fn all_that_is_there_and_nothing_of_others(world: &World, caller: &Caller, random: &mut StdRng) {
    let unknown = |kind| Owner {
        kind,
        name: "zzzzz".to_owned(),
    };
    for owner in world.histories.keys() {
        let path = path_of(owner) + FORMS.choose(random).unwrap();
        let answer = world.service.get_as(&caller.credential, &path);
        let who = (&caller.user, &caller.agent, &caller.scopes);
        match world.answer_to(caller, owner) {
            Some(calls) => {
                assert_eq!(answer.status, 200, "{who:?} {path}");
                assert_eq!(call_ids(&answer), calls, "{who:?} {path}");
            }
            None if owner.kind == OwnerKind::All => {
                assert_eq!(answer.status, 403, "{who:?} {path}");
                world.tells_nothing(&answer, &path);
            }
            None => {
                assert_eq!(answer.status, 404, "{who:?} {path}");
                world.tells_nothing(&answer, &path);
                let nobody = path_of(&unknown(owner.kind));
                let nobody = world.service.get_as(&caller.credential, &nobody);
                assert_eq!(nobody.status, 404);
                assert_eq!(
                    without_request_id(&answer).replace(&owner.name, ""),
                    without_request_id(&nobody).replace("zzzzz", ""),
                );
            }
        }
        let wrong = ["&size=0", "&cursor=AAAA", "&nonsense=1", "&status=x"];
        let path = path + wrong.choose(random).unwrap();
        let answer = world.service.get_as(&caller.credential, &path);
        assert!(matches!(answer.status, 400 | 403 | 404), "{who:?} {path}");
        world.tells_nothing(&answer, &path);
    }
}

/// Who may read everything has walked half-way into each history; somebody else takes over.
fn a_cursor_made_by_another_opens_nothing(
    world: &World,
    cursors: &BTreeMap<Owner, String>,
    caller: &Caller,
) {
    for (owner, cursor) in cursors {
        let answer = world.service.get_as(&caller.credential, cursor);
        match world.answer_to(caller, owner) {
            Some(calls) => {
                assert_eq!(answer.status, 200, "{cursor}");
                assert!(call_ids(&answer).is_subset(&calls), "{cursor}");
            }
            None => {
                let refused = if owner.kind == OwnerKind::All {
                    403
                } else {
                    404
                };
                assert_eq!(answer.status, refused, "{cursor}");
                world.tells_nothing(&answer, cursor);
            }
        }
    }
}

/// Who may read everything has a page of each history; somebody else has heard of its tag.
fn a_tag_of_another_tells_nothing(world: &World, tags: &BTreeMap<Owner, String>, caller: &Caller) {
    let bearer = format!("Bearer {}", caller.credential);
    for (owner, tag) in tags {
        for tag in [tag, "*"] {
            let headers = [("Authorization", &*bearer), ("If-None-Match", tag)];
            let answer = world.service.request("GET", &path_of(owner), &headers);
            let expected = match world.answer_to(caller, owner) {
                Some(_) => [200, 304],
                None if owner.kind == OwnerKind::All => [403, 403],
                None => [404, 404],
            };
            assert!(
                expected.contains(&answer.status),
                "{owner:?} {}",
                answer.status
            );
            assert!(answer.status < 400 || answer.header("etag").is_none());
        }
    }
}

#[test]
fn nothing_of_a_foreign_owner_appears_anywhere() {
    for seed in [1, 2, 3] {
        let mut world = World::new(seed);
        assert!(world.histories.len() > 20, "{}", world.histories.len());
        let mut random = StdRng::seed_from_u64(seed);
        let administrator = world.administrator();
        administration_is_closed(&world, &administrator, None);
        let cursors: BTreeMap<Owner, String> = world
            .histories
            .keys()
            .filter_map(|owner| {
                let path = path_of(owner) + "&size=1";
                let page = world.service.get_as(&administrator, &path);
                assert_eq!(page.status, 200, "{path}");
                page.next().map(|next| (owner.clone(), next))
            })
            .collect();
        assert!(cursors.len() > 10, "{}", cursors.len());
        let mut subscribers = Vec::new();
        let tags: BTreeMap<Owner, String> = world
            .histories
            .keys()
            .filter_map(|owner| {
                let page = world.service.get_as(&administrator, &path_of(owner));
                let tag = page.header("etag")?.to_owned();
                Some((owner.clone(), tag))
            })
            .collect();
        assert!(tags.len() > 20, "{}", tags.len());
        let calls = owners_of_calls(&world);
        for _ in 0..8 {
            let caller = world.caller(&mut random);
            all_that_is_there_and_nothing_of_others(&world, &caller, &mut random);
            a_cursor_made_by_another_opens_nothing(&world, &cursors, &caller);
            the_changes_show_what_the_histories_do(&world, &caller);
            a_tag_of_another_tells_nothing(&world, &tags, &caller);
            a_call_shows_each_their_side(&world, &calls, &caller);
            filters_keep_what_is_shown(&world, &caller, &mut random);
            administration_is_closed(&world, &administrator, Some(&caller));
            the_socket_tells_no_more(&world, &caller);
            subscribers.extend(Subscriber::of(&world, &caller));
        }
        import_calls(&world.database, std::mem::take(&mut world.late));
        for subscriber in subscribers {
            subscriber.hears_of_its_own_calls();
        }
    }
}
