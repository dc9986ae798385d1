//! What opens the histories, in the document: Swagger UI's "Authorize" works by it.

use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};

use super::refine::operations;

const BEARER: &str = "bearer";
const KEY_HEADER: &str = "apiKey";

/// Where the paths begin that need a credential, and which ones they take.
const CLOSED: [(&str, &[&str]); 4] = [
    ("/history/", &[BEARER, KEY_HEADER]),
    ("/keys", &[BEARER, KEY_HEADER]),
    ("/directory/", &[BEARER, KEY_HEADER]),
    // The token of a login, and no other.
    ("/xuc/api/2.0/auth/check", &[BEARER]),
];

/// Declares the two ways to bring a credential, for the operations that need one.
pub(super) fn declare(openapi: &mut OpenApi) {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "An API key (`call-history key create`), the token of a login (`/auth/login`), or a \
             JSON Web Token.",
        ))
        .build();
    let key = ApiKeyValue::with_description("X-API-Key", "An API key.");
    let components = openapi.components.get_or_insert_default();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    components.add_security_scheme(KEY_HEADER, SecurityScheme::ApiKey(ApiKey::Header(key)));
    for (path, item) in &mut openapi.paths.paths {
        let closed = CLOSED.iter().find(|(closed, _)| path.starts_with(closed));
        let Some((_, either)) = closed else {
            continue;
        };
        for operation in operations(item) {
            let required = either.iter();
            let required = required.map(|name| SecurityRequirement::new(*name, [""; 0]));
            operation.security = Some(required.collect());
        }
    }
}
