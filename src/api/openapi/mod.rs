//! The OpenAPI document: built from the handlers, the same one on `/openapi.json`, from
//! `call-history openapi`, and committed as `openapi/openapi.json`.

mod forms;
mod refine;
mod responses;
mod security;

use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, get, web};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;

use super::login::xivo::XivoError;
use super::problem::{Fault, Problem};
use super::routes::routes;
use super::wire::CallHistory;

pub use responses::{
    AllCallsProblems, BodyProblems, CallProblems, FeedProblems, ForbiddenProblems, HistoryPage,
    HistoryProblems, ListProblems, LoginProblems, NotThereProblems, OwnerProblems,
    PresenceProblems, ReadyProblems, StreamProblems, XivoCheckErrors, XivoLoginErrors,
};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "call-history",
        description = "Call history of users, agents, queues and customers of a telephone \
                       system that runs Asterisk.\n\nLists are newest first. While there is \
                       more than one page, the `Link` header refers to the next. Every error \
                       is a problem (RFC 9457) with a stable `type`.\n\nThe \
                       [sample page](/sample/) shows the JavaScript client at work."
    ),
    tags(
        (name = "history", description = "Who called whom, when, and what became of it"),
        (name = "calls", description = "Calls as a whole, and why they are what they are"),
        (name = "presence", description = "What people are doing now"),
        (name = "changes", description = "What changed, for programs that keep a copy or look on"),
        (name = "login", description = "Tokens for people, who have passwords"),
        (name = "keys", description = "API keys, for `admin`"),
        (name = "directory", description = "Who is who, for `directory:write`"),
        (name = "service", description = "The service itself")
    ),
    components(schemas(CallHistory, Problem, Fault, XivoError))
)]
struct Base;

/// The document, and what the router takes from it.
#[derive(Clone)]
pub struct Document {
    openapi: OpenApi,
    json: String,
}

impl Document {
    /// Builds the document from the routes.
    pub fn build() -> Self {
        let (_, mut openapi) = App::new()
            .into_utoipa_app()
            .openapi(Base::openapi())
            .configure(routes)
            .split_for_parts();
        refine::add_filters(&mut openapi);
        refine::list_words_of_parameters(&mut openapi);
        refine::tighten_schemas(&mut openapi);
        forms::say_forms(&mut openapi);
        refine::add_uri_too_long(&mut openapi);
        refine::add_request_ids(&mut openapi);
        refine::add_rate_limits(&mut openapi);
        security::declare(&mut openapi);
        let json = openapi.to_pretty_json().unwrap_or_default() + "\n";
        Self { openapi, json }
    }

    /// The methods of a route, as the header `Allow` lists them. The pages that the document
    /// leaves out have GET. Where GET is, HEAD is.
    pub fn methods(&self, route: &str) -> String {
        const READ: &str = "GET, HEAD";
        let Some(item) = self.openapi.paths.paths.get(route) else {
            return READ.to_owned();
        };
        let has = [
            (READ, &item.get),
            ("PUT", &item.put),
            ("POST", &item.post),
            ("DELETE", &item.delete),
            ("PATCH", &item.patch),
        ];
        let has = has.iter().filter(|(_, operation)| operation.is_some());
        has.map(|(method, _)| *method)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// The document as it is committed: JSON for people, with a newline at its end.
pub fn document() -> String {
    Document::build().json
}

/// This document
///
/// The description of the service by itself, in OpenAPI 3.1.
#[utoipa::path(
    tag = "service",
    operation_id = "openapi",
    responses((status = 200, description = "The OpenAPI document.", body = Object, content_type = "application/json"))
)]
#[get("/openapi.json")]
pub(crate) async fn openapi_json(document: web::Data<Document>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(document.json.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono_tz::Tz;
    use serde_json::Value;

    use super::*;
    use crate::api::params::{
        AgentParameters, Common, CustomerParameters, OwnParameters, QueueParameters, Reader,
        UserParameters,
    };

    fn parsed() -> Value {
        serde_json::from_str(&document()).unwrap()
    }

    fn accepts_what_the_document_says<P: OwnParameters>() {
        let mut reader = Reader::new("");
        let _ = P::read(&mut reader);
        let _ = Common::read(&mut reader, P::KIND, Tz::UTC);
        let accepted: BTreeSet<&str> = reader.known().iter().copied().collect();

        let document = parsed();
        let documented = document["paths"][P::PATH]["get"]["parameters"].as_array();
        let documented: BTreeSet<&str> = documented
            .unwrap()
            .iter()
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(documented, accepted, "{}", P::PATH);
    }

    #[test]
    fn the_document_and_the_parser_know_the_same_parameters() {
        accepts_what_the_document_says::<UserParameters>();
        accepts_what_the_document_says::<AgentParameters>();
        accepts_what_the_document_says::<QueueParameters>();
        accepts_what_the_document_says::<CustomerParameters>();
    }

    #[test]
    fn every_operation_is_described_and_every_error_is_a_problem() {
        let document = parsed();
        assert_eq!(document["openapi"], "3.1.0");
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let path = format!("{method} {path}");
                for member in ["operationId", "summary", "description"] {
                    assert!(operation[member].is_string(), "{path} {member}");
                }
                assert!(operation["tags"][0].is_string(), "{path}");
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    assert!(parameter["description"].is_string(), "{path} {parameter}");
                }
                for (status, response) in operation["responses"].as_object().unwrap() {
                    assert!(
                        response["headers"]["X-Request-Id"].is_object(),
                        "{path} {status}"
                    );
                    if status.as_str() >= "400" {
                        let (kind, shape) = if path.contains("/xuc/") {
                            ("application/json", "XivoError")
                        } else {
                            ("application/problem+json", "Problem")
                        };
                        let schema = &response["content"][kind]["schema"];
                        let shape = format!("#/components/schemas/{shape}");
                        assert_eq!(schema["$ref"], shape, "{path} {status}");
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_is_null() {
        assert!(!document().contains("\"null\""));
    }
}
