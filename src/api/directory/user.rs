//! A user of the directory as JSON: shown, and read with every field checked.

use std::collections::BTreeSet;

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bodies::Faults;
use crate::api::body::{given, objects};
use crate::api::error::Error;
use crate::fold::DEFAULT_SOURCE;
use crate::model::{InvalidScope, Scope, Time, User, Validity, Valued, check};

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
    /// As in the path; it can be left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, read_only, example = "usera")]
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
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, example = "2501", min_length = 1, max_length = 255)]
    agent_number: Option<String>,
    /// What the user may read after logging in, beside their own history. When absent, it stays
    /// as it is. Only `admin` may change it.
    #[serde(default, deserialize_with = "given")]
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
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(required = false, example = "2026-01-01T00:00:00Z")]
    pub valid_from: Option<String>,
    /// Until when (exclusive, RFC 3339). When absent: for ever.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
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
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(required = false, example = "2026-01-01T00:00:00Z")]
    pub valid_from: Option<String>,
    /// Until when (exclusive, RFC 3339). When absent: for ever.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(required = false, example = "2036-01-01T00:00:00Z")]
    pub valid_until: Option<String>,
}

fn default_source() -> String {
    DEFAULT_SOURCE.to_owned()
}

impl UserBody {
    /// The user without scopes, and the scopes if they are said.
    pub(super) fn checked(self, username: &str) -> Result<(User, Option<BTreeSet<Scope>>), Error> {
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
