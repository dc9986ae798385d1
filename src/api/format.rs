//! The forms in which a history is given out, and which of them a request asks for.

use actix_web::HttpRequest;
use actix_web::http::header::{ACCEPT, HeaderValue};

/// A form of a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A page: an array of JSON.
    #[default]
    Json,
    /// All of it: lines of comma-separated values under a header.
    Csv,
    /// All of it: an object of JSON a line.
    Ndjson,
}

impl Format {
    /// All of them. Who takes several alike gets the first.
    pub const ALL: [Self; 3] = [Self::Json, Self::Csv, Self::Ndjson];

    /// The words of the parameter `format`.
    pub const WORDS: [&str; 3] = ["json", "csv", "ndjson"];

    /// The word of the parameter `format`; also how files of this form end.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    /// The media type, as `Accept` names it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// The media type, as `Content-Type` names it.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json | Self::Ndjson => self.media_type(),
        }
    }

    /// The form of this word.
    ///
    /// # Errors
    /// Why there is none.
    pub fn parse(word: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|format| format.as_str() == word);
        named.ok_or_else(|| format!("must be one of {}", Self::WORDS.join(", ")))
    }

    /// The form that the header `Accept` wants most: the quality counts, then how exactly it is
    /// named. JSON without the header, None when it wants nothing that is made here.
    ///
    /// It is read with patience, since libraries send what no grammar has (Java: `*; q=.2`): what
    /// cannot be understood counts for nothing, as do parameters beside the quality.
    pub fn accepted(request: &HttpRequest) -> Option<Self> {
        let lines = request.headers().get_all(ACCEPT).map(HeaderValue::as_bytes);
        let lines: Vec<_> = lines.map(String::from_utf8_lossy).collect();
        if lines.iter().all(|line| line.trim().is_empty()) {
            return Some(Self::default());
        }
        let ranges = lines.iter().flat_map(|line| line.split(','));
        let ranges: Vec<_> = ranges.filter_map(range).collect();
        let rank = |format: Self| {
            let fitting = ranges
                .iter()
                .filter_map(|(range, quality)| Some((format.exactness(range)?, *quality)));
            // The range that names a form most exactly decides about it.
            let (exactness, quality) = fitting.max()?;
            (quality > 0).then_some((quality, exactness))
        };
        // Of those that rank alike, the last is taken.
        let ranked = Self::ALL.into_iter().rev();
        let ranked = ranked.filter_map(|format| Some((rank(format)?, format)));
        ranked.max_by_key(|(rank, _)| *rank).map(|(_, form)| form)
    }

    /// How exactly a range of media types names this form; None when it does not.
    fn exactness(self, range: &str) -> Option<u8> {
        let media_type = self.media_type();
        let kind = range.strip_suffix("/*");
        match range {
            "*" | "*/*" => Some(0),
            _ if range == media_type => Some(2),
            _ => (kind.is_some() && kind == media_type.split('/').next()).then_some(1),
        }
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

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn accepted(lines: &[&str]) -> Option<&'static str> {
        let request = TestRequest::get();
        let request = lines.iter().fold(request, |request, line| {
            request.append_header((ACCEPT, *line))
        });
        Format::accepted(&request.to_http_request()).map(Format::as_str)
    }

    #[test]
    fn what_is_wanted_most_is_given() {
        for (lines, expected) in [
            (&[][..], Some("json")),
            (&[""], Some("json")),
            (&["*/*"], Some("json")),
            (&["application/*"], Some("json")),
            (&["text/*"], Some("csv")),
            (&["text/csv"], Some("csv")),
            (&["TEXT/CSV; Charset=UTF-8"], Some("csv")),
            (&["application/x-ndjson"], Some("ndjson")),
            // What browsers and libraries send.
            (
                &["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
                Some("json"),
            ),
            (&["application/json, text/plain, */*"], Some("json")),
            (&["text/html, image/gif, *; q=.2, */*; q=.2"], Some("json")),
            // The quality, then how exactly, then our order.
            (&["application/json;q=0.5, text/csv;q=0.6"], Some("csv")),
            (&["*/*, text/csv"], Some("csv")),
            (&["text/csv, application/json"], Some("json")),
            (
                &["text/csv;q=0.2", "application/x-ndjson;q=0.3"],
                Some("ndjson"),
            ),
            (&["*/*, application/json;q=0"], Some("csv")),
            (&["*/*, application/json;q=0, text/*;q=0"], Some("ndjson")),
            // What is not understood counts for nothing.
            (
                &["text/csv;q=7, application/x-ndjson;q=0.1"],
                Some("ndjson"),
            ),
            (&[",,text/csv,"], Some("csv")),
            // Nothing that is made here.
            (&["text/html"], None),
            (&["text/csv;q=0"], None),
            (&["text/csv;q=NaN, text/csv;q=-1, text/csv;q=inf"], None),
            (&["*/*;q=0"], None),
            (&["csv"], None),
            (&["application/vnd.ms-excel"], None),
            (&["\u{e9}"], None),
            (&["text/csv/x", "text", "/", ";q=1"], None),
        ] {
            assert_eq!(accepted(lines), expected, "{lines:?}");
        }
    }
}
