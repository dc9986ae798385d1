//! What can go wrong with whatever reads calls.

use std::time::Duration;

use utoipa::IntoResponses;

use super::{HOST, Responses, joined, only_json, problems};
use crate::api::accept::EVENT_STREAM;
use crate::api::error::Error;
use crate::model::Scope;

/// What can go wrong with any history.
#[derive(Debug)]
pub struct HistoryProblems;

impl IntoResponses for HistoryProblems {
    fn responses() -> Responses {
        let cause = String::new;
        problems([
            (
                Error::parameter("size", "must be a whole number from 1 to 1000"),
                "Parameters are unknown, missing, repeated or have impossible values. `errors` \
                 names each.",
            ),
            (
                Error::Unauthenticated,
                "The request has no valid credentials.",
            ),
            (Error::Host, HOST),
            (
                Error::NotAcceptable,
                "`Accept` takes none of the three forms, or `Accept-Encoding` no encoding.",
            ),
            (
                Error::TooManyRequests(Duration::from_secs(1)),
                "The client has made too many requests, or has too many exports in progress.",
            ),
            (Error::Internal(cause()), "The service failed."),
            (
                Error::Unavailable(cause()),
                "The database does not answer, or the service has too much to do.",
            ),
        ])
    }
}

/// What can go wrong with the history of an owner that must exist.
#[derive(Debug)]
pub struct OwnerProblems;

impl IntoResponses for OwnerProblems {
    fn responses() -> Responses {
        joined([
            HistoryProblems::responses(),
            problems([(
                Error::UnknownOwner,
                "There is no such owner, or the caller may not read its history: both look the same.",
            )]),
        ])
    }
}

/// What can go wrong with the list of all calls.
#[derive(Debug)]
pub struct AllCallsProblems;

impl IntoResponses for AllCallsProblems {
    fn responses() -> Responses {
        joined([
            HistoryProblems::responses(),
            problems([(
                Error::needs(&Scope::All),
                "The caller may not read everything. Or the service runs without access control and \
                 was asked under a name that is not this machine's.",
            )]),
        ])
    }
}

/// What can go wrong with a user's presence.
#[derive(Debug)]
pub struct PresenceProblems;

impl IntoResponses for PresenceProblems {
    fn responses() -> Responses {
        joined([
            OwnerProblems::responses(),
            problems([(
                Error::parameter("username", "has 300 characters, more than 255"),
                "What the path names is no name.",
            )]),
            only_json(),
        ])
    }
}

/// What can go wrong with the changes.
#[derive(Debug)]
pub struct FeedProblems;

impl IntoResponses for FeedProblems {
    fn responses() -> Responses {
        joined([
            StreamProblems::responses(),
            problems([(
                Error::BeginAnew("belongs to another database"),
                "The cursor does not hold any more: begin anew without `since`.",
            )]),
            only_json(),
        ])
    }
}

/// What can go wrong with the stream of events.
#[derive(Debug)]
pub struct StreamProblems;

impl IntoResponses for StreamProblems {
    fn responses() -> Responses {
        joined([
            OwnerProblems::responses(),
            problems([(
                Error::Forbidden("This needs a scope that reads some history.".to_owned()),
                "The caller may read no history. Or the service runs without access control and was \
                 asked under a name that is not this machine's.",
            )]),
            problems([(
                Error::OnlyMadeAs(EVENT_STREAM),
                "`Accept` does not take `text/event-stream`, or `Accept-Encoding` no encoding.",
            )]),
        ])
    }
}

/// What can go wrong with one call.
#[derive(Debug)]
pub struct CallProblems;

impl IntoResponses for CallProblems {
    fn responses() -> Responses {
        joined([
            HistoryProblems::responses(),
            problems([
                (
                    Error::parameter(
                        "callId",
                        "must be 32 hexadecimal digits, as histories have it",
                    ),
                    "What the path names is no call's id, or a parameter is unknown or has an \
                     impossible value. `errors` names each.",
                ),
                (
                    Error::needs(&Scope::All),
                    "`include=rows` is for those who may read everything. Or the service runs without \
                     access control and was asked under a name that is not this machine's.",
                ),
                (
                    Error::NotThere("There is no such call, or none of it is for the caller."),
                    "There is no such call, or the caller may read no entry of it: both look the same.",
                ),
            ]),
            only_json(),
        ])
    }
}
