//! Every endpoint for every kind of caller.
//!
//! The OpenAPI document says which endpoints there are, and [`TABLE`] what each kind of caller
//! gets from each. An endpoint that is not in the table fails the test, and so does one that
//! the service does not have any more.

mod socket;

use std::collections::BTreeSet;

use call_history::auth::keys::ApiKey;
use call_history::auth::password;
use call_history::store::keys::{self, StoredKey};
use call_history::store::{directory, passwords};
use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::TestDatabase;
use crate::support::service::{Service, import_capture};

/// The callers, in the order of the table's columns. Of the directory, usera is no agent; userb
/// is agent 2501 and, by the directory's scopes, supervisor of the queue blue.
const CALLERS: [&str; 19] = [
    // Who is nobody.
    "no credential",
    "bad key",
    "expired key",
    "revoked key",
    "expired token",
    // People. Only a session has the directory's scopes.
    "token of usera",
    "key of usera",
    "session of usera",
    "key of userb",
    "session of userb",
    "key of agent 2501",
    // Scopes.
    "history:user:userb",
    "history:agent:2501",
    "history:queue:blue",
    "history:queue:*",
    "history:customer",
    "history:all",
    "directory:write",
    "admin",
];

/// A request with its body, if it has one, and what comes of it for each caller: a status, or
/// `[]` for 200 without entries. The columns stand in groups: nobody, people, scopes, `admin`.
/// The requests are made in this order, each by all callers in theirs.
const TABLE: &str = r#"
GET    /health/live                                                                     | 200 200 200 200 200 | 200 200 200 200 200 200 | 200 200 200 200 200 200 200 | 200
GET    /health/ready                                                                    | 200 200 200 200 200 | 200 200 200 200 200 200 | 200 200 200 200 200 200 200 | 200
GET    /openapi.json                                                                    | 200 200 200 200 200 | 200 200 200 200 200 200 | 200 200 200 200 200 200 200 | 200

GET    /history/user?from=2026-11-01                                                    | 401 401 401 401 401 | 200 200 200 200 200 400 | 400 400 400 400 400 400 400 | 400
GET    /history/user?user=usera&from=2026-11-01                                         | 401 401 401 401 401 | 200 200 200 404 404 404 | 404 404 404 404 404 200 404 | 200
GET    /history/user?user=userb&from=2026-11-01                                         | 401 401 401 401 401 | 404 404 404 200 200 404 | 200 404 404 404 404 200 404 | 200
GET    /history/user?user=userb&from=2026-11-01&format=csv                              | 401 401 401 401 401 | 404 404 404 200 200 404 | 200 404 404 404 404 200 404 | 200
GET    /history/user?user=userb&from=2026-11-01&distinct=peer&include=total             | 401 401 401 401 401 | 404 404 404 200 200 404 | 200 404 404 404 404 200 404 | 200
GET    /history/user?user=userb&from=2026-11-20&until=2026-11-25&q=user                 | 401 401 401 401 401 | 404 404 404 200 200 404 | 200 404 404 404 404 200 404 | 200
GET    /history/user?user=usera&from=2026-11-01&agent=2501&queue=blue                   | 401 401 401 401 401 | 200 200 200 404 404 404 | 404 404 404 404 404 200 404 | 200
GET    /history/user?user=nobody&from=2026-11-01                                        | 401 401 401 401 401 | 404 404 404 404 404 404 | 404 404 404 404 404 404 404 | 404
GET    /history/agent?from=2026-11-01                                                   | 401 401 401 401 401 | 400 400 400 200 200 200 | 400 400 400 400 400 400 400 | 400
GET    /history/agent?agent=2501&from=2026-11-01                                        | 401 401 401 401 401 | 404 404 404 200 200 200 | 404 200 404 404 404 200 404 | 200
GET    /history/agent?agent=2501&from=2026-11-01&format=ndjson                          | 401 401 401 401 401 | 404 404 404 200 200 200 | 404 200 404 404 404 200 404 | 200
GET    /history/agent?agent=2502&from=2026-11-01                                        | 401 401 401 401 401 | 404 404 404 404 404 404 | 404 404 404 404 404 200 404 | 200
GET    /history/queue?name=bl&from=2026-11-01                                           | 401 401 401 401 401 | []  []  []  []  200 []  | []  []  200 200 []  200 []  | 200
GET    /history/queue?name=bl&from=2026-11-01&format=csv                                | 401 401 401 401 401 | []  []  []  []  200 []  | []  []  200 200 []  200 []  | 200
GET    /history/queue?name=bl&from=2026-11-01&format=ndjson                             | 401 401 401 401 401 | []  []  []  []  200 []  | []  []  200 200 []  200 []  | 200
GET    /history/queue?name=bl&from=2026-11-01&agent=2501&include=total                  | 401 401 401 401 401 | []  []  []  []  200 []  | []  []  200 200 []  200 []  | 200
GET    /history/queue?name=tiny&from=2026-11-01                                         | 401 401 401 401 401 | []  []  []  []  []  []  | []  []  []  200 []  200 []  | 200
GET    /history/customer?number=0699000001&from=2026-11-01                              | 401 401 401 401 401 | []  []  []  []  []  []  | []  []  []  []  200 200 []  | 200
GET    /history/customer?number=0699000001&from=2026-11-01&format=csv                   | 401 401 401 401 401 | []  []  []  []  []  []  | []  []  []  []  200 200 []  | 200

GET    /calls?from=2026-11-01                                                           | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 200 403 | 200
GET    /calls?from=2026-11-01&format=csv                                                | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 200 403 | 200
GET    /calls?from=2026-11-20&until=2026-11-25&q=user&distinct=peer&include=total       | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 200 403 | 200
GET    /calls/506388d2064b35a4817732f31e53e006                                          | 401 401 401 401 401 | 200 200 200 200 200 404 | 200 404 404 404 404 200 404 | 200
GET    /calls/df3c4c8318f0519a8bba358fff200e72                                          | 401 401 401 401 401 | 404 404 404 200 200 200 | 200 200 200 200 200 200 404 | 200
GET    /calls/df3c4c8318f0519a8bba358fff200e72?include=rows                             | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 200 403 | 200
GET    /calls/00000000000000000000000000000000                                          | 401 401 401 401 401 | 404 404 404 404 404 404 | 404 404 404 404 404 404 404 | 404
PUT    /presence/usera {"videoStatus": "Busy"}                                          | 401 401 401 401 401 | 200 200 200 403 403 403 | 403 403 403 403 403 403 403 | 200
PUT    /presence/usera {"videoStatus": ""}                                              | 401 401 401 401 401 | 400 400 400 403 403 403 | 403 403 403 403 403 403 403 | 400
PUT    /presence/nobody {"videoStatus": "Busy"}                                         | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 | 404
GET    /presence/usera                                                                  | 401 401 401 401 401 | 200 200 200 404 404 404 | 404 404 404 404 404 200 404 | 200
GET    /presence/userb                                                                  | 401 401 401 401 401 | 404 404 404 200 200 404 | 200 404 404 404 404 200 404 | 200
GET    /presence/nobody                                                                 | 401 401 401 401 401 | 404 404 404 404 404 404 | 404 404 404 404 404 404 404 | 404
DELETE /presence/usera                                                                  | 401 401 401 401 401 | 204 204 204 403 403 403 | 403 403 403 403 403 403 403 | 204
DELETE /presence/nobody                                                                 | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 | 404

GET    /changes                                                                         | 401 401 401 401 401 | 200 200 200 200 200 200 | 200 200 200 200 200 200 403 | 200
GET    /changes?user=userb                                                              | 401 401 401 401 401 | 404 404 404 200 200 404 | 200 404 404 404 404 200 403 | 200
GET    /changes?agent=2501                                                              | 401 401 401 401 401 | 404 404 404 200 200 200 | 404 200 404 404 404 200 403 | 200
GET    /changes?queue=blue                                                              | 401 401 401 401 401 | 404 404 404 404 200 404 | 404 404 200 200 404 200 403 | 200
GET    /changes?since=nonsense                                                          | 401 401 401 401 401 | 400 400 400 400 400 400 | 400 400 400 400 400 400 400 | 400
GET    /events                                                                          | 401 401 401 401 401 | 200 200 200 200 200 200 | 200 200 200 200 200 200 403 | 200
GET    /events?user=userb                                                               | 401 401 401 401 401 | 404 404 404 200 200 404 | 200 404 404 404 404 200 403 | 200

POST   /auth/login {"username": "usera", "password": "correct horse"}                   | 200 200 200 200 200 | 200 200 200 200 200 200 | 200 200 200 200 200 200 200 | 200
POST   /auth/login {"username": "usera"}                                                | 400 400 400 400 400 | 400 400 400 400 400 400 | 400 400 400 400 400 400 400 | 400
POST   /xuc/api/2.0/auth/login {"login": "usera", "password": "correct horse"}          | 200 200 200 200 200 | 200 200 200 200 200 200 | 200 200 200 200 200 200 200 | 200
POST   /xuc/api/2.0/auth/login {"login": "usera"}                                       | 400 400 400 400 400 | 400 400 400 400 400 400 | 400 400 400 400 400 400 400 | 400
GET    /xuc/api/2.0/auth/check                                                          | 401 401 401 401 401 | 401 401 200 401 200 401 | 401 401 401 401 401 401 401 | 401

POST   /keys {"scopes": ["history:customer"]}                                           | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 | 201
POST   /keys {"scopes": ["root"]}                                                       | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 | 400
GET    /keys                                                                            | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 | 200
GET    /keys/0123456789                                                                 | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 | 200
GET    /keys/9876543210                                                                 | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 | 404
DELETE /keys/0123456789                                                                 | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 | 204
DELETE /keys/9876543210                                                                 | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 | 404

PUT    /directory/users/new {"scopes": ["history:all"]}                                 | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 | 201
PUT    /directory/users/new {"firstName": "New"}                                        | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 200 | 200
PUT    /directory/users/new {"numbers": ["1000"]}                                       | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 400 | 400
GET    /directory/users                                                                 | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 200 | 200
GET    /directory/users/new                                                             | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 200 | 200
DELETE /directory/users/new                                                             | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 204 | 204
GET    /directory/users/new                                                             | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 404 | 404
DELETE /directory/users/nobody                                                          | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 404 | 404

PUT    /directory/agents/2599 {"firstName": "New"}                                      | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 201 | 200
PUT    /directory/agents/2599 {"number": "2501"}                                        | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 400 | 400
GET    /directory/agents                                                                | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 200 | 200
GET    /directory/agents/2599                                                           | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 200 | 200
DELETE /directory/agents/2599                                                           | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 204 | 204
GET    /directory/agents/2599                                                           | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 404 | 404
DELETE /directory/agents/nobody                                                         | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 404 | 404

PUT    /directory/queues/new {"displayName": "New"}                                     | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 201 | 200
PUT    /directory/queues/new {"name": "blue"}                                           | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 400 | 400
GET    /directory/queues                                                                | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 200 | 200
GET    /directory/queues/new                                                            | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 200 | 200
DELETE /directory/queues/new                                                            | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 204 | 204
GET    /directory/queues/new                                                            | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 404 | 404
DELETE /directory/queues/nobody                                                         | 401 401 401 401 401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 404 | 404
"#;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

const PASSWORD: &str = "correct horse";

/// A line of the table.
struct Row {
    method: &'static str,
    path: &'static str,
    body: Option<Value>,
    expected: Vec<&'static str>,
}

fn rows() -> Vec<Row> {
    let row = |line: &'static str| {
        let (request, expected) = line.split_once('|').unwrap();
        let (method, rest) = request.trim().split_once(' ').unwrap();
        let (path, body) = match rest.trim().split_once(' ') {
            Some((path, body)) => (path, Some(serde_json::from_str(body).unwrap())),
            None => (rest.trim(), None),
        };
        let expected = expected.split_whitespace().filter(|word| *word != "|");
        Row {
            method,
            path,
            body,
            expected: expected.collect(),
        }
    };
    let lines = TABLE.lines().filter(|line| !line.is_empty());
    lines.map(row).collect()
}

/// The capture, with passwords of usera and userb, a supervisor, and a key that the table names.
fn prepare(database: &TestDatabase) {
    import_capture(database);
    let mut conn = database.connect();
    let known = directory::load(&mut conn).unwrap();
    let mut userb = known.user("userb").unwrap().clone();
    userb.scopes = ["history:queue:blue".parse().unwrap()].into();
    directory::put_users(&mut conn, &[userb]).unwrap();
    for user in ["usera", "userb"] {
        let password = password::keep(PASSWORD).unwrap();
        assert!(passwords::put(&mut conn, user, &password).unwrap());
    }
    let named = StoredKey {
        id: "0123456789".to_owned(),
        ..stored(&ApiKey::generate().unwrap(), "history:customer")
    };
    assert!(keys::insert(&mut conn, &named).unwrap());
}

fn stored(key: &ApiKey, scope: &str) -> StoredKey {
    StoredKey {
        id: key.id().to_owned(),
        secret_hash: key.hash(),
        username: None,
        agent_number: None,
        scopes: vec![scope.parse().unwrap()],
        created_at: Utc::now() - TimeDelta::hours(2),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

/// The credentials of [`CALLERS`].
fn credentials(database: &TestDatabase, service: &Service) -> Vec<Option<String>> {
    let hour = TimeDelta::hours(1);
    let key = |scope: &str, make: fn(&mut StoredKey)| {
        let key = ApiKey::generate().unwrap();
        let mut stored = stored(&key, scope);
        make(&mut stored);
        assert!(keys::insert(&mut database.connect(), &stored).unwrap());
        key.reveal()
    };
    let token = |user: &str, lives: TimeDelta| {
        let claims = json!({"sub": user, "exp": (Utc::now() + lives).timestamp()});
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
    };
    let session = |user: &str| {
        let body = json!({"username": user, "password": PASSWORD});
        let answer = service.send_json("POST", "/auth/login", "", &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["token"].as_str().unwrap().to_owned()
    };
    CALLERS
        .iter()
        .map(|caller| match *caller {
            "no credential" => None,
            "bad key" => Some("chk_0000000000_nonsense".to_owned()),
            "expired key" => Some(key("admin", |key| {
                key.expires_at = Some(Utc::now() - TimeDelta::hours(1));
            })),
            "revoked key" => Some(key("admin", |key| {
                key.revoked_at = Some(Utc::now() - TimeDelta::hours(1));
            })),
            "expired token" => Some(token("usera", -hour)),
            "token of usera" => Some(token("usera", hour)),
            "key of usera" => Some(key("history:self", |key| {
                key.username = Some("usera".to_owned());
            })),
            "key of userb" => Some(key("history:self", |key| {
                key.username = Some("userb".to_owned());
            })),
            "key of agent 2501" => Some(key("history:self", |key| {
                key.agent_number = Some("2501".to_owned());
            })),
            caller => Some(match caller.strip_prefix("session of ") {
                Some(user) => session(user),
                None => key(caller, |_| ()),
            }),
        })
        .collect()
}

/// The path of an operation as the document has it: `/keys/{id}` for `/keys/7`.
fn is_of(path: &str, template: &str) -> bool {
    let path = path.split('?').next().unwrap();
    let is_same = |(part, template): (&str, &str)| part == template || template.starts_with('{');
    path.split('/').count() == template.split('/').count()
        && path.split('/').zip(template.split('/')).all(is_same)
}

/// The operations of the document: method and path.
fn operations(service: &Service) -> BTreeSet<(String, String)> {
    let document = service.get("/openapi.json").json();
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "put", "post", "delete", "patch", "head", "options"] {
            if item.get(method).is_some() {
                operations.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    operations
}

#[test]
fn every_endpoint_gives_every_caller_what_the_table_says() {
    let database = TestDatabase::new();
    prepare(&database);
    // Each request is made by many callers, and those who are nobody share a rate.
    let settings = [("JWT_SECRET", SECRET), ("RATE_LIMIT", "0")];
    let service = Service::start_with(&database, &settings);

    let rows = rows();
    let operations = operations(&service);
    for (method, template) in &operations {
        let is_here = |row: &Row| row.method == method && is_of(row.path, template);
        assert!(
            rows.iter().any(is_here),
            "{method} {template} is not in the table: say what each caller gets from it"
        );
    }
    let credentials = credentials(&database, &service);
    let mut wrong = Vec::new();
    for row in &rows {
        let is_there = |(method, template): &(String, String)| {
            row.method == method && is_of(row.path, template)
        };
        assert!(operations.iter().any(is_there), "{} is gone", row.path);
        assert_eq!(row.expected.len(), CALLERS.len(), "{}", row.path);
        for ((caller, credential), expected) in CALLERS.iter().zip(&credentials).zip(&row.expected)
        {
            let found = outcome(&service, row, credential.as_deref());
            if found != *expected {
                wrong.push(format!(
                    "{} {} by {caller}: {found} instead of {expected}",
                    row.method, row.path
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The status, or `[]` for a history without entries.
fn outcome(service: &Service, row: &Row, credential: Option<&str>) -> String {
    let bearer = credential.map(|credential| format!("Bearer {credential}"));
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
    let body = row.body.as_ref().map(Value::to_string);
    let body = body.as_deref().map(str::as_bytes);
    // A stream has no end, and HEAD is answered as GET is.
    let method = match row.path.starts_with("/events") {
        true => "HEAD",
        false => row.method,
    };
    let answer = service.request_with(method, row.path, &headers, body);
    match answer.status {
        401 => assert!(
            answer
                .header("www-authenticate")
                .unwrap()
                .starts_with("Bearer")
        ),
        200 if answer.body == "[]" => return answer.body,
        // Without entries, CSV is its header line, and NDJSON nothing.
        200 if row.path.ends_with("=csv") && answer.body.lines().count() == 1 => {
            return "[]".to_owned();
        }
        200 if row.path.ends_with("=ndjson") && answer.body.is_empty() => return "[]".to_owned(),
        _ => (),
    }
    answer.status.to_string()
}
