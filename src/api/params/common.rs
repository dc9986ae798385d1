//! The parameters that all histories take.

use chrono::TimeDelta;
use chrono_tz::Tz;
use utoipa::IntoParams;

use super::bounds::{LONGEST_PAGE, MOST_DAYS};
use super::filters::Filters;
use super::listing::{self, Distinct, Include};
use super::moment::Moment;
use super::reader::Reader;
use crate::api::cursor::{Cursor, Window};
use crate::api::error::Error;
use crate::api::format::Format;
use crate::api::problem::Fault;
use crate::model::{OwnerKind, Status, Time};
use crate::store::history::Order;

/// The longest window in which a text is searched.
const SEARCHED_DAYS: i64 = 31;
/// The window when neither `size`, `days` nor `from` is given.
const DEFAULT_DAYS: i64 = 10;

/// The parameters that all histories take.
#[derive(Clone, Debug, Default, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct Common {
    /// Length of the page, 1 to 1000 entries. When absent: 1000 (CSV and NDJSON: all), and, if
    /// `days` and `from` are absent too, only the last 10 days.
    #[param(value_type = u16, required = false, minimum = 1, maximum = 1000, example = 20)]
    pub size: Option<u16>,
    /// Only the last N × 24 hours, counted back from now; 1 to 3660.
    #[param(value_type = u16, required = false, minimum = 1, maximum = 3660)]
    pub days: Option<u16>,
    /// Only entries that start at this time or later: RFC 3339 (`2026-11-23T10:00:00+01:00`),
    /// or a local date or date-time in the zone of `tz` (`2026-11-23`, `2026-11-23T10:00`).
    /// A local time that clocks skip goes forward, one that they repeat is the first.
    #[param(value_type = String, required = false)]
    pub from: Option<Time>,
    /// Only entries that start before this time; written as `from`.
    #[param(value_type = String, required = false)]
    pub until: Option<Time>,
    /// Only entries with this status. May be given several times.
    #[param(value_type = Vec<String>, required = false)]
    pub status: Vec<Status>,
    /// Whether to list the calls as well that somebody else answered after the phone of this
    /// owner rang. Such an entry is `missed`, with `answeredElsewhere`.
    #[param(value_type = String, required = false)]
    pub answered_elsewhere: AnsweredElsewhere,
    /// The filters.
    #[param(ignore)]
    pub filters: Filters,
    /// `desc`: newest first, as when it is absent. `asc`: oldest first, for readers that go
    /// forward: the first page then begins with `from` (or `days`), else with the oldest entry
    /// of all (without `size`: of the last 10 days).
    #[param(value_type = String, required = false)]
    pub order: Order,
    /// `peer`: one entry for each other party, its newest, with `calls`, how many of this party
    /// pass the filters in this window. Parties are told apart by their number, in whatever form;
    /// whoever withheld it is listed with each call. Looks at the window until now; with more
    /// than 10,000 entries in it the answer is 400. Not with `order=asc`.
    #[param(value_type = String, required = false)]
    pub distinct: Option<Distinct>,
    /// `total`: the header `X-Total-Count` tells how many entries there are on all pages
    /// together: up to 10,000 exactly, else `10000+`.
    #[param(value_type = Vec<String>, required = false)]
    pub include: Vec<Include>,
    /// IANA zone of `start`, and of `from` and `until` when they are local, such as
    /// `Europe/Paris`. When absent: the service's zone.
    #[param(value_type = String, required = false)]
    pub tz: Option<Tz>,
    /// The form of the answer: `json` for a page, `csv` or `ndjson` for everything that the
    /// parameters say. When absent, the header `Accept` decides.
    #[param(value_type = String, required = false)]
    pub format: Option<Format>,
    /// Where the page begins: taken from the `Link` header of the page before, together with
    /// all other parameters of that request (only `size` may change).
    #[param(value_type = String, required = false)]
    pub cursor: Option<Cursor>,
}

/// Whether to list calls that somebody else answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnsweredElsewhere {
    /// They are left out.
    #[default]
    Exclude,
    /// They are listed.
    Include,
}

impl AnsweredElsewhere {
    /// The words in the API.
    pub const WORDS: [&str; 2] = ["exclude", "include"];

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "exclude" => Ok(Self::Exclude),
            "include" => Ok(Self::Include),
            _ => Err(format!("must be one of {}", Self::WORDS.join(", "))),
        }
    }
}

impl Common {
    /// Reads them. Local times are those of `tz`, else of the service's `zone`.
    pub fn read(reader: &mut Reader, kind: OwnerKind, zone: Tz) -> Self {
        let size = reader.optional("size", |text| whole_number(text, LONGEST_PAGE));
        let days = reader.optional("days", |text| whole_number(text, MOST_DAYS));
        let tz = reader.optional("tz", parse_zone);
        let local = tz.unwrap_or(zone);
        let moment = |text: &str| Moment::parse(text).map(|moment| moment.resolve(local));
        let from = reader.optional("from", moment);
        let until = reader.optional("until", moment);
        if from > until && until.is_some() {
            reader.fault("from", "is after until");
            reader.fault("until", "is before from");
        }
        let status = reader.repeated("status", |text| parse_status(text, kind));
        let filters = Filters::read(reader, kind);
        let (order, distinct, include) = listing::read(reader);
        Self {
            size,
            days,
            from,
            until,
            status,
            filters,
            order,
            distinct,
            include,
            answered_elsewhere: reader
                .optional("answeredElsewhere", AnsweredElsewhere::parse)
                .unwrap_or_default(),
            tz,
            format: reader.optional("format", Format::parse),
            cursor: reader.optional("cursor", |text| Cursor::decode(text).map_err(str::to_owned)),
        }
    }

    /// How many entries a page has at most.
    pub fn page_length(&self) -> usize {
        self.size.unwrap_or(LONGEST_PAGE).into()
    }

    /// How far the window reaches back from now, when it begins so.
    pub fn moving_window(&self) -> Option<TimeDelta> {
        let is_default = self.from.is_none() && self.size.is_none() && self.until.is_none();
        let default = is_default.then_some(DEFAULT_DAYS);
        let days = self.days.map(i64::from).or(default);
        days.map(TimeDelta::days)
    }

    /// The window that is asked for: every bound given holds, or the last days.
    pub fn window(&self, now: Time) -> Window {
        let since = self.days.map(|days| now - TimeDelta::days(days.into()));
        let mut from = self.from.max(since);
        if from.is_none() && self.size.is_none() {
            from = Some(self.until.unwrap_or(now) - TimeDelta::days(DEFAULT_DAYS));
        }
        Window {
            from,
            until: match self.distinct {
                // A party that calls while others are listed would move to a page that is past.
                Some(_) => Some(self.until.map_or(now, |until| until.min(now))),
                None => self.until,
            },
        }
    }

    /// Refuses what is of pages only.
    pub(super) fn check_export(&self) -> Result<(), Error> {
        let pages = [
            ("distinct", self.distinct.is_some()),
            ("include", !self.include.is_empty()),
        ];
        let given = pages.into_iter().filter(|(_, given)| *given);
        let faults = given.map(|(name, _)| Fault::new(name, "is for JSON, not for CSV and NDJSON"));
        match faults.collect::<Vec<_>>() {
            none if none.is_empty() => Ok(()),
            faults => Err(Error::Parameters(faults)),
        }
    }

    /// Whether a text may be searched in this window. While pages are read the window grows.
    pub(super) fn check_search(
        &self,
        window: Window,
        is_later_page: bool,
        now: Time,
    ) -> Result<(), Error> {
        let most = TimeDelta::days(SEARCHED_DAYS + i64::from(is_later_page));
        let until = window.until.unwrap_or(now).min(now);
        if self.filters.q.is_none() || window.from.is_some_and(|from| until - from <= most) {
            return Ok(());
        }
        Err(Error::parameter(
            "q",
            format!("needs a window of {SEARCHED_DAYS} days at most: give days, or from and until"),
        ))
    }
}

/// The words of the statuses that an owner of this kind can have.
pub fn status_words(kind: OwnerKind) -> Vec<&'static str> {
    let fitting = Status::ALL.into_iter().filter(|status| status.fits(kind));
    fitting.map(Status::as_str).collect()
}

pub(in crate::api) fn whole_number(text: &str, most: u16) -> Result<u16, String> {
    let number = text.parse().ok().filter(|n| (1..=most).contains(n));
    // `parse` takes a leading plus, which is no digit.
    number
        .filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
        .ok_or_else(|| format!("must be a whole number from 1 to {most}"))
}

pub(in crate::api) fn parse_zone(text: &str) -> Result<Tz, String> {
    // The plus of `Etc/GMT+5`, when it was not percent-encoded, arrives as a blank.
    Tz::from_str_insensitive(&text.replace(' ', "+"))
        .map_err(|_| "must be the name of an IANA time zone, such as Europe/Paris".to_owned())
}

fn parse_status(text: &str, kind: OwnerKind) -> Result<Status, String> {
    Status::parse(text)
        .filter(|status| status.fits(kind))
        .ok_or_else(|| {
            let words = status_words(kind).join(", ");
            match kind {
                OwnerKind::All => format!("must be one of {words} in the list of all calls"),
                _ => format!("must be one of {words} in the history of a {kind}"),
            }
        })
}
