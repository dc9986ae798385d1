//! How many entries there are on all pages of a history.

use actix_web::http::header::{HeaderName, HeaderValue};

/// How many entries there are; one more than [`MOST`](Self::MOST) are many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Total(pub(super) usize);

impl Total {
    /// So many are counted.
    pub(super) const MOST: usize = 10_000;

    /// The header that tells it.
    pub(super) fn header(self) -> (HeaderName, HeaderValue) {
        let text = match self.0 {
            many if many > Self::MOST => HeaderValue::from_static("10000+"),
            counted => HeaderValue::from(counted),
        };
        (HeaderName::from_static("x-total-count"), text)
    }
}
