use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

use super::*;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// Made for these tests with `openssl genpkey -algorithm ed25519`.
const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

fn rules(algorithms: &[Algorithm]) -> Rules {
    Rules {
        algorithms: algorithms.to_vec(),
        issuer: Some("issuer".to_owned()),
        audience: Some("calls".to_owned()),
        user_claim: "sub".to_owned(),
        leeway: LEEWAY,
    }
}

fn good() -> Value {
    json!({"sub": "usera", "iss": "issuer", "aud": "calls", "exp": now() + 60})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = good();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn signed(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET);
    encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

fn check(token: &str) -> Result<Claims, Refused> {
    rules(&[Algorithm::HS256]).check(token, Some(SECRET), &KeySet::default())
}

/// A key pair, and the set with its public key under this id.
fn pair(id: &str) -> (EncodingKey, KeySet, String) {
    let key = EncodingKey::from_ed_pem(ED25519.as_bytes()).unwrap();
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA).unwrap();
    jwk.common.key_id = Some(id.to_owned());
    let set = json!({"keys": [jwk]}).to_string();
    (key, KeySet::parse(&set).unwrap(), set)
}

fn signed_by_pair(id: Option<&str>, key: &EncodingKey) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = id.map(str::to_owned);
    encode(&header, &good(), key).unwrap()
}

#[test]
fn a_good_token_says_who_and_what() {
    let claims = check(&signed(&good())).unwrap();
    assert_eq!(claims.user, "usera");
    assert_eq!(claims.scopes, [Scope::Own], "without a scope claim");
    let scopes = |claim| check(&signed(&with("scope", claim))).unwrap().scopes;
    assert_eq!(scopes(json!("openid history:customer")), [Scope::Customer]);
    assert_eq!(scopes(json!(["admin", 7])), [Scope::Admin]);
    assert_eq!(scopes(json!("openid")), []);
    assert_eq!(scopes(json!("")), []);
    assert_eq!(scopes(json!(7)), []);
    let mut rules = rules(&[Algorithm::HS256]);
    rules.user_claim = "preferred_username".to_owned();
    let token = signed(&with("preferred_username", json!("userb")));
    let claims = rules
        .check(&token, Some(SECRET), &KeySet::default())
        .unwrap();
    assert_eq!(claims.user, "userb");
}

#[test]
fn times_issuer_and_audience_are_checked() {
    for (what, claims) in [
        ("expired", with("exp", json!(now() - 31))),
        ("without end", without("exp")),
        ("an end that is no number", with("exp", json!("never"))),
        ("not yet valid", with("nbf", json!(now() + 60))),
        ("wrong issuer", with("iss", json!("somebody"))),
        ("no issuer", without("iss")),
        ("wrong audience", with("aud", json!("others"))),
        ("no audience", without("aud")),
        ("no user", without("sub")),
        ("an empty user", with("sub", json!(""))),
        ("a user that is no text", with("sub", json!(7))),
    ] {
        assert!(check(&signed(&claims)).is_err(), "{what}");
    }
    // Clocks may differ by half a minute.
    for claims in [
        with("exp", json!(now() - 20)),
        with("nbf", json!(now() + 20)),
    ] {
        assert!(check(&signed(&claims)).is_ok());
    }
    assert!(check(&signed(&with("aud", json!(["others", "calls"])))).is_ok());
    let mut open = rules(&[Algorithm::HS256]);
    (open.issuer, open.audience) = (None, None);
    let token = signed(&with("iss", json!("anybody")));
    assert!(open.check(&token, Some(SECRET), &KeySet::default()).is_ok());
}

#[test]
fn no_algorithm_counts_but_those_that_are_configured() {
    let body = BASE64.encode(good().to_string());
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None","typ":"JWT"}"#,
        r#"{"typ":"JWT"}"#,
    ] {
        for signature in ["", "x"] {
            let token = format!("{}.{body}.{signature}", BASE64.encode(header));
            assert!(check(&token).is_err(), "{header}");
        }
    }
    let stronger = encode(
        &Header::new(Algorithm::HS512),
        &good(),
        &EncodingKey::from_secret(SECRET),
    );
    assert!(check(&stronger.unwrap()).is_err());
}

#[test]
fn a_public_key_is_never_a_shared_secret() {
    let (key, set, text) = pair("one");
    let rules = rules(&[Algorithm::EdDSA, Algorithm::HS256]);
    assert!(
        rules
            .check(&signed_by_pair(Some("one"), &key), None, &set)
            .is_ok()
    );
    // Signed with the public key as if it were a secret, in the forms it may have.
    let public: Value = serde_json::from_str(&text).unwrap();
    let x = public["keys"][0]["x"].as_str().unwrap();
    for secret in [
        x.as_bytes().to_vec(),
        BASE64.decode(x).unwrap(),
        text.into_bytes(),
    ] {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("one".to_owned());
        let token = encode(&header, &good(), &EncodingKey::from_secret(&secret)).unwrap();
        assert!(rules.check(&token, None, &set).is_err());
        assert!(rules.check(&token, Some(SECRET), &set).is_err());
    }
}

#[test]
fn the_key_is_the_one_with_the_tokens_id() {
    let (key, set, _) = pair("one");
    let rules = rules(&[Algorithm::EdDSA]);
    assert!(
        rules.check(&signed_by_pair(None, &key), None, &set).is_ok(),
        "the only one"
    );
    let unknown = rules.check(&signed_by_pair(Some("two"), &key), None, &set);
    assert_eq!(unknown, Err(Refused::UnknownKey));
    let none = rules.check(&signed_by_pair(Some("one"), &key), None, &KeySet::default());
    assert_eq!(none, Err(Refused::UnknownKey));
}

#[test]
fn damaged_tokens_are_refused() {
    let token = signed(&good());
    let parts: Vec<&str> = token.split('.').collect();
    let (header, body, signature) = (parts[0], parts[1], parts[2]);
    let twice = r#"{"sub":"usera","sub":"userb","iss":"issuer","aud":"calls","exp":99999999999}"#;
    let twice = BASE64.encode(twice);
    let key = EncodingKey::from_secret(SECRET);
    let signature_of_twice = jsonwebtoken::crypto::sign(
        format!("{header}.{twice}").as_bytes(),
        &key,
        Algorithm::HS256,
    )
    .unwrap();
    for (what, token) in [
        (
            "a truncated signature",
            format!("{header}.{body}.{}", &signature[..signature.len() - 2]),
        ),
        ("no signature", format!("{header}.{body}.")),
        ("two parts", format!("{header}.{body}")),
        (
            "another body",
            format!(
                "{header}.{}.{signature}",
                BASE64.encode(without("iss").to_string())
            ),
        ),
        (
            "a claim twice",
            format!("{header}.{twice}.{signature_of_twice}"),
        ),
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
    ] {
        assert!(check(&token).is_err(), "{what}");
    }
}
