//! What it costs to find out who asks: `cargo bench --bench credentials`.
//!
//! From a request's headers to its principal, the way that `api/identify` goes: keys that were
//! looked up within the last second and those that were not (on SQLite), tokens of our login,
//! and tokens made elsewhere that were seen before and new ones.

#![allow(clippy::print_stdout, reason = "the table is what it is for")]

mod made;

use std::hint::black_box;
use std::time::{Duration, Instant};

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use anyhow::{Context, bail};
use call_history::api::names::Names;
use call_history::auth::Credential;
use call_history::auth::keys::{ApiKey, KeyCache};
use call_history::auth::login::{Logins, Session};
use call_history::auth::tokens::{Tokens, Verdict};
use call_history::model::{Directory, Principal, Scope, User};
use call_history::store::keys::{StoredKey, insert};
use call_history::store::{self, Connection, DatabaseUrl};
use chrono::Utc;

/// How often each is done.
const TIMES: usize = 20_000;
/// The first ones do not count.
const WARM_UP: usize = 200;

fn main() -> anyhow::Result<()> {
    let user = User {
        username: "usera".to_owned(),
        agent_number: Some("2501".to_owned()),
        ..User::default()
    };
    let directory = Directory::new([user], [], []);
    println!("| credential | median | 99 of 100 are below |");
    println!("| --- | ---: | ---: |");
    keys(&directory)?;
    login(directory.clone())?;
    for algorithm in made::ALGORITHMS {
        let issuer = made::Issuer::new(algorithm)?;
        let tokens = issuer.tokens()?;
        let known = headers(&issuer.token(0)?)?;
        let name = format!("{algorithm:?} token, seen before");
        measure(&name, TIMES, |_| of_token(&tokens, &directory, &known))?;
        let new: Vec<HeaderMap> = (1..=TIMES / 10)
            .map(|number| headers(&issuer.token(number)?))
            .collect::<anyhow::Result<_>>()?;
        let name = format!("{algorithm:?} token, new");
        measure(&name, new.len(), |time| {
            of_token(&tokens, &directory, &new[time])
        })?;
    }
    Ok(())
}

fn keys(directory: &Directory) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let url: DatabaseUrl = format!("sqlite://{}", folder.path().join("keys.db").display())
        .parse()
        .context("a database")?;
    let mut conn = store::connect(&url)?;
    store::migrate(&mut conn).map_err(|error| anyhow::anyhow!(error))?;
    let key = ApiKey::generate().map_err(|error| anyhow::anyhow!("{error}"))?;
    insert(&mut conn, &stored(&key))?;
    let headers = headers(&key.reveal())?;
    let cache = KeyCache::default();
    look_up(&cache, &mut conn, directory, &headers).context("the key is believed")?;
    let mut looked_up = Instant::now();
    measure("API key, looked up a moment ago", TIMES, |_| {
        // A request that comes later is the next line's.
        if looked_up.elapsed() > Duration::from_millis(500) {
            look_up(&cache, &mut conn, directory, &headers)?;
            looked_up = Instant::now();
        }
        let Credential::Key(key) = Credential::of(&headers) else {
            return None;
        };
        cache.recent(&key, Utc::now(), None)
    })?;
    measure("API key, once a second", TIMES / 10, |_| {
        look_up(&cache, &mut conn, directory, &headers)
    })
}

fn login(directory: Directory) -> anyhow::Result<()> {
    let logins = Logins::new(Some(b"0123456789abcdef0123456789abcdef"), 3600);
    let session = Session {
        username: "usera".to_owned(),
        stamp: "stamp".to_owned(),
        since: Utc::now().timestamp(),
    };
    let token = logins.token(&session, Utc::now());
    let headers = headers(&token.map_err(|error| anyhow::anyhow!(error))?)?;
    let stamps = [(session.username, session.stamp)].into();
    let names = Names::new(directory, [].into(), [].into(), [].into()).with_stamps(stamps);
    measure("token of a login", TIMES, |_| {
        let Credential::Login(token) = Credential::of(&headers) else {
            return None;
        };
        names.principal(&logins.session(&token).ok()?)
    })
}

fn look_up(
    cache: &KeyCache,
    conn: &mut Connection,
    directory: &Directory,
    headers: &HeaderMap,
) -> Option<Principal> {
    let Credential::Key(key) = Credential::of(headers) else {
        return None;
    };
    let found = cache.look_up(conn, (directory, 0), &key, Utc::now());
    found.ok().flatten()
}

fn of_token(tokens: &Tokens, directory: &Directory, headers: &HeaderMap) -> Option<Principal> {
    let Credential::Token(token) = Credential::of(headers) else {
        return None;
    };
    let Verdict::Believed(claims) = tokens.judge(&token) else {
        return None;
    };
    let user = directory.user(&claims.user);
    let agent = user.and_then(|user| user.agent_number.clone());
    Some(Principal::new(Some(claims.user), agent, &claims.scopes))
}

fn stored(key: &ApiKey) -> StoredKey {
    StoredKey {
        id: key.id().to_owned(),
        secret_hash: key.hash(),
        username: Some("usera".to_owned()),
        agent_number: None,
        scopes: vec![Scope::Own, Scope::Queue("blue".to_owned())],
        created_at: Utc::now(),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

fn headers(credential: &str) -> anyhow::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_str(&format!("Bearer {credential}"))?;
    headers.insert(AUTHORIZATION, value);
    Ok(headers)
}

/// Does it so many times, and prints how long it took. Each must give a principal.
fn measure(
    name: &str,
    times: usize,
    mut once: impl FnMut(usize) -> Option<Principal>,
) -> anyhow::Result<()> {
    let mut took = Vec::with_capacity(times);
    for time in 0..times {
        let begun = Instant::now();
        let principal = black_box(once(time));
        took.push(begun.elapsed());
        if principal.is_none() {
            bail!("{name}: refused");
        }
    }
    took.drain(..WARM_UP);
    took.sort_unstable();
    let micros = |share: usize| took[took.len() * share / 100].as_secs_f64() * 1e6;
    println!("| {name} | {:.1} µs | {:.1} µs |", micros(50), micros(99));
    Ok(())
}
