//! `/auth/login`

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, post, web};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::enter::{Given, enter};
use crate::api::State;
use crate::api::body::Body;
use crate::api::error::Error;
use crate::api::openapi::LoginProblems;

/// Who wants to log in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// A user of the directory.
    #[schema(example = "usera", min_length = 1, max_length = 1024)]
    username: String,
    /// The password that was set with `call-history directory passwd`.
    #[schema(format = "password", min_length = 1, max_length = 1024)]
    password: String,
}

/// A token for somebody who has logged in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoginToken {
    /// To be sent as `Authorization: Bearer <token>`.
    token: String,
    /// `Bearer`
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// How long the token holds, in seconds.
    #[schema(example = 3600)]
    expires_in: u32,
    /// The user.
    #[schema(example = "usera")]
    username: String,
}

/// Log in
///
/// Gives a token that opens the user's own history and what the directory's scopes of that user
/// open. It ends after a while, and with the password. After repeated failures, further attempts
/// have to wait.
#[utoipa::path(
    tag = "login",
    operation_id = "login",
    request_body(content = Credentials, example = json!({"username": "usera", "password": "correct horse battery staple"})),
    responses(
        (status = 200, description = "Logged in.", body = LoginToken),
        LoginProblems,
    )
)]
#[post("/auth/login")]
pub(crate) async fn login(
    state: web::Data<State>,
    request: HttpRequest,
    body: Body<Credentials>,
) -> Result<HttpResponse, Error> {
    let Credentials { username, password } = body.0;
    let given = Given::new(("username", username), ("password", password))?;
    let from = state.proxies.client(request.head());
    let session = enter(&state, from, given).await?;
    let token = state.logins.token(&session, Utc::now());
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(LoginToken {
            token: token.map_err(Error::Internal)?,
            token_type: "Bearer",
            expires_in: state.logins.lifetime(),
            username: session.username,
        }))
}
