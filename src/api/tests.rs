//! The application as a whole, without a database: what it refuses, and how.

use actix_web::body::to_bytes;
use actix_web::dev::Service;
use actix_web::http::header::{self, HeaderMap};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::Data;
use chrono_tz::Tz;
use serde_json::Value;

use super::limit::Places;
use super::openapi::{Document, document};
use super::{State, app};
use crate::auth::Access;
use crate::store::Pool;

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body, checked to be a problem.
    fn problem(&self) -> Value {
        let content_type = self.header(header::CONTENT_TYPE);
        assert_eq!(
            content_type,
            Some("application/problem+json"),
            "{}",
            self.body
        );
        let problem: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(problem["status"], self.status);
        let id = self.headers.get("x-request-id").unwrap();
        assert_eq!(problem["requestId"], id.to_str().unwrap());
        problem
    }

    fn kind(&self) -> String {
        let problem = self.problem();
        let kind = problem["type"].as_str().unwrap();
        kind.replace("urn:call-history:problem:", "")
    }

    fn faulty(&self) -> Vec<String> {
        let problem = self.problem();
        let errors = problem["errors"].as_array().unwrap();
        let names = errors.iter().map(|e| e["parameter"].as_str().unwrap());
        names.map(str::to_owned).collect()
    }
}

async fn ask(access: Access, request: TestRequest) -> Answer {
    ask_of(state(access), request).await
}

/// Over a database that never answers.
fn state(access: Access) -> State {
    let url = "sqlite:///no/such/directory/history.db".parse().unwrap();
    State::new(Pool::new(&url, 1), Tz::UTC, access)
}

async fn ask_of(state: State, request: TestRequest) -> Answer {
    let app = init_service(app(Data::new(state), Data::new(Document::build()))).await;
    let response = match app.call(request.to_request()).await {
        Ok(response) => response.into_parts().1,
        Err(error) => error.error_response(),
    };
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let body = to_bytes(response.into_body()).await.unwrap();
    let body = String::from_utf8_lossy(&body).into_owned();
    Answer {
        status,
        headers,
        body,
    }
}

fn get(uri: &str) -> TestRequest {
    TestRequest::get()
        .uri(uri)
        .insert_header((header::HOST, "localhost:8080"))
}

async fn open(uri: &str) -> Answer {
    ask(Access::Open, get(uri)).await
}

#[actix_web::test]
async fn a_login_without_a_database_is_a_503_in_the_shape_of_its_path() {
    let post = |path: &str, body: &str| {
        TestRequest::post()
            .uri(path)
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .set_payload(body.to_owned())
    };
    let body = r#"{"username": "usera", "password": "secret words"}"#;
    let answer = ask(Access::Closed, post("/auth/login", body)).await;
    assert_eq!(
        (answer.status, answer.kind().as_str()),
        (503, "unavailable")
    );
    let body = r#"{"login": "usera", "password": "secret words"}"#;
    let answer = ask(Access::Closed, post("/xuc/api/2.0/auth/login", body)).await;
    assert_eq!(answer.status, 503);
    assert!(answer.header(header::RETRY_AFTER).is_some());
    let error: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(error["error"], "UnhandledError");
    assert_eq!(error.as_object().unwrap().len(), 2, "{error}");
}

#[actix_web::test]
async fn an_unknown_path_is_a_404() {
    for path in [
        "/nowhere",
        "/history",
        "/history/user/",
        "/swagger-ui/no-such-file.js",
    ] {
        let answer = open(path).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (404, "not-found"),
            "{path}"
        );
    }
}

#[actix_web::test]
async fn another_method_is_a_405_that_says_which_are_allowed() {
    for path in [
        "/history/user",
        "/health/live",
        "/openapi.json",
        "/",
        "/swagger-ui/",
    ] {
        let request = get(path).method(actix_web::http::Method::POST);
        let answer = ask(Access::Open, request).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (405, "method-not-allowed")
        );
        assert_eq!(answer.header(header::ALLOW), Some("GET, HEAD"), "{path}");
    }
}

#[actix_web::test]
async fn nobody_reads_a_history_without_being_known_nor_learns_what_is_wrong_with_it() {
    for path in [
        "/history/user",
        "/history/agent?size=0",
        "/history/queue",
        "/history/customer",
    ] {
        let answer = ask(Access::Closed, get(path)).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (401, "unauthenticated"),
            "{path}"
        );
        assert_eq!(answer.header(header::WWW_AUTHENTICATE), Some("Bearer"));
    }
    let foreign = TestRequest::get()
        .uri("/health/live")
        .insert_header((header::HOST, "calls.example.org"));
    assert_eq!(ask(Access::Closed, foreign).await.status, 200);
}

#[actix_web::test]
async fn without_access_control_only_a_loopback_host_is_answered() {
    for (hosts, status) in [
        (vec!["127.0.0.1:8080"], 200),
        (vec!["example.org"], 403),
        (vec!["localhost", "example.org"], 400),
        (vec![], 400),
    ] {
        let mut request = TestRequest::get().uri("/health/live");
        for host in &hosts {
            request = request.append_header((header::HOST, *host));
        }
        let answer = ask(Access::Open, request).await;
        assert_eq!(answer.status, status, "{hosts:?}");
        if status >= 400 {
            answer.problem();
        }
    }
}

#[actix_web::test]
async fn wrong_parameters_are_all_named() {
    for (uri, expected) in [
        (
            "/history/user?user=usera&size=0&days=0&x=1",
            vec!["size", "days", "x"],
        ),
        ("/history/user", vec!["user"]),
        ("/history/agent?size=5", vec!["agent"]),
        ("/history/queue", vec!["name"]),
        ("/history/customer?number=", vec!["number"]),
        ("/history/customer?number=0611*", vec!["number"]),
        ("/history/queue?name=bl&status=missed", vec!["status"]),
    ] {
        let answer = open(uri).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (400, "invalid-parameter"),
            "{uri}"
        );
        assert_eq!(answer.faulty(), expected, "{uri}");
    }
}

#[actix_web::test]
async fn a_history_without_database_is_a_503_that_hides_the_cause() {
    let answer = open("/history/user?user=usera").await;
    assert_eq!(
        (answer.status, answer.kind().as_str()),
        (503, "unavailable")
    );
    assert_eq!(answer.header(header::RETRY_AFTER), Some("2"));
    assert!(!answer.body.contains("directory"), "{}", answer.body);
}

#[actix_web::test]
async fn there_are_so_many_websockets_in_all() {
    let opening = || {
        get("/xuc/api/2.0/cti")
            .insert_header((header::UPGRADE, "websocket"))
            .insert_header((header::CONNECTION, "Upgrade"))
            .insert_header((header::SEC_WEBSOCKET_VERSION, "13"))
            .insert_header((header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="))
    };
    let mut full = state(Access::Open);
    full.sockets.places = Places::new(0, 20);
    let answer = ask_of(full, opening()).await;
    assert_eq!((answer.status, answer.kind().as_str()), (503, "overloaded"));
    assert!(answer.header(header::RETRY_AFTER).is_some());
}

#[actix_web::test]
async fn a_service_without_database_lives_and_is_not_ready() {
    assert_eq!(open("/health/live").await.status, 200);
    let answer = open("/health/ready").await;
    assert_eq!((answer.status, answer.kind().as_str()), (503, "not-ready"));
    assert_eq!(answer.header(header::RETRY_AFTER), Some("2"));
}

#[actix_web::test]
async fn a_plain_request_id_comes_back_and_any_other_is_replaced() {
    for (sent, comes_back) in [("my-id.1", true), ("with blank", false)] {
        let request = get("/health/live").insert_header(("X-Request-Id", sent));
        let answer = ask(Access::Open, request).await;
        let id = answer.headers.get("x-request-id").unwrap();
        assert_eq!(id == sent, comes_back, "{sent}");
    }
}

#[actix_web::test]
async fn the_pages_for_people_come_from_the_service_itself() {
    for path in ["/", "/swagger-ui"] {
        let answer = open(path).await;
        assert_eq!(answer.status, 307);
        assert_eq!(answer.header(header::LOCATION), Some("/swagger-ui/"));
    }
    assert!(open("/swagger-ui/").await.body.contains("swagger-ui"));
    let initializer = open("/swagger-ui/swagger-initializer.js").await.body;
    assert!(initializer.contains("/openapi.json"), "{initializer}");
    assert!(!initializer.contains("https://"), "{initializer}");
    assert_eq!(open("/openapi.json").await.body, document());
}
