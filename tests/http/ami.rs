//! A PBX's Manager Interface, as far as it tells of phones: a server that speaks the protocol
//! tells the real program, and both sides of entries have the states of now.

use std::time::Duration;

use serde_json::Value;

use crate::support::TestDatabase;
use crate::support::ami::{Manager, event, hint};
use crate::support::mariadb::until;
use crate::support::service::{Service, import_capture, program};

/// Far longer than anything here takes, on a machine that is busy.
const SOON: Duration = Duration::from_secs(40);

/// A service that listens to this PBX.
fn listening(database: &TestDatabase, manager: &Manager) -> Service {
    Service::spawn(
        program()
            .args(["serve", "--no-auth", "--bind", "127.0.0.1:0"])
            .env("DATABASE_URL", database.url_text())
            .envs(manager.settings()),
    )
}

/// The states of the two phones in a call from usera to userb, as usera's history shows them.
fn phones(service: &Service) -> (Value, Value) {
    let entries = service.entries("/history/user?user=usera&from=2026-11-01");
    let both = |entry: &&Value| entry["srcUsername"] == "usera" && entry["dstUsername"] == "userb";
    let entry = entries.iter().find(both).unwrap();
    (
        entry["srcPhoneStatus"].clone(),
        entry["dstPhoneStatus"].clone(),
    )
}

fn until_phones(service: &Service, src: impl Into<Value>, dst: impl Into<Value>) {
    let expected = (src.into(), dst.into());
    until(&format!("{expected:?}"), SOON, || {
        phones(service) == expected
    });
}

fn prepared() -> (TestDatabase, Manager) {
    let database = TestDatabase::new();
    import_capture(&database);
    let manager = Manager::start();
    manager.has_hints(&[
        ("1000", "PJSIP/1000", 0),
        ("1001", "PJSIP/1001&Custom:DND1001", 1),
    ]);
    (database, manager)
}

#[test]
fn every_state_of_a_phone_is_shown_with_both_sides_as_it_is_now() {
    let (database, manager) = prepared();
    let service = listening(&database, &manager);
    until_phones(&service, 0, 1);
    for status in [0, 1, 2, 4, 8, 9, 16, 17, -1, -2] {
        manager.tell_hint("1000", "PJSIP/1000", status);
        manager.tell_hint("1001", "PJSIP/1001", status);
        until_phones(&service, status, status);
    }
    // Whoever has no hint has no state, and whoever is outside neither.
    let others = service.entries("/history/user?user=userb&from=2026-11-01");
    let from_outside = |entry: &Value| entry.get("srcUsername").is_none();
    assert!(others.iter().any(from_outside));
    for entry in &others {
        for side in ["src", "dst"] {
            let is_known = ["usera", "userb"]
                .iter()
                .any(|name| entry[format!("{side}Username")] == *name);
            assert_eq!(
                entry.get(format!("{side}PhoneStatus")).is_some(),
                is_known,
                "{entry}"
            );
        }
    }
    let without = Service::start(&database);
    assert_eq!(phones(&without), (Value::Null, Value::Null));
}

#[test]
fn events_count_in_whatever_pieces_and_between_whatever_they_come() {
    let (database, manager) = prepared();
    // Told while the list is, of which the items come before and after.
    manager.says_meanwhile(&hint("1001", "PJSIP/1001", 16));
    manager.has_hints(&[("1000", "PJSIP/1000", 0), ("1002", "PJSIP/1002", 0)]);
    let service = listening(&database, &manager);
    until_phones(&service, 0, 16);

    manager.say_slowly(&hint("1000", "PJSIP/1000", 8));
    until_phones(&service, 8, 16);
    // A response that nobody asked for, an event of no interest, nonsense, bytes that are no
    // text, and 10 MB without an end: all of them change nothing.
    manager.say("Response: Error\r\nActionID: hints-of-yesterday\r\nMessage: No\r\n\r\n");
    manager.say(event(
        "PeerStatus",
        &[("Peer", "PJSIP/1000"), ("PeerStatus", "Reachable")],
    ));
    manager.say("\r\n\r\nno colon\r\n\r\n: \r\n\r\n");
    manager.say(b"Event: Exten\xff\xfe\0Status\r\nExten: 1000\r\nStatus: 1\r\n\r\n");
    manager.say(hint("1000", "PJSIP/1000", 7).replace("Status: 7", "Status: seven"));
    manager.say("Variable: ".to_owned() + &"x".repeat(10 << 20));
    manager.say("\r\n\r\n");
    manager.say(hint("1000", "PJSIP/1000", 9) + &hint("1001", "PJSIP/1001", 2));
    until_phones(&service, 9, 2);
    assert_eq!(manager.logins(), 1, "the connection held");
}

#[test]
fn what_is_not_heard_any_more_is_not_known_until_it_is_heard_again() {
    let (database, manager) = prepared();
    let service = listening(&database, &manager);
    until_phones(&service, 0, 1);
    manager.has_hints(&[("1000", "PJSIP/1000", 2)]);
    manager.cut();
    until_phones(&service, 2, Value::Null);
    assert_eq!(manager.logins(), 2);

    // It asks for a sign of life, and goes when none comes.
    until("a ping", SOON, || manager.count("Ping") > 0);
    manager.is_silent(true);
    until_phones(&service, Value::Null, Value::Null);
    manager.is_silent(false);
    until_phones(&service, 2, Value::Null);
    assert!(manager.logins() > 2);
    // A PBX without hints.
    let lists = || manager.count("ExtensionStateList");
    let before = lists();
    manager.has_hints(&[]);
    manager.cut();
    until("the list", SOON, || lists() > before);
    until_phones(&service, Value::Null, Value::Null);
    manager.tell_hint("1000", "PJSIP/1000", 1);
    until_phones(&service, 1, Value::Null);
}

/// How the connection to the PBX is, as `/health/ready` tells it.
fn link(service: &Service) -> (Value, Value) {
    let ready = service.get("/health/ready");
    assert_eq!(ready.status, 200);
    let manager = ready.json()["managers"][0].clone();
    assert_eq!(manager["source"], "default", "{manager}");
    (manager["state"].clone(), manager["trouble"].clone())
}

fn until_link(service: &Service, state: &str, trouble: impl Into<Value>) {
    let expected = (Value::from(state), trouble.into());
    until(&format!("{expected:?}"), SOON, || link(service) == expected);
}

#[test]
fn whether_the_pbx_is_heard_is_told_where_health_is() {
    let (database, manager) = prepared();
    let service = listening(&database, &manager);
    until_link(&service, "connected", Value::Null);
    manager.is_silent(true);
    until_link(&service, "lost", "it is silent");
    manager.is_silent(false);
    until_link(&service, "connected", Value::Null);
    manager.greets("220 smtp");
    manager.cut();
    until_link(
        &service,
        "lost",
        "no Asterisk Manager Interface answers there",
    );
    manager.greets("Asterisk Call Manager/2.10.6");
    manager.has_secret("another");
    until_link(&service, "lost", "the login is refused");
    let without = Service::start(&database);
    assert!(
        without
            .get("/health/ready")
            .json()
            .get("managers")
            .is_none()
    );
}

#[test]
fn several_pbxs_are_heard_each_for_its_own_phones() {
    let (database, manager) = prepared();
    let other = Manager::start();
    other.has_hints(&[("1000", "PJSIP/1000", 2), ("1009", "PJSIP/1009", 4)]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sources.toml");
    let [(_, url), (_, user), (_, secret), _] = other.settings();
    let source = format!(
        "[[source]]\nname = \"paris\"\nami = {{ url = \"{url}\", user = \"{user}\", \
         secret = \"{secret}\" }}\n"
    );
    std::fs::write(&file, source).unwrap();
    let service = Service::spawn(
        program()
            .args(["serve", "--no-auth", "--bind", "127.0.0.1:0"])
            .env("DATABASE_URL", database.url_text())
            .env("SOURCES_FILE", &file)
            .envs(manager.settings()),
    );
    until_phones(&service, 0, 1);
    until("both", SOON, || {
        let ready = service.get("/health/ready").json();
        let all = ready["managers"].as_array().unwrap().clone();
        all.len() == 2 && all.iter().all(|manager| manager["state"] == "connected")
    });
    // 1000 of the other PBX is somebody else.
    assert_eq!(phones(&service), (Value::from(0), Value::from(1)));
    other.cut();
    until("the other again", SOON, || other.logins() == 2);
    assert_eq!(phones(&service), (Value::from(0), Value::from(1)));
}

/// The log of a service that listens to this PBX, once these words are in it.
fn log_until(database: &TestDatabase, manager: &Manager, words: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut child = program()
        .args(["serve", "--no-auth", "--bind", "127.0.0.1:0"])
        .env("DATABASE_URL", database.url_text())
        .envs(manager.settings())
        .stderr(std::fs::File::create(&path).unwrap())
        .spawn()
        .unwrap();
    let log = || std::fs::read_to_string(&path).unwrap();
    until(words, SOON, || log().contains(words));
    child.kill().unwrap();
    child.wait().unwrap();
    log()
}

#[test]
fn a_login_that_is_refused_is_told_once_without_the_secret() {
    let (database, manager) = prepared();
    manager.has_secret("another");
    let log = log_until(&database, &manager, "the login is refused");
    assert_eq!(log.matches("refused").count(), 1, "{log}");
    assert!(log.contains("AMI_USER and AMI_SECRET"), "{log}");
    assert!(!log.contains(crate::support::ami::SECRET), "{log}");
    assert_eq!((manager.logins(), manager.count("Login")), (0, 1));
}

#[test]
fn a_right_that_is_missing_is_told_and_changes_are_shown_all_the_same() {
    let (database, manager) = prepared();
    manager.refuses("ExtensionStateList", "Permission denied");
    let log = log_until(&database, &manager, "write = reporting");
    assert!(log.contains("Permission denied"), "{log}");
    let service = listening(&database, &manager);
    until("a login", SOON, || manager.logins() == 2);
    until("the list", SOON, || {
        manager.count("ExtensionStateList") == 2
    });
    manager.tell_hint("1001", "PJSIP/1001", 8);
    until_phones(&service, Value::Null, 8);
}

#[test]
fn something_else_that_listens_there_is_told_from_a_pbx() {
    let (database, manager) = prepared();
    manager.greets("SSH-2.0-OpenSSH_9.2p1");
    let log = log_until(
        &database,
        &manager,
        "no Asterisk Manager Interface answers there",
    );
    assert_eq!(
        (manager.count("Challenge"), manager.logins()),
        (0, 0),
        "{log}"
    );
}

#[test]
fn a_service_without_its_pbx_answers_and_says_what_is_missing_in_settings() {
    let (database, manager) = prepared();
    manager.is_silent(true);
    let service = listening(&database, &manager);
    assert_eq!(phones(&service), (Value::Null, Value::Null));
    for (name, value, words) in [
        ("AMI_URL", "pbx:5038", "AMI_URL must be tcp://"),
        (
            "AMI_URL",
            "tls://pbx",
            "AMI_URL must be tcp://: TLS is not spoken here",
        ),
        ("AMI_USER", "", "AMI_URL needs AMI_USER"),
        ("AMI_SECRET", "", "AMI_URL needs AMI_SECRET_FILE"),
        ("AMI_TIMEOUT", "1ms", "100ms to 5m"),
    ] {
        let output = program()
            .args(["serve", "--no-auth", "--bind", "127.0.0.1:0"])
            .env("DATABASE_URL", database.url_text())
            .envs(manager.settings())
            .env(name, value)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{said}");
        assert!(said.contains(words), "{said}");
    }
}
