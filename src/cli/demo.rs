//! `call-history demo`.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use anyhow::Context;
use chrono::{TimeDelta, Utc};
use chrono_tz::Tz;
use clap::Args;

use super::{say, serve, up_to_date};
use crate::config::zone;
use crate::demo::{QUEUES, USERS, capture};
use crate::fold::DEFAULT_SOURCE;
use crate::ingest::directory;
use crate::ingest::import::Import;
use crate::store::sources::{self, Zones};
use crate::store::{self, DatabaseUrl};

#[derive(Args, Debug)]
pub(super) struct DemoArgs {
    /// Address and port to listen on; only loopback, since everybody is answered
    #[arg(long, env = "BIND", default_value = "127.0.0.1:8080")]
    bind: SocketAddr,

    /// Zone of the times in answers
    #[arg(long, env = "TIMEZONE", default_value = "UTC", value_parser = zone)]
    timezone: Tz,
}

pub(super) fn demo(args: &DemoArgs) -> anyhow::Result<ExitCode> {
    let serve = crate::config::ServeArgs {
        bind: args.bind,
        timezone: args.timezone,
        no_auth: true,
    };
    serve.check()?;
    let listener = serve::listen(args.bind)?;
    // Removed again when the demo ends.
    let folder = tempfile::Builder::new()
        .prefix("call-history-demo-")
        .tempdir()
        .context("cannot make a folder for the demo's database")?;
    let url: DatabaseUrl =
        format!("sqlite://{}", folder.path().join("demo.db").display()).parse()?;
    fill(&url)?;
    show(&listener)?;
    serve::run(listener, &serve, &url)
}

/// Puts the capture and its directory into an empty database, the way that all rows go.
fn fill(url: &DatabaseUrl) -> anyhow::Result<()> {
    let mut conn = store::connect(url)?;
    up_to_date(&mut conn)?;
    let users = directory::users(USERS.as_bytes(), DEFAULT_SOURCE, Tz::UTC);
    store::directory::put_users(&mut conn, &users.items)?;
    let queues = directory::queues(QUEUES.as_bytes());
    store::directory::put_queues(&mut conn, &queues.items)?;
    let zones = Zones::all(Tz::UTC);
    sources::put_zones(&mut conn, DEFAULT_SOURCE, zones)?;
    let mut import = Import::new(DEFAULT_SOURCE, zones);
    let tables = capture(Utc::now() - TimeDelta::seconds(1))
        .map_err(|bad| anyhow::anyhow!("the demo's capture: line {}: {}", bad.line, bad.reason))?;
    for records in tables {
        import.records(&mut conn, &records)?;
    }
    import.fold(&mut conn)?;
    Ok(())
}

fn show(listener: &TcpListener) -> anyhow::Result<()> {
    let base = format!("http://{}", listener.local_addr()?);
    say(&format!(
        "\n\
         The demo answers everybody on this machine. Try, in a browser or with curl:\n\
         \n  \
         {base}/swagger-ui/\n  \
         {base}/history/user?user=usera&size=20\n  \
         {base}/history/agent?agent=2501\n  \
         '{base}/history/queue?name=bl'          blue, black and blow\n  \
         {base}/history/customer?number=0699000012\n\
         \n\
         Users are usera to userh, agents 2501, 2502 and 2507. Stop it with Ctrl-C.\n"
    ))?;
    Ok(())
}
