//! API keys over HTTP, and who may do what with them and with the directory.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::TestDatabase;
use crate::support::mariadb::until;
use crate::support::service::{Answer, Service, import_capture, succeed};

fn service() -> (TestDatabase, Service, String) {
    let database = TestDatabase::new();
    import_capture(&database);
    let admin = key(&database, "admin");
    let service = Service::start_closed(&database);
    (database, service, admin)
}

pub(crate) fn key(database: &TestDatabase, scope: &str) -> String {
    let key = succeed(database, &["key", "create", "--scope", scope]);
    key.trim().to_owned()
}

fn delete(service: &Service, admin: &str, path: &str) -> Answer {
    let bearer = format!("Bearer {admin}");
    service.request("DELETE", path, &[("Authorization", &bearer)])
}

#[test]
fn a_key_is_shown_once_opens_and_stops_when_it_is_revoked() {
    let (_database, service, admin) = service();
    let body = json!({"user": "usera", "scopes": ["history:queue:blue"], "expires": "90d"});
    let made = service.send_json("POST", "/keys", &admin, &body);
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let location = made.header("location").unwrap().to_owned();
    let key = made.json()["key"].as_str().unwrap().to_owned();
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(location, format!("/keys/{id}"));
    assert_eq!(
        made.json()["scopes"],
        json!(["history:self", "history:queue:blue"])
    );
    assert_eq!(service.get_as(&key, "/history/user").status, 200);
    assert_eq!(service.get_as(&key, "/history/user?user=userb").status, 404);

    let listed = service.get_as(&admin, "/keys");
    assert_eq!(listed.header("cache-control"), Some("no-store"));
    assert!(!listed.body.contains(&key[15..]), "{}", listed.body);
    assert!(!listed.body.contains("hash"), "{}", listed.body);
    let described = service.get_as(&admin, &location).json();
    assert!(listed.json().as_array().unwrap().contains(&described));
    assert_eq!(described["user"], "usera");
    assert!(described["expiresAt"].is_string() && described["createdAt"].is_string());
    assert!(described.get("revokedAt").is_none() && described.get("key").is_none());
    // The key that lists has been used, which is written down beside the requests.
    until("the last use", Duration::from_secs(20), || {
        let own = service.get_as(&admin, &format!("/keys/{}", &admin[4..14]));
        own.json()["lastUsedAt"].is_string()
    });

    assert_eq!(delete(&service, &admin, &location).status, 204);
    // At once, where it was revoked.
    assert_eq!(service.get_as(&key, "/history/user").status, 401);
    let revoked = service.get_as(&admin, &location).json();
    assert!(revoked["revokedAt"].is_string(), "{revoked}");
    assert_eq!(delete(&service, &admin, &location).status, 204);
    assert_eq!(service.get_as(&admin, &location).json(), revoked);
    assert_eq!(delete(&service, &admin, "/keys/0000000000").status, 404);
    assert_eq!(service.get_as(&admin, "/keys/0000000000").status, 404);
}

#[test]
fn keys_are_listed_page_by_page() {
    let (_database, service, admin) = service();
    for _ in 0..5 {
        let body = json!({"agent": "2501"});
        assert_eq!(
            service.send_json("POST", "/keys", &admin, &body).status,
            201
        );
    }
    let all = service.get_as(&admin, "/keys").json();
    let mut pages = Vec::new();
    let mut next = Some("/keys?size=4".to_owned());
    while let Some(path) = next {
        let page = service.get_as(&admin, &path);
        pages.extend(page.json().as_array().unwrap().clone());
        next = page.next();
    }
    assert_eq!(Value::from(pages), all);
    assert_eq!(all.as_array().unwrap().len(), 6);
    for query in ["size=0", "size=1001", "size=1&size=2", "afterr=x"] {
        let answer = service.get_as(&admin, &format!("/keys?{query}"));
        assert_eq!(answer.status, 400, "{query}");
    }
}

#[test]
fn a_key_that_cannot_be_is_refused_with_the_field() {
    let (_database, service, admin) = service();
    let wide = "x".repeat(256);
    for (body, field) in [
        (json!({}), "scopes"),
        (json!({"scopes": []}), "scopes"),
        (json!({"scopes": ["root"]}), "scopes[0]"),
        (json!({"scopes": ["admin", "history:queue:"]}), "scopes[1]"),
        (json!({"scopes": ["history:queue:a\nadmin"]}), "scopes[0]"),
        (
            json!({"scopes": [format!("history:user:{wide}")]}),
            "scopes",
        ),
        (json!({"scopes": vec!["admin"; 101]}), "scopes"),
        (json!({"scopes": "admin"}), "scopes"),
        (json!({"scopes": [5]}), "scopes[0]"),
        (json!({"user": ""}), "user"),
        (json!({"user": " "}), "user"),
        (json!({"user": wide}), "user"),
        (json!({"user": "a\u{0}"}), "user"),
        (json!({"user": 5}), "user"),
        (json!({"agent": ""}), "agent"),
        (json!({"user": "usera", "expires": "never"}), "expires"),
        (json!({"user": "usera", "expires": "2020-01-01"}), "expires"),
        (json!({"user": "usera", "expires": "9999999d"}), "expires"),
        (json!({"user": "usera", "id": "1"}), "id"),
        (json!([]), "body"),
    ] {
        let answer = service.send_json("POST", "/keys", &admin, &body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        let problem = answer.json();
        assert_eq!(problem["errors"][0]["parameter"], field, "{problem}");
    }
    // Nothing was made.
    let keys = service.get_as(&admin, "/keys").json();
    assert_eq!(keys.as_array().unwrap().len(), 1);
}

/// Each way to ask against each scope.
#[test]
fn only_who_may_reaches_keys_and_directory() {
    let (database, service, admin) = service();
    let scopes = [
        "history:self",
        "history:user:usera",
        "history:agent:2501",
        "history:queue:blue",
        "history:queue:*",
        "history:customer",
        "history:all",
        "directory:write",
    ];
    let mut callers = vec![("nobody", String::new()), ("nonsense", "x".to_owned())];
    let revoked = key(&database, "admin");
    assert_eq!(
        delete(&service, &admin, &format!("/keys/{}", &revoked[4..14])).status,
        204
    );
    callers.push(("revoked", revoked));
    callers.extend(scopes.map(|scope| (scope, key(&database, scope))));
    callers.push(("admin", admin));
    let user = json!({"numbers": [{"number": "1000"}]});
    let asked = [
        ("GET", "/keys", None),
        ("GET", "/keys/0000000000", None),
        ("POST", "/keys", Some(json!({"user": "usera"}))),
        ("POST", "/keys", Some(json!({"nonsense": 1}))),
        ("DELETE", "/keys/0000000000", None),
        ("GET", "/directory/users", None),
        ("GET", "/directory/users/usera", None),
        ("PUT", "/directory/users/usera", Some(user)),
        ("DELETE", "/directory/users/nobody", None),
        ("GET", "/directory/agents", None),
        ("GET", "/directory/agents/2501", None),
        ("PUT", "/directory/agents/2501", Some(json!({}))),
        (
            "PUT",
            "/directory/agents/2501",
            Some(json!({"nonsense": 1})),
        ),
        ("DELETE", "/directory/agents/nobody", None),
        ("GET", "/directory/queues", None),
        ("GET", "/directory/queues/blue", None),
        ("PUT", "/directory/queues/blue", Some(json!({}))),
        ("DELETE", "/directory/queues/nobody", None),
    ];
    for (method, path, body) in asked {
        for (caller, key) in &callers {
            let answer = match &body {
                Some(body) => service.send_json(method, path, key, body),
                None => {
                    let bearer = format!("Bearer {key}");
                    let headers = [("Authorization", bearer.as_str())];
                    let headers = if key.is_empty() { &[][..] } else { &headers };
                    service.request(method, path, headers)
                }
            };
            let may = match *caller {
                "admin" => true,
                "directory:write" => path.starts_with("/directory"),
                _ => false,
            };
            let what = format!("{caller}: {method} {path}: {}", answer.body);
            match *caller {
                "nobody" | "nonsense" | "revoked" => assert_eq!(answer.status, 401, "{what}"),
                _ if may => assert!(![401, 403].contains(&answer.status), "{what}"),
                _ => {
                    assert_eq!(answer.status, 403, "{what}");
                    let needed = if path.starts_with("/keys") {
                        "admin"
                    } else {
                        "directory:write"
                    };
                    let problem = answer.json();
                    assert!(
                        problem["detail"].as_str().unwrap().contains(needed),
                        "{what}"
                    );
                    assert_eq!(problem["type"], "urn:call-history:problem:forbidden");
                }
            }
            assert!(
                !answer.body.contains("chk_") || answer.status == 201,
                "{what}"
            );
        }
    }
}
