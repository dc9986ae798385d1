//! Reading a page of a history: what all who ask for one have in common.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LINK};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder, Responder, web};
use chrono::Utc;

use super::tag::{Basis, Tag};
use crate::api::State;
use crate::api::audit::Reading;
use crate::api::blocking::with_connection;
use crate::api::error::Error;
use crate::api::names::Names;
use crate::api::params::{Asked, HistoryRequest, OwnParameters};
use crate::api::wire::{CallHistory, View, call_history};
use crate::model::{CallId, Line, OwnerKind, Principal, Readable, Scope};
use crate::store::history::{self, PageQuery};
use crate::store::{Connection, calls};

/// A page, and the reference to the next while there is more.
#[derive(Clone, Debug)]
pub struct Page {
    /// The entries, newest first.
    pub entries: Vec<CallHistory>,
    /// The next page.
    pub next: Option<String>,
    /// By what the page is known again; None where that cannot be said.
    pub(super) tag: Option<Tag>,
}

impl Page {
    fn empty() -> Self {
        Self {
            entries: Vec::new(),
            next: None,
            tag: None,
        }
    }

    /// The page of these lines, of which the last may be the one that shows that there is more.
    fn of(
        mut lines: Vec<Line>,
        view: &View<'_>,
        request: &HistoryRequest,
        basis: Option<Basis>,
    ) -> Self {
        let has_more = lines.len() > request.length();
        let last = lines[..request.length().min(lines.len())].last();
        let last = last.filter(|_| has_more).map(Line::position);
        let window = request.moving_window();
        let tag = basis.and_then(|basis| basis.tag(&lines, last, window, view.presence));
        lines.truncate(request.length());
        Self {
            next: last.map(|last| request.next(last)),
            entries: lines.iter().map(|line| call_history(line, view)).collect(),
            tag,
        }
    }

    /// The page in an answer of this status, which has a body or has none.
    pub(super) fn head(&self, status: StatusCode) -> HttpResponseBuilder {
        head(status, self.next.as_deref(), self.tag.as_ref())
    }
}

/// What an answer with a page has before its body, and one without a page as well.
pub(super) fn head(
    status: StatusCode,
    next: Option<&str>,
    tag: Option<&Tag>,
) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    if let Some(next) = next {
        response.insert_header((LINK, format!("<{next}>; rel=\"next\"")));
    }
    if let Some(tag) = tag {
        response.insert_header((ETAG, tag.header()));
    }
    response
}

impl Responder for Page {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        if let Some(reading) = request.extensions().get::<Reading>() {
            reading.answered(self.entries.len());
        }
        self.head(StatusCode::OK).json(self.entries)
    }
}

/// Reads the page that a caller asks for.
///
/// # Errors
/// A parameter's, an owner's who is not there for this caller, or the database's.
pub(crate) async fn read<P>(
    state: &web::Data<State>,
    caller: &Principal,
    asked: &Asked<P>,
) -> Result<Page, Error>
where
    P: OwnParameters + Clone + Send + 'static,
{
    let owner = asked.own.owner(caller)?;
    let request = asked.request(&owner, state.zone, Utc::now())?;
    let (data, caller, own) = (web::Data::clone(state), caller.clone(), asked.own.clone());
    with_connection(&state.pool, move |connection| {
        let readable = |names: &Names| own.readable(&owner, &caller, names, request.now);
        read_blocking(&data, connection, &request, readable)
    })
    .await
}

fn read_blocking(
    state: &State,
    connection: &mut Connection,
    request: &HistoryRequest,
    readable: impl Fn(&Names) -> Readable,
) -> Result<Page, Error> {
    let Some((names, owners)) = whose(state, connection, request, readable)? else {
        return Ok(Page::empty());
    };
    // Before the page: whatever changes from now on changes the tag of the next.
    let basis = Basis::of(state, request, &owners, &names);
    let live = state.live.lines(&owners, names.shared_directory());
    let basis = basis.filter(|_| live.is_empty());
    let lines = with_live(connection, live, &owners, &request.query())?;
    let view = View {
        names: &names,
        presence: &state.presence.look(),
        zone: request.zone,
        now: request.now,
    };
    Ok(Page::of(lines, &view, request, basis))
}

/// The owners that are asked for, with the names that they were found by; None when there is
/// none, which is no error of this request.
///
/// # Errors
/// The owner is not there for this caller, or the database's.
pub(crate) fn whose(
    state: &State,
    connection: &mut Connection,
    request: &HistoryRequest,
    readable: impl Fn(&Names) -> Readable,
) -> Result<Option<(Arc<Names>, Readable)>, Error> {
    let mut names = state.names.current(connection)?;
    let mut owners = readable(&names);
    if owners.is_empty() && !matches!(request.kind, OwnerKind::Customer | OwnerKind::All) {
        // Perhaps somebody new. Whoever exists but may not be read goes the same way, so that
        // no difference shows.
        names = state.names.latest(connection)?;
        owners = readable(&names);
    }
    match request.kind {
        _ if !owners.is_empty() => Ok(Some((names, owners))),
        OwnerKind::User | OwnerKind::Agent => Err(Error::UnknownOwner),
        OwnerKind::Queue | OwnerKind::Customer => Ok(None),
        // That there are calls is no secret.
        OwnerKind::All => Err(Error::needs(&Scope::All)),
    }
}

/// The page of what is stored and of these lines, of calls in progress that the PBX tells of: as
/// soon as a call has records, they tell.
fn with_live(
    connection: &mut Connection,
    mut live: Vec<Line>,
    owners: &Readable,
    query: &PageQuery,
) -> Result<Vec<Line>, Error> {
    live.retain(|line| query.wants(line));
    if live.is_empty() {
        return Ok(history::page(connection, owners, query)?);
    }
    let ids = live.iter().map(|line| line.call).collect();
    // Before the page: a call whose records come in between is then among its lines.
    let stored = calls::stored(connection, &ids)?;
    let mut lines = history::page(connection, owners, query)?;
    let on_page: HashSet<CallId> = lines.iter().map(|line| line.call).collect();
    let is_told = |line: &Line| stored.contains(&line.call) || on_page.contains(&line.call);
    lines.extend(live.into_iter().filter(|line| !is_told(line)));
    lines.sort_unstable_by_key(|line| Reverse(line.position()));
    lines.truncate(query.limit);
    Ok(lines)
}
