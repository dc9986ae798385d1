//! `call-history directory`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono_tz::Tz;
use clap::{ArgGroup, Args, Subcommand};

use super::passwd::{self, PasswdArgs};
use super::{Exit, Usage, folded, open, put_settings, say};
use crate::config::{DatabaseArgs, SourceArgs, source, zone};
use crate::fold::DEFAULT_SOURCE;
use crate::ingest::directory::{FileOf, agents, queues, users};
use crate::ingest::{freepbx, projector};
use crate::store::pbx::{self, Pbx};
use crate::store::{self, revisions};

#[derive(Subcommand, Debug)]
pub(super) enum DirectoryCommand {
    /// Take in users, queues and agents from CSV files, and fold again what they change
    Import(DirectoryImportArgs),
    /// Give a user a password to log in with, or take it away
    Passwd(PasswdArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Columns:
  users   username,first_name,last_name,numbers,endpoints,agent_number,scopes
          (several numbers, endpoints or scopes are separated by ; such as
          PJSIP/1000;PJSIP/1001; optional: source,valid_from,valid_until)
  queues  name,display_name,number
  agents  number,first_name,last_name

Scopes are what somebody who logs in may read beside their own history, such as
history:queue:blue;history:customer. In a file without that column users keep theirs.

Who is in the file is put into the directory or changed there; others stay as they are.")]
#[command(group = ArgGroup::new("files").required(true).multiple(true).args(["users", "queues", "agents", "freepbx"]))]
pub(super) struct DirectoryImportArgs {
    /// CSV file of users
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,

    /// CSV file of queues
    #[arg(long, value_name = "FILE")]
    queues: Option<PathBuf>,

    /// CSV file of agents
    #[arg(long, value_name = "FILE")]
    agents: Option<PathBuf>,

    /// A FreePBX's own database, from which users and queues are taken [default: the database of
    /// the source, in SOURCE_DATABASE_URL or SOURCES_FILE]
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    freepbx: Option<String>,

    /// The PBX that numbers and endpoints belong to, where their line names no other
    #[arg(long, default_value = DEFAULT_SOURCE, value_parser = source)]
    source: String,

    /// Zone of valid_from and valid_until
    #[arg(long, env = "TIMEZONE", default_value = "UTC", value_parser = zone)]
    timezone: Tz,
}

pub(super) fn run(command: &DirectoryCommand, database: &DatabaseArgs) -> anyhow::Result<Exit> {
    match command {
        DirectoryCommand::Import(args) => import(args, database),
        DirectoryCommand::Passwd(args) => passwd::run(args, database),
    }
}

fn import(args: &DirectoryImportArgs, database: &DatabaseArgs) -> anyhow::Result<Exit> {
    // Before anything is written: a PBX that cannot be read is better known early.
    let freepbx = match &args.freepbx {
        Some(url) => Some(read_freepbx(url, &args.source)?),
        None => None,
    };
    let mut conn = open(database)?;
    let mut bad = 0;
    let mut changed = 0;
    put_settings(&mut conn, database)?;
    if let Some(path) = &args.users {
        let file = users(read(path)?, &args.source, args.timezone);
        bad += report(path, &file);
        changed += if file.has("scopes") {
            store::directory::put_users(&mut conn, &file.items)?
        } else {
            store::directory::put_users_keeping_scopes(&mut conn, &file.items)?
        };
    }
    if let Some(path) = &args.queues {
        let file = queues(read(path)?);
        bad += report(path, &file);
        changed += store::directory::put_queues(&mut conn, &file.items)?;
    }
    if let Some(path) = &args.agents {
        let file = agents(read(path)?);
        bad += report(path, &file);
        changed += store::directory::put_agents(&mut conn, &file.items)?;
    }
    if let Some(files) = &freepbx {
        let (table, file) = (
            Path::new("users"),
            users(&files.users[..], &args.source, args.timezone),
        );
        bad += report(table, &file);
        changed += store::directory::put_users(&mut conn, &file.items)?;
        let (table, file) = (Path::new("queues_config"), queues(&files.queues[..]));
        bad += report(table, &file);
        changed += store::directory::put_queues(&mut conn, &file.items)?;
    }
    say(&format!(
        "directory: {changed} new or changed, {bad} bad lines"
    ))?;
    // A change that was cut off before everything was folded again is made good as well.
    if revisions::refold_is_wanted(&mut conn)? {
        say(&folded(&projector::rebuild(&mut conn)?))?;
    }
    Ok(if bad > 0 {
        Exit::BadLines
    } else {
        Exit::Success
    })
}

/// Users and queues of a FreePBX, as files.
fn read_freepbx(url: &str, source: &str) -> anyhow::Result<freepbx::Files> {
    let url = SourceArgs::url(url, source).map_err(Usage)?;
    let mut pbx = Pbx::new(url.clone());
    let found = pbx.ask(pbx::freepbx).with_context(|| format!("{url}"))?;
    let found = found.with_context(|| {
        format!(
            "{url}: no FreePBX here, or not for this user: neither this database nor `asterisk` \
             has a table `users` to read (GRANT SELECT ON `asterisk`.* TO …)"
        )
    })?;
    Ok(freepbx::files(&found)?)
}

fn read(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Box::new(std::io::BufReader::new(file)))
}

fn report<T>(path: &Path, file: &FileOf<T>) -> usize {
    for line in &file.bad {
        eprintln!("{}:{}: {}", path.display(), line.line, line.reason);
    }
    file.bad.len()
}
