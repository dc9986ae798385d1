//! `call-history demo`.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::{TimeDelta, Utc};
use chrono_tz::Tz;
use clap::Args;
use diesel::QueryResult;
use diesel::connection::SimpleConnection;

use super::{Exit, open, say, serve, up_to_date};
use crate::api;
use crate::asterisk::Record;
use crate::config::{DatabaseArgs, address, zone};
use crate::demo::guests::{self, Guests};
use crate::demo::living::Living;
use crate::demo::{QUEUES, USERS, capture};
use crate::fold::DEFAULT_SOURCE;
use crate::ingest::directory;
use crate::ingest::import::Import;
use crate::model::Time;
use crate::store::demo::{self as filling, Filling};
use crate::store::revisions;
use crate::store::sources::{self, Zones};
use crate::store::{self, Connection, DatabaseUrl};

/// How often the demo looks what has happened.
const LOOKS: Duration = Duration::from_secs(1);

/// The database is thrown away: nothing has to survive a power cut, and memory may be used.
const THROW_AWAY: &str = "PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;";

#[derive(Args, Debug)]
pub(super) struct DemoArgs {
    /// Address and port to listen on
    #[arg(long, env = "BIND", default_value = "127.0.0.1:8080", value_parser = address)]
    bind: SocketAddr,

    /// Zone of the times in answers, and of the working hours of the made-up people
    #[arg(long, env = "TIMEZONE", default_value = "UTC", value_parser = zone)]
    timezone: Tz,

    /// Another seed makes up other calls
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How many days of calls to make up
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3660))]
    days: u32,

    /// Put the calls into the configured database, which must be empty, make a key for
    /// everything and a password for its people, and end; a database that has the demo's calls already stays as it is
    #[arg(long)]
    fill: bool,
}

pub(super) fn demo(args: &DemoArgs, database: &DatabaseArgs) -> anyhow::Result<Exit> {
    if args.fill {
        return fill_configured(args, database);
    }
    let serve = crate::config::ServeArgs {
        bind: args.bind,
        timezone: args.timezone,
        no_auth: false,
        changes_interval: api::changes::INTERVAL,
        ping_interval: crate::cti::PING,
    };
    let listener = serve::listen(args.bind)?;
    // Removed again when the demo ends.
    let folder = tempfile::Builder::new()
        .prefix("call-history-demo-")
        .tempdir()
        .context("cannot make a folder for the demo's database")?;
    let url: DatabaseUrl =
        format!("sqlite://{}", folder.path().join("demo.db").display()).parse()?;
    let now = Utc::now();
    let mut living = Living::new(now, args.timezone, args.days, args.seed);
    let busiest = living.busiest();
    let mut conn = store::connect(&url)?;
    conn.batch_execute(THROW_AWAY)?;
    up_to_date(&mut conn)?;
    fill(&mut conn, &mut living, now)?;
    let guests = guests::let_in(&mut conn, &busiest.0)?;
    drop(conn);
    show(&listener, &busiest, &guests)?;
    let (stop, stopped) = mpsc::channel();
    let conn = store::connect(&url)?;
    let alive = thread::spawn(move || keep_alive(conn, living, &stopped));
    let result = serve::run(listener, &serve, &url);
    drop(stop);
    let _ = alive.join();
    result
}

/// `demo --fill`: the demo's calls in a database that stays.
fn fill_configured(args: &DemoArgs, database: &DatabaseArgs) -> anyhow::Result<Exit> {
    let mut conn = open(database)?;
    let begun = match filling::begin(&mut conn, Utc::now())? {
        Filling::Begun(begun) => begun,
        Filling::Done => {
            say("the demo's calls are there already; call-history key create makes another key")?;
            return Ok(Exit::Success);
        }
        Filling::Refused => bail!(
            "the database {} has calls, people or keys of its own; \
             the demo's calls go into an empty one",
            database.url()?
        ),
    };
    let mut living = Living::new(begun, args.timezone, args.days, args.seed);
    fill(&mut conn, &mut living, begun)?;
    let password = guests::give_password(&mut conn)?;
    let key = guests::administrators_key(&mut conn)?;
    let base = format!("http://127.0.0.1:{}", args.bind.port());
    say(&format!(
        "\n\
         The demo's calls are there. A key that opens everything, shown only this once:\n\
         \n  \
         {key}\n\
         \n\
         Ask the service with it:\n\
         \n  \
         curl -H 'Authorization: Bearer {key}' '{base}/history/user?user=usera&size=5'\n"
    ))?;
    say(&how_to_log_in(&base, &password))?;
    filling::done(&mut conn)?;
    Ok(Exit::Success)
}

/// Puts the capture, the made-up calls until `now` and who is who into an empty database, the
/// way that all rows go.
fn fill(conn: &mut Connection, living: &mut Living, now: Time) -> anyhow::Result<()> {
    put_directory(conn, living)?;
    sources::put_zones(conn, DEFAULT_SOURCE, zones())?;
    let tables = capture(now - TimeDelta::seconds(1))
        .map_err(|bad| anyhow::anyhow!("the demo's capture: line {}: {}", bad.line, bad.reason))?;
    let mut import = Import::new(DEFAULT_SOURCE, zones());
    for records in tables {
        import.records(conn, &records)?;
    }
    loop {
        let records = living.past();
        if records.is_empty() {
            break;
        }
        import.records(conn, &records)?;
    }
    import.records(conn, &living.ended(now))?;
    // The directory was there before: nothing has to be folded again.
    let refold = revisions::refold_begins(conn)?;
    import.fold(conn)?;
    revisions::refold_is_done(conn, refold)?;
    Ok(())
}

fn put_directory(conn: &mut Connection, living: &Living) -> QueryResult<()> {
    let users = directory::users(USERS.as_bytes(), DEFAULT_SOURCE, Tz::UTC);
    store::directory::put_users(conn, &users.items)?;
    let queues = directory::queues(QUEUES.as_bytes());
    store::directory::put_queues(conn, &queues.items)?;
    let (users, agents, queues) = living.directory();
    store::directory::put_users(conn, &users)?;
    store::directory::put_agents(conn, &agents)?;
    store::directory::put_queues(conn, &queues)?;
    store::directory::put_users(conn, &[guests::supervisor()])?;
    Ok(())
}

/// The capture's clock ran in UTC, and so does that of the made-up PBX.
fn zones() -> Zones {
    Zones::all(Tz::UTC)
}

/// Takes in what is written while the demo runs, until it is told to stop.
fn keep_alive(mut conn: Connection, mut living: Living, stopped: &mpsc::Receiver<()>) {
    while stopped.recv_timeout(LOOKS) == Err(RecvTimeoutError::Timeout) {
        let records = living.written(Utc::now());
        if let Err(error) = take_in(&mut conn, &records) {
            log::warn!("rows of calls could not be stored: {error}");
        }
    }
}

fn take_in(conn: &mut Connection, records: &[Record]) -> QueryResult<()> {
    if records.is_empty() {
        return Ok(());
    }
    let mut import = Import::new(DEFAULT_SOURCE, zones());
    import.records(conn, records)?;
    import.fold(conn).map(drop)
}

fn show(
    listener: &TcpListener,
    (user, agent, customer): &(String, String, String),
    guests: &Guests,
) -> anyhow::Result<()> {
    let base = format!("http://{}", listener.local_addr()?);
    let Guests { keys, password } = guests;
    say("\nKeys, made for this demo, and what they open:\n")?;
    for key in keys {
        say(&format!("  {}   {}", key.key, key.opens))?;
    }
    let admin = keys.first().map(|key| key.key.as_str()).unwrap_or_default();
    say(&format!(
        "\n\
         In a browser: open the page, press Authorize, paste a key, and try the histories:\n\
         \n  \
         {base}/swagger-ui/\n\
         \n\
         With curl, a made-up company, where calls go on while you look:\n\
         \n  \
         KEY={admin}\n  \
         curl -H \"X-API-Key: $KEY\" '{base}/history/user?user={user}&size=20'\n  \
         curl -H \"X-API-Key: $KEY\" '{base}/history/agent?agent={agent}&size=20'\n  \
         curl -H \"X-API-Key: $KEY\" '{base}/history/queue?name=bl&size=20'\n  \
         curl -H \"X-API-Key: $KEY\" '{base}/history/customer?number={customer}&size=20'\n\
         \n\
         Calls of a real Asterisk, moved in time so that they end now:\n\
         \n  \
         curl -H \"X-API-Key: $KEY\" '{base}/history/user?user=usera&size=20'\n  \
         curl -H \"X-API-Key: $KEY\" '{base}/history/agent?agent=2501&size=20'\n  \
         curl -H \"X-API-Key: $KEY\" '{base}/history/customer?number=0699000012&size=20'\n\
         \n\
         There, users are usera to userh, agents 2501, 2502 and 2507.\n"
    ))?;
    say(&how_to_log_in(&base, password))?;
    say("Stop the demo with Ctrl-C.\n")?;
    Ok(())
}

fn how_to_log_in(base: &str, password: &str) -> String {
    let supervisor = guests::SUPERVISOR;
    format!(
        "Everybody logs in with one password, {password}: usera and userb of the\n\
         real Asterisk; dcooper and the others of the company, who each have a call\n\
         every few minutes; {supervisor}, who may read all queues and customers. In a\n\
         browser, live:\n\
         \n  \
         {base}/sample/\n\
         \n\
         With curl:\n\
         \n  \
         curl --json '{{\"username\":\"usera\",\"password\":\"{password}\"}}' {base}/auth/login\n\
         \n\
         The token in the answer opens what that person may read, in place of a key:\n\
         \n  \
         curl -H \"Authorization: Bearer $TOKEN\" {base}/history/user\n"
    )
}
