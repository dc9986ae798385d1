//! What can go wrong with logging in, here and at XiVO's paths.

use std::time::Duration;

use actix_web::ResponseError;
use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

use super::{HOST, Responses, problems, with_headers};
use crate::api::error::Error;
use crate::api::login::xivo::XivoError;
use crate::api::problem::Problem;

/// What can go wrong with a login.
#[derive(Debug)]
pub struct LoginProblems;

impl IntoResponses for LoginProblems {
    fn responses() -> Responses {
        problems(login_errors())
    }
}

/// The same at XiVO's path.
#[derive(Debug)]
pub struct XivoLoginErrors;

impl IntoResponses for XivoLoginErrors {
    fn responses() -> Responses {
        in_xivos_shape(login_errors())
    }
}

/// What can go wrong with the check of a token.
#[derive(Debug)]
pub struct XivoCheckErrors;

impl IntoResponses for XivoCheckErrors {
    fn responses() -> Responses {
        let cause = String::new;
        in_xivos_shape([
            (
                Error::BadRequest("The request brings several credentials.".to_owned()),
                "The request brings several credentials.",
            ),
            (
                Error::Unauthenticated,
                "There is no token of a login, or it does not hold any more.",
            ),
            (Error::Host, HOST),
            (
                Error::TooManyRequests(Duration::from_secs(1)),
                "The client has made too many requests.",
            ),
            (Error::Internal(cause()), "The service failed."),
            (Error::Unavailable(cause()), "The database does not answer."),
        ])
    }
}

fn login_errors() -> [(Error, &'static str); 8] {
    [
        (
            Error::parameter("password", "must not be empty"),
            "The body is no JSON, or members are unknown, missing or have impossible values.",
        ),
        (
            Error::WrongPassword,
            "The username or the password is wrong, or the user has no password.",
        ),
        (Error::Host, HOST),
        (Error::TooLarge, "The body is too large."),
        (Error::MediaType, "The body is not plain JSON."),
        (
            Error::TooManyRequests(Duration::from_secs(8)),
            "Too many attempts have failed, with this username or from this address; or the address \
             has made too many requests.",
        ),
        (Error::Internal(String::new()), "The service failed."),
        (
            Error::Unavailable(String::new()),
            "The database does not answer, or too many want to log in at once.",
        ),
    ]
}

fn in_xivos_shape<const N: usize>(errors: [(Error, &str); N]) -> Responses {
    errors
        .into_iter()
        .map(|(error, description)| {
            let status = error.status_code().as_str().to_owned();
            let example = XivoError::from(&Problem::from(&error));
            let content = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("XivoError")))
                .example(serde_json::to_value(example).ok())
                .build();
            let response = ResponseBuilder::new()
                .description(description)
                .content("application/json", content);
            (status, RefOr::T(with_headers(response, &error)))
        })
        .collect()
}
