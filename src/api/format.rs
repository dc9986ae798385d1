//! The forms in which a history is given out, and which of them a request asks for.

use actix_web::HttpRequest;

use super::accept::Accept;

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
    pub fn accepted(request: &HttpRequest) -> Option<Self> {
        let accept = Accept::of(request);
        // Of those that rank alike, the last is taken.
        let ranked = Self::ALL.into_iter().rev();
        let ranked = ranked.filter_map(|format| Some((accept.rank(format.media_type())?, format)));
        ranked.max_by_key(|(rank, _)| *rank).map(|(_, form)| form)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT;
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
