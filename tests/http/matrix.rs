//! Every endpoint for every kind of caller.
//!
//! The OpenAPI document says which endpoints there are, and [`TABLE`] what each kind of caller
//! gets from each. An endpoint that is not in the table fails the test, and so does one that
//! the service does not have any more.

use std::collections::BTreeSet;

use call_history::auth::keys::ApiKey;
use call_history::store::keys::{self, StoredKey};
use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use crate::support::TestDatabase;
use crate::support::service::{Service, import_capture, program};

/// The callers, in the order of the table's columns. Of the directory, usera is no agent and
/// userb is agent 2501.
const CALLERS: [&str; 17] = [
    // Who is nobody.
    "no credential",
    "bad key",
    "expired key",
    "revoked key",
    "expired token",
    // People.
    "token of usera",
    "key of usera",
    "key of userb",
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

/// A request, and what comes of it for each caller: a status, or `[]` for 200 without entries.
/// The columns stand in groups: nobody, people, scopes, `admin`.
const TABLE: &str = "
GET /health/live                                                | 200 200 200 200 200 | 200 200 200 200 | 200 200 200 200 200 200 200 | 200
GET /health/ready                                               | 200 200 200 200 200 | 200 200 200 200 | 200 200 200 200 200 200 200 | 200
GET /openapi.json                                               | 200 200 200 200 200 | 200 200 200 200 | 200 200 200 200 200 200 200 | 200
GET /history/user?from=2026-11-01                               | 401 401 401 401 401 | 200 200 200 400 | 400 400 400 400 400 400 400 | 400
GET /history/user?user=usera&from=2026-11-01                    | 401 401 401 401 401 | 200 200 404 404 | 404 404 404 404 404 200 404 | 200
GET /history/user?user=userb&from=2026-11-01                    | 401 401 401 401 401 | 404 404 200 404 | 200 404 404 404 404 200 404 | 200
GET /history/user?user=nobody&from=2026-11-01                   | 401 401 401 401 401 | 404 404 404 404 | 404 404 404 404 404 404 404 | 404
GET /history/agent?from=2026-11-01                              | 401 401 401 401 401 | 400 400 200 200 | 400 400 400 400 400 400 400 | 400
GET /history/agent?agent=2501&from=2026-11-01                   | 401 401 401 401 401 | 404 404 200 200 | 404 200 404 404 404 200 404 | 200
GET /history/agent?agent=2502&from=2026-11-01                   | 401 401 401 401 401 | 404 404 404 404 | 404 404 404 404 404 200 404 | 200
GET /history/queue?name=bl&from=2026-11-01                      | 401 401 401 401 401 | []  []  []  []  | []  []  200 200 []  200 []  | 200
GET /history/queue?name=tiny&from=2026-11-01                    | 401 401 401 401 401 | []  []  []  []  | []  []  []  200 []  200 []  | 200
GET /history/customer?number=0699000001&from=2026-11-01         | 401 401 401 401 401 | []  []  []  []  | []  []  []  []  200 200 []  | 200
";

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A line of the table.
struct Row {
    method: &'static str,
    path: &'static str,
    expected: Vec<&'static str>,
}

fn rows() -> Vec<Row> {
    let row = |line: &'static str| {
        let (request, expected) = line.split_once('|').unwrap();
        let (method, path) = request.trim().split_once(' ').unwrap();
        let expected = expected.split_whitespace().filter(|word| *word != "|");
        Row {
            method,
            path,
            expected: expected.collect(),
        }
    };
    TABLE.trim().lines().map(row).collect()
}

/// The credentials of [`CALLERS`].
fn credentials(database: &TestDatabase) -> Vec<Option<String>> {
    let hour = TimeDelta::hours(1);
    let key = |scope: &str, make: fn(&mut StoredKey, TimeDelta)| {
        let key = ApiKey::generate().unwrap();
        let mut stored = StoredKey {
            id: key.id().to_owned(),
            secret_hash: key.hash(),
            username: None,
            agent_number: None,
            scopes: vec![scope.parse().unwrap()],
            created_at: Utc::now() - hour * 2,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        };
        make(&mut stored, hour);
        keys::insert(&mut database.connect(), &stored).unwrap();
        key.reveal()
    };
    let token = |user: &str, lives: TimeDelta| {
        let claims = json!({"sub": user, "exp": (Utc::now() + lives).timestamp()});
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
    };
    CALLERS
        .iter()
        .map(|caller| match *caller {
            "no credential" => None,
            "bad key" => Some("chk_0000000000_nonsense".to_owned()),
            "expired key" => Some(key("admin", |key, hour| {
                key.expires_at = Some(Utc::now() - hour);
            })),
            "revoked key" => Some(key("admin", |key, hour| {
                key.revoked_at = Some(Utc::now() - hour);
            })),
            "expired token" => Some(token("usera", -hour)),
            "token of usera" => Some(token("usera", hour)),
            "key of usera" => Some(key("history:self", |key, _| {
                key.username = Some("usera".to_owned());
            })),
            "key of userb" => Some(key("history:self", |key, _| {
                key.username = Some("userb".to_owned());
            })),
            "key of agent 2501" => Some(key("history:self", |key, _| {
                key.agent_number = Some("2501".to_owned());
            })),
            scope => Some(key(scope, |_, _| ())),
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
    import_capture(&database);
    let mut command = program();
    command.args(["serve", "--bind", "127.0.0.1:0"]);
    command.env("DATABASE_URL", database.url_text());
    let service = Service::spawn(command.env("JWT_SECRET", SECRET));

    let rows = rows();
    let operations = operations(&service);
    for (method, template) in &operations {
        let is_here = |row: &Row| row.method == method && is_of(row.path, template);
        assert!(
            rows.iter().any(is_here),
            "{method} {template} is not in the table: say what each caller gets from it"
        );
    }
    let credentials = credentials(&database);
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
    let header = bearer.as_deref().map(|bearer| ("Authorization", bearer));
    let answer = service.request(row.method, row.path, header.as_slice());
    match answer.status {
        401 => assert_eq!(answer.header("www-authenticate"), Some("Bearer")),
        200 if answer.body == "[]" => return answer.body,
        _ => (),
    }
    answer.status.to_string()
}
