//! Histories given out whole: not a page, but all that the request's window and filters say,
//! line by line, as CSV or NDJSON.
//!
//! The entries are read in chunks, each a keyset query of its own, so that an export needs the
//! memory of two chunks and a connection only while it reads. The next is read while the last is
//! sent, and none is read ahead of that: a client that reads slowly is waited for, one that takes
//! nothing for a while is dropped. Names are those of the directory when the export began. An
//! entry that changes meanwhile is given as it is when its turn comes.

mod csv;
pub(super) mod lines;
mod source;
mod stream;

use actix_web::body::BoxBody;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Responder, web};
use chrono::Utc;

use super::State;
use super::audit::Reading;
use super::blocking::with_connection;
use super::error::Error;
use super::format::Format;
use super::history::whose;
use super::limit::ExportPlace;
use super::names::Names;
use super::params::{Asked, OwnParameters};
use crate::model::{OwnerKind, Principal};
use source::{Chunk, Source};

/// An export that is about to be sent.
pub(crate) struct Export {
    state: web::Data<State>,
    kind: OwnerKind,
    format: Format,
    source: Source,
    /// What comes first; None where no body is wanted.
    first: Option<Chunk>,
    place: ExportPlace,
}

/// Begins an export. What can be wrong with it is found here, since nothing can be taken back
/// of what was sent.
///
/// # Errors
/// A parameter's, an owner's who is not there for this caller, the database's, or that there are
/// too many exports already.
pub(crate) async fn begin<P>(
    state: &web::Data<State>,
    caller: &Principal,
    asked: &Asked<P>,
) -> Result<Export, Error>
where
    P: OwnParameters + Clone + Send + 'static,
{
    let (format, wants_body) = (asked.format, asked.wants_body);
    let owner = asked.own.owner(caller)?;
    let request = asked.request(&owner, state.zone, Utc::now())?;
    let place = state.limits.export()?;
    let (data, caller, own) = (web::Data::clone(state), caller.clone(), asked.own.clone());
    let (source, first) = with_connection(&state.pool, move |connection| {
        let readable = |names: &Names| own.readable(&owner, &caller, names, request.now);
        let whose = whose(&data, connection, &request, readable)?;
        let mut source = Source::new(whose, request, format);
        let first = match wants_body {
            true => Some(source.chunk(connection, &data.presence)?),
            false => None,
        };
        Ok((source, first))
    })
    .await?;
    Ok(Export {
        state: web::Data::clone(state),
        kind: P::KIND,
        format,
        source,
        first,
        place,
    })
}

impl Responder for Export {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let reading = request.extensions().get::<Reading>().cloned();
        let reading = reading.unwrap_or_default();
        reading.exports(self.format);
        let name = format!("call-history-{}.{}", self.kind, self.format.as_str());
        let body = match self.first {
            Some(first) => stream::start(self.state, self.source, first, self.place, reading),
            None => stream::nothing(),
        };
        HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, self.format.content_type()))
            .insert_header((
                CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ))
            .body(body)
    }
}
