use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::*;
use crate::model::{Owner, User};

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

fn logins() -> Logins {
    Logins::new(Some(SECRET), 3600)
}

fn session() -> Session {
    Session {
        username: "usera".to_owned(),
        stamp: "stamp".to_owned(),
        since: Utc::now().timestamp(),
    }
}

fn refused(token: &str) -> bool {
    logins().session(token).is_err()
}

#[test]
fn a_token_says_who_has_logged_in_and_when() {
    let token = logins().token(&session(), Utc::now()).unwrap();
    assert_eq!(logins().session(&token), Ok(session()));
    assert!(is_login(&token));
    let payload = BASE64.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    let lasts = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(lasts, 3600);
    assert!(claims.get("scope").is_none());
}

#[test]
fn an_old_a_changed_and_a_foreign_one_are_refused() {
    let token = logins().token(&session(), Utc::now()).unwrap();
    let old = Utc::now() - TimeDelta::seconds(3601);
    assert!(
        refused(&logins().token(&session(), old).unwrap()),
        "no leeway"
    );
    let parts: Vec<&str> = token.split('.').collect();
    let mut claims: Value = serde_json::from_slice(&BASE64.decode(parts[1]).unwrap()).unwrap();
    claims["sub"] = json!("userb");
    let changed = BASE64.encode(claims.to_string());
    assert!(refused(&format!("{}.{changed}.{}", parts[0], parts[2])));
    assert!(refused(&format!("{}.{}.", parts[0], parts[1])));
    assert!(refused(&token[..token.len() - 2]));
    let none = BASE64.encode(json!({"alg": "none", "typ": TYPE}).to_string());
    assert!(refused(&format!("{none}.{}.", parts[1])));
    let other = Logins::new(Some(b"another secret, as long as needed"), 3600);
    assert!(refused(&other.token(&session(), Utc::now()).unwrap()));
    let without = Logins::new(None, 3600);
    assert!(without.session(&token).is_err());
    assert!(without.token(&session(), Utc::now()).is_err());
}

/// The same secret for both, as somebody may configure it.
#[test]
fn tokens_made_elsewhere_and_ours_are_never_taken_for_each_other() {
    let claims = json!({
        "iss": OURSELVES, "aud": OURSELVES, "sub": "usera", "stamp": "stamp", "auth_time": 0,
        "exp": Utc::now().timestamp() + 60, "scope": "admin",
    });
    let foreign = |typ: &str| {
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(typ.to_owned());
        encode(&header, &claims, &EncodingKey::from_secret(SECRET)).unwrap()
    };
    assert!(refused(&foreign(TYPE)), "signed with the secret itself");
    assert!(refused(&foreign("JWT")));
    let elsewhere = Rules {
        algorithms: vec![Algorithm::HS256],
        issuer: None,
        audience: None,
        user_claim: "sub".to_owned(),
        leeway: 30,
    };
    let check = |token: &str| elsewhere.check(token, Some(SECRET), &KeySet::default());
    assert!(check(&foreign("JWT")).is_ok());
    let ours = logins().token(&session(), Utc::now()).unwrap();
    assert!(check(&ours).is_err());
}

#[test]
fn the_directory_says_what_a_session_may_read_and_whether_it_goes_on() {
    let directory = |scopes: &[&str]| {
        let user = User {
            username: "usera".to_owned(),
            agent_number: Some("2501".to_owned()),
            scopes: scopes.iter().map(|scope| scope.parse().unwrap()).collect(),
            ..User::default()
        };
        Directory::new([user], [], [])
    };
    let session = session();
    let plain = session.principal(&directory(&[]), Some("stamp")).unwrap();
    assert!(plain.may_read(&Owner::user("usera")) && plain.may_read(&Owner::agent("2501")));
    assert!(!plain.may_read(&Owner::queue("blue")) && !plain.may_read(&Owner::user("userb")));
    let supervisor = directory(&["history:queue:blue"]);
    let supervisor = session.principal(&supervisor, Some("stamp")).unwrap();
    assert!(supervisor.may_read(&Owner::queue("blue")));
    assert!(!supervisor.may_read(&Owner::queue("black")));
    assert_eq!(session.principal(&directory(&[]), Some("other")), None);
    assert_eq!(session.principal(&directory(&[]), None), None);
    let deleted = User {
        username: session.username.clone(),
        deleted_at: Some(Utc::now()),
        ..User::default()
    };
    for gone in [Directory::default(), Directory::new([deleted], [], [])] {
        assert_eq!(session.principal(&gone, Some("stamp")), None);
    }
}

#[test]
fn a_session_ends_some_time_however_often_it_is_renewed() {
    let session = session();
    let days = |days| Utc::now() + TimeDelta::days(days);
    assert!(session.may_go_on(days(6)));
    assert!(!session.may_go_on(days(7)));
}
