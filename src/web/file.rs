//! A file that is part of the program.

use std::sync::OnceLock;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, Header, HeaderValue, IfNoneMatch,
};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::api::error::Error;

/// A file.
pub(super) struct File {
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
    tag: OnceLock<EntityTag>,
}

impl File {
    pub(super) const fn new(
        name: &'static str,
        media_type: &'static str,
        text: &'static str,
    ) -> Self {
        Self {
            name,
            media_type,
            text,
            tag: OnceLock::new(),
        }
    }

    /// The one of these files whose name stands in the path, as `{file}`.
    pub(super) fn asked<'a>(files: &'a [Self], request: &HttpRequest) -> Result<&'a Self, Error> {
        let name = request.match_info().get("file").unwrap_or_default();
        let found = files.iter().find(|file| file.name == name);
        found.ok_or(Error::UnknownPath)
    }

    /// The file, or that the browser has it already.
    pub(super) fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let mut answer = if self.is_known(request) {
            HttpResponse::NotModified().finish()
        } else {
            let media_type = HeaderValue::from_static(self.media_type);
            HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, media_type))
                .body(self.text)
        };
        let headers = answer.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(tag) = HeaderValue::try_from(self.tag().to_string()) {
            headers.insert(ETAG, tag);
        }
        answer
    }

    fn is_known(&self, request: &HttpRequest) -> bool {
        match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(self.tag())),
            Err(_) => false,
        }
    }

    /// What changes with the text. Weak, since the text may be compressed on its way.
    fn tag(&self) -> &EntityTag {
        self.tag.get_or_init(|| {
            let hash = Sha256::digest(self.text);
            EntityTag::new_weak(BASE64_URL_SAFE_NO_PAD.encode(&hash[..12]))
        })
    }
}
