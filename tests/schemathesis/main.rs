//! The running service against its own OpenAPI document: schemathesis makes requests that the
//! document allows and requests that it does not, and looks at every answer.
//!
//! `scripts/need-schemathesis` installs it, as `make test` does. The requests are the same each
//! time (a fixed seed; `SEED` asks others); how they are made stands in `config.toml`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use support::TestDatabase;
use support::service::{Service, import_capture};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// The program, as `scripts/need-schemathesis` says where it is.
fn schemathesis() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/need-schemathesis");
    let output = Command::new(script).arg("--path").output().unwrap();
    let path = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    assert!(
        path.is_file(),
        "there is no schemathesis: run scripts/need-schemathesis"
    );
    path
}

#[test]
fn every_answer_is_one_that_the_document_describes() {
    let database = TestDatabase::new();
    import_capture(&database);
    let service = Service::start_with(&database, &[("JWT_SECRET", SECRET)]);
    // A token and no key: nothing that the requests do can take it away.
    let expires = chrono::Utc::now().timestamp() + 3600;
    let claims = json!({"sub": "schemathesis", "exp": expires, "scope": "admin"});
    let secret = EncodingKey::from_secret(SECRET.as_bytes());
    let token = encode(&Header::new(Algorithm::HS256), &claims, &secret).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let seed = std::env::var("SEED").ok();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis");
    let output = Command::new(schemathesis())
        .arg("--config-file")
        .arg(own.join("config.toml"))
        .arg("run")
        .arg(format!("http://{}/openapi.json", service.address()))
        .arg("--no-color")
        .args(seed.iter().flat_map(|seed| ["--seed", seed]))
        .env("TOKEN", token)
        .env("SCHEMATHESIS_HOOKS", own.join("hooks.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
