//! Reading a page of a history: what all who ask for one have in common.

use actix_web::body::BoxBody;
use actix_web::http::header::LINK;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Responder, web};
use chrono::Utc;

use crate::api::State;
use crate::api::audit::Reading;
use crate::api::blocking::with_connection;
use crate::api::error::Error;
use crate::api::names::Names;
use crate::api::params::{Asked, HistoryRequest, OwnParameters};
use crate::api::wire::{CallHistory, View, call_history};
use crate::model::{Line, OwnerKind, Principal, Readable, Scope};
use crate::store::{Connection, history};

/// A page, and the reference to the next while there is more.
#[derive(Clone, Debug)]
pub struct Page {
    /// The entries, newest first.
    pub entries: Vec<CallHistory>,
    /// The next page.
    pub next: Option<String>,
}

impl Page {
    fn empty() -> Self {
        Self {
            entries: Vec::new(),
            next: None,
        }
    }

    /// The page of these lines, of which the last may be the one that shows that there is more.
    fn of(mut lines: Vec<Line>, view: &View<'_>, request: &HistoryRequest) -> Self {
        let has_more = lines.len() > request.length();
        lines.truncate(request.length());
        let last = lines.last().filter(|_| has_more);
        Self {
            next: last.map(|line| request.next(line.position())),
            entries: lines.iter().map(|line| call_history(line, view)).collect(),
        }
    }
}

impl Responder for Page {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        if let Some(reading) = request.extensions().get::<Reading>() {
            reading.answered(self.entries.len());
        }
        let mut response = HttpResponse::Ok();
        if let Some(next) = self.next {
            response.insert_header((LINK, format!("<{next}>; rel=\"next\"")));
        }
        response.json(self.entries)
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
    let mut names = state.names.current(connection)?;
    let mut owners = readable(&names);
    if owners.is_empty() && !matches!(request.kind, OwnerKind::Customer | OwnerKind::All) {
        // Perhaps somebody new. Whoever exists but may not be read goes the same way, so that
        // no difference shows.
        names = state.names.latest(connection)?;
        owners = readable(&names);
    }
    if owners.is_empty() {
        return match request.kind {
            OwnerKind::User | OwnerKind::Agent => Err(Error::UnknownOwner),
            OwnerKind::Queue | OwnerKind::Customer => Ok(Page::empty()),
            // That there are calls is no secret.
            OwnerKind::All => Err(Error::needs(&Scope::All)),
        };
    }
    let lines = history::page(connection, &owners, &request.query())?;
    let view = View {
        names: &names,
        presence: &state.presence.look(),
        zone: request.zone,
        now: request.now,
    };
    Ok(Page::of(lines, &view, request))
}
