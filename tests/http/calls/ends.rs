//! A call by its id in the way of HTTP, and when it is no call any more.

use super::detail::a_queue_call;
use super::import_cdr;
use crate::support::TestDatabase;
use crate::support::service::{Service, succeed};

#[test]
fn head_is_answered_as_get_is_and_nothing_is_said_to_stay_as_it_is() {
    let database = TestDatabase::new();
    let id = a_queue_call(&database);
    let service = Service::start(&database);
    let path = format!("/calls/{id}");
    let nowhere = format!("/calls/{}", "0".repeat(32));
    for (path, status) in [(&path, 200), (&nowhere, 404)] {
        let [get, head] = ["GET", "HEAD"].map(|method| service.send(method, path));
        assert_eq!((get.status, head.status), (status, status));
        assert_eq!(head.body, "");
        for name in ["content-type", "content-length", "cache-control"] {
            assert_eq!(get.header(name), head.header(name), "{name}");
        }
        // How it goes depends on the moment and on the directory: there is no tag.
        assert_eq!(get.header("etag"), None);
    }
    let unchanged = service.request("GET", &path, &[("If-None-Match", "*")]);
    assert_eq!(unchanged.status, 200);
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(service.send(method, &path).status, 405, "{method}");
    }
    for wrong in [
        "/",
        "%00",
        "/rows",
        "?include=rows&include=rows",
        "?include=",
    ] {
        let answer = service.get(&format!("{path}{wrong}"));
        let expected = match wrong {
            "?include=rows&include=rows" => 200,
            "/" | "/rows" => 404,
            _ => 400,
        };
        assert_eq!(answer.status, expected, "{wrong}: {}", answer.body);
    }
}

#[test]
fn a_call_that_turns_out_to_be_part_of_another_is_gone() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("queue_log");
    let lines = "1795424400|7.9|blue|NONE|ENTERQUEUE||0611|1\n\
                 1795424420|7.9|blue|NONE|ABANDON|1|1|20\n";
    std::fs::write(&log, lines).unwrap();
    succeed(&database, &["import", "--queue-log", log.to_str().unwrap()]);
    let service = Service::start(&database);
    let id = || {
        let calls = service.entries("/calls?from=2026-11-01");
        assert_eq!(calls.len(), 1, "{calls:#?}");
        calls[0]["callId"].as_str().unwrap().to_owned()
    };
    let alone = id();
    let told = service.get(&format!("/calls/{alone}"));
    assert_eq!(told.json()["visits"][0]["status"], "abandoned");
    // A record says of which call the channel was.
    import_cdr(
        &database,
        "7.1 7.9 0 20 20 ANSWERED PJSIP/trunk-1 - 0611 3000 Queue blue",
    );
    let whole = id();
    assert_ne!(whole, alone);
    let gone = service.get(&format!("/calls/{alone}"));
    assert_eq!(gone.status, 404, "{}", gone.body);
    let told = service.get(&format!("/calls/{whole}"));
    assert_eq!(told.json()["visits"][0]["status"], "abandoned");
}
