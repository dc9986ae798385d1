//! Reading a page of a history: what all who ask for one have in common.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LINK};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder, Responder, web};
use chrono::Utc;

use super::parties::{self, Party};
use super::tag::{Basis, Tag};
use super::total::Total;
use crate::api::State;
use crate::api::audit::Reading;
use crate::api::blocking::with_connection;
use crate::api::error::Error;
use crate::api::names::Names;
use crate::api::params::{Asked, Distinct, HistoryRequest, OwnParameters};
use crate::api::wire::{CallHistory, View, call_history};
use crate::model::{CallId, Line, OwnerKind, Position, Principal, Readable, Scope};
use crate::store::history::{self, Order, PageQuery};
use crate::store::{Connection, calls};

/// A page, and the reference to the next while there is more.
#[derive(Clone, Debug)]
pub struct Page {
    /// The entries, in the order that was asked for.
    pub entries: Vec<CallHistory>,
    /// The next page.
    pub next: Option<String>,
    /// By what the page is known again; None where that cannot be said.
    pub(super) tag: Option<Tag>,
    /// How many entries there are on all pages, when that was asked for.
    pub(super) total: Option<Total>,
}

impl Page {
    fn empty() -> Self {
        Self {
            entries: Vec::new(),
            next: None,
            tag: None,
            total: None,
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
            total: None,
        }
    }

    /// The page of these parties.
    fn of_parties(
        all: Vec<Party>,
        after: Option<Position>,
        view: &View<'_>,
        request: &HistoryRequest,
    ) -> Self {
        let total = Total(all.len());
        let is_later = |party: &Party| after.is_none_or(|after| party.newest.position() < after);
        let rest = all.into_iter().filter(is_later);
        let (lines, calls): (Vec<Line>, Vec<u32>) = rest
            .take(request.length() + 1)
            .map(|party| (party.newest, party.calls))
            .unzip();
        let mut page = Self::of(lines, view, request, None);
        for (entry, calls) in page.entries.iter_mut().zip(calls) {
            entry.calls = Some(calls);
        }
        page.total = request.wants_total().then_some(total);
        page
    }

    /// The page in an answer of this status, which has a body or has none.
    pub(super) fn head(&self, status: StatusCode) -> HttpResponseBuilder {
        let mut response = head(status, self.next.as_deref(), self.tag.as_ref());
        if let Some(total) = self.total {
            response.insert_header(total.header());
        }
        response
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
        return Ok(Page {
            total: request.wants_total().then_some(Total(0)),
            ..Page::empty()
        });
    };
    // Before the page: whatever changes from now on changes the tag of the next.
    let basis = Basis::of(state, request, &owners, &names);
    let live = live_lines(state, connection, &owners, &names)?;
    let basis = basis.filter(|_| live.is_empty());
    let view = View {
        names: &names,
        presence: &state.presence.look(),
        zone: request.zone,
        now: request.now,
    };
    let query = request.query(&names);
    if request.distinct() == Some(Distinct::Peer) {
        let all = read_parties(connection, live, &owners, &names, &query)?;
        return Ok(Page::of_parties(all, query.after, &view, request));
    }
    let lines = with_live(connection, live, &owners, &query)?;
    // A first page that is not full has all there is.
    let all = (query.after.is_none() && lines.len() < query.limit).then_some(lines.len());
    let mut page = Page::of(lines, &view, request, basis);
    if request.wants_total() {
        let counted = match all {
            Some(all) => all,
            None => history::count(connection, &owners, &query, Total::MOST + 1)?,
        };
        page.total = Some(Total(counted));
    }
    Ok(page)
}

/// Each other party once. All of the window is looked at for each page, so that a party stands
/// where its newest entry does, with all its calls.
fn read_parties(
    connection: &mut Connection,
    live: Vec<Line>,
    owners: &Readable,
    names: &Names,
    query: &PageQuery,
) -> Result<Vec<Party>, Error> {
    let query = PageQuery {
        after: None,
        limit: parties::MOST + 1,
        ..query.clone()
    };
    let lines = with_live(connection, live, owners, &query)?;
    if lines.len() > parties::MOST {
        let reason = format!(
            "looks at {} entries at most, and there are more: narrow the window with days, or \
             from and until, or filter",
            parties::MOST
        );
        return Err(Error::parameter("distinct", reason));
    }
    Ok(parties::parties(lines, names.numbers()))
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

/// The lines of calls in progress that the PBX tells of.
fn live_lines(
    state: &State,
    connection: &mut Connection,
    owners: &Readable,
    names: &Names,
) -> Result<Vec<Line>, Error> {
    let look = || state.live.lines(owners, names.shared_directory());
    let lines = look();
    if !lines.is_empty() && state.end_silent_calls(connection)? {
        return Ok(look());
    }
    Ok(lines)
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
    match query.order {
        Order::Descending => lines.sort_unstable_by_key(|line| Reverse(line.position())),
        Order::Ascending => lines.sort_unstable_by_key(Line::position),
    }
    lines.truncate(query.limit);
    Ok(lines)
}
