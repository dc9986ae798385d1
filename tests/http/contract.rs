//! The contract of the four histories where everything goes well.

use serde_json::Value;

use crate::support::TestDatabase;
use crate::support::events::Events;
use crate::support::service::{Service, import_capture, succeed};

fn service() -> (TestDatabase, Service) {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start(&database);
    (database, service)
}

fn starts(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry["start"].as_str().unwrap())
        .collect()
}

#[test]
fn an_entry_has_the_members_of_the_contract() {
    let (_database, service) = service();
    let path = "/history/user?user=userb&from=2026-11-23T00:18:59Z&until=2026-11-23T00:19:10Z";
    let entries = service.entries(path);
    assert_eq!(entries.len(), 1);
    let mut entry = entries[0].clone();
    let id = entry.as_object_mut().unwrap().remove("callId").unwrap();
    assert_eq!(id.as_str().unwrap().len(), 32);
    let expected = serde_json::json!({
        "start": "2026-11-23 00:19:00", "startedAt": "2026-11-23T00:19:00+00:00",
        "duration": "00:00:03", "durationSeconds": 3, "status": "answered",
        "srcNum": "0699000001", "dstNum": "1001", "dstUsername": "userb",
        "dstFirstName": "User", "dstLastName": "B", "direction": "inbound",
        "queueName": "blue", "queueDisplayName": "Customer care", "queueNum": "3000",
        "agentNum": "2501", "agentName": "User B", "waitTime": "00:00:01", "waitSeconds": 1,
    });
    assert_eq!(entry, expected);
}

#[test]
fn times_are_shown_and_read_in_the_zone_of_the_request() {
    let (_database, service) = service();
    let path =
        "/history/user?user=userd&tz=Asia/Kolkata&from=2026-11-23T05:48&until=2026-11-23T05:49";
    let entries = service.entries(path);
    assert_eq!(starts(&entries), ["2026-11-23 05:48:18"]);
    assert_eq!(entries[0]["startedAt"], "2026-11-23T05:48:18+05:30");
    // from is inclusive, until is exclusive.
    let exact = |from: &str, until: &str| {
        let path =
            format!("/history/user?user=userd&from=2026-11-23T{from}Z&until=2026-11-23T{until}Z");
        service.entries(&path).len()
    };
    assert_eq!(exact("00:18:18", "00:18:19"), 1);
    assert_eq!(exact("00:18:17", "00:18:18"), 0);
    assert_eq!(exact("00:18:19", "00:19:00"), 0);
}

#[test]
fn all_bounds_hold_together_and_ten_days_are_the_default() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cdr.csv");
    let mut csv =
        "calldate,channel,dstchannel,disposition,duration,billsec,uniqueid,src,dst,lastapp\n"
            .to_owned();
    let now = chrono::Utc::now();
    for (n, hours) in [1, 30, 24 * 9, 24 * 11, 24 * 400].into_iter().enumerate() {
        let start = (now - chrono::TimeDelta::hours(hours)).format("%Y-%m-%d %H:%M:%S");
        csv += &format!("{start},PJSIP/100-1,PJSIP/101-2,ANSWERED,9,5,x.{n},100,101,Dial\n");
    }
    std::fs::write(&file, csv).unwrap();
    succeed(&database, &["import", "--cdr", &file.display().to_string()]);
    let service = Service::start(&database);
    let count = |query: &str| {
        service
            .entries(&format!("/history/user?user=101{query}"))
            .len()
    };
    let day = |days: i64| {
        (now - chrono::TimeDelta::days(days))
            .format("%Y-%m-%d")
            .to_string()
    };
    assert_eq!(count(""), 3, "the last 10 days");
    assert_eq!(count("&size=20"), 5, "with a size, all");
    assert_eq!(count("&size=2"), 2);
    assert_eq!(count("&days=1"), 1);
    assert_eq!(count("&days=12"), 4);
    assert_eq!(count("&days=3660"), 5);
    assert_eq!(count("&days=12&size=2"), 2);
    assert_eq!(
        count(&format!("&days=3660&from={}", day(12))),
        4,
        "the later bound"
    );
    assert_eq!(
        count(&format!("&until={}", day(10))),
        1,
        "10 days before until"
    );
    assert_eq!(count("&status=missed"), 0);
    assert_eq!(count("&status=missed&status=answered"), 3);
}

#[test]
fn an_agents_history_has_the_linked_users_other_calls_once() {
    let (_database, service) = service();
    let agent = service.entries("/history/agent?agent=2501&size=100");
    let user = service.entries("/history/user?user=userb&size=100");
    let calls = |entries: &[Value]| {
        let mut calls: Vec<String> = entries.iter().map(|e| e["callId"].to_string()).collect();
        calls.sort();
        calls
    };
    let mut once = calls(&agent);
    once.dedup();
    assert_eq!(once, calls(&agent), "no call twice");
    assert_eq!(calls(&agent), calls(&user), "queue calls and all others");
}

#[test]
fn a_customers_number_is_found_however_it_is_written() {
    let (_database, service) = service();
    for number in ["0611223344", "06%2011%2022%2033%2044", "06.11-22/33(44)"] {
        let path = format!("/history/customer?number={number}&size=10");
        assert_eq!(service.entries(&path).len(), 2, "{number}");
    }
}

#[test]
fn head_is_answered_as_get_without_the_body() {
    let (_database, service) = service();
    let calls = service.entries("/calls?size=1");
    let call = format!("/calls/{}", calls[0]["callId"].as_str().unwrap());
    for (path, status) in [
        (&*call, 200),
        ("/calls/0", 400),
        ("/calls/00000000000000000000000000000000", 404),
        ("/calls?size=2", 200),
        ("/changes?size=2", 200),
        ("/changes?since=AAAA", 400),
        ("/history/user?user=usera&size=2", 200),
        ("/history/user?user=usera&size=0", 400),
        ("/history/user?user=nobody", 404),
        ("/health/ready", 200),
        ("/openapi.json", 200),
        ("/swagger-ui/", 200),
        ("/", 307),
        ("/nowhere", 404),
    ] {
        let ask = |method: &str| {
            service.raw(format!(
                "{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: one\r\n\
                 Connection: close\r\n\r\n"
            ))
        };
        let parts = |answer: String| {
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let lines = head.lines().filter(|line| !line.starts_with("date:"));
            let mut lines: Vec<String> = lines.map(str::to_owned).collect();
            lines.sort();
            (lines, body.to_owned())
        };
        let (head, body) = parts(ask("HEAD"));
        assert_eq!(body, "", "{path}");
        assert!(
            head.iter().any(|line| line.contains(&status.to_string())),
            "{head:?}"
        );
        assert_eq!(head, parts(ask("GET")).0, "{path}");
    }
}

#[test]
fn health_document_and_pages_are_there() {
    let (_database, service) = service();
    for path in ["/health/live", "/health/ready", "/swagger-ui/"] {
        assert_eq!(service.get(path).status, 200, "{path}");
    }
    let document = service.get("/openapi.json").json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let page = service.get("/swagger-ui/").body;
    assert!(
        !page.contains("https://"),
        "the page loads from elsewhere: {page}"
    );
}

/// "Try it out" sends what the document gives as examples. What is put is there for who reads,
/// and what is deleted was there.
#[test]
fn the_examples_of_the_document_give_answers() {
    let (_database, service) = service();
    let document = service.get("/openapi.json").json();
    for method in ["put", "get", "post", "delete"] {
        for (path, item) in document["paths"].as_object().unwrap() {
            let operation = &item[method];
            if operation.is_null() {
                continue;
            }
            let (mut path, mut query) = (path.clone(), String::new());
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                match parameter["example"].as_str() {
                    Some(example) if parameter["in"] == "path" => {
                        path = path.replace(&format!("{{{name}}}"), example);
                    }
                    Some(example) => query += &format!("{name}={example}&"),
                    None => {}
                }
            }
            let with_query = format!("{path}?{}", query.trim_end_matches('&'));
            let asked = with_query.trim_end_matches('?');
            let body = &operation["requestBody"]["content"]["application/json"]["example"];
            let method = method.to_uppercase();
            if operation["responses"]["200"]["content"]["text/event-stream"].is_object() {
                drop(Events::open(&service, asked, &[]).begun());
                continue;
            }
            let answer = match body {
                Value::Null => service.send(&method, asked),
                body => service.send_json(&method, asked, "", body),
            };
            let what = format!("{method} {asked}: {}", answer.body);
            let status = answer.status.to_string();
            assert!(operation["responses"][&status].is_object(), "{what}");
            // No example is the id of a key that was made here, and nobody has a password.
            let has_none = path == "/keys/0123456789" || operation["tags"][0] == "login";
            let is_good = answer.status < 300 || has_none && matches!(answer.status, 401 | 404);
            assert!(is_good, "{what}");
            if path.starts_with("/history/") {
                let path = format!("{asked}&size=5");
                assert!(!service.entries(&path).is_empty(), "{path}");
            }
        }
    }
}
