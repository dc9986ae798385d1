//! What browsers are told: which pages may ask, and what they must not do with an answer.

use crate::support::TestDatabase;
use crate::support::service::{Answer, Service, succeed};

const HISTORY: &str = "/history/customer?number=0611223344";

fn key(database: &TestDatabase) -> String {
    let printed = succeed(database, &["key", "create", "--scope", "history:all"]);
    printed.trim().to_owned()
}

#[test]
fn only_pages_of_configured_origins_may_ask() {
    let database = TestDatabase::new();
    let ours = "https://crm.example.org";
    let settings = [(
        "CORS_ORIGINS",
        "https://crm.example.org, http://localhost:3000",
    )];
    let service = Service::start_with(&database, &settings);
    let closed = Service::start_closed(&database);
    let preflight = |service: &Service, origin: &str| {
        let asks = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "GET"),
            ("Access-Control-Request-Headers", "authorization"),
        ];
        service.request("OPTIONS", HISTORY, &asks)
    };
    let allowed = preflight(&service, ours);
    assert_eq!(allowed.status, 200, "{}", allowed.body);
    let of = |answer: &Answer, name: &str| answer.header(name).unwrap_or("").to_lowercase();
    assert_eq!(of(&allowed, "access-control-allow-origin"), ours);
    assert!(of(&allowed, "access-control-allow-headers").contains("authorization"));
    assert!(of(&allowed, "access-control-allow-methods").contains("get"));
    assert!(of(&allowed, "vary").contains("origin"));
    let key = key(&database);
    let bearer = format!("Bearer {key}");
    let ask = |service: &Service, origin: &str| {
        let headers = [("Origin", origin), ("Authorization", &*bearer)];
        service.request("GET", HISTORY, &headers)
    };
    let answer = ask(&service, ours);
    assert_eq!(answer.status, 200);
    assert_eq!(of(&answer, "access-control-allow-origin"), ours);
    assert!(of(&answer, "vary").contains("origin"));
    for name in ["link", "retry-after", "ratelimit", "x-request-id"] {
        let exposed = of(&answer, "access-control-expose-headers");
        assert!(exposed.split(", ").any(|one| one == name), "{exposed}");
    }
    // A page may read errors, too.
    let refused = service.request("GET", HISTORY, &[("Origin", ours)]);
    assert_eq!(refused.status, 401);
    assert_eq!(of(&refused, "access-control-allow-origin"), ours);
    let other = "https://crm.example.org.evil.example";
    for (service, origin) in [
        (&service, other),
        (&service, "null"),
        (&service, "http://crm.example.org"),
        (&closed, ours),
    ] {
        for answer in [preflight(service, origin), ask(service, origin)] {
            assert_eq!(of(&answer, "access-control-allow-origin"), "", "{origin}");
        }
        assert!(preflight(service, origin).status >= 400, "{origin}");
    }
    for answer in [&allowed, &answer, &refused] {
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

#[test]
fn browsers_are_told_to_be_careful() {
    let database = TestDatabase::new();
    let service = Service::start_closed(&database);
    let key = key(&database);
    for (path, is_page, is_personal) in [
        ("/swagger-ui/", true, false),
        ("/swagger-ui/swagger-ui-bundle.js", true, false),
        ("/", true, false),
        ("/openapi.json", false, false),
        ("/health/live", false, false),
        (HISTORY, false, true),
        ("/history/user?user=nobody", false, true),
        ("/nowhere", false, true),
    ] {
        let answer = service.get_as(&key, path);
        let header = |name: &str| answer.header(name).unwrap_or_default();
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(
            policy.contains("script-src 'self'"),
            is_page,
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe-eval"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(
            header("cross-origin-resource-policy"),
            "same-origin",
            "{path}"
        );
        let is_private = header("cache-control") == "private, no-cache";
        assert_eq!(is_private, is_personal, "{path}");
    }
}
