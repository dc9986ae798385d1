//! What browsers load from the service: the JavaScript client, which any page may, and the sample
//! page that shows it at work.
//!
//! The files are part of the program. Their names never change, so browsers ask each time whether
//! the files have (`ETag`).

mod file;

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_SECURITY_POLICY, CROSS_ORIGIN_RESOURCE_POLICY,
    HeaderValue, LOCATION,
};
use actix_web::{HttpRequest, HttpResponse, get};

use crate::api::error::Error;
use file::File;

/// Where the client's files are.
pub const CLIENT: &str = "/client/";

/// Where the sample page is.
pub const SAMPLE: &str = "/sample/";

/// The sample page loads and asks what the service itself has, and nothing else; no text
/// becomes markup or code.
const SAMPLE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const SVG: &str = "image/svg+xml";

static CLIENT_FILES: [File; 3] = [
    File::new("cti.js", SCRIPT, include_str!("../../client/cti.js")),
    File::new("cti.mjs", SCRIPT, include_str!("../../client/cti.mjs")),
    File::new("cti.d.ts", TEXT, include_str!("../../client/cti.d.ts")),
];

static SAMPLE_FILES: [File; 4] = [
    File::new("", HTML, include_str!("sample/index.html")),
    File::new("sample.css", CSS, include_str!("sample/sample.css")),
    File::new("sample.js", SCRIPT, include_str!("sample/sample.js")),
    File::new("icon.svg", SVG, include_str!("sample/icon.svg")),
];

/// The client: pages of all origins may load it, by whatever kind of `<script>`.
#[get("/client/{file}")]
pub(crate) async fn client(request: HttpRequest) -> Result<HttpResponse, Error> {
    let mut answer = File::asked(&CLIENT_FILES, &request)?.answer(&request);
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        CROSS_ORIGIN_RESOURCE_POLICY,
        HeaderValue::from_static("cross-origin"),
    );
    Ok(answer)
}

/// The sample page and its parts.
#[get("/sample/{file:[^/]*}")]
pub(crate) async fn sample(request: HttpRequest) -> Result<HttpResponse, Error> {
    let mut answer = File::asked(&SAMPLE_FILES, &request)?.answer(&request);
    let policy = HeaderValue::from_static(SAMPLE_POLICY);
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}

/// The page's parts are found beside it only with the slash.
#[get("/sample")]
pub(crate) async fn sample_index() -> HttpResponse {
    HttpResponse::TemporaryRedirect()
        .insert_header((LOCATION, SAMPLE))
        .finish()
}
