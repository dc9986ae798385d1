//! The state of a user's video, which the user's own clients tell.

use serde_json::{Value, json};

use super::{capture, token};
use crate::support::cti::{Cti, command};
use crate::support::service::Service;

/// The video states of the two sides of usera's newest call, from usera to userb.
fn shown(service: &Service) -> (Value, Value) {
    let token = token("usera", "history:self");
    let history = service.get_as(&token, "/history/user?size=1000").json();
    let mut entries = history.as_array().unwrap().iter();
    let entry = entries.find(|e| e["srcUsername"] == "usera" && e["dstUsername"] == "userb");
    let entry = entry.unwrap();
    (
        entry["srcVideoStatus"].clone(),
        entry["dstVideoStatus"].clone(),
    )
}

#[test]
fn it_is_what_the_last_client_said_until_the_last_one_is_gone() {
    let (_database, service) = capture();
    let tell = |cti: &mut Cti, status: &str| {
        cti.say(command("videoEvent", &json!({"status": status})).to_string());
        // It is answered by nothing.
        let ping = json!({"claz": "ping"});
        assert_eq!(cti.ask(&ping), ping);
    };
    let open = |user| Cti::open(&service, &token(user, "history:self"));
    let (mut a, mut b, mut other_b) = (open("usera"), open("userb"), open("userb"));
    assert_eq!(shown(&service), (Value::Null, Value::Null));
    tell(&mut b, "Busy");
    assert_eq!(shown(&service), (Value::Null, json!("Busy")));
    tell(&mut a, "Available");
    tell(&mut other_b, "Away from keyboard");
    assert_eq!(
        shown(&service),
        (json!("Available"), json!("Away from keyboard"))
    );
    let history = command("getUserCallHistory", &json!({"size": 1000}));
    let same = |entries: &Value| {
        let mut entries = entries.as_array().unwrap().iter();
        entries.any(|e| e["srcVideoStatus"] == "Available" && e["dstUsername"] == "userb")
    };
    assert!(same(&a.history(&history)));
    let refused = a.refused(&command("videoEvent", &json!({"status": "<b>"})));
    assert!(refused.starts_with("status: must be 1 to 32"), "{refused}");
    drop(b);
    other_b.history(&history);
    assert_eq!(
        shown(&service),
        (json!("Available"), json!("Away from keyboard"))
    );
    other_b.socket.close(None).unwrap();
    assert_eq!(other_b.closed(), 1000);
    super::soon("the state is gone", || shown(&service).1 == Value::Null);
    assert_eq!(shown(&service), (json!("Available"), Value::Null));
    // Who goes without a word.
    drop(a.socket.into_inner());
    super::soon("that one too", || {
        shown(&service) == (Value::Null, Value::Null)
    });
}
