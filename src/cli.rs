//! The command line: what each subcommand takes, and its exit code.

mod demo;
mod directory;
mod doctor;
mod exit;
mod follow;
mod healthcheck;
mod import;
mod key;
mod passwd;
mod serve;

use std::io::Write;

use anyhow::{Context, anyhow, bail};
use chrono::Utc;
use clap::{Parser, Subcommand, error::ErrorKind};
use log::LevelFilter;

use crate::api;
use crate::config::DatabaseArgs;
use crate::ingest::projector::{self, Totals};
use crate::store::{self, Connection, DatabaseUrls};

pub use exit::Exit;

/// Call history of an Asterisk PBX: of users, agents, queues and customers, over HTTP.
#[derive(Parser, Debug)]
#[command(
    name = "call-history",
    version,
    after_help = "Try it:  call-history demo\n\
                  Logs:    RUST_LOG=debug call-history serve --no-auth"
)]
struct Cli {
    #[command(flatten)]
    database: DatabaseArgs,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Start the service
    Serve(Box<serve::ServeCommand>),
    /// Follow living PBXs: fold rows as they appear, without serving
    Follow(follow::FollowArgs),
    /// Start the service with a fresh database of example calls, to try it out; it is thrown away
    /// at the end (--database-url counts with --fill only)
    Demo(demo::DemoArgs),
    /// Bring the database's tables up to date (on SQLite every command does so by itself)
    Migrate,
    /// Take in rows of cdr, queue_log and cel from CSV files, and fold them into calls
    Import(import::ImportArgs),
    /// Who is who: users, agents and queues
    #[command(subcommand)]
    Directory(directory::DirectoryCommand),
    /// API keys: who may read what
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Fold everything again; changes nothing where nothing is wrong
    Rebuild,
    /// Look at the database, all rows and the PBXs, and say what is wrong; exits 1 when something is
    Doctor(doctor::DoctorArgs),
    /// Ask the service whether it is ready; exits 1 when it is not
    Healthcheck(healthcheck::HealthcheckArgs),
    /// Print the OpenAPI document
    Openapi,
}

/// Runs the command line of this process.
pub fn run() -> Exit {
    env_logger::Builder::new()
        .filter_level(LevelFilter::Info)
        .filter_module("actix_server", LevelFilter::Warn)
        // It calls it an error of the service when a client sends nonsense.
        .filter_module("actix_http", LevelFilter::Off)
        .parse_default_env()
        .init();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match cli.command.run(&cli.database) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("call-history: {error:#}");
            match error.is::<Usage>() {
                true => Exit::Usage,
                false => Exit::Failure,
            }
        }
    }
}

/// What was configured cannot be understood; a sentence that says why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

fn usage(error: &clap::Error) -> Exit {
    // A closed pipe (`--help | head`) is no reason to complain.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Success,
        _ => Exit::Usage,
    }
}

impl Command {
    fn run(self, database: &DatabaseArgs) -> anyhow::Result<Exit> {
        match self {
            Self::Serve(args) => return serve::serve(&args, database),
            Self::Follow(args) => return follow::follow(&args, database),
            Self::Demo(args) => return demo::demo(&args, database),
            Self::Import(args) => return import::import(&args, database),
            Self::Key(command) => return key::run(&command, database),
            Self::Healthcheck(args) => return healthcheck::healthcheck(&args),
            Self::Doctor(args) => return doctor::doctor(&args, database),
            Self::Directory(command) => return directory::run(&command, database),
            Self::Migrate => {
                let mut conn = connect(&database.url()?)?;
                migrate(&mut conn)?;
                say("the tables are up to date")?;
            }
            Self::Rebuild => {
                let mut conn = open(database)?;
                put_settings(&mut conn, database)?;
                let mut totals = projector::rebuild(&mut conn)?;
                totals.add(projector::close_overdue(&mut conn, Utc::now(), None)?);
                say(&folded(&totals))?;
            }
            Self::Openapi => {
                std::io::stdout().write_all(api::openapi::document().as_bytes())?;
            }
        }
        Ok(Exit::Success)
    }
}

/// A connection to a database whose tables are up to date: on SQLite they are made so.
fn open(database: &DatabaseArgs) -> anyhow::Result<Connection> {
    open_url(&database.url()?)
}

fn open_url(url: &DatabaseUrls) -> anyhow::Result<Connection> {
    let mut conn = connect(url)?;
    // A database that cannot be written shows it here.
    up_to_date(&mut conn).with_context(|| format!("database {url}"))?;
    Ok(conn)
}

/// The client libraries do not say which database it was that they could not open.
fn connect(url: &DatabaseUrls) -> anyhow::Result<Connection> {
    store::connect_any(url).with_context(|| format!("cannot open the database {url}"))
}

fn up_to_date(conn: &mut Connection) -> anyhow::Result<()> {
    if matches!(conn, Connection::Sqlite(_)) {
        migrate(conn)?;
    } else if store::pending(conn).map_err(|error| anyhow!(error))? {
        bail!("{}", store::NOT_UP_TO_DATE);
    }
    Ok(())
}

/// Keeps what is configured for all folding from now on.
fn put_settings(conn: &mut Connection, database: &DatabaseArgs) -> anyhow::Result<()> {
    if let Some(trunks) = database.trunks() {
        store::settings::put_trunks(conn, &trunks)?;
    }
    if let Some(hours) = database.max_call_hours() {
        store::settings::put_longest_call(conn, hours)?;
    }
    Ok(())
}

fn migrate(conn: &mut Connection) -> anyhow::Result<()> {
    store::migrate(conn).map_err(|error| anyhow!(error))?;
    Ok(())
}

/// A sentence for the person who ran the command.
fn say(sentence: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{sentence}")
}

fn folded(totals: &Totals) -> String {
    let mut sentence = format!(
        "calls: {} new or changed, {} unchanged, {} removed",
        totals.changed, totals.unchanged, totals.removed
    );
    if totals.not_understood > 0 {
        sentence.push_str(&format!(
            "; {} rows were not understood and are left out",
            totals.not_understood
        ));
    }
    sentence
}
