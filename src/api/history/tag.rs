//! Entity tags of pages: by what a page is known to be what it was, without reading it.
//!
//! A tag sums up all that decides about a page: the request, the owners that the caller may read
//! and the last revision in which one of them changed, the directory's revision and which of its
//! numbers and phones have begun and ended by now, the dialling plan, and presence. What can change meanwhile is taken
//! before the page is read, so a page is never older than its tag says. What the sum
//! cannot know stands beside it: until when no entry leaves the window by the mere passing of
//! time, and after which entry the next page begins, for the `Link` of an answer without a page.
//!
//! There is none for a page with an entry that goes on, since that reads differently each second.
//! A tag is no secret and gives no right: who makes one up is told that what they have not read
//! has not changed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use crate::api::State;
use crate::api::names::Names;
use crate::api::params::HistoryRequest;
use crate::model::{CallId, Line, Position, Readable, Status, Time};
use crate::presence::Look;

/// What is sent changes with the version of the program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

const SUM: usize = 12;
/// A moment in microseconds; this one never comes.
const NEVER: i64 = i64::MAX;
/// Start, call, ordinal.
const POSITION: usize = 8 + 16 + 2;

/// All that decides about a page, before it is read.
#[derive(Clone)]
pub(super) struct Basis(Sha256);

/// The tag of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// From when on an entry has left the window, in microseconds.
    until: i64,
    /// After which entry the next page begins, while there is one.
    pub(super) last: Option<Position>,
    sum: [u8; SUM],
}

impl Basis {
    /// Of this request, with what is known now; None where not enough is known.
    pub(super) fn of(
        state: &State,
        request: &HistoryRequest,
        owners: &Readable,
        names: &Names,
    ) -> Option<Self> {
        if request.depends_on_the_moment() {
            return None;
        }
        let newest = state.changes.newest(owners.owners())?;
        let mut sum = Sum::default();
        sum.add(VERSION.as_bytes());
        for text in request.identity() {
            sum.add(text.as_bytes());
        }
        for owner in owners.owners() {
            sum.add(&owner.kind.code().to_be_bytes());
            sum.add(owner.name.as_bytes());
        }
        sum.add(&newest.to_be_bytes());
        sum.add(&names.revision().to_be_bytes());
        sum.add(&names.ends_until(request.now).to_be_bytes());
        for text in names.numbers().identity() {
            sum.add(text.as_bytes());
        }
        Some(Self(sum.0))
    }

    /// The tag of a page with these lines; None when it has one that goes on. `lines` are those of
    /// the page, and the one behind it that shows that there is more; `last` is the last of the
    /// page then.
    pub(super) fn tag(
        &self,
        lines: &[Line],
        last: Option<Position>,
        window: Option<TimeDelta>,
        presence: &Look<'_>,
    ) -> Option<Tag> {
        let goes_on = |line: &Line| {
            line.entry.status == Status::Ongoing || line.entry.talking_since.is_some()
        };
        if lines.iter().any(goes_on) {
            return None;
        }
        let oldest = lines.iter().map(|line| line.entry.start).min();
        let leaves = oldest.zip(window).and_then(|(start, window)| {
            let last_moment = start.checked_add_signed(window)?;
            Some(last_moment.timestamp_micros())
        });
        Some(self.sum(leaves.unwrap_or(NEVER), last, presence))
    }

    fn sum(&self, until: i64, last: Option<Position>, presence: &Look<'_>) -> Tag {
        let sum = Sha256::new_with_prefix(self.0.clone().finalize())
            .chain_update(presence.revision().to_be_bytes())
            .chain_update(beside(until, last));
        let mut start = [0; SUM];
        start.copy_from_slice(&sum.finalize()[..SUM]);
        Tag {
            until,
            last,
            sum: start,
        }
    }

    /// The first of these tags that is the page's at this moment.
    pub(super) fn still(&self, tags: &Tags, now: Time, presence: &Look<'_>) -> Option<Tag> {
        let now = now.timestamp_micros();
        let is_of = |tag: &Tag| self.sum(tag.until, tag.last, presence) == *tag;
        let holds = |tag: &&Tag| now <= tag.until && is_of(tag);
        tags.0.iter().find(holds).cloned()
    }
}

/// A sum of texts that stay apart: the length of each goes before it.
#[derive(Default)]
struct Sum(Sha256);

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }
}

impl Tag {
    /// The tag as `ETag` has it. It is weak: it says the same of a page that was compressed.
    pub(super) fn header(&self) -> String {
        let mut bytes = beside(self.until, self.last);
        bytes.extend(self.sum);
        format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The tag with this text between its quotes; None for one of somebody else's making.
    fn parse(opaque: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(opaque).ok()?;
        let (until, rest) = bytes.split_first_chunk()?;
        let (rest, sum) = rest.split_last_chunk()?;
        let last = match rest.len() {
            0 => None,
            POSITION => Some(position(rest)?),
            _ => return None,
        };
        Some(Self {
            until: i64::from_be_bytes(*until),
            last,
            sum: *sum,
        })
    }
}

fn beside(until: i64, last: Option<Position>) -> Vec<u8> {
    let mut bytes = until.to_be_bytes().to_vec();
    if let Some(last) = last {
        bytes.extend(last.start.timestamp_micros().to_be_bytes());
        bytes.extend(last.call.0);
        bytes.extend(last.ordinal.to_be_bytes());
    }
    bytes
}

fn position(bytes: &[u8]) -> Option<Position> {
    let (start, rest) = bytes.split_first_chunk()?;
    let (call, ordinal) = rest.split_first_chunk()?;
    Some(Position {
        start: Time::from_timestamp_micros(i64::from_be_bytes(*start))?,
        call: CallId(*call),
        ordinal: i16::from_be_bytes(ordinal.try_into().ok()?),
    })
}

/// What `If-None-Match` says: that an answer is wanted only when it is none of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IfNoneMatch {
    /// Nothing: an answer is wanted.
    #[default]
    Absent,
    /// `*`: an answer is wanted only when there is nothing, which a history never is.
    Anything,
    /// Those of the tags that we can have made, weak or not: they are compared weakly.
    Tags(Tags),
}

/// Tags of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<Tag>);

impl IfNoneMatch {
    /// No more tags than this are looked at: who has several pages under one URL has few.
    const MOST: usize = 16;

    /// Reads the lines of the header. What is no tag is passed over.
    pub fn parse<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut found = Self::Absent;
        let mut tags = Vec::new();
        for line in lines {
            if line.trim_ascii() == b"*" {
                return Self::Anything;
            }
            found = Self::Tags(Tags::default());
            // A tag of ours has no quote in it, so whatever stands between two quotes and reads as
            // one is one.
            let quoted = line.split(|byte| *byte == b'"').skip(1).step_by(2);
            let texts = quoted.filter_map(|text| Tag::parse(std::str::from_utf8(text).ok()?));
            tags.extend(texts.take(Self::MOST - tags.len()));
        }
        match found {
            Self::Tags(_) => Self::Tags(Tags(tags)),
            other => other,
        }
    }
}
