//! `call-history follow`, and `serve --follow`.

use std::time::Duration;

use actix_web::rt::signal::unix::{SignalKind, signal};
use chrono_tz::Tz;
use clap::Args;

use super::{Exit, Usage, open_url};
use crate::config::{DatabaseArgs, SourceArgs, default_zone, duration, zone};
use crate::ingest::follow::settings::Settings;
use crate::ingest::follow::{Follower, Options, database as pbx_database, log_file};
use crate::store::DatabaseUrls;

/// How long a stop waits for what is being written.
const TO_STOP: Duration = Duration::from_secs(6);

#[derive(Args, Clone, Debug)]
pub(super) struct FollowArgs {
    /// How long another follower waits, when this one says nothing more, until it takes over
    #[arg(long, env = "FOLLOW_LEASE", value_name = "TIME", default_value = "10s", value_parser = lease)]
    lease: Duration,

    /// Zone of the times that Asterisk writes straight into our tables [default: as before, at
    /// first UTC]
    #[arg(long, env = "LANDING_TIMEZONE", value_name = "ZONE", value_parser = zone)]
    landing_timezone: Option<Tz>,

    #[command(flatten)]
    pub(super) sources: SourceArgs,
}

impl FollowArgs {
    /// Whether a PBX is configured that could be followed.
    pub(super) fn has_sources(&self) -> bool {
        let is_followed = |one: &Settings| one.url.is_some() || one.queue_log_file.is_some();
        let all = self.sources.settings();
        all.map_or_else(|_| self.sources.any(), |all| all.iter().any(is_followed))
    }
}

fn lease(text: &str) -> Result<Duration, String> {
    let lease = duration(text)?;
    if (Duration::from_millis(500)..=Duration::from_secs(300)).contains(&lease) {
        Ok(lease)
    } else {
        Err("a lease is 500ms to 5m long".to_owned())
    }
}

/// Begins to follow into this database. A MySQL server may be away, or not migrated yet.
pub(super) fn start(
    args: &FollowArgs,
    database: &DatabaseArgs,
    urls: &DatabaseUrls,
) -> anyhow::Result<Follower> {
    let settings = args.sources.settings().map_err(Usage)?;
    let zone = default_zone().map_err(Usage)?;
    if urls.is_sqlite() {
        open_url(urls)?;
    }
    let sources = settings.into_iter().flat_map(|settings| {
        let file = log_file::source(&settings);
        [file, pbx_database::source(settings, zone)]
    });
    let options = Options {
        lease: args.lease,
        landing_zone: args.landing_timezone,
        trunks: database.trunks(),
        max_call_hours: database.max_call_hours(),
        sources: sources.flatten().collect(),
    };
    Ok(Follower::start(urls.clone(), options)?)
}

/// Ends it, within seconds.
pub(super) fn stop(follower: Follower) {
    follower.stop(TO_STOP);
}

pub(super) fn follow(args: &FollowArgs, database: &DatabaseArgs) -> anyhow::Result<Exit> {
    let urls = database.url()?;
    log::info!("following into database {urls}");
    let follower = start(args, database, &urls)?;
    actix_web::rt::System::new().block_on(told_to_stop())?;
    log::info!("following: stopping");
    stop(follower);
    Ok(Exit::Success)
}

/// Waits until the process is told to end, by a service manager or by Ctrl-C.
async fn told_to_stop() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
