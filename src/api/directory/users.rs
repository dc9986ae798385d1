//! `/directory/users`

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};
use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bodies::Faults;
use crate::api::State;
use crate::api::body::{Body, objects};
use crate::api::caller::DirectoryWriter;
use crate::api::error::Error;
use crate::api::list::{ListPage, ListParameters};
use crate::api::openapi::{BodyProblems, ForbiddenProblems, ListProblems, NotThereProblems};
use crate::api::problem::Fault;
use crate::api::segment::Segment;
use crate::fold::DEFAULT_SOURCE;
use crate::model::{InvalidScope, Scope, Time, User, Validity, Valued, check};

const UNKNOWN: Error = Error::NotThere("There is no such user in the directory.");

/// A user of the directory.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryUser {
    /// The name that identifies the user.
    #[schema(example = "usera")]
    pub username: String,
    /// First name; empty when unknown.
    #[schema(example = "User")]
    pub first_name: String,
    /// Last name; empty when unknown.
    #[schema(example = "A")]
    pub last_name: String,
    /// Internal numbers, the main one first.
    pub numbers: Vec<Number>,
    /// Phones.
    pub endpoints: Vec<Endpoint>,
    /// The number under which the user works as an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2501")]
    pub agent_number: Option<String>,
    /// What the user may read after logging in, beside their own history.
    #[schema(example = json!(["history:queue:blue"]))]
    pub scopes: Vec<String>,
}

/// What a user is to be. What is left out is empty, except `scopes`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserBody {
    /// As in the path.
    #[schema(required = false, example = "usera")]
    username: Option<String>,
    /// First name.
    #[serde(default)]
    #[schema(required = false, example = "User", max_length = 255)]
    first_name: String,
    /// Last name.
    #[serde(default)]
    #[schema(required = false, example = "A", max_length = 255)]
    last_name: String,
    /// Internal numbers, the main one first.
    #[serde(default, deserialize_with = "objects")]
    #[schema(required = false)]
    numbers: Vec<Number>,
    /// Phones.
    #[serde(default, deserialize_with = "objects")]
    #[schema(required = false)]
    endpoints: Vec<Endpoint>,
    /// The number under which the user works as an agent. Who has it reads that agent's calls.
    #[schema(required = false, example = "2501", min_length = 1, max_length = 255)]
    agent_number: Option<String>,
    /// What the user may read after logging in, beside their own history. When absent, it stays
    /// as it is. Only `admin` may change it.
    #[schema(required = false, example = json!(["history:queue:blue"]))]
    scopes: Option<Vec<String>>,
}

/// An internal number that a user has, for some time.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Number {
    /// The number.
    #[schema(example = "1000", min_length = 1, max_length = 255)]
    pub number: String,
    /// The PBX that it belongs to.
    #[serde(default = "default_source")]
    #[schema(required = false, default = "default", min_length = 1, max_length = 64)]
    pub source: String,
    /// From when on (inclusive, RFC 3339). When absent: since ever, or since the user was
    /// deleted who had it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2026-01-01T00:00:00Z")]
    pub valid_from: Option<String>,
    /// Until when (exclusive, RFC 3339). When absent: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2036-01-01T00:00:00Z")]
    pub valid_until: Option<String>,
}

/// A phone that a user has, for some time.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endpoint {
    /// The phone, with its technology.
    #[schema(example = "PJSIP/1000", min_length = 1, max_length = 255)]
    pub endpoint: String,
    /// The PBX that it belongs to.
    #[serde(default = "default_source")]
    #[schema(required = false, default = "default", min_length = 1, max_length = 64)]
    pub source: String,
    /// From when on (inclusive, RFC 3339). When absent: since ever, or since the user was
    /// deleted who had it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2026-01-01T00:00:00Z")]
    pub valid_from: Option<String>,
    /// Until when (exclusive, RFC 3339). When absent: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2036-01-01T00:00:00Z")]
    pub valid_until: Option<String>,
}

fn default_source() -> String {
    DEFAULT_SOURCE.to_owned()
}

/// List the users
///
/// The users of the directory in the order of their names, without deleted ones.
#[utoipa::path(
    tag = "directory",
    operation_id = "listUsers",
    params(ListParameters),
    responses(
        (status = 200, description = "The users of the page.", body = [DirectoryUser],
         headers(("Link" = String, description = "While there is more: the reference to the next page, `</directory/users?…>; rel=\"next\"` (RFC 8288)."))),
        ListProblems,
        ForbiddenProblems,
    )
)]
#[get("/directory/users")]
pub(crate) async fn list_users(
    state: web::Data<State>,
    _: DirectoryWriter,
    asked: ListParameters,
) -> Result<ListPage<DirectoryUser>, Error> {
    super::page::<User, _>(&state, asked, |user: &DirectoryUser| &user.username).await
}

/// Describe a user
///
/// As in the list.
#[utoipa::path(
    tag = "directory",
    operation_id = "getUser",
    params(("username" = String, Path, description = "The username.", example = "usera")),
    responses(
        (status = 200, description = "The user.", body = DirectoryUser),
        NotThereProblems,
        ForbiddenProblems,
    )
)]
#[get("/directory/users/{username}")]
pub(crate) async fn get_user(
    state: web::Data<State>,
    _: DirectoryWriter,
    username: Segment,
) -> Result<web::Json<DirectoryUser>, Error> {
    super::one::<User, _>(&state, username.0, UNKNOWN).await
}

/// Add or replace a user
///
/// The user is what the body says, and nothing of what was before but `scopes` where the body
/// has none. The same body twice changes nothing. Calls that belong to other users by it are
/// moved in the background.
///
/// A number or phone that a deleted user had, without `validFrom`, is the user's from that
/// deletion on. A user who was deleted is there again: without `scopes`, keys and password, and
/// with the calls of the times in the body.
#[utoipa::path(
    tag = "directory",
    operation_id = "putUser",
    params(("username" = String, Path, description = "The username.", example = "usera")),
    request_body(content = UserBody, example = json!({
        "firstName": "User", "lastName": "A",
        "numbers": [{"number": "1000"}], "endpoints": [{"endpoint": "PJSIP/1000"}]
    })),
    responses(
        (status = 200, description = "The user, replaced or the same as before.", body = DirectoryUser),
        (status = 201, description = "The user, who is new.", body = DirectoryUser,
         headers(("Location" = String, description = "Where the user is."))),
        BodyProblems,
        ForbiddenProblems,
    )
)]
#[put("/directory/users/{username}")]
pub(crate) async fn put_user(
    request: HttpRequest,
    state: web::Data<State>,
    writer: DirectoryWriter,
    username: Segment,
    body: Body<UserBody>,
) -> Result<HttpResponse, Error> {
    let (wanted, scopes) = body.0.checked(&username.0)?;
    let may_give = writer.0.may_administer();
    let make = move |stored: Option<&User>| {
        let had = stored.map(|user| user.scopes.clone()).unwrap_or_default();
        let scopes = scopes.clone().unwrap_or_else(|| had.clone());
        if scopes != had && !may_give {
            let reason = "only admin may change what somebody may read; leave it out";
            return Err(Error::ForbiddenValues(vec![Fault::new("scopes", reason)]));
        }
        Ok(User {
            scopes,
            ..wanted.clone()
        })
    };
    let name = username.0.clone();
    let put = super::put::<User, DirectoryUser>(&state, &request, username.0, make).await?;
    // Their holder may be another agent now.
    state
        .keys
        .forget(|key| key.username.as_ref() == Some(&name));
    Ok(put)
}

/// Delete a user
///
/// The user is not listed any more and cannot log in; the user's keys are revoked for good.
/// Numbers and phones end now. Calls until now stay the user's history, for whoever may read it
/// (`history:all`, `admin`, `history:user:<name>`). Deleting again is no error.
#[utoipa::path(
    tag = "directory",
    operation_id = "deleteUser",
    params(("username" = String, Path, description = "The username.", example = "usera")),
    responses(
        (status = 204, description = "The user is deleted."),
        NotThereProblems,
        ForbiddenProblems,
    )
)]
#[delete("/directory/users/{username}")]
pub(crate) async fn delete_user(
    state: web::Data<State>,
    _: DirectoryWriter,
    username: Segment,
) -> Result<HttpResponse, Error> {
    let name = username.0.clone();
    let deleted = super::delete::<User>(&state, username.0, UNKNOWN).await?;
    state
        .keys
        .forget(|key| key.username.as_ref() == Some(&name));
    Ok(deleted)
}

impl UserBody {
    /// The user without scopes, and the scopes if they are said.
    fn checked(self, username: &str) -> Result<(User, Option<BTreeSet<Scope>>), Error> {
        let mut faults = Faults::default();
        faults.same_key("username", self.username.as_deref(), username);
        faults.note("firstName", check::text(&self.first_name));
        faults.note("lastName", check::text(&self.last_name));
        let agent = self.agent_number.as_deref();
        faults.note("agentNumber", agent.map_or(Ok(()), check::name));
        let numbers = self.numbers.into_iter().enumerate().map(|(place, number)| {
            let place = format!("numbers[{place}]");
            faults.note(format!("{place}.number"), check::number(&number.number));
            let (from, until) = (number.valid_from, number.valid_until);
            valued(
                &mut faults,
                &place,
                number.source,
                number.number,
                from,
                until,
            )
        });
        let numbers = numbers.collect();
        let endpoints = self.endpoints.into_iter().enumerate();
        let endpoints = endpoints.map(|(place, phone)| {
            let place = format!("endpoints[{place}]");
            faults.note(
                format!("{place}.endpoint"),
                check::endpoint(&phone.endpoint),
            );
            let (from, until) = (phone.valid_from, phone.valid_until);
            valued(
                &mut faults,
                &place,
                phone.source,
                phone.endpoint,
                from,
                until,
            )
        });
        let endpoints = endpoints.collect();
        let scopes = self.scopes.map(|texts| {
            let texts = texts.iter().enumerate();
            let scopes = texts.filter_map(|(place, text)| {
                let place = format!("scopes[{place}]");
                match text.parse() {
                    Ok(scope) => {
                        faults.note(place, check::scope(&scope));
                        Some(scope)
                    }
                    Err(_) => {
                        faults.note(place, Err(InvalidScope::EXPECTED.to_owned()));
                        None
                    }
                }
            });
            scopes.collect()
        });
        let user = User {
            username: username.to_owned(),
            first_name: self.first_name,
            last_name: self.last_name,
            numbers,
            endpoints,
            agent_number: self.agent_number,
            ..User::default()
        };
        faults.finish((user, scopes))
    }
}

fn valued(
    faults: &mut Faults,
    place: &str,
    source: String,
    value: String,
    from: Option<String>,
    until: Option<String>,
) -> Valued {
    faults.note(format!("{place}.source"), check::source(&source));
    let validity = Validity {
        from: faults.time(format!("{place}.validFrom"), from.as_deref()),
        until: faults.time(format!("{place}.validUntil"), until.as_deref()),
    };
    faults.note(format!("{place}.validUntil"), check::validity(validity));
    Valued {
        source,
        value,
        validity,
    }
}

impl From<User> for DirectoryUser {
    fn from(user: User) -> Self {
        let shown =
            |time: Option<Time>| time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        let numbers = user.numbers.into_iter().map(|number| Number {
            number: number.value,
            source: number.source,
            valid_from: shown(number.validity.from),
            valid_until: shown(number.validity.until),
        });
        let endpoints = user.endpoints.into_iter().map(|endpoint| Endpoint {
            endpoint: endpoint.value,
            source: endpoint.source,
            valid_from: shown(endpoint.validity.from),
            valid_until: shown(endpoint.validity.until),
        });
        Self {
            username: user.username,
            first_name: user.first_name,
            last_name: user.last_name,
            numbers: numbers.collect(),
            endpoints: endpoints.collect(),
            agent_number: user.agent_number,
            scopes: user.scopes.iter().map(Scope::to_string).collect(),
        }
    }
}
