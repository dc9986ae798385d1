//! The application and its server.

use std::io;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, map_config};
use actix_web::body::BoxBody;
use actix_web::dev::{
    AppConfig, Server, ServiceFactory, ServiceRequest, ServiceResponse, fn_service,
};
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::{App, rt, web};
#[cfg(target_os = "linux")]
use socket2::SockRef;
use utoipa_actix_web::AppExt;

use super::State;
use super::body::MAX_BODY;
use super::identify::identify;
use super::intake::{self, Intake};
use super::openapi::Document;
use super::routes::{fallback, routes};
use super::{audit, compress, envelope, head, host, limit};

/// How long a client may take for the head of its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection waits for the next request.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// How long the end of a connection may take.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
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
    let address = listener.local_addr()?;
    let server = Server::build()
        .workers(options.workers)
        .worker_max_blocking_threads(BLOCKING_THREADS)
        .max_concurrent_connections(MAX_CONNECTIONS)
        .shutdown_timeout(options.shutdown_timeout);
    let draining = server.graceful_shutdown_signal();
    // What `HttpServer` does, but that connections are read by `Intake`. The signal is hidden in
    // the documentation of `HttpService`, and what makes idle connections end when it stops.
    let server = server.listen("http", listener, move || {
        let app = app(web::Data::clone(&state), web::Data::clone(&document)).into_factory();
        let app = app.map_err(|error| error.error_response());
        let draining = draining.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let draining = draining.clone();
                async move { draining.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(REQUEST_TIMEOUT)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .local_addr(address)
            .on_connect_ext(intake::introduce)
            // Nothing here makes URLs of the server's own name, which this would be for.
            .h1(map_config(app, |()| AppConfig::default()));
        fn_service(move |stream: TcpStream| async move {
            drop_when_stalled(&stream, send_timeout);
            let peer = stream.peer_addr().ok();
            Ok::<_, DispatchError>((Intake::of(stream), peer))
        })
        .and_then(http)
    })?;
    Ok(server.run())
}

/// Has the kernel drop a connection whose other side acknowledges nothing of what was sent, or has
/// no room for it, for so long. The server itself would wait for ever.
fn drop_when_stalled(stream: &TcpStream, timeout: Duration) {
    #[cfg(target_os = "linux")]
    // Without it the connection only waits.
    let _ = SockRef::from(stream).set_tcp_user_timeout(Some(timeout));
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
        .wrap(from_fn(intake::one_at_a_time))
}
