//! What histories are filtered by: the values, and what contradicts itself.

use utoipa::IntoParams;

use super::common::Common;
use super::reader::Reader;
use crate::api::names::Names;
use crate::model::{Direction, NumberPattern, OwnerKind, TextSearch, Time};
use crate::store::history::Filter;

/// The most values of one filter.
const MOST_VALUES: usize = 50;
/// The longest name, number or account, in characters.
const LONGEST: usize = 256;
/// The longest talk and waiting that can be asked for, in seconds: 31 days, the longest call.
pub(super) const MOST_SECONDS: u32 = 2_678_400;
/// The lengths of a text that can be searched, in characters.
pub(super) const TEXT_LENGTH: std::ops::RangeInclusive<usize> = 2..=64;

/// The filters of all histories, beside `status`. An entry must pass all of them; of several
/// values of one filter it must have one.
#[derive(Clone, Debug, Default, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct Filters {
    /// Only calls that went this way: `inbound`. May be given several times.
    #[param(value_type = Vec<String>, required = false)]
    pub(super) direction: Vec<Direction>,
    /// Only calls with this number on the other side: for who called the called number or what was
    /// dialled, else the caller's; in the list of all calls either side. `0611*` are the numbers that begin with 0611, `*3344` those that
    /// end with 3344 (3 digits at least). Blanks, `-`, `.`, `/` and brackets are ignored.
    /// `+33611223344`, `0033611223344` and `0611223344` are one number where the service knows its
    /// country (`COUNTRY_CODE`). May be given several times.
    #[param(value_type = Vec<String>, required = false, max_items = 50)]
    pub(super) number: Vec<NumberPattern>,
    /// Only calls of the queue with this name, exactly: `blue`. May be given several times.
    #[param(value_type = Vec<String>, required = false, min_length = 1, max_length = 256, max_items = 50)]
    pub(super) queue: Vec<String>,
    /// Only entries with this `agentNum`: `2501`. In a user's history that is also what rang for the
    /// user as this agent. May be given several times.
    #[param(value_type = Vec<String>, required = false, min_length = 1, max_length = 256, max_items = 50)]
    pub(super) agent: Vec<String>,
    /// Only entries whose `durationSeconds` is this at least: `60`.
    #[param(value_type = u32, required = false, minimum = 0, maximum = 2678400)]
    pub(super) min_duration: Option<u32>,
    /// Only entries whose `durationSeconds` is this at most; `0`: nobody talked.
    #[param(value_type = u32, required = false, minimum = 0, maximum = 2678400)]
    pub(super) max_duration: Option<u32>,
    /// Only queue calls whose `waitSeconds` is this at least: `30`.
    #[param(value_type = u32, required = false, minimum = 0, maximum = 2678400)]
    pub(super) min_wait: Option<u32>,
    /// `true`: only calls that were recorded, in part at least; `false`: only others. (FreePBX's
    /// `recordingfile` tells; other PBXs do not.)
    #[param(value_type = bool, required = false)]
    pub(super) has_recording: Option<bool>,
    /// Only calls that are counted for this account (`accountcode` of the caller), exactly: `sales`.
    /// May be given several times.
    #[param(value_type = Vec<String>, required = false, min_length = 1, max_length = 256, max_items = 50)]
    pub(super) account_code: Vec<String>,
    /// Only entries that show this text in a name, a username or a number of either side, whatever
    /// its case: `cooper`. 2 to 64 characters, each of which stands for itself. Needs a window of 31 days at
    /// most (`from` and `until`, or `days`).
    #[param(value_type = String, required = false, min_length = 2, max_length = 64)]
    pub(super) q: Option<String>,
}

impl Filters {
    /// Reads those that histories of this kind of owner have: where the owner is a number or an
    /// agent, the parameter of that name says whose history it is.
    pub(super) fn read(reader: &mut Reader, kind: OwnerKind) -> Self {
        let filters = Self {
            direction: reader.repeated("direction", direction),
            number: match kind {
                OwnerKind::Customer => Vec::new(),
                _ => reader.repeated("number", NumberPattern::parse),
            },
            queue: reader.repeated("queue", value),
            agent: match kind {
                OwnerKind::Agent => Vec::new(),
                _ => reader.repeated("agent", value),
            },
            min_duration: reader.optional("minDuration", seconds),
            max_duration: reader.optional("maxDuration", seconds),
            min_wait: reader.optional("minWait", seconds),
            has_recording: reader.optional("hasRecording", yes_or_no),
            account_code: reader.repeated("accountCode", value),
            q: reader.optional("q", search),
        };
        for (name, count) in [
            ("number", filters.number.len()),
            ("queue", filters.queue.len()),
            ("agent", filters.agent.len()),
            ("accountCode", filters.account_code.len()),
        ] {
            if count > MOST_VALUES {
                reader.fault(
                    name,
                    format!("has {count} values; {MOST_VALUES} are the most"),
                );
            }
        }
        if let (Some(least), Some(most)) = (filters.min_duration, filters.max_duration)
            && least > most
        {
            reader.fault("minDuration", "is more than maxDuration");
            reader.fault("maxDuration", "is less than minDuration");
        }
        filters
    }
}

impl Filters {
    /// Whether entries may come to pass, or to fail, by the passing of time alone.
    pub(super) fn depends_on_the_moment(&self) -> bool {
        let lengths = [self.min_duration, self.max_duration, self.min_wait];
        lengths.iter().any(Option::is_some)
    }
}

impl Common {
    /// The filter for the store, with the names and the dialling plan of today.
    pub(super) fn filter(&self, names: &Names, now: Time) -> Filter {
        let filters = &self.filters;
        let forms = filters.number.iter();
        let text = filters.q.as_deref();
        Filter {
            statuses: self.status.clone(),
            directions: filters.direction.clone(),
            numbers: forms
                .flat_map(|number| names.numbers().forms(number))
                .collect(),
            queues: filters.queue.clone(),
            agents: filters.agent.clone(),
            account_codes: filters.account_code.clone(),
            least_talk: filters.min_duration.map(i64::from),
            most_talk: filters.max_duration.map(i64::from),
            least_wait: filters.min_wait.map(i64::from),
            has_recording: filters.has_recording,
            text: text.map(|text| TextSearch::new(text, names.directory())),
            now,
        }
    }
}

fn direction(text: &str) -> Result<Direction, String> {
    Direction::parse(text).ok_or_else(|| {
        let words = Direction::ALL.map(Direction::as_str).join(", ");
        format!("must be one of {words}")
    })
}

fn value(text: &str) -> Result<String, String> {
    if text.is_empty() {
        Err("must not be empty".to_owned())
    } else if text.chars().count() > LONGEST {
        Err(format!("must have at most {LONGEST} characters"))
    } else {
        Ok(text.to_owned())
    }
}

fn seconds(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|seconds| *seconds <= MOST_SECONDS);
    // `parse` takes a leading plus, which is no digit.
    number
        .filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
        .ok_or_else(|| format!("must be whole seconds from 0 to {MOST_SECONDS}"))
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

fn search(text: &str) -> Result<String, String> {
    let is_short = text.chars().count() <= *TEXT_LENGTH.end();
    let text = text.trim();
    if is_short && text.chars().count() >= *TEXT_LENGTH.start() {
        Ok(text.to_owned())
    } else {
        let (least, most) = (TEXT_LENGTH.start(), TEXT_LENGTH.end());
        Err(format!("must have {least} to {most} characters"))
    }
}
