//! What the header `Accept` takes, and who takes what is made in one form only.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT, HeaderValue};
use actix_web::{FromRequest, HttpRequest};

use super::error::Error;
use super::format::Format;

/// The media type of server-sent events.
pub(super) const EVENT_STREAM: &str = "text/event-stream";

/// The ranges of media types that a request takes.
///
/// They are read with patience, since libraries send what no grammar has (Java: `*; q=.2`): what
/// cannot be understood counts for nothing, as do parameters beside the quality.
pub(super) struct Accept(Vec<(String, u16)>);

impl Accept {
    /// Those of this request; anything, where it does not say.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let lines = request.headers().get_all(ACCEPT).map(HeaderValue::as_bytes);
        let lines: Vec<_> = lines.map(String::from_utf8_lossy).collect();
        if lines.iter().all(|line| line.trim().is_empty()) {
            return Self(vec![("*/*".to_owned(), 1000)]);
        }
        let ranges = lines.iter().flat_map(|line| line.split(','));
        Self(ranges.filter_map(range).collect())
    }

    /// The quality of this media type, and how exactly it is named; None when it is not taken.
    pub(super) fn rank(&self, media_type: &str) -> Option<(u16, u8)> {
        let named =
            |(range, quality): &(String, _)| Some((exactness(media_type, range)?, *quality));
        // The range that names it most exactly decides.
        let (exactness, quality) = self.0.iter().filter_map(named).max()?;
        (quality > 0).then_some((quality, exactness))
    }
}

/// How exactly a range names this media type; None when it does not.
fn exactness(media_type: &str, range: &str) -> Option<u8> {
    let kind = range.strip_suffix("/*");
    match range {
        "*" | "*/*" => Some(0),
        _ if range == media_type => Some(2),
        _ => (kind.is_some() && kind == media_type.split('/').next()).then_some(1),
    }
}

/// A range of media types in lower case, and its quality in thousandths.
fn range(text: &str) -> Option<(String, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next()?.to_ascii_lowercase();
    let named = |part: &str| {
        let (name, value) = part.split_once('=')?;
        let is_quality = name.trim().eq_ignore_ascii_case("q");
        is_quality.then(|| value.trim().to_owned())
    };
    let quality = match parts.find_map(named) {
        Some(value) => value.parse().ok()?,
        None => 1.0_f32,
    };
    let is_quality = (0.0..=1.0).contains(&quality);
    is_quality.then_some((range, (quality * 1000.0) as u16))
}

/// Somebody who takes JSON; for others a handler that takes one is a 406. It stands behind the
/// parameters, as with histories, whose form these may say.
#[derive(Clone, Copy, Debug)]
pub(super) struct TakesJson;

impl FromRequest for TakesJson {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(takes(request, Format::Json.media_type()).map(|()| Self))
    }
}

/// The same with server-sent events.
#[derive(Clone, Copy, Debug)]
pub(super) struct TakesEvents;

impl FromRequest for TakesEvents {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(takes(request, EVENT_STREAM).map(|()| Self))
    }
}

fn takes(request: &HttpRequest, only: &'static str) -> Result<(), Error> {
    let rank = Accept::of(request).rank(only);
    rank.map(|_| ()).ok_or(Error::OnlyMadeAs(only))
}
