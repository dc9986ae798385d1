//! Logging in: who gets a token, what it opens, and when it ends.

mod bad;
mod ends;
mod slow;

use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::TestDatabase;
use crate::support::service::{
    Answer, Service, import_capture, import_directory, program, run, succeed,
};

const PASSWORD: &str = "correct horse";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const QUEUE: &str = "/history/queue?name=blue&size=5";
const OURS: &str = "/auth/login";
const XIVOS: &str = "/xuc/api/2.0/auth/login";
const CHECK: &str = "/xuc/api/2.0/auth/check";

fn passwd(database: &TestDatabase, arguments: &[&str], input: &[u8]) -> Output {
    use std::io::Write;
    let mut child = program()
        .args(["directory", "passwd"])
        .args(arguments)
        .env("DATABASE_URL", database.url_text())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that fails early does not read it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn set_password(database: &TestDatabase, user: &str, password: &str) {
    let output = passwd(database, &[user], format!("{password}\n").as_bytes());
    assert!(output.status.success(), "{output:?}");
}

/// A directory where usera and userb have a password.
fn people() -> TestDatabase {
    let database = TestDatabase::new();
    import_directory(&database);
    set_password(&database, "usera", PASSWORD);
    set_password(&database, "userb", PASSWORD);
    database
}

/// A service without rates: what these tests are about is how logins alone are slowed down.
fn without_rates(database: &TestDatabase) -> Service {
    Service::start_with(database, &[("RATE_LIMIT", "0")])
}

fn log_in(service: &Service, user: &str, password: &str) -> Answer {
    let body = json!({"username": user, "password": password});
    service.send_json("POST", OURS, "", &body)
}

fn token(service: &Service, user: &str, password: &str) -> String {
    let answer = log_in(service, user, password);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// Waits for what soon becomes so.
fn soon(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A CSV file of one user with these scopes; without that column where there are none.
fn import_scopes(database: &TestDatabase, user: &str, scopes: Option<&str>) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    let csv = match scopes {
        Some(scopes) => format!("username,numbers,scopes\n{user},1999,{scopes}\n"),
        None => format!("username,numbers\n{user},1999\n"),
    };
    std::fs::write(&file, csv).unwrap();
    let file = file.display().to_string();
    run(database, &["directory", "import", "--users", &file])
}

#[test]
fn a_person_logs_in_and_reads_what_is_theirs() {
    let database = TestDatabase::new();
    import_capture(&database);
    set_password(&database, "userb", PASSWORD);
    let service = Service::start_closed(&database);
    let answer = log_in(&service, "userb", PASSWORD);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let mut given = answer.json();
    let token = given["token"].take();
    let token = token.as_str().unwrap();
    let expected = json!({
        "token": null, "tokenType": "Bearer", "expiresIn": 3600, "username": "userb"
    });
    assert_eq!(given, expected);
    for (path, status) in [
        ("/history/user?size=5", 200),
        ("/history/agent?size=5", 200),
        ("/history/agent?agent=2501", 200),
        ("/history/user?user=usera", 404),
        ("/history/agent?agent=2502", 404),
    ] {
        let answer = service.get_as(token, path);
        assert_eq!(answer.status, status, "{path}");
        assert!(
            status != 200 || answer.json() != json!([]) || !path.contains("size"),
            "{path}"
        );
    }
    assert_eq!(service.get_as(token, QUEUE).json(), json!([]));
}

#[test]
fn scopes_of_the_directory_count_at_once_also_for_who_is_logged_in() {
    let database = TestDatabase::new();
    import_capture(&database);
    assert!(import_scopes(&database, "lead", None).status.success());
    set_password(&database, "lead", PASSWORD);
    let service = Service::start_closed(&database);
    let token = token(&service, "lead", PASSWORD);
    let reads = |path: &str| service.get_as(&token, path).json() != json!([]);
    assert!(!reads(QUEUE));
    let given = import_scopes(
        &database,
        "lead",
        Some("history:queue:blue;history:customer"),
    );
    assert!(given.status.success());
    soon("the scope is given", || reads(QUEUE));
    assert!(!reads("/history/queue?name=black&size=5"));
    assert!(reads("/history/customer?number=0699000001&size=5"));
    // A file without the column says nothing about them.
    assert!(import_scopes(&database, "lead", None).status.success());
    let bad = import_scopes(&database, "lead", Some("history:queue:blue;everything"));
    assert_eq!(bad.status.code(), Some(2));
    let said = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert!(
        said.contains("users.csv:2: scopes: \"everything\" is no scope; scopes are"),
        "{said}"
    );
    assert!(reads(QUEUE));
    assert!(import_scopes(&database, "lead", Some("")).status.success());
    soon("the scope is taken away", || !reads(QUEUE));
    assert_eq!(service.get_as(&token, "/history/user").status, 200);
}

#[test]
fn xivos_clients_log_in_and_check_their_token() {
    let database = people();
    let settings = [("LOGIN_TTL", "30m"), ("JWT_SECRET", SECRET)];
    let service = Service::start_with(&database, &settings);
    let body = json!({"login": "usera", "password": PASSWORD});
    let answer = service.send_json("POST", XIVOS, "", &body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let entered = answer.json();
    assert_eq!(
        (&entered["login"], &entered["TTL"]),
        (&json!("usera"), &json!(1800))
    );
    assert_eq!(entered.as_object().unwrap().len(), 3);
    let token = entered["token"].as_str().unwrap();
    let answer = service.get_as(token, CHECK);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let checked = answer.json();
    assert_eq!(checked["login"], "usera");
    assert_eq!(checked.as_object().unwrap().len(), 2, "{checked}");
    let renewed = checked["token"].as_str().unwrap();
    assert_eq!(service.get_as(renewed, "/history/user").status, 200);
    // Others would get rights that they were not given.
    let key = succeed(&database, &["key", "create", "--user", "usera"]);
    let jwt = json!({"sub": "usera", "exp": chrono::Utc::now().timestamp() + 60});
    let jwt = encode(
        &Header::new(Algorithm::HS256),
        &jwt,
        &EncodingKey::from_secret(SECRET.as_bytes()),
    )
    .unwrap();
    assert_eq!(service.get_as(&jwt, "/history/user").status, 200);
    for other in [key.trim(), &jwt, "x", &format!("{token}x")] {
        let answer = service.get_as(other, CHECK);
        assert_eq!(answer.status, 401, "{}", answer.body);
        let challenge = Some(r#"Bearer error="invalid_token""#);
        assert_eq!(answer.header("www-authenticate"), challenge);
        assert_eq!(answer.json()["error"], "InvalidCredentials");
    }
    assert_eq!(service.get(CHECK).status, 401);
    let open = Service::start(&database);
    assert_eq!(open.get(CHECK).status, 401);
    let token = token_of(&open.send_json("POST", XIVOS, "", &body));
    assert_eq!(open.get_as(&token, CHECK).status, 200);
}

fn token_of(answer: &Answer) -> String {
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// Two that start on a new database agree on the secret, which is nobody's setting.
#[test]
fn instances_believe_each_others_tokens() {
    let database = people();
    let services = [
        Service::start_closed(&database),
        Service::start_closed(&database),
    ];
    let tokens: Vec<String> = std::thread::scope(|scope| {
        let threads = [0, 1].map(|n| {
            let service = &services[n];
            scope.spawn(move || token(service, "usera", PASSWORD))
        });
        threads.map(|thread| thread.join().unwrap()).into()
    });
    let third = Service::start_closed(&database);
    for token in &tokens {
        for service in services.iter().chain([&third]) {
            assert_eq!(service.get_as(token, "/history/user").status, 200);
        }
    }
    // With a secret of its own, an instance believes its own only.
    let other = Service::start_with(&database, &[("LOGIN_SECRET", SECRET)]);
    assert_eq!(other.get_as(&tokens[0], "/history/user").status, 401);
}
