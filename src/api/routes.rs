//! Every route, once: the list feeds the router and the OpenAPI document.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::error::Error;
use super::login::{self, xivo};
use super::openapi::{Document, openapi_json};
use super::{calls, directory, feed, health, history, keys, presence};
use crate::cti;
use crate::web as files;

const SWAGGER_UI: &str = "/swagger-ui/";

/// The path by which a request finds its route: `/auth/logi%6E` is `/auth/login`.
pub(super) fn routed(request: &ServiceRequest) -> &str {
    request.match_info().as_str()
}

/// Whether everybody is answered on this path, without a credential and without a rate: health,
/// the document, pages, and the client.
pub(super) fn is_public(path: &str) -> bool {
    is_health(path) || is_page(path) || path == "/openapi.json" || path.starts_with(files::CLIENT)
}

/// Whether somebody logs in here, with a password and whatever else the request brings. The
/// rate of the address is held: this is where passwords are guessed.
pub(super) fn is_login(path: &str) -> bool {
    path == "/auth/login" || path == "/xuc/api/2.0/auth/login"
}

/// Whether this is the path of a WebSocket, whose clients bring a short-lived token in the URL.
pub(super) fn is_socket(path: &str) -> bool {
    path == cti::PATH
}

/// Whether what is here is given out in several forms.
pub(super) fn has_formats(path: &str) -> bool {
    path == "/calls" || path.starts_with("/history/")
}

/// Whether this path tells of the service's health, which it does even when it is full.
pub(super) fn is_health(path: &str) -> bool {
    path.starts_with("/health/")
}

/// Whether a page for people is here, or a part of one.
pub(super) fn is_page(path: &str) -> bool {
    ["/", "/swagger-ui", "/sample"].contains(&path)
        || path.starts_with(SWAGGER_UI)
        || path.starts_with(files::SAMPLE)
}

/// Adds every route.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(history::user_history)
        .service(history::agent_history)
        .service(history::queue_history)
        .service(history::customer_history)
        .service(calls::list_calls)
        .service(calls::get_call)
        .service(presence::get_presence)
        .service(presence::put_presence)
        .service(presence::delete_presence)
        .service(feed::list_changes)
        .service(feed::stream_events)
        .service(keys::create_key)
        .service(keys::list_keys)
        .service(keys::get_key)
        .service(keys::revoke_key)
        .service(directory::list_users)
        .service(directory::get_user)
        .service(directory::put_user)
        .service(directory::delete_user)
        .service(directory::list_agents)
        .service(directory::get_agent)
        .service(directory::put_agent)
        .service(directory::delete_agent)
        .service(directory::list_queues)
        .service(directory::get_queue)
        .service(directory::put_queue)
        .service(directory::delete_queue)
        .service(login::login)
        .service(xivo::xivo_login)
        .service(xivo::xivo_check)
        .service(health::live)
        .service(health::ready)
        .service(openapi_json)
        // What the document leaves out: pages for people with what they load, and what is no HTTP.
        .map(|plain| {
            plain
                .service(index)
                .service(swagger_index)
                .service(swagger_ui())
                .service(cti::connect)
                .service(files::sample_index)
                .service(files::sample)
                .service(files::client)
        });
}

#[get("/")]
async fn index() -> HttpResponse {
    to_swagger_ui()
}

#[get("/swagger-ui")]
async fn swagger_index() -> HttpResponse {
    to_swagger_ui()
}

fn to_swagger_ui() -> HttpResponse {
    HttpResponse::TemporaryRedirect()
        .insert_header((LOCATION, SWAGGER_UI))
        .finish()
}

fn swagger_ui() -> SwaggerUi {
    // Without the validator, which is a service elsewhere.
    let config = Config::from("/openapi.json")
        .validator_url("none")
        .try_it_out_enabled(true)
        .display_request_duration(true);
    SwaggerUi::new("/swagger-ui/{file:.*}").config(config)
}

/// Answers what no route takes: 405 where the path has other methods, else 404.
///
/// actix tries the method together with the path, so a wrong method comes here as well.
pub async fn fallback(
    request: HttpRequest,
    document: web::Data<Document>,
) -> Result<HttpResponse, Error> {
    Err(match request.resource_map().match_pattern(request.path()) {
        Some(pattern) => Error::Method {
            allow: document.methods(&pattern),
        },
        None => Error::UnknownPath,
    })
}
