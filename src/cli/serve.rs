//! `call-history serve`.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;

use super::follow::{self, FollowArgs};
use super::{Exit, Usage, open_url};
use crate::api;
use crate::api::State;
use crate::api::changes::ChangeTail;
use crate::api::limit::{Limits, RateLimit};
use crate::api::names::NameCache;
use crate::auth::Access;
use crate::config::{
    AmiArgs, DatabaseArgs, LoginArgs, NumberArgs, ProtectionArgs, ServeArgs, TokenArgs,
};
use crate::cti::Sockets;
use crate::ingest::follow::Follower;
use crate::ingest::refolder::Refolder;
use crate::presence::ami;
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
    login: LoginArgs,

    #[command(flatten)]
    protection: ProtectionArgs,

    #[command(flatten)]
    ami: AmiArgs,

    #[command(flatten)]
    numbers: NumberArgs,

    /// Follow as well: fold rows as they appear, and copy those of the PBXs
    #[arg(long)]
    follow: bool,

    #[command(flatten)]
    follower: FollowArgs,
}

pub(super) fn serve(command: &ServeCommand, database: &DatabaseArgs) -> anyhow::Result<Exit> {
    let url = &database.url()?;
    let args = &command.serve;
    args.check()?;
    let tokens = command.tokens.tokens()?;
    let logins = command.login.logins()?;
    let managers = command
        .ami
        .settings(&command.follower.sources)
        .map_err(Usage)?;
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
    let mut state = state(args, url);
    state.tokens = tokens;
    state.logins = logins;
    state.names = NameCache::new(command.numbers.plan());
    protect(&mut state, &command.protection)?;
    if !command.follow && command.follower.has_sources() {
        log::warn!("a PBX is configured, and not followed: that takes serve --follow, or follow");
    }
    let follower = match command.follow {
        true => Some(follow::start(&command.follower, database, url)?),
        false => None,
    };
    state.follower = follower.as_ref().map(Follower::board);
    let heard = ami::Heard {
        presence: Arc::clone(&state.presence),
        live: Arc::clone(&state.live),
        links: Arc::clone(&state.links),
    };
    ami::start(managers, heard)?;
    let result = run_state(listener, state, url);
    if let Some(follower) = follower {
        follow::stop(follower);
    }
    result
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
) -> anyhow::Result<Exit> {
    let url = url.into();
    let state = state(args, &url);
    run_state(listener, state, &url)
}

/// What the handlers need, with nothing that has to be configured.
fn state(args: &ServeArgs, url: &DatabaseUrls) -> State {
    let access = if args.no_auth {
        Access::Open
    } else {
        Access::Closed
    };
    let mut state = State::new(Pool::new(url, CONNECTIONS), args.timezone, access);
    state.sockets = Sockets::new(args.ping_interval);
    state.changes = Arc::new(ChangeTail::new(args.changes_interval));
    state
}

fn protect(state: &mut State, protection: &ProtectionArgs) -> anyhow::Result<()> {
    state.proxies = protection.trusted_proxies.clone();
    state.origins = protection.cors_origins.clone();
    state.send_timeout = protection.send_timeout;
    // Where everybody is the same caller, a limit for each says nothing.
    let rate = match state.access {
        Access::Open => RateLimit::OFF,
        Access::Closed => protection.rate_limit,
    };
    state.limits = Limits::new(rate);
    state.audit = protection.journal()?;
    Ok(())
}

fn run_state(listener: TcpListener, mut state: State, url: &DatabaseUrls) -> anyhow::Result<Exit> {
    log::info!(
        "listening on http://{}, database {url}",
        listener.local_addr()?
    );
    // A follower folds again by itself what the directory changes.
    if state.follower.is_none() {
        let refolder = Refolder::start(url.clone())?;
        state.directory_changed = Box::new(move || refolder.wake());
    }
    actix_web::rt::System::new()
        .block_on(async { api::run(listener, state, api::Options::default())?.await })?;
    Ok(Exit::Success)
}
