//! `/xuc/api/2.0/auth/…`: the login of XiVO's clients, in XiVO's shape. That holds of its errors
//! as well, whoever makes them.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::LoggedIn;
use super::enter::{Given, enter};
use crate::api::State;
use crate::api::body::Body;
use crate::api::error::Error;
use crate::api::openapi::{XivoCheckErrors, XivoLoginErrors};
use crate::api::problem::Problem;

/// What the paths of these operations begin with.
pub const PATHS: &str = "/xuc/api/2.0/auth/";

/// Who wants to log in. Clients send more members, which are ignored.
#[derive(Deserialize, ToSchema)]
pub(crate) struct XivoCredentials {
    /// A user of the directory.
    #[schema(example = "usera", min_length = 1, max_length = 1024)]
    login: String,
    /// The user's password.
    #[schema(format = "password", min_length = 1, max_length = 1024)]
    password: String,
}

/// A token for somebody who has logged in.
#[derive(Serialize, ToSchema)]
pub(crate) struct XivoToken {
    /// The user.
    #[schema(example = "usera")]
    login: String,
    /// To be sent as `Authorization: Bearer <token>`.
    token: String,
    /// How long the token holds, in seconds; absent from a check.
    #[serde(rename = "TTL", skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = 3600)]
    ttl: Option<u32>,
}

/// An error in XiVO's shape.
#[derive(Serialize, ToSchema)]
pub(crate) struct XivoError {
    /// `InvalidCredentials`, `InvalidJson` or `UnhandledError`.
    #[schema(example = "InvalidCredentials")]
    error: &'static str,
    /// The same for people.
    message: String,
}

impl From<&Problem> for XivoError {
    fn from(problem: &Problem) -> Self {
        let error = match problem.status {
            401 => "InvalidCredentials",
            400 | 413 | 415 => "InvalidJson",
            _ => "UnhandledError",
        };
        Self {
            error,
            message: problem.detail.clone(),
        }
    }
}

/// Log in, as XiVO's clients do
///
/// The same as `/auth/login`, in XiVO's shape.
#[utoipa::path(
    tag = "login",
    operation_id = "xivoLogin",
    request_body(content = XivoCredentials, example = json!({"login": "usera", "password": "correct horse battery staple"})),
    responses(
        (status = 200, description = "Logged in.", body = XivoToken),
        XivoLoginErrors,
    )
)]
#[post("/xuc/api/2.0/auth/login")]
pub(crate) async fn xivo_login(
    state: web::Data<State>,
    request: HttpRequest,
    body: Body<XivoCredentials>,
) -> Result<HttpResponse, Error> {
    let XivoCredentials { login, password } = body.0;
    let given = Given::new(("login", login), ("password", password))?;
    let from = state.proxies.client(request.head());
    let session = enter(&state, from, given).await?;
    let token = state.logins.token(&session, Utc::now());
    Ok(answer(XivoToken {
        login: session.username,
        token: token.map_err(Error::Internal)?,
        ttl: Some(state.logins.lifetime()),
    }))
}

/// Check a token and get a new one, as XiVO's clients do
///
/// Takes tokens of a login only. A session can be renewed for seven days after the password was
/// entered.
#[utoipa::path(
    tag = "login",
    operation_id = "xivoCheck",
    responses(
        (status = 200, description = "The token holds; a new one.", body = XivoToken),
        XivoCheckErrors,
    )
)]
#[get("/xuc/api/2.0/auth/check")]
pub(crate) async fn xivo_check(
    state: web::Data<State>,
    logged_in: LoggedIn,
) -> Result<HttpResponse, Error> {
    let (session, now) = (logged_in.0, Utc::now());
    if !session.may_go_on(now) {
        return Err(Error::NotBelieved);
    }
    let token = state.logins.token(&session, now);
    Ok(answer(XivoToken {
        login: session.username,
        token: token.map_err(Error::Internal)?,
        ttl: None,
    }))
}

fn answer(token: XivoToken) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(token)
}
