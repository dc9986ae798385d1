//! Responses that several handlers document. The examples of problems are made by the code
//! that makes the problems, so they cannot drift.

mod common;
mod login;
mod page;
mod reading;

use std::collections::BTreeMap;

use actix_web::ResponseError;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{
    ContentBuilder, Header, HeaderBuilder, Ref, RefOr, Response, ResponseBuilder,
};

use crate::api::error::Error;
use crate::api::format::Format;
use crate::api::head::LONGEST_URL;
use crate::api::problem::{PROBLEM_JSON, Problem};

pub use common::{BodyProblems, ForbiddenProblems, ListProblems, NotThereProblems, ReadyProblems};
pub use login::{LoginProblems, XivoCheckErrors, XivoLoginErrors};
pub use page::HistoryPage;
pub use reading::{
    AllCallsProblems, CallProblems, FeedProblems, HistoryProblems, OwnerProblems, PresenceProblems,
    StreamProblems,
};

type Responses = BTreeMap<String, RefOr<Response>>;

const HOST: &str = "The service runs without access control and was asked under a name that is not \
                    this machine's.";

/// Several sets as one; of the same status the last counts.
fn joined<const N: usize>(sets: [Responses; N]) -> Responses {
    sets.into_iter().flatten().collect()
}

fn problems<const N: usize>(errors: [(Error, &str); N]) -> Responses {
    errors
        .into_iter()
        .map(|(error, description)| {
            let status = error.status_code().as_str().to_owned();
            (status, RefOr::T(problem(&error, description)))
        })
        .collect()
}

/// What can go wrong wherever there is only JSON.
fn only_json() -> Responses {
    problems([(
        Error::OnlyMadeAs(Format::Json.media_type()),
        "The answer would be JSON and `Accept` does not take it, or `Accept-Encoding` no encoding.",
    )])
}

/// What can go wrong wherever there are parameters.
pub(in crate::api::openapi) fn uri_too_long() -> Responses {
    problems([(
        Error::UriTooLong(LONGEST_URL),
        "The parameters together are too long.",
    )])
}

fn problem(error: &Error, description: &str) -> Response {
    let mut example = Problem::from(error);
    example.request_id = "3f0c7f0e-6f0b-4a55-9d0c-0a4a3a1b9b52".to_owned();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .example(serde_json::to_value(example).ok())
        .build();
    let response = ResponseBuilder::new()
        .description(description)
        .content(PROBLEM_JSON, content);
    with_headers(response, error)
}

fn with_headers(response: ResponseBuilder, error: &Error) -> Response {
    match error {
        Error::Unauthenticated | Error::WrongPassword => response.header(
            "WWW-Authenticate",
            text_header(
                "`Bearer`, with `error=\"invalid_token\"` when what was sent opens nothing.",
            ),
        ),
        Error::Unavailable(_) | Error::NotReady(_) | Error::TooManyRequests(_) => {
            response.header("Retry-After", seconds())
        }
        _ => response,
    }
    .build()
}

fn text_header(description: &str) -> Header {
    HeaderBuilder::new()
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

fn seconds() -> Header {
    HeaderBuilder::new()
        .description(Some("Seconds after which to try again."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
        .build()
}
