//! Responses that several handlers document. The examples of problems are made by the code
//! that makes the problems, so they cannot drift.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::ResponseError;
use utoipa::IntoResponses;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{
    ContentBuilder, Header, HeaderBuilder, Ref, RefOr, Response, ResponseBuilder,
};

use crate::api::accept::EVENT_STREAM;
use crate::api::error::Error;
use crate::api::export::lines;
use crate::api::format::Format;
use crate::api::head::LONGEST_URL;
use crate::api::login::xivo::XivoError;
use crate::api::problem::{PROBLEM_JSON, Problem};
use crate::api::wire::CallHistory;
use crate::model::Scope;

type Responses = BTreeMap<String, RefOr<Response>>;

const HOST: &str = "The service runs without access control and was asked under a name that is not \
                    this machine's.";

/// A page of a history.
#[derive(Debug)]
pub struct HistoryPage;

impl IntoResponses for HistoryPage {
    fn responses() -> Responses {
        let entries = ArrayBuilder::new().items(Ref::from_schema_name("CallHistory"));
        let content = ContentBuilder::new()
            .schema(Some(entries))
            .example(serde_json::to_value(example_page()).ok())
            .build();
        let link = text_header(
            "While there is more: the reference to the next page, `</history/…>; rel=\"next\"` \
             (RFC 8288).",
        );
        let total = text_header(
            "Of JSON, with `include=total`: how many entries there are on all pages together, up \
             to 10,000 exactly, else `10000+`.",
        );
        let file = text_header(
            "Of CSV and NDJSON: that the answer is a file, and what it is called, \
             `attachment; filename=\"call-history-user.csv\"`.",
        );
        let text = |example: &str| {
            ContentBuilder::new()
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                .example(Some(example.into()))
                .build()
        };
        let [csv, ndjson] = example_lines();
        let response = ResponseBuilder::new()
            .description(
                "The entries, newest first unless `order=asc`; none: an empty list. JSON is a \
                 page. CSV (a header line, RFC 4180) and NDJSON (an entry a line) are all entries \
                 that the parameters say, sent as they are read; when something fails on the way, \
                 the connection ends without the end of the encoding. In CSV, what spreadsheets \
                 would take for a formula has a `'` before it.",
            )
            .content("application/json", content)
            .content("text/csv", text(&csv))
            .content("application/x-ndjson", text(&ndjson))
            .header("Content-Disposition", file)
            .header("ETag", tag())
            .header("Link", link.clone())
            .header("X-Total-Count", total)
            .build();
        let same = ResponseBuilder::new()
            .description(
                "The page is what it was: `If-None-Match` named its tag. There is no body, and the \
                 database was not asked.",
            )
            .header("ETag", tag())
            .header("Link", link)
            .build();
        Responses::from([
            ("200".to_owned(), RefOr::T(response)),
            ("304".to_owned(), RefOr::T(same)),
        ])
    }
}

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
        let mut all = HistoryProblems::responses();
        all.extend(problems([(
            Error::UnknownOwner,
            "There is no such owner, or the caller may not read its history: both look the same.",
        )]));
        all
    }
}

/// What can go wrong with the list of all calls.
#[derive(Debug)]
pub struct AllCallsProblems;

impl IntoResponses for AllCallsProblems {
    fn responses() -> Responses {
        let mut all = HistoryProblems::responses();
        all.extend(problems([(
            Error::needs(&Scope::All),
            "The caller may not read everything. Or the service runs without access control and \
             was asked under a name that is not this machine's.",
        )]));
        all
    }
}

/// What can go wrong with a user's presence.
#[derive(Debug)]
pub struct PresenceProblems;

impl IntoResponses for PresenceProblems {
    fn responses() -> Responses {
        let mut all = OwnerProblems::responses();
        all.extend(problems([(
            Error::parameter("username", "has 300 characters, more than 255"),
            "What the path names is no name.",
        )]));
        all.extend(only_json());
        all
    }
}

/// What can go wrong with the changes.
#[derive(Debug)]
pub struct FeedProblems;

impl IntoResponses for FeedProblems {
    fn responses() -> Responses {
        let mut all = StreamProblems::responses();
        all.extend(problems([(
            Error::BeginAnew("belongs to another database"),
            "The cursor does not hold any more: begin anew without `since`.",
        )]));
        all.extend(only_json());
        all
    }
}

/// What can go wrong with the stream of events.
#[derive(Debug)]
pub struct StreamProblems;

impl IntoResponses for StreamProblems {
    fn responses() -> Responses {
        let mut all = OwnerProblems::responses();
        all.extend(problems([(
            Error::Forbidden("This needs a scope that reads some history.".to_owned()),
            "The caller may read no history. Or the service runs without access control and was \
             asked under a name that is not this machine's.",
        )]));
        all.extend(problems([(
            Error::OnlyMadeAs(EVENT_STREAM),
            "`Accept` does not take `text/event-stream`, or `Accept-Encoding` no encoding.",
        )]));
        all
    }
}

/// What can go wrong with one call.
#[derive(Debug)]
pub struct CallProblems;

impl IntoResponses for CallProblems {
    fn responses() -> Responses {
        let mut all = HistoryProblems::responses();
        all.extend(problems([
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
        ]));
        all.extend(only_json());
        all
    }
}

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
pub(super) fn uri_too_long() -> Responses {
    problems([(
        Error::UriTooLong(LONGEST_URL),
        "The parameters together are too long.",
    )])
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

fn tag() -> Header {
    text_header(
        "Of a page: its tag. `If-None-Match` brings it back, and the page is sent only when it has \
         changed. A page with a call that goes on has none.",
    )
}

/// The example as CSV and as NDJSON.
fn example_lines() -> [String; 2] {
    let of = |format| {
        let mut text = match format {
            Format::Csv => lines::header().unwrap_or_default(),
            _ => Vec::new(),
        };
        text.extend(lines::of(format, example_page().into_iter()).unwrap_or_default());
        String::from_utf8(text).unwrap_or_default()
    };
    [of(Format::Csv), of(Format::Ndjson)]
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

fn example_page() -> [CallHistory; 2] {
    let text = |text: &str| Some(text.to_owned());
    let visit = CallHistory {
        start: "2022-09-08 10:32:50".to_owned(),
        duration: "00:00:25".to_owned(),
        status: "answered".to_owned(),
        call_id: "506388d2064b35a4817732f31e53e006".to_owned(),
        src_num: text("0699000012"),
        dst_num: text("3000"),
        started_at: "2022-09-08T10:32:50+02:00".to_owned(),
        wait_time: text("00:00:07"),
        queue_name: text("blue"),
        queue_display_name: text("Customer care"),
        agent_num: text("2501"),
        agent_name: text("User B"),
        queue_num: text("3000"),
        direction: "inbound".to_owned(),
        duration_seconds: 25,
        wait_seconds: Some(7),
        ..CallHistory::default()
    };
    let missed = CallHistory {
        start: "2022-09-08 09:15:02".to_owned(),
        duration: "00:00:00".to_owned(),
        status: "missed".to_owned(),
        call_id: "a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        src_num: text("1000"),
        dst_num: text("1001"),
        src_username: text("usera"),
        dst_username: text("userb"),
        src_first_name: text("User"),
        src_last_name: text("A"),
        dst_first_name: text("User"),
        dst_last_name: text("B"),
        started_at: "2022-09-08T09:15:02+02:00".to_owned(),
        direction: "internal".to_owned(),
        ..CallHistory::default()
    };
    [visit, missed]
}
