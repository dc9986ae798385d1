//! Whoever may read one side of a call sees that side, and nothing of the others.

use serde_json::{Value, json};

use super::detail::a_queue_call;
use crate::support::TestDatabase;
use crate::support::service::{Answer, Service, succeed};

fn key(database: &TestDatabase, scopes: &[&str]) -> String {
    let mut arguments = vec!["key", "create"];
    for scope in scopes {
        arguments.extend(["--scope", scope]);
    }
    succeed(database, &arguments).trim().to_owned()
}

fn as_scope(database: &TestDatabase, service: &Service, scope: &str, path: &str) -> Answer {
    service.get_as(&key(database, &[scope]), path)
}

/// What of each list is there.
fn shape(call: &Value) -> [usize; 5] {
    ["entries", "visits", "rings", "transfers", "legs"]
        .map(|name| call[name].as_array().unwrap().len())
}

#[test]
fn each_sees_their_side_of_a_call_and_no_other() {
    let database = TestDatabase::new();
    let id = a_queue_call(&database);
    let service = Service::start_closed(&database);
    let path = &format!("/calls/{id}");
    // userb is agent 2501, who answered, asked userh, and handed on to userd; userc is 2502, who
    // did not answer.
    for (scope, expected, hidden) in [
        (
            "history:user:userb",
            [1, 0, 1, 1, 2],
            &["userc", "userd", "userh", "2502", "1003", "1007", "trunk-1"][..],
        ),
        (
            "history:user:userd",
            [1, 0, 1, 1, 1],
            &[
                "userb", "userc", "userh", "2502", "1007", "1001-", "trunk-1",
            ],
        ),
        (
            "history:user:userh",
            [1, 0, 1, 0, 1],
            &["userc", "userd", "2502", "0611223344", "trunk-1", "1001-"],
        ),
        (
            "history:user:userc",
            [1, 0, 1, 0, 1],
            &["userb", "userd", "userh", "1007", "1001", "trunk-1"],
        ),
        (
            "history:agent:2502",
            [1, 0, 1, 0, 1],
            &["userb", "userd", "userh", "1007", "1001", "trunk-1"],
        ),
        (
            "history:queue:blue",
            [1, 1, 2, 1, 0],
            &["userb", "userc", "userd", "userh", "PJSIP", "1007", "1003"],
        ),
        (
            "history:customer",
            [1, 0, 0, 0, 3],
            &["userc", "userd", "userh", "PJSIP/1", "2502", "1007"],
        ),
    ] {
        let answer = as_scope(&database, &service, scope, path);
        assert_eq!(answer.status, 200, "{scope}: {}", answer.body);
        let call = answer.json();
        assert_eq!(shape(&call), expected, "{scope}: {call:#}");
        assert_eq!(call["whole"], false);
        for name in [
            "summary",
            "source",
            "linkedid",
            "startedAt",
            "endedAt",
            "did",
            "phases",
            "rows",
        ] {
            assert!(call.get(name).is_none(), "{scope}: {name}");
        }
        for word in hidden {
            assert!(!answer.body.contains(word), "{scope}, {word}: {call:#}");
        }
        for leg in call["legs"].as_array().unwrap() {
            for name in ["recording", "userfield"] {
                assert!(leg.get(name).is_none(), "{scope}: {leg:#}");
            }
            // What the caller was in, and since when, is the caller's.
            let calls = leg.get("fromChannel").is_some();
            assert_eq!(leg.get("application").is_some(), calls, "{scope}: {leg:#}");
        }
    }
    // Two sides are both there, and still no more.
    let both = key(&database, &["history:queue:*", "history:user:userb"]);
    let call = service.get_as(&both, path).json();
    assert_eq!(shape(&call), [2, 1, 2, 1, 2], "{call:#}");
    let whole = as_scope(&database, &service, "history:all", path);
    assert_eq!(whole.json()["whole"], true);
    assert_eq!(shape(&whole.json()), [8, 1, 4, 1, 4], "{:#}", whole.json());
}

#[test]
fn who_has_no_side_of_a_call_finds_none() {
    let database = TestDatabase::new();
    let id = a_queue_call(&database);
    let service = Service::start_closed(&database);
    let there = format!("/calls/{id}");
    let nowhere = format!("/calls/{}", "0".repeat(32));
    for scope in [
        "history:user:usera",
        "history:queue:black",
        "directory:write",
    ] {
        let [answer, nothing] =
            [&there, &nowhere].map(|path| as_scope(&database, &service, scope, path));
        for answer in [&answer, &nothing] {
            assert_eq!(answer.status, 404, "{scope}: {}", answer.body);
        }
        let [mut problem, mut other] = [answer.json(), nothing.json()];
        problem["requestId"] = json!(null);
        other["requestId"] = json!(null);
        assert_eq!(problem, other);
        // The rows are for those who may read everything, whether the call is there or not.
        for path in [&there, &nowhere] {
            let path = format!("{path}?include=rows");
            assert_eq!(as_scope(&database, &service, scope, &path).status, 403);
        }
    }
    let path = format!("{there}?include=rows");
    let queue = as_scope(&database, &service, "history:queue:blue", &path);
    assert_eq!(queue.status, 403);
    assert_eq!(service.send("GET", &there).status, 401);
}
