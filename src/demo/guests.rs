//! Who may look at the demo: keys of a few kinds, and a password for all of its people.

use anyhow::{anyhow, ensure};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::Utc;

use crate::auth::keys::ApiKey;
use crate::auth::new_key::NewKey;
use crate::auth::password;
use crate::model::{Scope, User};
use crate::store::passwords::{self, StoredPassword};
use crate::store::{Connection, directory, keys};

/// The username of somebody who has no phone, and may read all queues and customers.
pub const SUPERVISOR: &str = "supervisor";

/// Random bytes of the password.
const PASSWORD_BYTES: usize = 9;

/// What opens the demo.
#[derive(Debug)]
pub struct Guests {
    /// Keys, the administrator's first.
    pub keys: Vec<Key>,
    /// Everybody's password.
    pub password: String,
}

/// A key.
#[derive(Debug)]
pub struct Key {
    /// The key itself.
    pub key: String,
    /// What it opens, in words.
    pub opens: String,
}

/// The supervisor, for the directory.
pub fn supervisor() -> User {
    User {
        username: SUPERVISOR.to_owned(),
        first_name: "Sue".to_owned(),
        last_name: "Pervisor".to_owned(),
        scopes: [Scope::AnyQueue, Scope::Customer].into(),
        ..User::default()
    }
}

/// Makes the keys, and gives everybody in the directory the password. All are new each time.
///
/// # Errors
/// The database's, or the system gives no random bytes.
pub fn let_in(conn: &mut Connection, somebody: &str) -> anyhow::Result<Guests> {
    let mut keys = vec![Key {
        key: administrators_key(conn)?,
        opens: "everything".to_owned(),
    }];
    for (user, scopes, opens) in [
        (Some(somebody), vec![], format!("what {somebody} may read")),
        (
            Some("userb"),
            vec![],
            "what userb, who is agent 2501, may read".to_owned(),
        ),
        (
            None,
            vec![Scope::Queue("blue".to_owned())],
            "the queue blue".to_owned(),
        ),
    ] {
        let wanted = NewKey {
            user: user.map(str::to_owned),
            scopes,
            ..NewKey::default()
        };
        let key = make(conn, wanted)?;
        keys.push(Key { key, opens });
    }
    let password = give_password(conn)?;
    Ok(Guests { keys, password })
}

/// Makes a key that opens everything.
///
/// # Errors
/// The database's, or the system gives no random bytes.
pub fn administrators_key(conn: &mut Connection) -> anyhow::Result<String> {
    let wanted = NewKey {
        scopes: vec![Scope::Admin],
        ..NewKey::default()
    };
    make(conn, wanted)
}

/// Gives everybody in the directory the same password, and returns it.
///
/// # Errors
/// The database's, or the system gives no random bytes.
pub fn give_password(conn: &mut Connection) -> anyhow::Result<String> {
    let mut bytes = [0; PASSWORD_BYTES];
    getrandom::fill(&mut bytes).map_err(no_random)?;
    let password = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    // Hashed once: the people are as many as they like.
    let hash = password::keep(&password)?.hash;
    let directory = directory::load(conn)?;
    for user in directory.users() {
        let stored = StoredPassword {
            hash: hash.clone(),
            stamp: password::stamp().map_err(no_random)?,
        };
        passwords::put(conn, &user.username, &stored)?;
    }
    Ok(password)
}

fn make(conn: &mut Connection, wanted: NewKey) -> anyhow::Result<String> {
    let key = ApiKey::generate().map_err(no_random)?;
    let is_kept = keys::insert(conn, &wanted.stored(&key, Utc::now()))?;
    ensure!(is_kept, "the user of the key is deleted from the directory");
    Ok(key.reveal())
}

fn no_random(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("the system gives no random bytes: {error}")
}
