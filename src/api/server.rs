//! The application and its server.

use std::any::Any;
use std::io;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::{App, HttpServer, rt, web};
#[cfg(target_os = "linux")]
use socket2::SockRef;
use utoipa_actix_web::AppExt;

use super::State;
use super::body::MAX_BODY;
use super::identify::identify;
use super::openapi::Document;
use super::routes::{fallback, routes};
use super::{audit, compress, envelope, head, host, limit};

/// How long a client may take for the head of its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection waits for the next request.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// Connections of one worker.
const MAX_CONNECTIONS: usize = 2048;
/// Threads of one worker that may block. There are only as many as work needs, and the pool
/// has fewer connections than this, those that hang included.
const BLOCKING_THREADS: usize = 64;
/// How the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Threads that serve connections.
    pub workers: usize,
    /// Seconds that requests in progress get when the server stops.
    pub shutdown_timeout: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            workers: 2,
            shutdown_timeout: 10,
        }
    }
}

/// Serves on this listener until the server is stopped. To be called, and awaited, in an actix
/// runtime.
pub fn run(listener: TcpListener, state: State, options: Options) -> io::Result<Server> {
    let send_timeout = state.send_timeout;
    let state = web::Data::new(state);
    let watching = web::Data::clone(&state);
    // With a thread and a runtime of its own, as workers have: what hangs there in a frozen
    // database is not waited for at the end.
    let look = move || rt::System::new().block_on(async { watching.changes.run(&watching).await });
    thread::Builder::new()
        .name("changes".to_owned())
        .spawn(look)?;
    state.stopping.listen()?;
    let document = web::Data::new(Document::build());
    let factory = move || app(web::Data::clone(&state), web::Data::clone(&document));
    let server = HttpServer::new(factory)
        .on_connect(move |stream, _| drop_when_stalled(stream, send_timeout))
        .workers(options.workers)
        .worker_max_blocking_threads(BLOCKING_THREADS)
        .max_connections(MAX_CONNECTIONS)
        .client_request_timeout(REQUEST_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(options.shutdown_timeout)
        .listen(listener)?;
    Ok(server.run())
}

/// Has the kernel drop a connection whose other side acknowledges nothing of what was sent, or has
/// no room for it, for so long. The server itself would wait for ever.
fn drop_when_stalled(stream: &dyn Any, timeout: Duration) {
    #[cfg(target_os = "linux")]
    if let Some(stream) = stream.downcast_ref::<rt::net::TcpStream>() {
        // Without it the connection only waits.
        let _ = SockRef::from(stream).set_tcp_user_timeout(Some(timeout));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, timeout);
}

/// The application.
pub fn app(
    state: web::Data<State>,
    document: web::Data<Document>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let cors = Condition::new(!state.origins.is_empty(), state.origins.middleware());
    App::new()
        .app_data(web::Data::new(state.access))
        .app_data(state)
        .app_data(document)
        .app_data(web::PayloadConfig::new(MAX_BODY))
        .into_utoipa_app()
        .configure(routes)
        .into_app()
        .default_service(web::to(fallback))
        // The last is the outermost: it finishes what the others answer.
        .wrap(from_fn(limit::hold))
        .wrap(from_fn(audit::record))
        .wrap(from_fn(identify))
        .wrap(from_fn(head::check))
        .wrap(from_fn(limit::admit))
        .wrap(from_fn(compress::choose))
        .wrap(Compress::default())
        .wrap(cors)
        .wrap(from_fn(host::check))
        .wrap(from_fn(envelope::finish))
}
