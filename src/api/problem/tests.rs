//! What the documentation says of problems, statuses and the detail of calls is what the code does.

use std::time::Duration;

use utoipa::PartialSchema;

use super::*;
use crate::model::{LegClass, Outcome, OwnerKind, Rule, Status};

const DOCUMENTED: &str = include_str!("../../../docs/API.md");

fn every_error() -> Vec<Error> {
    let text = String::new;
    let all = vec![
        Error::Parameters(Vec::new()),
        Error::BadRequest(text()),
        Error::WrongPassword,
        Error::Unauthenticated,
        Error::NotBelieved,
        Error::UriTooLong(1),
        Error::HeadersTooLarge(1),
        Error::CredentialInUrl(Vec::new()),
        Error::TooManyRequests(Duration::ZERO),
        Error::TooManyAtOnce,
        Error::TooManyStreams(1),
        Error::BeginAnew(""),
        Error::Overloaded,
        Error::Host,
        Error::UnknownOwner,
        Error::Forbidden(text()),
        Error::ForbiddenValues(Vec::new()),
        Error::NotThere(""),
        Error::TooLarge,
        Error::MediaType,
        Error::NoWebSocket,
        Error::Origin,
        Error::NotAcceptable,
        Error::OnlyMadeAs(""),
        Error::UnknownPath,
        Error::Method { allow: text() },
        Error::Unavailable(text()),
        Error::NotReady(text()),
        Error::Internal(text()),
    ];
    for error in &all {
        // A new one belongs into the list above.
        match error {
            Error::Parameters(_)
            | Error::BadRequest(_)
            | Error::WrongPassword
            | Error::Unauthenticated
            | Error::NotBelieved
            | Error::UriTooLong(_)
            | Error::HeadersTooLarge(_)
            | Error::CredentialInUrl(_)
            | Error::TooManyRequests(_)
            | Error::TooManyAtOnce
            | Error::TooManyStreams(_)
            | Error::BeginAnew(_)
            | Error::Overloaded
            | Error::Host
            | Error::UnknownOwner
            | Error::Forbidden(_)
            | Error::ForbiddenValues(_)
            | Error::NotThere(_)
            | Error::TooLarge
            | Error::MediaType
            | Error::NoWebSocket
            | Error::Origin
            | Error::NotAcceptable
            | Error::OnlyMadeAs(_)
            | Error::UnknownPath
            | Error::Method { .. }
            | Error::Unavailable(_)
            | Error::NotReady(_)
            | Error::Internal(_) => {}
        }
    }
    all
}

#[test]
fn docs_api_says_what_to_do_about_every_problem() {
    for error in every_error() {
        let problem = Problem::from(&error);
        let kind = problem.kind.trim_start_matches("urn:call-history:problem:");
        let line = format!("\n| `{kind}` | {}", problem.status);
        assert!(DOCUMENTED.contains(&line), "docs/API.md lacks {line:?}");
    }
}

#[test]
fn the_schema_names_every_problem() {
    let schema = serde_json::to_string(&<Problem as PartialSchema>::schema()).unwrap();
    for error in every_error() {
        let problem = Problem::from(&error);
        let kind = problem.kind.trim_start_matches("urn:call-history:problem:");
        assert!(schema.contains(&format!("`{kind}`")), "{kind} is not in it");
    }
}

#[test]
fn docs_api_says_which_owner_can_have_which_status() {
    let kinds = [
        OwnerKind::User,
        OwnerKind::Queue,
        OwnerKind::Customer,
        OwnerKind::All,
    ];
    for status in Status::ALL {
        let fits = kinds.map(|kind| if status.fits(kind) { "✓" } else { "" });
        let cells = fits.map(|cell| format!(" {cell} |").replace("  |", " |"));
        let line = format!("\n| `{}` |{} ", status.as_str(), cells.concat());
        assert!(DOCUMENTED.contains(&line), "docs/API.md lacks {line:?}");
    }
}

/// The words of the table that has this head, in their order.
fn first_cells(head: &str) -> Vec<&'static str> {
    let (_, table) = DOCUMENTED.split_once(head).unwrap();
    let rows = table.lines().skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|line| line.split('`').nth(1).unwrap()).collect()
}

#[test]
fn docs_api_has_every_word_of_a_calls_detail_and_no_other() {
    assert_eq!(
        first_cells("| code | status | when |"),
        Rule::ALL.map(Rule::code)
    );
    assert_eq!(
        first_cells("| class | counts | what the row is |"),
        LegClass::ALL.map(LegClass::as_str)
    );
    assert_eq!(
        first_cells("| outcome | meaning |"),
        Outcome::ALL.map(Outcome::as_str)
    );
    for class in LegClass::ALL {
        let counts = if class.counts() { "✓ " } else { "" };
        let line = format!("\n| `{}` | {counts}| ", class.as_str());
        assert!(DOCUMENTED.contains(&line), "docs/API.md lacks {line:?}");
    }
}
