//! When a token ends, and those that never counted.

use super::*;

#[test]
fn a_token_ends_with_its_time() {
    let database = people();
    let service = Service::start_with(&database, &[("LOGIN_TTL", "1s")]);
    let token = token(&service, "usera", PASSWORD);
    soon("it has ended", || {
        service.get_as(&token, "/history/user").status == 401
    });
    assert_eq!(service.get_as(&token, CHECK).status, 401);
    for settings in [
        ("LOGIN_TTL", "0s"),
        ("LOGIN_TTL", "forever"),
        ("LOGIN_SECRET", "short"),
        ("LOGIN_SECRET_FILE", "/no/such/file"),
    ] {
        let refused = program()
            .args(["serve", "--bind", "127.0.0.1:0"])
            .env("DATABASE_URL", database.url_text())
            .env(settings.0, settings.1)
            .output()
            .unwrap();
        assert!(!refused.status.success());
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        let name = settings.0.to_lowercase().replace('_', "-");
        assert!(said.contains(settings.0) || said.contains(&name), "{said}");
    }
}

#[test]
fn a_token_ends_with_the_password() {
    let database = people();
    let service = Service::start_closed(&database);
    let status = |token: &str| service.get_as(token, "/history/user").status;
    let (usera, userb) = (
        token(&service, "usera", PASSWORD),
        token(&service, "userb", PASSWORD),
    );
    assert_eq!((status(&usera), status(&userb)), (200, 200));

    set_password(&database, "usera", "another horse");
    soon("the token of the old password has ended", || {
        status(&usera) == 401
    });
    assert_eq!(log_in(&service, "usera", PASSWORD).status, 401);
    let usera = token(&service, "usera", "another horse");
    assert_eq!(status(&usera), 200, "at once");
    assert_eq!(status(&userb), 200, "others are not concerned");

    let deleted = passwd(&database, &["usera", "--delete"], b"");
    assert!(deleted.status.success(), "{deleted:?}");
    soon("the password is gone", || status(&usera) == 401);
    assert_eq!(log_in(&service, "usera", "another horse").status, 401);
}

#[test]
fn a_session_ends_with_the_user_and_does_not_come_back() {
    let database = people();
    let services = [
        Service::start_closed(&database),
        Service::start_closed(&database),
    ];
    let [here, elsewhere] = &services;
    let session = token(here, "userb", PASSWORD);
    let status = |service: &Service| service.get_as(&session, "/history/user").status;
    assert_eq!((status(here), status(elsewhere)), (200, 200));
    let admin = succeed(&database, &["key", "create", "--scope", "admin"]);
    let admin = admin.trim();
    let userb = "/directory/users/userb";
    let bearer = format!("Bearer {admin}");
    let deleted = here.request("DELETE", userb, &[("Authorization", &bearer)]);
    assert_eq!(deleted.status, 204);
    assert_eq!(status(here), 401, "at once");
    soon("other instances notice", || status(elsewhere) == 401);
    assert_eq!(here.get_as(&session, CHECK).status, 401);
    assert_eq!(log_in(here, "userb", PASSWORD).status, 401);
    // Who is deleted gets no password either, to come back with.
    let refused = passwd(&database, &["userb"], b"another horse");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("no user \"userb\""), "{said}");
    let back = here.send_json("PUT", userb, admin, &json!({}));
    assert_eq!(back.status, 201, "{}", back.body);
    assert_eq!(status(here), 401);
    for password in [PASSWORD, "another horse"] {
        assert_eq!(log_in(here, "userb", password).status, 401);
    }
    set_password(&database, "userb", PASSWORD);
    assert_eq!(
        status(here),
        401,
        "the password is another, though the same"
    );
    let session = token(here, "userb", PASSWORD);
    assert_eq!(here.get_as(&session, "/history/user").status, 200);
}

#[test]
fn a_token_that_was_changed_or_made_by_others_opens_nothing() {
    let database = people();
    let settings = [("LOGIN_SECRET", SECRET), ("JWT_SECRET", SECRET)];
    let service = Service::start_with(&database, &settings);
    let token = token(&service, "usera", PASSWORD);
    let parts: Vec<&str> = token.split('.').collect();
    let claims = |payload: &str| -> Value {
        use base64::Engine;
        let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD
            .decode(payload)
            .unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    let own = claims(parts[1]);
    let signed = |claims: &Value, typ: &str| {
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(typ.to_owned());
        encode(
            &header,
            claims,
            &EncodingKey::from_secret(SECRET.as_bytes()),
        )
        .unwrap()
    };
    let typ = claims(parts[0])["typ"].as_str().unwrap().to_owned();
    let mut userb = own.clone();
    userb["sub"] = json!("userb");
    userb["scope"] = json!("admin");
    let other_payload = signed(&userb, &typ);
    let other_payload = other_payload.split('.').nth(1).unwrap();
    for (what, token) in [
        ("cut", token[..token.len() - 3].to_owned()),
        (
            "another user",
            format!("{}.{other_payload}.{}", parts[0], parts[2]),
        ),
        ("signed as tokens made elsewhere are", signed(&own, &typ)),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
    ] {
        assert_eq!(
            service.get_as(&token, "/history/user").status,
            401,
            "{what}"
        );
    }
    // A token made elsewhere says itself what it opens, and no more.
    let elsewhere = json!({
        "sub": "usera", "exp": own["exp"], "scope": "history:customer", "stamp": own["stamp"]
    });
    let elsewhere = signed(&elsewhere, "JWT");
    assert_eq!(service.get_as(&elsewhere, "/history/user").status, 404);
    assert_eq!(service.get_as(&token, "/history/user").status, 200);
}
