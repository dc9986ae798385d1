//! Whether the service lives, and whether it can serve.

use actix_web::{get, web};
use chrono::SecondsFormat;
use serde::Serialize;
use utoipa::ToSchema;

use super::State;
use super::blocking::with_connection;
use super::error::Error;
use super::openapi::ReadyProblems;
use crate::ingest::follow::{Board, Notice, Role};
use crate::presence::ami::Link;
use crate::store;

/// The state of the service.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Health {
    /// `live` or `ready`.
    #[schema(example = "ready")]
    pub status: &'static str,
    /// What there is to be told of following, where this process does (`serve --follow`). What
    /// is wrong there keeps nobody from being answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub following: Option<Following>,
    /// The PBXs whose Manager Interface is listened to, where there are any. What is wrong there
    /// keeps nobody from being answered: the states of phones and calls in progress are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub managers: Vec<Manager>,
}

/// A PBX's Manager Interface.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Manager {
    /// Which source.
    #[schema(example = "paris")]
    pub source: String,
    /// `connected` or `lost`.
    #[schema(example = "lost")]
    pub state: &'static str,
    /// Why it is lost; the log says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "it is silent")]
    pub trouble: Option<&'static str>,
    /// Since when (RFC 3339).
    #[schema(example = "2026-11-23T00:19:00Z", format = "date-time")]
    pub since: String,
}

impl Manager {
    fn of((source, link): (String, Link)) -> Self {
        Self {
            source,
            state: if link.trouble.is_some() {
                "lost"
            } else {
                "connected"
            },
            trouble: link.trouble,
            since: link.since.to_rfc3339_opts(SecondsFormat::Secs, true),
        }
    }
}

/// How far following works.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Following {
    /// `following`; `standby` while another process does; `starting` until the database answers.
    #[schema(example = "following")]
    pub state: &'static str,
    /// What does not work now; nothing when all is well.
    pub troubles: Vec<FollowingTrouble>,
}

/// Something that does not work now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FollowingTrouble {
    /// Which source, or which part of following.
    #[schema(example = "source paris")]
    pub name: String,
    /// Why; the log says more.
    #[schema(example = "the database of the PBX does not answer")]
    pub trouble: String,
    /// Since when (RFC 3339).
    #[schema(example = "2026-11-23T00:19:00Z", format = "date-time")]
    pub since: String,
}

impl Following {
    fn of(board: &Board) -> Self {
        let (role, notices) = board.read();
        let trouble = |notice: Notice| FollowingTrouble {
            name: notice.name,
            trouble: notice.summary,
            since: notice.since.to_rfc3339_opts(SecondsFormat::Secs, true),
        };
        Self {
            state: match role {
                Role::Starting => "starting",
                Role::Standby => "standby",
                Role::Following => "following",
            },
            troubles: notices.into_iter().map(trouble).collect(),
        }
    }
}

/// Whether the service lives
///
/// Touches nothing: a service that does not answer here is to be started again.
#[utoipa::path(
    tag = "service",
    operation_id = "live",
    responses((status = 200, description = "It lives.", body = Health, example = json!({"status": "live"})))
)]
#[get("/health/live")]
pub(crate) async fn live() -> web::Json<Health> {
    web::Json(Health {
        status: "live",
        following: None,
        managers: Vec::new(),
    })
}

/// Whether the service can serve
///
/// The database answers and no migration is pending. A service that is not ready is to get no
/// requests, and becomes ready by itself. With `serve --follow`, the answer also tells of sources
/// that cannot be followed now, and with `AMI_URL` of PBXs that are not heard; the service is ready
/// all the same.
#[utoipa::path(
    tag = "service",
    operation_id = "ready",
    responses(
        (status = 200, description = "It can serve.", body = Health, example = json!({"status": "ready"})),
        ReadyProblems,
    )
)]
#[get("/health/ready")]
pub(crate) async fn ready(state: web::Data<State>) -> Result<web::Json<Health>, Error> {
    let pending = with_connection(&state.pool, |connection| {
        store::pending(connection).map_err(|error| Error::NotReady(error.to_string()))
    });
    match pending.await {
        Ok(false) => Ok(web::Json(Health {
            status: "ready",
            following: state.follower.as_deref().map(Following::of),
            managers: state.links.read().into_iter().map(Manager::of).collect(),
        })),
        Ok(true) => Err(Error::NotReady(store::NOT_UP_TO_DATE.to_owned())),
        Err(error) => Err(Error::NotReady(error.to_string())),
    }
}
