//! What comes by itself: the caller's own calls as they change, and nobody else's.

use call_history::auth::jwt::LEEWAY;
use chrono::TimeDelta;
use diesel::RunQueryDsl;
use serde_json::{Value, json};

use super::calls::{Row, import};
use super::{capture, capture_with, set_password, token, token_for};
use crate::support::cti::{Cti, PATH, command};
use crate::support::service::{Service, succeed};

fn subscribed(service: &Service, token: &str) -> Cti {
    let mut cti = Cti::open(service, token);
    subscribe(&mut cti);
    cti
}

fn subscribe(cti: &mut Cti) {
    cti.say(command("subscribeToCallHistory", &json!({})).to_string());
    // It is answered by nothing; what is asked after it is answered after it.
    nothing_came(cti);
}

fn nothing_came(cti: &mut Cti) {
    assert_eq!(cti.ask(&json!({"claz": "ping"})), json!({"claz": "ping"}));
}

/// The next frame, which must be of this type.
fn told(cti: &mut Cti, msg_type: &str) -> Value {
    let mut told = cti.next();
    assert_eq!(told["msgType"], msg_type, "{told}");
    told["ctiMessage"].take()
}

/// The newest entry of the caller's history.
fn newest(service: &Service, token: &str) -> Value {
    let history = service.get_as(token, "/history/user?size=1").json();
    history[0].clone()
}

#[test]
fn new_and_changed_calls_come_to_those_who_took_part_and_to_nobody_else() {
    let (database, service) = capture();
    let tokens = ["usera", "userb", "userc"].map(|user| token(user, "history:self"));
    let [mut a, mut b, mut c] = tokens.each_ref().map(|token| subscribed(&service, token));
    let mut silent = Cti::open(&service, &tokens[0]);
    // A call to come: later than all of the capture.
    let id = 1_990_000_000;
    let ringing = Row {
        id,
        talk: 0,
        ..Row::answered(1, "1000", "1001")
    };
    import(&database, [ringing.text()]);
    for (cti, token, status) in [
        (&mut a, &tokens[0], "emitted"),
        (&mut b, &tokens[1], "missed"),
    ] {
        let entry = told(cti, "CallHistoryUpdate");
        assert_eq!(entry["status"], status, "{entry}");
        assert_eq!(entry, newest(&service, token));
    }
    // Userc answers what rang at userb too: for userb it is no missed call any more.
    let answered = Row {
        id,
        ringing: 20,
        ..Row::answered(2, "1000", "1002")
    };
    import(&database, [answered.text()]);
    let entry = told(&mut a, "CallHistoryUpdate");
    assert_eq!(entry, newest(&service, &tokens[0]));
    let call = entry["callId"].clone();
    assert_eq!(told(&mut b, "CallHistoryGone"), json!({"callId": call}));
    let entry = told(&mut c, "CallHistoryUpdate");
    assert_eq!(
        (&entry["callId"], &entry["status"]),
        (&call, &json!("answered"))
    );
    nothing_came(&mut silent);
    // Who has had enough.
    a.say(command("unsubscribeFromCallHistory", &json!({})).to_string());
    nothing_came(&mut a);
    import(
        &database,
        [Row {
            id: id + 60,
            ..Row::answered(3, "1000", "1002")
        }
        .text()],
    );
    let entry = told(&mut c, "CallHistoryUpdate");
    assert_eq!(entry["start"], newest(&service, &tokens[0])["start"]);
    nothing_came(&mut a);
    nothing_came(&mut b);
    // Once more, and twice is once.
    for _ in 0..2 {
        subscribe(&mut a);
    }
    import(
        &database,
        [Row {
            id: id + 120,
            ..Row::answered(4, "1002", "1000")
        }
        .text()],
    );
    assert_eq!(
        told(&mut a, "CallHistoryUpdate"),
        newest(&service, &tokens[0])
    );
    nothing_came(&mut a);
}

#[test]
fn who_may_not_read_their_own_history_is_told_nothing_of_it() {
    let (database, service) = capture();
    for (user, scopes) in [("usera", "history:queue:*"), ("nobody", "history:self")] {
        let mut cti = Cti::open(&service, &token(user, scopes));
        let refused = cti.refused(&command("subscribeToCallHistory", &json!({})));
        assert_eq!(
            refused, "There is no such user or agent, or not for this caller.",
            "{user}"
        );
    }
    // Reading everything is not being told of everything.
    let key = succeed(&database, &["key", "create", "--scope", "admin"]);
    let mut cti = Cti::connect(&service, PATH, &[("X-API-Key", key.trim())]).unwrap();
    assert_eq!(cti.next()["msgType"], "LoggedOn");
    let refused = cti.refused(&command("subscribeToCallHistory", &json!({})));
    assert_eq!(refused, "the token is no user's");
    // An agent without a user.
    let key = succeed(&database, &["key", "create", "--agent", "2501"]);
    let mut cti = Cti::connect(&service, PATH, &[("X-API-Key", key.trim())]).unwrap();
    assert_eq!(cti.next()["msgType"], "LoggedOn");
    subscribe(&mut cti);
}

#[test]
fn a_subscription_ends_with_the_right_to_it() {
    let (database, service) = capture();
    let key = succeed(&database, &["key", "create", "--user", "usera"]);
    let mut cti = Cti::connect(&service, PATH, &[("X-API-Key", key.trim())]).unwrap();
    assert_eq!(cti.next()["msgType"], "LoggedOn");
    subscribe(&mut cti);
    let id = key.split('_').nth(1).unwrap();
    succeed(&database, &["key", "revoke", id]);
    let (told, code) = cti.last_words();
    assert_eq!(told.unwrap()["msgType"], "LoggedOnError");
    assert_eq!(code, 1008);
}

#[test]
fn a_subscription_ends_with_its_token() {
    let (_database, service) = capture();
    let leeway = i64::try_from(LEEWAY).unwrap();
    let holds = TimeDelta::seconds(3 - leeway);
    let mut cti = subscribed(&service, &token_for("usera", "history:self", holds));
    let (told, code) = cti.last_words();
    assert_eq!(told.unwrap()["msgType"], "LoggedOnError");
    assert_eq!(code, 1008);
}

#[test]
fn a_subscription_goes_on_with_what_may_be_read_now() {
    let (database, service) = capture_with(&[("CHANGES_INTERVAL", "100ms")]);
    let admin = succeed(&database, &["key", "create", "--scope", "admin"]);
    set_password(&database, "userb", "correct horse");
    let body = json!({"username": "userb", "password": "correct horse"});
    let login = service.send_json("POST", "/auth/login", "", &body).json();
    let mut cti = subscribed(&service, login["token"].as_str().unwrap());
    let agent = command("getAgentCallHistory", &json!({"size": 1}));
    assert_ne!(cti.history(&agent), json!([]));
    // Userb is no agent any more.
    let body = json!({"firstName": "User", "lastName": "B", "numbers": [{"number": "1001"}],
        "endpoints": [{"endpoint": "PJSIP/1001"}]});
    let put = service.send_json("PUT", "/directory/users/userb", admin.trim(), &body);
    assert_eq!(put.status, 200, "{}", put.body);
    // Calls are folded again, and come as well.
    let next = |cti: &mut Cti| loop {
        let told = cti.next();
        if told["msgType"] != "CallHistoryUpdate" {
            break told;
        }
    };
    assert_eq!(next(&mut cti)["msgType"], "CallHistoryReset");
    cti.say(agent.to_string());
    assert_eq!(
        next(&mut cti)["ctiMessage"]["Error"],
        "the user is no agent"
    );
    // The subscription is there as before.
    let call = Row {
        id: 1_990_000_000,
        ..Row::answered(1, "1000", "1001")
    };
    import(&database, [call.text()]);
    let status = loop {
        let entry = told(&mut cti, "CallHistoryUpdate");
        if entry["start"].as_str() > Some("2033") {
            break entry["status"].clone();
        }
    };
    assert_eq!(status, "answered");
}

#[test]
fn who_has_missed_something_is_told_to_ask_anew() {
    let (database, service) = capture_with(&[("CHANGES_INTERVAL", "100ms")]);
    let mut cti = subscribed(&service, &token("usera", "history:self"));
    // An older database was put in place.
    let older = "UPDATE revisions SET value = value - 1000 WHERE name = 'calls'";
    let mut conn = database.connect();
    diesel::sql_query(older).execute(&mut conn).unwrap();
    assert_eq!(told(&mut cti, "CallHistoryReset"), json!({}));
    nothing_came(&mut cti);
}
