//! `/keys`: API keys, for administrators.

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpResponse, Responder, delete, get, post, web};
use chrono::{SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::State;
use super::blocking::with_connection;
use super::body::{Body, given};
use super::caller::Administrator;
use super::error::Error;
use super::list::{ListPage, ListParameters};
use super::openapi::{BodyProblems, ForbiddenProblems, ListProblems, NotThereProblems};
use super::problem::{Fault, MOST_FAULTS};
use super::segment::Segment;
use crate::auth::keys::ApiKey;
use crate::auth::new_key::{NewKey, expiry};
use crate::model::{InvalidScope, Scope, Time};
use crate::store::Connection;
use crate::store::keys::{self, StoredKey};

const UNKNOWN: Error = Error::NotThere("There is no key with this id.");

/// A key, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// The id, which is a part of the key as well and no secret.
    #[schema(example = "0123456789")]
    pub id: String,
    /// The user that its holder is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "usera")]
    pub user: Option<String>,
    /// The agent that its holder is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2501")]
    pub agent: Option<String>,
    /// What it opens.
    #[schema(example = json!(["history:self"]))]
    pub scopes: Vec<String>,
    /// When it was made (RFC 3339).
    #[schema(example = "2026-11-23T00:19:00Z")]
    pub created_at: String,
    /// When it ends, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2027-11-23T00:19:00Z")]
    pub expires_at: Option<String>,
    /// When it was revoked, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2026-12-24T12:00:00Z")]
    pub revoked_at: Option<String>,
    /// When it was last used, give or take a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2026-12-01T08:00:00Z")]
    pub last_used_at: Option<String>,
}

/// A key that was just made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedKey {
    /// The id, by which it is listed and revoked.
    #[schema(example = "0123456789")]
    pub id: String,
    /// The key. It cannot be shown again: only a hash of it is kept.
    #[schema(example = "chk_0123456789_AbCdEf…")]
    pub key: String,
    /// What it opens.
    #[schema(example = json!(["history:self"]))]
    pub scopes: Vec<String>,
    /// When it ends, if it does (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2027-11-23T00:19:00Z")]
    pub expires_at: Option<String>,
}

/// A key that is asked for. It needs a user, an agent or a scope.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// The user that its holder is; the key then has `history:self` as well.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, example = "usera", min_length = 1, max_length = 255)]
    user: Option<String>,
    /// The agent that its holder is; the key then has `history:self` as well.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, example = "2501", min_length = 1, max_length = 255)]
    agent: Option<String>,
    /// What it opens: `history:self`, `history:user:<name>`, `history:agent:<number>`,
    /// `history:queue:<name>`, `history:queue:*`, `history:customer`, `history:all`,
    /// `directory:write`, `admin`.
    #[serde(default)]
    #[schema(required = false, max_items = 100, example = json!(["history:queue:blue"]))]
    scopes: Vec<String>,
    /// When it ends: days from now (`90d`), an RFC 3339 time, or a local date or time in the
    /// service's zone. When absent, it does not end.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, example = "90d")]
    expires: Option<String>,
}

/// Make a key
///
/// The answer shows the key, this once. Whoever may make keys may make any, also others for
/// `admin`.
#[utoipa::path(
    tag = "keys",
    operation_id = "createKey",
    request_body(content = KeyRequest, example = json!({"user": "usera", "scopes": ["history:queue:blue"], "expires": "90d"})),
    responses(
        (status = 201, description = "The key is made.", body = CreatedKey,
         headers(("Location" = String, description = "Where it is described."),
                 ("Cache-Control" = String, description = "`no-store`"))),
        BodyProblems,
        ForbiddenProblems,
    )
)]
#[post("/keys")]
pub(crate) async fn create_key(
    state: web::Data<State>,
    _: Administrator,
    body: Body<KeyRequest>,
) -> Result<HttpResponse, Error> {
    let now = Utc::now();
    let wanted = body.0.checked(&state, now)?;
    let made = with_connection(&state.pool, move |conn| make(conn, wanted, now));
    let (key, stored) = made.await?;
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, format!("/keys/{}", stored.id)))
        .insert_header(NO_STORE)
        .json(CreatedKey {
            id: stored.id,
            key: key.reveal(),
            scopes: stored.scopes.iter().map(Scope::to_string).collect(),
            expires_at: stored.expires_at.map(shown),
        }))
}

/// List the keys
///
/// All keys in the order of their ids, revoked and expired ones included, without their secrets.
#[utoipa::path(
    tag = "keys",
    operation_id = "listKeys",
    params(ListParameters),
    responses(
        (status = 200, description = "The keys of the page.", body = [Key],
         headers(("Link" = String, description = "While there is more: the reference to the next page, `</keys?…>; rel=\"next\"` (RFC 8288)."))),
        ListProblems,
        ForbiddenProblems,
    )
)]
#[get("/keys")]
pub(crate) async fn list_keys(
    state: web::Data<State>,
    _: Administrator,
    asked: ListParameters,
) -> Result<impl Responder, Error> {
    let page = with_connection(&state.pool, move |conn| {
        let keys = keys::page(conn, asked.after(), asked.length() + 1)?;
        let keys = keys.into_iter().map(Key::from).collect();
        Ok(ListPage::of(keys, &asked, |key: &Key| &key.id))
    });
    Ok(page.await?.customize().insert_header(NO_STORE))
}

/// Describe a key
///
/// As in the list, without the secret.
#[utoipa::path(
    tag = "keys",
    operation_id = "getKey",
    params(("id" = String, Path, description = "The key's id.", example = "0123456789")),
    responses(
        (status = 200, description = "The key.", body = Key),
        NotThereProblems,
        ForbiddenProblems,
    )
)]
#[get("/keys/{id}")]
pub(crate) async fn get_key(
    state: web::Data<State>,
    _: Administrator,
    id: Segment,
) -> Result<impl Responder, Error> {
    let key = with_connection(&state.pool, move |conn| {
        keys::find(conn, &id.0)?.ok_or(UNKNOWN).map(Key::from)
    });
    Ok(web::Json(key.await?).customize().insert_header(NO_STORE))
}

/// Revoke a key
///
/// It stops at once here, and within two seconds everywhere. Revoking it again is no error.
#[utoipa::path(
    tag = "keys",
    operation_id = "revokeKey",
    params(("id" = String, Path, description = "The key's id.", example = "0123456789")),
    responses(
        (status = 204, description = "The key is revoked."),
        NotThereProblems,
        ForbiddenProblems,
    )
)]
#[delete("/keys/{id}")]
pub(crate) async fn revoke_key(
    state: web::Data<State>,
    _: Administrator,
    id: Segment,
) -> Result<HttpResponse, Error> {
    let data = web::Data::clone(&state);
    let revoked = with_connection(&state.pool, move |conn| {
        let there = keys::revoke(conn, &id.0, Utc::now())?;
        data.keys.forget(|key| key.id == id.0);
        Ok(there)
    });
    if revoked.await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(UNKNOWN)
    }
}

const NO_STORE: (actix_web::http::header::HeaderName, &str) = (CACHE_CONTROL, "no-store");

impl KeyRequest {
    fn checked(self, state: &State, now: Time) -> Result<NewKey, Error> {
        let mut faults = Vec::new();
        let mut scopes = Vec::new();
        for (place, text) in self.scopes.iter().enumerate() {
            match text.parse() {
                Ok(scope) => scopes.push(scope),
                Err(_) => {
                    faults.push(Fault::new(
                        format!("scopes[{place}]"),
                        InvalidScope::EXPECTED,
                    ));
                }
            }
        }
        let expires = self.expires.map(|text| expiry(&text, state.zone, now));
        let expires_at = expires.transpose().unwrap_or_else(|reason| {
            faults.push(Fault::new("expires", reason));
            None
        });
        let is_whole = faults.is_empty();
        let key = NewKey {
            user: self.user,
            agent: self.agent,
            scopes,
            expires_at,
        };
        let wrongs = key.wrongs().into_iter();
        // A list whose scopes cannot be read is no empty one.
        let wrongs = wrongs.filter(|wrong| is_whole || wrong.field != "scopes");
        faults.extend(wrongs.map(|wrong| Fault::new(wrong.field, wrong.reason)));
        if faults.is_empty() {
            Ok(key)
        } else {
            faults.truncate(MOST_FAULTS);
            Err(Error::Parameters(faults))
        }
    }
}

fn make(conn: &mut Connection, wanted: NewKey, now: Time) -> Result<(ApiKey, StoredKey), Error> {
    let key = ApiKey::generate().map_err(|error| Error::Internal(error.to_string()))?;
    let stored = wanted.stored(&key, now);
    if keys::insert(conn, &stored)? {
        Ok((key, stored))
    } else {
        Err(Error::parameter("user", "is deleted from the directory"))
    }
}

impl From<StoredKey> for Key {
    fn from(key: StoredKey) -> Self {
        Self {
            id: key.id,
            user: key.username,
            agent: key.agent_number,
            scopes: key.scopes.iter().map(Scope::to_string).collect(),
            created_at: shown(key.created_at),
            expires_at: key.expires_at.map(shown),
            revoked_at: key.revoked_at.map(shown),
            last_used_at: key.last_used_at.map(shown),
        }
    }
}

fn shown(time: Time) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
