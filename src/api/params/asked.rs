//! A request for a history, read and checked: the extractor that the handlers take.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderValue, IF_NONE_MATCH};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use chrono::TimeDelta;
use chrono_tz::Tz;

use super::common::{AnsweredElsewhere, Common};
use super::listing::{Distinct, Include};
use super::reader::Reader;
use crate::api::State;
use crate::api::audit::Reading;
use crate::api::cursor::{Binding, Cursor, Window};
use crate::api::envelope::HeadOnly;
use crate::api::error::Error;
use crate::api::format::Format;
use crate::api::history::IfNoneMatch;
use crate::api::names::Names;
use crate::model::{OwnerKind, Position, Principal, Readable, Time};
use crate::store::history::PageQuery;

/// The parameters that one history has for itself.
pub trait OwnParameters: Sized {
    /// The kind of owner whose history it is.
    const KIND: OwnerKind;
    /// The path of the history.
    const PATH: &str;

    /// Reads them. `None` only after a fault.
    fn read(reader: &mut Reader) -> Option<Self>;

    /// Whose history is asked for: as named, or the caller's own.
    ///
    /// # Errors
    /// A problem with the parameter when nobody is named and the caller is nobody.
    fn owner(&self, caller: &Principal) -> Result<String, Error>;

    /// Finds what contradicts the parameters of all histories.
    fn check(&self, _common: &Common, _reader: &mut Reader) {}

    /// The owners that this [`owner`](Self::owner) stands for and that the caller may read.
    fn readable(&self, owner: &str, caller: &Principal, names: &Names, now: Time) -> Readable;
}

/// What was asked, when nothing is wrong with it.
#[derive(Clone, Debug)]
pub struct Asked<P> {
    /// The history's own parameters.
    pub own: P,
    /// The parameters of all histories.
    pub common: Common,
    /// The form of the answer.
    pub format: Format,
    /// Which pages the caller has already.
    pub if_none_match: IfNoneMatch,
    /// Whether a body is wanted, and not its headers alone.
    pub wants_body: bool,
    given: Vec<(String, String)>,
    reading: Reading,
}

impl<P: OwnParameters> Asked<P> {
    /// Reads a query string. Local times are those of `zone` when it names no other.
    pub fn parse(query: &str, zone: Tz) -> Result<Self, Error> {
        let mut reader = Reader::new(query);
        let own = P::read(&mut reader);
        let common = Common::read(&mut reader, P::KIND, zone);
        if let Some(own) = &own {
            own.check(&common, &mut reader);
        }
        let given = reader.finish().map_err(Error::Parameters)?;
        let own = own.ok_or_else(|| Error::Internal("a parameter without a fault".to_owned()))?;
        Ok(Self {
            own,
            format: common.format.unwrap_or_default(),
            common,
            if_none_match: IfNoneMatch::default(),
            wants_body: true,
            given,
            reading: Reading::default(),
        })
    }

    /// The last entries of a history, without a way to the next page.
    pub(crate) fn last(own: P, common: Common) -> Self {
        Self {
            own,
            common,
            format: Format::Json,
            if_none_match: IfNoneMatch::Absent,
            wants_body: true,
            given: Vec::new(),
            reading: Reading::default(),
        }
    }

    /// What is noted of it for the audit.
    pub(crate) fn reading(&self) -> &Reading {
        &self.reading
    }

    fn of(request: &HttpRequest, zone: Tz) -> Result<Self, Error> {
        let mut asked = Self::parse(request.query_string(), zone)?;
        if asked.common.format.is_none() {
            asked.format = Format::accepted(request).ok_or(Error::NotAcceptable)?;
        }
        if asked.format != Format::Json {
            asked.common.check_export()?;
        }
        let tags = request.headers().get_all(IF_NONE_MATCH);
        asked.if_none_match = IfNoneMatch::parse(tags.map(HeaderValue::as_bytes));
        let mut known = request.extensions_mut();
        asked.wants_body = !known.contains::<HeadOnly>();
        known.insert(asked.reading.clone());
        drop(known);
        Ok(asked)
    }

    /// What to read, and how to go on from there. `owner` is whose history it is: as named, or
    /// the caller's own.
    pub fn request(&self, owner: &str, zone: Tz, now: Time) -> Result<HistoryRequest, Error> {
        self.reading.asked(P::KIND, owner);
        let binding = self.binding(owner);
        let cursor = self.common.cursor;
        if cursor.is_some_and(|cursor| cursor.binding != binding) {
            return Err(Error::parameter(
                "cursor",
                "belongs to another request: use the cursor with the same parameters as the \
                 request that gave it (only size and format may change)",
            ));
        }
        let window = cursor.map_or_else(|| self.common.window(now), |cursor| cursor.window);
        self.common.check_search(window, cursor.is_some(), now)?;
        Ok(HistoryRequest {
            kind: P::KIND,
            path: P::PATH,
            window,
            after: cursor.map(|cursor| cursor.after),
            common: self.common.clone(),
            zone: self.common.tz.unwrap_or(zone),
            now,
            given: self.given.clone(),
            binding,
        })
    }

    /// Binds to everything that decides which lines there are, in an order that does not
    /// depend on how it was written.
    fn binding(&self, owner: &str) -> Binding {
        let mut pairs: Vec<(&str, &str)> = self
            .given
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !matches!(*name, "size" | "format" | "cursor"))
            .collect();
        pairs.sort_unstable();
        let pairs = pairs.into_iter().flat_map(|(name, value)| [name, value]);
        Binding::of([P::KIND.as_str(), owner].into_iter().chain(pairs))
    }
}

impl<P: OwnParameters> FromRequest for Asked<P> {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(state) = request.app_data::<web::Data<State>>() else {
            return ready(Err(Error::Internal("no state".to_owned())));
        };
        ready(Self::of(request, state.zone))
    }
}

/// One page to be read.
#[derive(Clone, Debug)]
pub struct HistoryRequest {
    /// The kind of owner.
    pub kind: OwnerKind,
    /// The zone of times in the answer.
    pub zone: Tz,
    /// When it was asked.
    pub now: Time,
    path: &'static str,
    window: Window,
    after: Option<Position>,
    common: Common,
    given: Vec<(String, String)>,
    binding: Binding,
}

impl HistoryRequest {
    /// The most entries that the page may have.
    pub fn length(&self) -> usize {
        self.common.page_length()
    }

    /// All that was asked for, as texts whose order does not depend on how it was written, and the
    /// zone of the answer.
    pub fn identity(&self) -> impl Iterator<Item = &str> {
        let mut pairs: Vec<_> = self.given.iter().collect();
        pairs.sort_unstable();
        let pairs = pairs
            .into_iter()
            .flat_map(|(name, value)| [&**name, &**value]);
        [self.kind.as_str(), self.zone.name()]
            .into_iter()
            .chain(pairs)
    }

    /// How far the window reaches back from the moment of the request, when it moves with that.
    pub fn moving_window(&self) -> Option<TimeDelta> {
        match self.common.cursor {
            Some(_) => None,
            None => self.common.moving_window(),
        }
    }

    /// How many entries an export may have; None: all there are.
    pub fn most(&self) -> Option<usize> {
        self.common.size.map(usize::from)
    }

    /// The entries for the store, from where the page or the export begins: as many as wanted,
    /// in one go.
    pub fn entries(&self, names: &Names, limit: usize) -> PageQuery {
        PageQuery {
            limit,
            ..self.query(names)
        }
    }

    /// What is listed once, when not each entry is.
    pub fn distinct(&self) -> Option<Distinct> {
        self.common.distinct
    }

    /// Whether to count all entries.
    pub fn wants_total(&self) -> bool {
        self.common.include.contains(&Include::Total)
    }

    /// Whether this is the first page.
    pub fn is_first(&self) -> bool {
        self.after.is_none()
    }

    /// Whether the passing of time alone may change the page by entries that are not on it.
    pub fn depends_on_the_moment(&self) -> bool {
        let is_listed = self.common.distinct.is_none() && !self.wants_total();
        !is_listed || self.common.filters.depends_on_the_moment()
    }

    /// The page for the store: one entry more, to see whether there is a next page.
    pub fn query(&self, names: &Names) -> PageQuery {
        PageQuery {
            from: self.window.from,
            until: self.window.until,
            filter: self.common.filter(names, self.now),
            answered_elsewhere: self.common.answered_elsewhere == AnsweredElsewhere::Include,
            order: self.common.order,
            after: self.after,
            limit: self.length() + 1,
        }
    }

    /// The reference to the page after the one that ends at `last`: the same request, with
    /// another cursor.
    pub fn next(&self, last: Position) -> String {
        let cursor = Cursor {
            window: self.window,
            after: last,
            binding: self.binding,
        };
        let kept = self.given.iter().filter(|(name, _)| name != "cursor");
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .append_pair("cursor", &cursor.encode())
            .finish();
        format!("{}?{query}", self.path)
    }
}
