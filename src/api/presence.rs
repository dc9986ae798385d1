//! `/presence/{username}`: what a user is doing now, and what the user's client says of it.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, delete, get, put, web};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::State;
use super::accept::TakesJson;
use super::blocking::with_connection;
use super::body::Body;
use super::caller::Caller;
use super::error::Error;
use super::names::Names;
use super::openapi::{BodyProblems, ForbiddenProblems, PresenceProblems};
use super::segment::Segment;
use crate::model::{Owner, Principal, Scope};
use crate::presence::VideoStatus;

/// How long a status holds when nothing is said, in seconds.
const LIFETIME: u32 = 3600;

/// The longest that one holds, in seconds.
const LONGEST_LIFETIME: u32 = 24 * 3600;

/// What a user is doing now. What is unknown is absent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserPresence {
    /// The user.
    #[schema(example = "usera")]
    username: String,
    /// State of the user's phone: 0 idle, 1 in use, 2 busy, 4 unavailable, 8 ringing, 9 in use
    /// and ringing, 16 on hold, −1 deactivated, −2 removed.
    #[schema(example = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_status: Option<i32>,
    /// State of the user's video, as the user's client last said.
    #[schema(example = "Busy")]
    #[serde(skip_serializing_if = "Option::is_none")]
    video_status: Option<String>,
}

/// What a user's client says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PresenceBody {
    /// State of the user's video: 1 to 32 letters or digits, with blanks, `-`, `_`, `.` and `'`
    /// between them.
    #[schema(
        example = "Busy",
        min_length = 1,
        max_length = 32,
        pattern = r"^[\p{L}\p{N}]([-\p{L}\p{N} _.']*[\p{L}\p{N}])?$"
    )]
    video_status: String,
    /// How long it holds, in seconds, unless something ends it sooner.
    #[serde(default = "lifetime")]
    #[schema(required = false, default = 3600, minimum = 1, maximum = 86400)]
    ttl_seconds: u32,
}

fn lifetime() -> u32 {
    LIFETIME
}

/// What a user is doing
///
/// The state of the user's phone, where a PBX tells it, and of the user's video. For whoever may
/// read the user's history, and for the user.
#[utoipa::path(
    tag = "presence",
    operation_id = "getPresence",
    params(("username" = String, Path, description = "The username.", example = "usera")),
    responses(
        (status = 200, description = "The states of now.", body = UserPresence),
        PresenceProblems,
    )
)]
#[get("/presence/{username}")]
pub(crate) async fn get_presence(
    state: web::Data<State>,
    caller: Caller,
    username: Segment,
    _: TakesJson,
) -> Result<web::Json<UserPresence>, Error> {
    let username = username.0;
    if !is_own(&caller.0, &username) && !caller.0.may_read(&Owner::user(&username)) {
        return Err(Error::UnknownOwner);
    }
    let names = names_with(&state, &username).await?;
    Ok(web::Json(shown(&state, &names, username)))
}

/// Say what a user's video is doing
///
/// The status is shown with the user's entries until it is said anew, deleted, `ttlSeconds` are
/// over, or the last WebSocket of the user closes. It is kept in memory, by the process that
/// answers. For the user, and for `admin`.
#[utoipa::path(
    tag = "presence",
    operation_id = "putPresence",
    params(("username" = String, Path, description = "The username.", example = "usera")),
    request_body(content = PresenceBody, example = json!({"videoStatus": "Busy", "ttlSeconds": 900})),
    responses(
        (status = 200, description = "The states of now.", body = UserPresence),
        PresenceProblems,
        BodyProblems,
        ForbiddenProblems,
    )
)]
#[put("/presence/{username}")]
pub(crate) async fn put_presence(
    state: web::Data<State>,
    caller: Caller,
    username: Segment,
    _: TakesJson,
    body: Body<PresenceBody>,
) -> Result<web::Json<UserPresence>, Error> {
    let username = username.0;
    may_say(&caller.0, &username)?;
    let body = body.0;
    let status: VideoStatus = body
        .video_status
        .parse()
        .map_err(|error| Error::parameter("videoStatus", format!("{error}")))?;
    if !(1..=LONGEST_LIFETIME).contains(&body.ttl_seconds) {
        let reason = format!("must be a whole number from 1 to {LONGEST_LIFETIME}");
        return Err(Error::parameter("ttlSeconds", reason));
    }
    let names = names_with(&state, &username).await?;
    let lifetime = Duration::from_secs(u64::from(body.ttl_seconds));
    state.presence.set_video(&username, status, lifetime);
    Ok(web::Json(shown(&state, &names, username)))
}

/// End a user's video status
///
/// Deleting again is no error. For the user, and for `admin`.
#[utoipa::path(
    tag = "presence",
    operation_id = "deletePresence",
    params(("username" = String, Path, description = "The username.", example = "usera")),
    responses(
        (status = 204, description = "The user has no video status."),
        PresenceProblems,
        ForbiddenProblems,
    )
)]
#[delete("/presence/{username}")]
pub(crate) async fn delete_presence(
    state: web::Data<State>,
    caller: Caller,
    username: Segment,
) -> Result<HttpResponse, Error> {
    may_say(&caller.0, &username.0)?;
    names_with(&state, &username.0).await?;
    state.presence.clear_video(&username.0);
    Ok(HttpResponse::NoContent().finish())
}

fn is_own(caller: &Principal, username: &str) -> bool {
    caller.own_user() == Some(username)
}

/// The answer to whoever may not is the same for all users, whether they exist or not.
fn may_say(caller: &Principal, username: &str) -> Result<(), Error> {
    if is_own(caller, username) || caller.may_administer() {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "Only the user, or somebody with the scope {}, may say what the user is doing.",
        Scope::Admin
    )))
}

/// The names, among which is this user's.
async fn names_with(state: &web::Data<State>, username: &str) -> Result<Arc<Names>, Error> {
    let (data, username) = (web::Data::clone(state), username.to_owned());
    with_connection(&state.pool, move |connection| {
        let mut names = data.names.current(connection)?;
        if !names.has_user(&username) {
            // Perhaps somebody new.
            names = data.names.latest(connection)?;
        }
        match names.has_user(&username) {
            true => Ok(names),
            false => Err(Error::UnknownOwner),
        }
    })
    .await
}

fn shown(state: &State, names: &Names, username: String) -> UserPresence {
    let look = state.presence.look();
    UserPresence {
        phone_status: look.phone(&username, names.directory(), Utc::now()),
        video_status: look.video(&username).map(ToString::to_string),
        username,
    }
}
