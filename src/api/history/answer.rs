//! What a request for a history is answered with: a page, or all of it.

use actix_web::body::BoxBody;
use actix_web::{HttpRequest, HttpResponse, Responder, web};

use super::not_modified::NotModified;
use super::page::{self, Page};
use super::tag::IfNoneMatch;
use crate::api::State;
use crate::api::error::Error;
use crate::api::export::{self, Export};
use crate::api::format::Format;
use crate::api::params::{Asked, OwnParameters};
use crate::model::Principal;

/// An answer in the form that was asked for.
pub(crate) enum Answer {
    /// A page, as JSON.
    Page(Page),
    /// That the page is what it was.
    NotModified(NotModified),
    /// All of it, as CSV or NDJSON.
    Export(Box<Export>),
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Page(page) => page.respond_to(request),
            Self::NotModified(page) => page.respond_to(request),
            Self::Export(export) => export.respond_to(request),
        }
    }
}

/// Answers a caller.
///
/// # Errors
/// A parameter's, an owner's who is not there for this caller, the database's, or a limit's.
pub(crate) async fn answer<P>(
    state: &web::Data<State>,
    caller: &Principal,
    asked: &Asked<P>,
) -> Result<Answer, Error>
where
    P: OwnParameters + Clone + Send + 'static,
{
    match asked.format {
        Format::Json => {
            if let Some(known) = NotModified::find(state, caller, asked).await? {
                return Ok(Answer::NotModified(known));
            }
            let page = page::read(state, caller, asked).await?;
            Ok(match asked.if_none_match {
                IfNoneMatch::Anything => Answer::NotModified(page.into()),
                _ => Answer::Page(page),
            })
        }
        Format::Csv | Format::Ndjson => {
            let export = export::begin(state, caller, asked).await?;
            Ok(Answer::Export(Box::new(export)))
        }
    }
}
