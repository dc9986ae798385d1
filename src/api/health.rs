//! Whether the service lives, and whether it can serve.

use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::State;
use super::blocking::with_connection;
use super::error::Error;
use super::openapi::ReadyProblems;
use crate::store;

/// The state of the service.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Health {
    /// `live` or `ready`.
    #[schema(example = "ready")]
    pub status: &'static str,
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
    web::Json(Health { status: "live" })
}

/// Whether the service can serve
///
/// The database answers and no migration is pending. A service that is not ready is to get no
/// requests, and becomes ready by itself.
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
        Ok(false) => Ok(web::Json(Health { status: "ready" })),
        Ok(true) => Err(Error::NotReady("migrations are pending".to_owned())),
        Err(error) => Err(Error::NotReady(error.to_string())),
    }
}
