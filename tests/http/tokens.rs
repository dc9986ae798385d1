//! JSON Web Tokens against the running service; `src/auth/jwt` has the attacks, one by one.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::TestDatabase;
use crate::support::service::{Service, import_capture, program};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Made for this test with `openssl genpkey -algorithm ed25519`.
const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

fn claims(user: &str, more: Value) -> Value {
    let mut claims = json!({"sub": user, "exp": chrono::Utc::now().timestamp() + 60});
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn serve(database: &TestDatabase, settings: &[(&str, &str)]) -> Service {
    let mut command = program();
    command.args(["serve", "--bind", "127.0.0.1:0"]);
    command.env("DATABASE_URL", database.url_text());
    command.envs(settings.iter().copied());
    Service::spawn(&mut command)
}

#[test]
fn a_token_with_a_shared_secret_opens_ones_own_history() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = serve(&database, &[("JWT_SECRET", SECRET), ("JWT_ISSUER", "crm")]);
    let token = |user: &str, more: Value| {
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        encode(&Header::new(Algorithm::HS256), &claims(user, more), &key).unwrap()
    };
    let status = |token: &str, path: &str| service.get_as(token, path).status;
    let userb = token("userb", json!({"iss": "crm"}));
    for (path, expected) in [
        ("/history/user", 200),
        ("/history/user?user=userb", 200),
        ("/history/agent", 200),
        ("/history/agent?agent=2501", 200),
        ("/history/user?user=usera", 404),
        ("/history/agent?agent=2502", 404),
    ] {
        assert_eq!(status(&userb, path), expected, "{path}");
    }
    assert_eq!(
        service.get_as(&userb, "/history/queue?name=bl&size=9").body,
        "[]"
    );
    let supervisor = token(
        "userb",
        json!({"iss": "crm", "scope": "openid history:queue:blue"}),
    );
    assert_ne!(
        service
            .get_as(&supervisor, "/history/queue?name=bl&size=9")
            .body,
        "[]"
    );
    assert_eq!(status(&supervisor, "/history/user"), 404, "no history:self");
    for token in [
        token("userb", json!({})),
        token("userb", json!({"iss": "crm", "exp": 1})),
        userb + "x",
    ] {
        assert_eq!(status(&token, "/history/user"), 401);
    }
}

#[test]
fn without_a_secret_or_a_key_set_no_token_counts() {
    let database = TestDatabase::new();
    let service = serve(&database, &[]);
    let key = EncodingKey::from_secret(b"");
    let token = encode(
        &Header::new(Algorithm::HS256),
        &claims("usera", json!({})),
        &key,
    )
    .unwrap();
    assert_eq!(service.get_as(&token, "/history/user").status, 401);
}

#[test]
fn a_key_set_is_read_from_a_url_and_again_for_an_unknown_key() {
    use std::io::{Read, Write};
    let database = TestDatabase::new();
    import_capture(&database);
    let key = EncodingKey::from_ed_pem(ED25519.as_bytes()).unwrap();
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA).unwrap();
    jwk.common.key_id = Some("one".to_owned());
    let set = json!({"keys": [jwk]}).to_string();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{set}",
                set.len()
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let service = serve(&database, &[("JWT_JWKS", &url)]);
    let token = |id: &str| {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(id.to_owned());
        encode(&header, &claims("usera", json!({})), &key).unwrap()
    };
    for _ in 0..5 {
        assert_eq!(service.get_as(&token("one"), "/history/user").status, 200);
        assert_eq!(service.get_as(&token("two"), "/history/user").status, 401);
    }
    let asked = asked.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(asked, 1, "once at first, and not again within a minute");
}
