//! The five commands, and that their answers are those of the HTTP interface.

use serde_json::{Value, json};

use super::{capture, token};
use crate::support::cti::{Cti, command};

/// Everything that somebody may read who does not administer.
const MUCH: &str = "history:self history:queue:* history:customer";

/// As many days as there may be: all of the capture.
const ALL: u16 = 3660;

#[test]
fn each_command_is_answered_as_over_http() {
    let (_database, service) = capture();
    let token = token("userb", MUCH);
    let mut cti = Cti::open(&service, &token);
    let http = |path: &str| {
        let answer = service.get_as(&token, path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    };
    let some = |value: &Value| assert!(!value.as_array().unwrap().is_empty(), "{value}");
    for (frame, path) in [
        (
            command("getUserCallHistory", &json!({"size": 5})),
            "/history/user?size=5",
        ),
        (
            command("getUserCallHistory", &json!({"size": "1001"})),
            "/history/user?size=1000",
        ),
        (
            command("getUserCallHistoryByDays", &json!({"days": ALL})),
            "/history/user?days=3660",
        ),
        (
            command("getAgentCallHistory", &json!({"size": 3, "agent": "2502"})),
            "/history/agent?size=3",
        ),
        (
            command("getQueueCallHistory", &json!({"queue": "BL", "size": 7})),
            "/history/queue?name=bl&size=7",
        ),
    ] {
        let entries = cti.history(&frame);
        some(&entries);
        assert_eq!(entries, http(path), "{frame}");
    }
    // Without a size: what the HTTP interface gives then, the last 10 days.
    for (frame, path) in [
        (command("getUserCallHistory", &json!({})), "/history/user"),
        (
            command("getUserCallHistory", &json!({"size": null})),
            "/history/user",
        ),
        (
            command("getAgentCallHistory", &json!({"size": null})),
            "/history/agent",
        ),
        (
            command("getQueueCallHistory", &json!({"queue": "blue"})),
            "/history/queue?name=blue",
        ),
    ] {
        assert_eq!(cti.history(&frame), http(path), "{frame}");
    }
    let find = json!({"id": 17, "request": {"size": 2, "filters": [
        {"field": "customer.phone", "operator": "=", "value": "0699000001"}
    ]}});
    let found = cti.told(
        "CustomerCallHistoryResponseWithId",
        &command("findCustomerCallHistory", &find),
    );
    let entries = http("/history/customer?number=0699000001&size=2");
    some(&entries);
    assert_eq!(found["id"], 17);
    assert_eq!(found["response"]["list"], entries);
    assert_eq!(found["response"]["total"], 1);
    // As many as there are, not as were asked for.
    let find = json!({"id": "9", "request": {"size": "1", "filters": [
        {"field": "customer.phone", "operator": "=", "value": "0611223344"}
    ]}});
    let found = cti.told(
        "CustomerCallHistoryResponseWithId",
        &command("findCustomerCallHistory", &find),
    );
    assert_eq!(found["id"], 9);
    assert_eq!(found["response"]["total"], 2);
    let list = &found["response"]["list"];
    assert_eq!(*list, http("/history/customer?number=0611223344&size=1"));
    assert_eq!(cti.ask(&json!({"claz": "ping"})), json!({"claz": "ping"}));
}
