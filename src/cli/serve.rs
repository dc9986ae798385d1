//! `call-history serve`.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::open_url;
use crate::api;
use crate::api::limit::{Limits, RateLimit};
use crate::auth::Access;
use crate::auth::tokens::Tokens;
use crate::config::{ProtectionArgs, ServeArgs, TokenArgs};
use crate::ingest::refolder::Refolder;
use crate::store::{DatabaseUrls, Pool};

/// Connections to the database that the service keeps at most.
const CONNECTIONS: u32 = 8;

#[derive(Args, Debug)]
pub(super) struct ServeCommand {
    #[command(flatten)]
    serve: ServeArgs,

    #[command(flatten)]
    tokens: TokenArgs,

    #[command(flatten)]
    protection: ProtectionArgs,
}

pub(super) fn serve(command: &ServeCommand, url: &DatabaseUrls) -> anyhow::Result<ExitCode> {
    let args = &command.serve;
    args.check()?;
    let tokens = command.tokens.tokens()?;
    let listener = listen(args.bind)?;
    if url.is_sqlite() {
        open_url(url)?;
    }
    if !args.no_auth {
        log::info!(
            "histories need a key (the first: call-history key create --scope admin); \
             to answer everybody on this machine: call-history serve --no-auth"
        );
    }
    run_with(listener, args, url, tokens, Some(&command.protection))
}

pub(super) fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!("cannot listen on {address} (in use? another: --bind 127.0.0.1:8081)")
    })
}

/// Serves on this listener, without believing tokens or proxies.
pub(super) fn run(
    listener: TcpListener,
    args: &ServeArgs,
    url: impl Into<DatabaseUrls>,
) -> anyhow::Result<ExitCode> {
    run_with(listener, args, &url.into(), None, None)
}

fn run_with(
    listener: TcpListener,
    args: &ServeArgs,
    url: &DatabaseUrls,
    tokens: Option<Tokens>,
    protection: Option<&ProtectionArgs>,
) -> anyhow::Result<ExitCode> {
    log::info!(
        "listening on http://{}, database {url}",
        listener.local_addr()?
    );
    let access = if args.no_auth {
        Access::Open
    } else {
        Access::Closed
    };
    let pool = Pool::new(url, CONNECTIONS);
    let mut state = api::State::new(pool, args.timezone, access);
    state.tokens = tokens;
    if let Some(protection) = protection {
        state.proxies = protection.trusted_proxies.clone();
        state.origins = protection.cors_origins.clone();
        // Where everybody is the same caller, a limit for each says nothing.
        let rate = if args.no_auth {
            RateLimit::OFF
        } else {
            protection.rate_limit
        };
        state.limits = Limits::new(rate);
        state.audit = protection.journal()?;
    }
    let refolder = Refolder::start(url.clone())?;
    state.directory_changed = Box::new(move || refolder.wake());
    actix_web::rt::System::new()
        .block_on(async { api::run(listener, state, api::Options::default())?.await })?;
    Ok(ExitCode::SUCCESS)
}
