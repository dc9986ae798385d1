//! The outermost middleware: request id, problem bodies, and the access log.
//!
//! Whatever answers a request, here its response gets its last shape. An error of ours left a
//! [`Problem`] in the extensions; any other response with a status of 400 or more (of actix,
//! of Swagger UI, of a panic) gets one for its status, so that no plain text leaks.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, TRANSFER_ENCODING,
};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, ResponseError};

use super::compress::forget_mark;
use super::error::Error;
use super::login::xivo::{self, XivoError};
use super::problem::{PROBLEM_JSON, Problem};
use super::request_id::{RequestId, X_REQUEST_ID};
use super::routes::routed;
use super::secure::{secure, vary};

/// In the extensions of a request that is answered as GET is, and whose answer's body is sent to
/// nobody: HEAD.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeadOnly;

/// Middleware that finishes every response.
pub async fn finish(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let id = RequestId::of(request.headers());
    let method = request.method().clone();
    if method == Method::HEAD {
        // Answered as GET is; the connection, which knows what came, sends no body.
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(HeadOnly);
    }
    let started = Instant::now();
    let path = routed(&request).to_owned();
    request.extensions_mut().insert(id.clone());
    // No clone of the request may be held here: routing needs it unshared.
    let response = match caught(next.call(request)).await {
        Some(Ok(response)) => response,
        // Without a request there is no ServiceResponse: the error carries the response.
        Some(Err(error)) => {
            return Err(alone(&method, &path, &id, started, error.error_response()));
        }
        None => {
            let panic = Error::Internal("a handler panicked".to_owned());
            return Err(alone(&method, &path, &id, started, panic.error_response()));
        }
    };
    let route = response.request().match_pattern();
    let (request, response) = response.into_parts();
    let response = complete(response.map_into_boxed_body(), &path, &id);
    log(&method, route.as_deref(), &response, started.elapsed(), &id);
    Ok(ServiceResponse::new(request, response))
}

fn alone(
    method: &Method,
    path: &str,
    id: &RequestId,
    started: Instant,
    response: HttpResponse,
) -> actix_web::Error {
    let response = complete(response, path, id);
    log(method, None, &response, started.elapsed(), id);
    InternalError::from_response("answered by the outermost middleware", response).into()
}

/// Adds the request's id, what browsers are told, and the problem to an error.
fn complete(mut response: HttpResponse, path: &str, id: &RequestId) -> HttpResponse {
    let status = response.status();
    let mut response = if status.as_u16() >= 400 {
        let known = response.extensions_mut().remove::<Problem>();
        let mut problem = known.unwrap_or_else(|| Problem::of_status(status));
        problem.request_id = id.to_string();
        if status.is_server_error() {
            let cause = problem.cause.as_deref().unwrap_or("no cause known");
            let status = status.as_u16();
            log::error!("request failed status={status} request_id={id} cause={cause:?}");
        }
        with_problem(response, path, &problem)
    } else {
        response
    };
    forget_mark(response.headers_mut());
    vary(response.headers_mut(), path);
    secure(&mut response, path);
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

fn with_problem(response: HttpResponse, path: &str, problem: &Problem) -> HttpResponse {
    // XiVO's clients read errors of its shape.
    let (kind, body) = if path.starts_with(xivo::PATHS) {
        let body = serde_json::to_string(&XivoError::from(problem));
        ("application/json", body)
    } else {
        (PROBLEM_JSON, serde_json::to_string(problem))
    };
    let body = body.unwrap_or_default();
    let mut response = response.set_body(BoxBody::new(body));
    let headers = response.headers_mut();
    for stale in [CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(stale);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// One line a request, with the route in place of the path and without the query: those hold
/// names and telephone numbers.
fn log(
    method: &Method,
    route: Option<&str>,
    response: &HttpResponse,
    took: Duration,
    id: &RequestId,
) {
    let route = route.unwrap_or("-");
    let status = response.status().as_u16();
    let ms = took.as_millis();
    log::info!("method={method} route={route} status={status} ms={ms} request_id={id}");
}

/// The output of the future; None when it panicked.
async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, web};
    use serde_json::Value;

    use super::*;
    use crate::api::blocking;

    async fn answer(request: TestRequest) -> (u16, String, Value) {
        let app = App::new()
            .wrap(from_fn(finish))
            .app_data(web::PayloadConfig::new(8))
            .route("/panic", web::get().to(panicking))
            .route(
                "/blocking",
                web::get().to(|| blocking::run(|| -> String { panic!("secret") })),
            )
            .route(
                "/number/{n}",
                web::get().to(async |n: web::Path<u32>| n.to_string()),
            )
            .route(
                "/query",
                web::get().to(async |q: web::Query<u32>| q.to_string()),
            )
            .route(
                "/json",
                web::post().to(async |j: web::Json<u32>| j.to_string()),
            )
            .route("/body", web::post().to(async |body: String| body));
        let app = init_service(app).await;
        let request = request.insert_header(("X-Request-Id", "from-the-test"));
        let response = match actix_web::dev::Service::call(&app, request.to_request()).await {
            Ok(response) => response.into_parts().1,
            Err(error) => error.error_response(),
        };
        let status = response.status().as_u16();
        let kind = response
            .headers()
            .get(CONTENT_TYPE)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        assert_eq!(
            response.headers().get(X_REQUEST_ID).unwrap(),
            "from-the-test"
        );
        let body = actix_web::body::to_bytes(response.into_body())
            .await
            .unwrap();
        (status, kind, serde_json::from_slice(&body).unwrap())
    }

    async fn panicking() -> String {
        panic!("secret")
    }

    #[actix_web::test]
    async fn every_error_has_the_one_shape_whoever_made_it() {
        let get = |path| TestRequest::get().uri(path);
        let post = |path, body: &'static str| TestRequest::post().uri(path).set_payload(body);
        for (request, expected) in [
            (get("/panic"), 500),
            (get("/blocking"), 500),
            (get("/number/x"), 404),
            (get("/query?n=x"), 400),
            (get("/nowhere"), 404),
            (post("/json", "{"), 400),
            (
                post("/json", "{").insert_header((CONTENT_TYPE, "application/json")),
                400,
            ),
            (post("/body", "more than eight"), 413),
        ] {
            let (status, kind, problem) = answer(request).await;
            assert_eq!(
                (status, kind.as_str()),
                (expected, PROBLEM_JSON),
                "{problem}"
            );
            assert_eq!(problem["status"], expected);
            assert_eq!(problem["requestId"], "from-the-test");
            assert!(
                problem["type"].as_str().unwrap().starts_with("urn:"),
                "{problem}"
            );
            assert!(problem["title"].is_string() && problem["detail"].is_string());
            assert!(!problem.to_string().contains("secret"), "{problem}");
        }
    }

    #[actix_web::test]
    async fn an_answer_without_error_is_left_as_it_is() {
        let app = App::new()
            .wrap(from_fn(finish))
            .route("/", web::get().to(async || "fine"));
        let app = init_service(app).await;
        let response = call_service(&app, TestRequest::get().uri("/").to_request()).await;
        assert!(response.headers().contains_key("x-request-id"));
        assert_eq!(read_body(response).await, "fine");
    }
}
