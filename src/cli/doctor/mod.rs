//! `call-history doctor`: looks at everything, and says what it finds.

mod pbx;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use anyhow::anyhow;
use chrono::Utc;
use clap::Args;

use super::{Exit, Usage, say};
use crate::asterisk::Kind;
use crate::config::{DatabaseArgs, SourceArgs, default_zone};
use crate::doctor::{Database, Host, Report, Source, Table, safe};
use crate::ingest::progress::Progress;
use crate::store::{
    self, Connection, DatabaseUrl, SslMode, bad_lines, calls, inspect, landing, sources,
};

/// How long a host may take for a first answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many rows, or conversations, are looked at in one step.
const STEP: usize = 1000;

/// Of how many conversations all rows are held at once.
const ROWS_OF: usize = 100;

/// So many bad lines are shown.
const EXAMPLES: i64 = 5;

#[derive(Args, Debug)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    sources: SourceArgs,
}

/// Exits 0 when all is well, 1 when something is wrong.
pub(super) fn doctor(args: &DoctorArgs, database: &DatabaseArgs) -> anyhow::Result<Exit> {
    let sources = args.sources.settings().map_err(Usage)?;
    let default = default_zone().map_err(Usage)?;
    let mut report = examine(database)?;
    for settings in &sources {
        let zones = settings
            .zones
            .or(kept_zones(database, &settings.name), default);
        report.pbxs.push(pbx::examine(settings, zones));
    }
    say(&report.to_string())?;
    Ok(if report.is_well() {
        Exit::Success
    } else {
        Exit::Failure
    })
}

fn examine(database: &DatabaseArgs) -> anyhow::Result<Report> {
    let mut report = Report {
        at: Utc::now(),
        hosts: Vec::new(),
        database: None,
        pbxs: Vec::new(),
    };
    for url in database.url()?.iter() {
        let fault = store::reach(url, PATIENCE).err();
        if fault.is_none() && report.database.is_none() {
            report.database = Some(look_into(url)?);
        }
        let url = url.to_string();
        report.hosts.push(Host { url, fault });
    }
    Ok(report)
}

/// The zones that our database has for a source, if it can be asked.
fn kept_zones(database: &DatabaseArgs, source: &str) -> Option<sources::Zones> {
    let url = database.url().ok()?;
    let url = url.iter().find(|url| store::reach(url, PATIENCE).is_ok())?;
    let mut conn = store::connect(url).ok()?;
    sources::zones(&mut conn, source).ok().flatten()
}

fn look_into(url: &DatabaseUrl) -> anyhow::Result<Database> {
    let mut conn = store::connect(url)?;
    let conn = &mut conn;
    let mut database = Database {
        version: inspect::version(conn)?,
        encryption: encryption(url, conn)?,
        pending: store::pending(conn).map_err(|error| anyhow!(error))?,
        ..Database::default()
    };
    if database.pending {
        return Ok(database);
    }
    database.missing_indexes = inspect::missing_indexes(conn)?;
    database.sources = known_sources(conn)?;
    for kind in Kind::ALL {
        walk_rows(conn, kind, &mut database.sources)?;
    }
    for (name, source) in &mut database.sources {
        for (kind, table) in &mut source.tables {
            table.without_conversation = inspect::without_conversation(conn, *kind, name)?;
        }
        walk_conversations(conn, name, source)?;
    }
    let (count, examples) = bad_lines::list(conn, EXAMPLES)?;
    database.bad_lines = count.unsigned_abs();
    database.bad_line_examples = examples
        .iter()
        .map(|bad| format!("{}:{}: {}", bad.file, bad.line, safe(&bad.reason)))
        .collect();
    database.calls = inspect::calls(conn)?;
    database.entries = inspect::entries(conn)?;
    Ok(database)
}

/// What is known of a connection's encryption, and what was checked.
fn encryption(url: &DatabaseUrl, conn: &mut Connection) -> anyhow::Result<Option<String>> {
    let Some(mode) = url.ssl_mode() else {
        return Ok(None);
    };
    let Some(cipher) = store::cipher(conn)? else {
        let plain = "plain; ssl_mode=verify_identity in the URL asks for TLS";
        return Ok(Some(plain.to_owned()));
    };
    let checked = match mode {
        SslMode::VerifyIdentity => "certificate and host checked",
        SslMode::VerifyCa => "certificate checked, host not",
        _ => "certificate not checked",
    };
    Ok(Some(format!("TLS, {cipher}, {checked}")))
}

/// The sources that have rows, with the zones of their tables.
fn known_sources(conn: &mut Connection) -> anyhow::Result<BTreeMap<String, Source>> {
    let mut known = BTreeMap::new();
    for name in landing::sources_with_rows(conn)? {
        let mut source = Source::default();
        let zones = match sources::zones(conn, &name) {
            Ok(zones) => zones,
            Err(diesel::result::Error::DeserializationError(error)) => {
                source.zones_fault = Some(error.to_string());
                None
            }
            Err(error) => return Err(error.into()),
        };
        for kind in Kind::ALL {
            let zone = zones.map(|zones| match kind {
                Kind::Cdr => zones.cdr,
                Kind::QueueLog => zones.queue_log,
                Kind::Cel => zones.cel,
            });
            let table = Table {
                zone,
                ..Table::default()
            };
            source.tables.insert(kind, table);
        }
        known.insert(name, source);
    }
    Ok(known)
}

fn walk_rows(
    conn: &mut Connection,
    kind: Kind,
    sources: &mut BTreeMap<String, Source>,
) -> anyhow::Result<()> {
    let about = inspect::about_rows(conn, kind)?;
    let mut progress = Progress::new(&format!("reading {}", kind.table()), Some(about));
    let mut after = i64::MIN;
    loop {
        let rows = inspect::rows_after(conn, kind, after, STEP)?;
        let Some((_, last)) = rows.last() else {
            return Ok(());
        };
        after = last.id;
        progress.advance(rows.len() as u64);
        for (name, row) in &rows {
            // A source that has just begun to write is looked at next time.
            let table = sources.get_mut(name).and_then(|s| s.tables.get_mut(&kind));
            if let Some(table) = table {
                table.add(row.id, &row.record);
            }
        }
    }
}

/// Looks for conversations that no call was made of.
fn walk_conversations(
    conn: &mut Connection,
    name: &str,
    source: &mut Source,
) -> anyhow::Result<()> {
    let mut progress = Progress::new(&format!("reading calls of {name}"), None);
    let mut conversations = landing::Conversations::of(name);
    loop {
        let chunk = conversations.next_chunk(conn, STEP)?;
        if chunk.is_empty() {
            return Ok(());
        }
        progress.advance(chunk.len() as u64);
        let stored = calls::calls_with_linkedids(conn, name, &chunk)?;
        if stored.len() == chunk.len() {
            continue;
        }
        let stored: HashSet<String> = stored.into_iter().map(|(name, _)| name).collect();
        let mut without = chunk;
        without.retain(|conversation| !stored.contains(conversation));
        for some in without.chunks(ROWS_OF) {
            for rows in landing::rows(conn, name, some)? {
                let cdr = rows.cdr.iter().map(|row| &row.record);
                source.add_without_call(&rows.conversation, cdr);
            }
        }
    }
}
