//! `call-history serve`.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use anyhow::Context;

use super::up_to_date;
use crate::api;
use crate::auth::Access;
use crate::config::ServeArgs;
use crate::store::{self, DatabaseUrls, Pool};

/// Connections to the database that the service keeps at most.
const CONNECTIONS: u32 = 8;

pub(super) fn serve(args: &ServeArgs, url: &DatabaseUrls) -> anyhow::Result<ExitCode> {
    args.check()?;
    let listener = listen(args.bind)?;
    if url.is_sqlite() {
        up_to_date(&mut store::connect_any(url)?)?;
    }
    if !args.no_auth {
        log::info!(
            "histories need a key (the first: call-history key create --scope admin); \
             to answer everybody on this machine: call-history serve --no-auth"
        );
    }
    run(listener, args, url)
}

pub(super) fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!("cannot listen on {address} (in use? another: --bind 127.0.0.1:8081)")
    })
}

pub(super) fn run(
    listener: TcpListener,
    args: &ServeArgs,
    url: impl Into<DatabaseUrls>,
) -> anyhow::Result<ExitCode> {
    let url = url.into();
    log::info!(
        "listening on http://{}, database {url}",
        listener.local_addr()?
    );
    let access = if args.no_auth {
        Access::Open
    } else {
        Access::Closed
    };
    let pool = Pool::new(&url, CONNECTIONS);
    let state = api::State::new(pool, args.timezone, access);
    actix_web::rt::System::new()
        .block_on(async { api::run(listener, state, api::Options::default())?.await })?;
    Ok(ExitCode::SUCCESS)
}
