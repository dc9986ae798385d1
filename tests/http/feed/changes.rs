//! Copies that are kept by `/changes`.

use serde_json::Value;

use super::mirror::Mirror;
use super::{import_rows, key};
use crate::support::TestDatabase;
use crate::support::mariadb::until;
use crate::support::service::{Service, import_capture, import_directory, program};

/// Scopes, each a reader.
const READERS: [&[&str]; 7] = [
    &["history:all"],
    &["history:user:usera", "history:user:1000"],
    &["history:agent:2501"],
    &["history:queue:blue"],
    &["history:queue:*", "history:customer"],
    &["history:user:userb", "history:agent:2501"],
    &["history:user:nobody"],
];

fn histories_are_the_same(service: &Service, key: &str, mirror: &Mirror) {
    for ((kind, name), mut told) in mirror.histories() {
        let parameter = match kind.as_str() {
            "queue" => "name",
            "customer" => "number",
            word => word,
        };
        let query = "from=2000-01-01&answeredElsewhere=include&size=1000";
        let path = match kind.as_str() {
            "all" => format!("/calls?{query}"),
            _ => format!("/history/{kind}?{parameter}={name}&{query}"),
        };
        let answer = service.get_as(key, &path);
        assert_eq!(answer.status, 200, "{path}");
        let mut shown: Vec<Value> = answer.json().as_array().unwrap().clone();
        let own = |entry: &Value| match kind.as_str() {
            // A part of the name finds other queues, and an agent has a user's calls, too.
            "queue" => entry["queueName"] == name.as_str(),
            "agent" => told.contains(entry),
            _ => true,
        };
        shown.retain(own);
        let order = |entry: &Value| entry.to_string();
        shown.sort_by_key(order);
        told.sort_by_key(order);
        assert_eq!(told, shown, "{path}");
    }
}

#[test]
fn a_first_sync_and_what_changes_after_it_use_one_cursor_and_give_the_histories() {
    let database = TestDatabase::new();
    import_rows(&database);
    let service = Service::start_closed(&database);
    let keys = READERS.map(|scopes| key(&database, scopes));
    // Pages of all lengths, and one that has only begun when all changes.
    let mut mirrors: Vec<(usize, Mirror)> = Vec::new();
    for key in &keys {
        for (size, first) in [(1000, 1000), (7, 1000), (1, 10), (3, 0)] {
            let mut mirror = Mirror::new(key, "");
            for _ in 0..first {
                if !mirror.page(&service, size) {
                    break;
                }
            }
            mirrors.push((size, mirror));
        }
    }
    // Users have other names now, so nearly all calls change, and many owners lose theirs.
    import_directory(&database);
    for (size, mirror) in &mut mirrors {
        mirror.sync(&service, *size);
    }
    for (key, mirrors) in keys.iter().zip(mirrors.chunks(4)) {
        let fresh = Mirror::fresh(&service, key, "");
        for (size, mirror) in mirrors {
            assert_eq!(mirror.state(), fresh.state(), "pages of {size}");
        }
        histories_are_the_same(&service, key, &fresh);
    }
    let all = Mirror::fresh(&service, &keys[0], "");
    assert!(all.calls.len() > 30, "{}", all.calls.len());
    assert!(all.histories().len() > 10);
    let nobody = Mirror::fresh(&service, &keys[6], "");
    assert!(nobody.calls.is_empty());
}

#[test]
fn who_lost_a_call_is_told_so_once_and_nobody_else_is() {
    let database = TestDatabase::new();
    import_rows(&database);
    let service = Service::start_closed(&database);
    let learned = key(&database, &["history:user:1000"]);
    let named = key(&database, &["history:user:usera"]);
    let mut before = Mirror::fresh(&service, &learned, "");
    let mut empty = Mirror::fresh(&service, &named, "");
    assert!(!before.calls.is_empty() && empty.calls.is_empty());
    let lost: Vec<String> = before.calls.keys().cloned().collect();
    import_directory(&database);
    let path = format!("/changes?since={}", before.cursor.as_ref().unwrap());
    let page = service.get_as(&learned, &path).json();
    let mut told: Vec<&str> = page["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            assert_eq!(change["removed"], true, "{change}");
            assert_eq!(change.as_object().unwrap().len(), 3, "{change}");
            change["callId"].as_str().unwrap()
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, lost);
    before.sync(&service, 1000);
    assert!(before.calls.is_empty());
    empty.sync(&service, 1000);
    assert!(lost.iter().all(|call| empty.calls.contains_key(call)));
    // Who begins now is not told of what was lost before.
    let page = service.get_as(&learned, "/changes").json();
    assert_eq!(page["changes"].as_array().unwrap().len(), 0);
    assert_eq!(page["more"], false);
}

#[test]
fn a_copy_may_be_of_certain_histories_only() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start_closed(&database);
    let all = key(&database, &["history:all"]);
    let ids = |path: &str| {
        let answer = service.get_as(&all, path);
        assert_eq!(answer.status, 200, "{path}");
        let entries = answer.json();
        let mut ids: Vec<String> = entries
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["callId"].as_str().unwrap().to_owned())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let rest = "from=2000-01-01&answeredElsewhere=include";
    for (narrowing, history) in [
        ("&user=usera", "user?user=usera"),
        ("&agent=2501", "agent?agent=2501"),
        ("&queue=blue", "queue?name=blue"),
    ] {
        let mirror = Mirror::fresh(&service, &all, narrowing);
        let calls: Vec<String> = mirror.calls.keys().cloned().collect();
        assert_eq!(
            calls,
            ids(&format!("/history/{history}&{rest}")),
            "{narrowing}"
        );
        assert!(!calls.is_empty());
    }
    // An agent's history has a call once, with the user's other calls beside; and both together
    // have all of both.
    let entries = |narrowing: &str| {
        let mirror = Mirror::fresh(&service, &all, narrowing);
        mirror.histories().values().map(Vec::len).sum::<usize>()
    };
    let shown = service
        .get_as(&all, &format!("/history/agent?agent=2501&{rest}"))
        .json();
    assert_eq!(entries("&agent=2501"), shown.as_array().unwrap().len());
    let both = Mirror::fresh(&service, &all, "&agent=2501&user=userb").histories();
    let user = &both[&("user".to_owned(), "userb".to_owned())];
    let shown = service
        .get_as(&all, &format!("/history/user?user=userb&{rest}"))
        .json();
    assert_eq!(user.len(), shown.as_array().unwrap().len());
    // Of a zone.
    let zoned = Mirror::fresh(&service, &all, "&user=usera&tz=Asia/Kolkata");
    let entry = &zoned.calls.values().next().unwrap()["entries"][0]["entry"];
    assert!(
        entry["startedAt"].as_str().unwrap().ends_with("+05:30"),
        "{entry}"
    );
}

#[test]
fn what_cannot_change_any_more_is_known_when_somebody_follows() {
    let database = TestDatabase::new();
    import_capture(&database);
    let closed = Service::start_closed(&database);
    let all = key(&database, &["history:all"]);
    let available = |service: &Service| {
        let page = service.get_as(&all, "/changes?size=1").json();
        page.get("dataAvailableUntil").map(|time| {
            time.as_str()
                .unwrap()
                .parse::<chrono::DateTime<chrono::Utc>>()
                .unwrap()
        })
    };
    assert_eq!(available(&closed), None, "nobody follows");
    let began = chrono::Utc::now();
    let following = Service::spawn(
        program()
            .args(["serve", "--bind", "127.0.0.1:0", "--follow"])
            .env("DATABASE_URL", database.url_text()),
    );
    let soon = std::time::Duration::from_secs(40);
    until("a follower that is up to date", soon, || {
        available(&following).is_some()
    });
    // Of a call that may last 4 hours the row may come as late, and may be found an hour later.
    let margin = chrono::TimeDelta::hours(5);
    let time = available(&closed).unwrap();
    assert!(
        time > began - margin - chrono::TimeDelta::seconds(2),
        "{time}"
    );
    assert!(time <= chrono::Utc::now() - margin, "{time}");
    // All of these are over; of none was anything heard lately, or it was told that it is over.
    let mirror = Mirror::fresh(&closed, &all, "");
    assert!(mirror.calls.values().all(|call| call["settled"] == false));
}
