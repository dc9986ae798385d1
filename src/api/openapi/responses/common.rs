//! What can go wrong with several kinds of requests.

use utoipa::IntoResponses;

use super::{Responses, problems};
use crate::api::error::Error;
use crate::model::Scope;

/// What can go wrong wherever rights are needed.
#[derive(Debug)]
pub struct ForbiddenProblems;

impl IntoResponses for ForbiddenProblems {
    fn responses() -> Responses {
        let cause = String::new;
        problems([
            (
                Error::Unauthenticated,
                "The request has no valid credentials.",
            ),
            (
                Error::needs(&Scope::Admin),
                "The caller may not do this; `errors` names the field, where it is one. Or the \
                 service runs without access control and was asked under a name that is not \
                 this machine's.",
            ),
            (Error::Internal(cause()), "The service failed."),
            (Error::Unavailable(cause()), "The database does not answer."),
        ])
    }
}

/// What can go wrong with the parameters of a list.
#[derive(Debug)]
pub struct ListProblems;

impl IntoResponses for ListProblems {
    fn responses() -> Responses {
        problems([(
            Error::parameter("size", "must be a whole number from 1 to 1000"),
            "Parameters are unknown, repeated or have impossible values. `errors` names each.",
        )])
    }
}

/// What can go wrong with a body of JSON.
#[derive(Debug)]
pub struct BodyProblems;

impl IntoResponses for BodyProblems {
    fn responses() -> Responses {
        problems([
            (
                Error::parameter(
                    "numbers[0].number",
                    "\"x\" is no number that can be dialled",
                ),
                "The body is no JSON, or fields are unknown, missing or have impossible values. \
                 `errors` names each.",
            ),
            (Error::TooLarge, "The body is too large."),
            (Error::MediaType, "The body is not plain JSON."),
        ])
    }
}

/// What can go wrong with something that must exist.
#[derive(Debug)]
pub struct NotThereProblems;

impl IntoResponses for NotThereProblems {
    fn responses() -> Responses {
        problems([
            (
                Error::parameter("username", "has 300 characters, more than 255"),
                "What the path names is no name.",
            ),
            (
                Error::NotThere("There is no such user in the directory."),
                "It is not there.",
            ),
        ])
    }
}

/// Why the service is not ready.
#[derive(Debug)]
pub struct ReadyProblems;

impl IntoResponses for ReadyProblems {
    fn responses() -> Responses {
        let not_ready = Error::NotReady(String::new());
        problems([(
            not_ready,
            "The database does not answer, or its tables are not up to date.",
        )])
    }
}
