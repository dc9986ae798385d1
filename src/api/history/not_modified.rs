//! The answer that a page is what it was: all that a page has before its body, and no body.

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder, web};
use chrono::Utc;

use super::page::{self, Page};
use super::tag::{Basis, IfNoneMatch, Tag};
use crate::api::State;
use crate::api::blocking::{run, with_connection};
use crate::api::error::Error;
use crate::api::params::{Asked, OwnParameters};
use crate::model::{Principal, Readable};

/// That a page has not changed.
pub(crate) struct NotModified {
    next: Option<String>,
    tag: Option<Tag>,
}

impl NotModified {
    /// Whether one of the tags that the caller brings is still that of the page. That is found
    /// without the database, as long as the change tail knows what changes.
    ///
    /// # Errors
    /// A parameter's, or the database's.
    pub(super) async fn find<P: OwnParameters>(
        state: &web::Data<State>,
        caller: &Principal,
        asked: &Asked<P>,
    ) -> Result<Option<Self>, Error> {
        let IfNoneMatch::Tags(tags) = &asked.if_none_match else {
            return Ok(None);
        };
        let owner = asked.own.owner(caller)?;
        let request = asked.request(&owner, state.zone, Utc::now())?;
        let names = match state.names_at_hand() {
            Some(names) => names,
            None => {
                let data = web::Data::clone(state);
                with_connection(&state.pool, move |conn| Ok(data.names.current(conn)?)).await?
            }
        };
        let owners = asked.own.readable(&owner, caller, &names, request.now);
        let still = |owners: &Readable| {
            let basis = Basis::of(state, &request, owners, &names)?;
            basis.still(tags, request.now, &state.presence.look())
        };
        // The cheap question first.
        if still(&owners).is_none() {
            return Ok(None);
        }
        let (data, directory) = (
            web::Data::clone(state),
            Arc::clone(names.shared_directory()),
        );
        let look = move || (data.live.lines(&owners, &directory).is_empty(), owners);
        // To fold takes time.
        let (is_quiet, owners) = run(look).await?;
        // A call in progress reads differently each second. One that has ended meanwhile may have
        // records, so the tag is asked for again.
        let tag = if is_quiet { still(&owners) } else { None };
        Ok(tag.map(|tag| Self {
            next: tag.last.map(|last| request.next(last)),
            tag: Some(tag),
        }))
    }
}

impl From<Page> for NotModified {
    fn from(page: Page) -> Self {
        Self {
            next: page.next,
            tag: page.tag,
        }
    }
}

impl Responder for NotModified {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let next = self.next.as_deref();
        page::head(StatusCode::NOT_MODIFIED, next, self.tag.as_ref()).finish()
    }
}
