//! What the documentation says of problems and statuses is what the code does.

use std::time::Duration;

use super::*;
use crate::model::{OwnerKind, Status};

const DOCUMENTED: &str = include_str!("../../../docs/API.md");

fn every_error() -> Vec<Error> {
    let text = String::new;
    let all = vec![
        Error::Parameters(Vec::new()),
        Error::BadRequest(text()),
        Error::WrongPassword,
        Error::Unauthenticated,
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
