//! The files that browsers load: the JavaScript client and the sample page.

use crate::support::TestDatabase;
use crate::support::service::{Answer, Service};

/// Every file, and what it is.
const FILES: [(&str, &str); 7] = [
    ("/client/cti.js", "text/javascript; charset=utf-8"),
    ("/client/cti.mjs", "text/javascript; charset=utf-8"),
    ("/client/cti.d.ts", "text/plain; charset=utf-8"),
    ("/sample/", "text/html; charset=utf-8"),
    ("/sample/sample.css", "text/css; charset=utf-8"),
    ("/sample/sample.js", "text/javascript; charset=utf-8"),
    ("/sample/icon.svg", "image/svg+xml"),
];

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.header(name).unwrap_or_default()
}

#[test]
fn everybody_gets_the_files_and_browsers_ask_whether_they_have_changed() {
    let service = Service::start_closed(&TestDatabase::new());
    for (path, media_type) in FILES {
        let answer = service.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(header(&answer, "content-type"), media_type, "{path}");
        assert_eq!(header(&answer, "cache-control"), "no-cache", "{path}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        assert!(!answer.body.is_empty());
        let tag = header(&answer, "etag");
        assert!(tag.starts_with("W/\""), "{path}: {tag}");
        for known in [tag, "*", &format!("\"other\", {tag}")] {
            let again = service.request("GET", path, &[("If-None-Match", known)]);
            assert_eq!((again.status, &*again.body), (304, ""), "{path}");
            assert_eq!(header(&again, "etag"), tag);
            assert_eq!(header(&again, "cache-control"), "no-cache");
        }
        for other in ["\"other\"", "nonsense", ""] {
            let changed = service.request("GET", path, &[("If-None-Match", other)]);
            assert_eq!(changed.status, 200, "{path} {other}");
        }
        let head = service.send("HEAD", path);
        assert_eq!((head.status, &*head.body), (200, ""), "{path}");
        assert_eq!(header(&head, "content-type"), media_type);
        assert_eq!(header(&head, "etag"), tag);
        let put = service.send("DELETE", path);
        assert_eq!((put.status, header(&put, "allow")), (405, "GET, HEAD"));
    }
    let redirect = service.get("/sample");
    assert_eq!(redirect.status, 307);
    assert_eq!(header(&redirect, "location"), "/sample/");
    for path in [
        "/client/",
        "/client/cti",
        "/client/cti.js/",
        "/client/%2e%2e/Cargo.toml",
        "/client/..%2fpackage.json",
        "/client/%ff",
        "/sample/index.html",
        "/sample/x/../sample.js",
    ] {
        let answer = service.get(path);
        assert_eq!(answer.status, 404, "{path}");
        let kind = header(&answer, "content-type");
        assert_eq!(kind, "application/problem+json", "{path}");
    }
}

#[test]
fn any_page_may_load_the_client_and_the_sample_page_loads_nothing_else() {
    let database = TestDatabase::new();
    let configured = [("CORS_ORIGINS", "https://crm.example.org")];
    for service in [
        Service::start_closed(&database),
        Service::start_with(&database, &configured),
    ] {
        let from = [("Origin", "https://elsewhere.example.org")];
        for (path, _) in FILES {
            let answer = service.request("GET", path, &from);
            let is_client = path.starts_with("/client/");
            let (origins, resource, policy) = (
                header(&answer, "access-control-allow-origin"),
                header(&answer, "cross-origin-resource-policy"),
                header(&answer, "content-security-policy"),
            );
            assert_eq!(answer.status, 200);
            assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
            if is_client {
                assert_eq!((origins, resource), ("*", "cross-origin"), "{path}");
            } else {
                assert_eq!((origins, resource), ("", "same-origin"), "{path}");
                assert!(policy.contains("script-src 'self';"), "{path}: {policy}");
            }
        }
    }
}
