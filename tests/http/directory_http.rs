//! The directory over HTTP, where everything goes well.

use std::time::Duration;

use call_history::store::{directory, revisions};
use serde_json::{Value, json};

use super::keys::key;
use crate::support::TestDatabase;
use crate::support::mariadb::until;
use crate::support::service::{Service, capture, import_directory, succeed};

const ALL: &str = "from=2026-11-01&size=100";

/// The calls of the capture, without the directory.
fn import_calls(database: &TestDatabase) {
    let (cdr, log) = (capture("cdr.csv"), capture("queue_log.csv"));
    succeed(database, &["import", "--cdr", &cdr, "--queue-log", &log]);
}

fn put(service: &Service, path: &str, body: &Value) -> (u16, Value) {
    let answer = service.send_json("PUT", path, "", body);
    (answer.status, answer.json())
}

#[test]
fn what_is_put_is_there_once_until_it_is_deleted() {
    let database = TestDatabase::new();
    let service = Service::start(&database);
    let user = json!({
        "username": "ann", "firstName": "Ann", "lastName": "Ö",
        "numbers": [
            {"number": "1000", "source": "default"},
            {"number": "1001", "source": "paris", "validFrom": "2026-01-01T00:00:00Z",
             "validUntil": "2026-07-01T00:00:00.000001Z"},
        ],
        "endpoints": [{"endpoint": "PJSIP/1000", "source": "default"}],
        "agentNumber": "2501", "scopes": ["history:queue:blue"],
    });
    let agent = json!({"number": "2501", "firstName": "Ann", "lastName": "Ö"});
    let queue = json!({"name": "blue", "displayName": "Blue", "number": "3000"});
    let revision = || directory::revision(&mut database.connect()).unwrap();
    for (list, name, body, other) in [
        (
            "/directory/users",
            "ann",
            user,
            json!({"lastName": "Smith"}),
        ),
        (
            "/directory/agents",
            "2501",
            agent,
            json!({"lastName": "Smith"}),
        ),
        (
            "/directory/queues",
            "blue",
            queue,
            json!({"displayName": "Azure"}),
        ),
    ] {
        let path = format!("{list}/{name}");
        assert_eq!(service.get(&path).status, 404);
        assert_eq!(service.send("DELETE", &path).status, 404, "never there");
        let made = service.send_json("PUT", &path, "", &body);
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(made.header("location"), Some(path.as_str()));
        assert_eq!(made.json(), body);
        let before = revision();
        assert_eq!(put(&service, &path, &body), (200, body.clone()));
        assert_eq!(put(&service, &path, &service.get(&path).json()).0, 200);
        assert_eq!(revision(), before, "the same body changes nothing");
        assert_eq!(service.get(list).json(), json!([body]));

        let (status, replaced) = put(&service, &path, &other);
        assert_eq!(status, 200, "{replaced}");
        assert_ne!(replaced, body);
        assert!(revision() > before);
        assert_eq!(service.get(&path).json(), replaced);

        assert_eq!(service.send("DELETE", &path).status, 204);
        let deleted = revision();
        assert_eq!(service.send("DELETE", &path).status, 204, "again");
        assert_eq!(revision(), deleted);
        assert_eq!(service.get(&path).status, 404);
        assert_eq!(service.get(list).json(), json!([]));
        assert_eq!(put(&service, &path, &body).0, 201, "it is back");
        assert_eq!(service.get(&path).json()["lastName"], body["lastName"]);
    }
}

#[test]
fn lists_are_pages_in_the_order_of_their_names() {
    let database = TestDatabase::new();
    let service = Service::start(&database);
    let mut names: Vec<String> = (0..230).map(|n| format!("user{n:03}")).collect();
    names.extend(["a&b".to_owned(), "jose".to_owned(), "josé".to_owned()]);
    let csv: String = names.iter().map(|name| format!("{name}\n")).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    std::fs::write(&file, format!("username\n{csv}")).unwrap();
    let file = file.display().to_string();
    succeed(&database, &["directory", "import", "--users", &file]);
    assert_eq!(
        service.send("DELETE", "/directory/users/user100").status,
        204
    );
    names.retain(|name| name != "user100");
    names.sort();
    for size in [1000, 232, 231, 100, 7] {
        let users = service.walk(&format!("/directory/users?size={size}"));
        let found: Vec<&str> = users
            .iter()
            .map(|u| u["username"].as_str().unwrap())
            .collect();
        assert_eq!(found, names, "{size}");
    }
    // Whoever is not in a file stays, and a deleted one who is in it is back.
    succeed(&database, &["directory", "import", "--users", &file]);
    assert_eq!(service.get("/directory/users/user100").status, 200);
    assert_eq!(service.walk("/directory/users").len(), names.len() + 1);
}

#[test]
fn names_of_every_kind_are_found_under_their_path() {
    let database = TestDatabase::new();
    let service = Service::start(&database);
    for (path, name) in [
        ("a%2Fb", "a/b"),
        ("a%20b%2B+c", "a b++c"),
        ("100%25", "100%"),
        ("%C3%A9", "é"),
        ("e%CC%81", "e\u{301}"),
        ("A", "A"),
        ("a", "a"),
        ("a%20", "a "),
        ("%22%3C%3E%27;--", "\"<>';--"),
        ("%3F%23", "?#"),
    ] {
        let path = format!("/directory/queues/{path}");
        let (status, queue) = put(&service, &path, &json!({"displayName": name}));
        assert_eq!((status, &queue["name"]), (201, &json!(name)), "{path}");
        assert_eq!(service.get(&path).json(), queue);
    }
    assert_eq!(service.walk("/directory/queues?size=3").len(), 10);
}

#[test]
fn calls_move_in_the_background_to_whom_they_belong() {
    let database = TestDatabase::new();
    import_calls(&database);
    let service = Service::start(&database);
    let count = |user: &str| {
        let answer = service.get(&format!("/history/user?user={user}&{ALL}"));
        match answer.status {
            200 => answer.json().as_array().unwrap().len(),
            _ => 0,
        }
    };
    assert_eq!(count("1000"), 17);
    let wanted = || revisions::refold_is_wanted(&mut database.connect()).unwrap();
    let user = json!({"numbers": [{"number": "1000"}], "endpoints": [{"endpoint": "PJSIP/1000"}]});
    assert_eq!(put(&service, "/directory/users/usera", &user).0, 201);
    // The change itself stands at once.
    assert_eq!(service.get("/history/user?user=usera").status, 200);
    let limit = Duration::from_secs(60);
    until("folded again", limit, || !wanted());
    assert_eq!((count("usera"), count("1000")), (17, 0));

    let queue = json!({"number": "3000"});
    assert_eq!(put(&service, "/directory/queues/blue", &queue).0, 201);
    until("folded again", limit, || !wanted());

    // What folding does not look at needs none.
    let queue = json!({"number": "3000", "displayName": "Customer care"});
    assert_eq!(put(&service, "/directory/queues/blue", &queue).0, 200);
    let agent = json!({"firstName": "Ada"});
    assert_eq!(put(&service, "/directory/agents/2501", &agent).0, 201);
    let mut user = user;
    user["scopes"] = json!(["history:all"]);
    assert_eq!(put(&service, "/directory/users/usera", &user).0, 200);
    assert!(!wanted());
    let entries = service.entries(&format!("/history/queue?name=blue&{ALL}"));
    assert!(
        entries.iter().any(|e| e["agentName"] == "Ada"),
        "{entries:?}"
    );
    assert!(
        entries
            .iter()
            .all(|e| e["queueDisplayName"] == "Customer care")
    );
}

#[test]
fn a_service_goes_on_with_what_an_earlier_one_left() {
    let database = TestDatabase::new();
    import_calls(&database);
    let user = call_history::model::User {
        username: "usera".to_owned(),
        endpoints: vec![call_history::model::Valued {
            source: "default".to_owned(),
            value: "PJSIP/1000".to_owned(),
            validity: Default::default(),
        }],
        ..Default::default()
    };
    let mut conn = database.connect();
    directory::put_users(&mut conn, &[user]).unwrap();
    assert!(revisions::refold_is_wanted(&mut conn).unwrap());
    let service = Service::start(&database);
    until("folded again", Duration::from_secs(60), || {
        !revisions::refold_is_wanted(&mut conn).unwrap()
    });
    let entries = service.entries(&format!("/history/user?user=usera&{ALL}"));
    assert_eq!(entries.len(), 17);
}

#[test]
fn only_an_administrator_changes_what_somebody_may_read() {
    let database = TestDatabase::new();
    import_directory(&database);
    let (writer, admin) = (key(&database, "directory:write"), key(&database, "admin"));
    let service = Service::start_closed(&database);
    let path = "/directory/users/ann";
    let put = |key: &str, body: &Value| service.send_json("PUT", path, key, body);
    let given = json!({"scopes": ["history:queue:blue"]});
    for body in [&given, &json!({"scopes": ["directory:write"]})] {
        let refused = put(&writer, body);
        assert_eq!(refused.status, 403, "{}", refused.body);
        assert_eq!(refused.json()["errors"][0]["parameter"], "scopes");
        assert_eq!(
            service.get_as(&writer, path).status,
            404,
            "nothing was written"
        );
    }
    assert_eq!(put(&writer, &json!({"scopes": []})).status, 201);
    assert_eq!(put(&admin, &given).status, 200);
    for kept in [&given, &json!({"lastName": "Smith"})] {
        let answer = put(&writer, kept);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json()["scopes"], given["scopes"]);
    }
    for other in [json!([]), json!(["history:queue:blue", "admin"])] {
        assert_eq!(put(&writer, &json!({"scopes": other})).status, 403);
    }
    // Who is deleted and put again comes back without what they could read.
    let bearer = format!("Bearer {writer}");
    let deleted = service.request("DELETE", path, &[("Authorization", &bearer)]);
    assert_eq!(deleted.status, 204);
    assert_eq!(put(&writer, &given).status, 403);
    assert_eq!(put(&writer, &json!({})).json()["scopes"], json!([]));
}

#[test]
fn several_may_write_at_the_same_time() {
    let database = TestDatabase::new();
    let service = Service::start(&database);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    let lines: String = (0..50).map(|n| format!("ann{n},100{n}\n")).collect();
    std::fs::write(&file, format!("username,numbers\nann,1\n{lines}")).unwrap();
    let file = file.display().to_string();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let service = &service;
            scope.spawn(move || {
                for n in 0..10 {
                    let number = format!("{thread}{n}");
                    let body = json!({"numbers": [{"number": number}]});
                    let answer = service.send_json("PUT", "/directory/users/ann", "", &body);
                    assert!([200, 201].contains(&answer.status), "{}", answer.body);
                    if n % 3 == 0 {
                        let deleted = service.send("DELETE", "/directory/users/ann");
                        assert_eq!(deleted.status, 204, "{}", deleted.body);
                    }
                }
            });
        }
        succeed(&database, &["directory", "import", "--users", &file]);
    });
    let ann = service.get("/directory/users/ann");
    if ann.status == 200 {
        assert_eq!(ann.json()["numbers"].as_array().unwrap().len(), 1);
    }
}
