//! A clock that jumps while the service runs: libfaketime sets the service's own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use crate::support::TestDatabase;
use crate::support::mariadb::until;
use crate::support::service::{Service, import_capture, program, succeed};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const PATH: &str = "/history/user?user=usera";
const PATIENCE: Duration = Duration::from_secs(20);

/// Debian's libfaketime, in the folder of this machine's architecture.
fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap();
    let found = folders
        .map(|folder| folder.unwrap().path().join("faketime/libfaketimeMT.so.1"))
        .find(|path| path.exists());
    found.unwrap_or_else(|| panic!("libfaketime is not there: apt-get install faketime"))
}

/// A service whose wall clock is as far from the true one as the file says.
struct Clocked {
    database: TestDatabase,
    service: Service,
    folder: tempfile::TempDir,
}

impl Clocked {
    fn start() -> Self {
        let database = TestDatabase::new();
        import_capture(&database);
        let folder = tempfile::tempdir().unwrap();
        let offset = folder.path().join("offset");
        set(&offset, "+0");
        let mut command = program();
        command
            .args(["serve", "--bind", "127.0.0.1:0"])
            .env("DATABASE_URL", database.url_text())
            .env("JWT_SECRET", SECRET)
            // As slow as guessing can be made: nothing here may run into it.
            .env("RATE_LIMIT", "1000,2000")
            .env("LD_PRELOAD", library())
            .env("FAKETIME_TIMESTAMP_FILE", &offset)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        let service = Service::spawn(&mut command);
        Self {
            database,
            service,
            folder,
        }
    }

    fn set(&self, offset: &str) {
        set(&self.folder.path().join("offset"), offset);
        let ready = || self.service.get("/health/ready").status == 200;
        until("ready", PATIENCE, ready);
    }

    fn key(&self, more: &[&str]) -> String {
        let arguments = [&["key", "create", "--scope", "history:all"], more].concat();
        succeed(&self.database, &arguments).trim().to_owned()
    }

    fn status(&self, credential: &str) -> u16 {
        self.service.get_as(credential, PATH).status
    }
}

/// Never half written: the service reads it whenever it looks at its clock.
fn set(path: &Path, offset: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, format!("{offset}\n")).unwrap();
    std::fs::rename(&new, path).unwrap();
}

fn token() -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let expires = chrono::Utc::now().timestamp() + 3600;
    let claims = json!({"sub": "usera", "exp": expires});
    encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

#[test]
fn a_jump_forward_ends_what_expires_and_nothing_else() {
    let clocked = Clocked::start();
    let (short, long) = (clocked.key(&["--expires", "1d"]), clocked.key(&[]));
    let token = token();
    for credential in [&short, &long, &token] {
        assert_eq!(clocked.status(credential), 200);
    }
    clocked.set("+2d");
    assert_eq!(clocked.status(&short), 401, "a key that has expired");
    assert_eq!(clocked.status(&token), 401, "a token that has expired");
    for _ in 0..20 {
        assert_eq!(clocked.status(&long), 200);
    }
    // A key that is made while the clock is ahead.
    assert_eq!(clocked.status(&clocked.key(&[])), 200);
    clocked.set("+0");
    for credential in [&short, &long, &token] {
        assert_eq!(clocked.status(credential), 200);
    }
}

#[test]
fn a_jump_backward_revives_no_revoked_key_and_locks_nobody_out() {
    let clocked = Clocked::start();
    let (revoked, good) = (clocked.key(&[]), clocked.key(&["--expires", "1d"]));
    let token = token();
    for credential in [&revoked, &good, &token] {
        assert_eq!(clocked.status(credential), 200);
    }
    succeed(&clocked.database, &["key", "revoke", &revoked[4..14]]);
    until("revoked", PATIENCE, || clocked.status(&revoked) == 401);
    clocked.set("-1d");
    for _ in 0..20 {
        assert_eq!(clocked.status(&revoked), 401);
        assert_eq!(clocked.status(&good), 200);
        assert_eq!(clocked.status(&token), 200);
        assert_eq!(clocked.status("nonsense"), 401);
    }
    let again = clocked.key(&[]);
    assert_eq!(clocked.status(&again), 200);
    succeed(&clocked.database, &["key", "revoke", &again[4..14]]);
    until("revoked", PATIENCE, || clocked.status(&again) == 401);
}
