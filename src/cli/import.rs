//! `call-history import`.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::Utc;
use chrono_tz::Tz;
use clap::{ArgGroup, Args};

use super::{Exit, folded, open, put_settings, say};
use crate::asterisk::Kind;
use crate::asterisk::file::BadLine;
use crate::config::{DatabaseArgs, default_zone, source, zone};
use crate::fold::DEFAULT_SOURCE;
use crate::ingest::import::{Import, Report};
use crate::ingest::progress::{Counted, Progress};
use crate::ingest::projector;
use crate::store::sources::{self, Zones};
use crate::store::{Connection, bad_lines, prepare_for_bulk, revisions};

/// So many bad lines of a file are shown one by one.
const SHOWN: usize = 20;
/// So many bad lines of a file are kept for `doctor`.
const KEPT: usize = 100;

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  call-history import --cdr cdr.csv --queue-log queue_log.csv --timezone Europe/Paris
  call-history import --cdr Master.csv --queue-log /var/log/asterisk/queue_log*

Files may be gzipped. Times of the queue_log file are epochs and need no zone. Importing
a file twice changes nothing. A bad line is reported and the rest is kept; the exit code
is then 2.")]
#[command(group = ArgGroup::new("files").required(true).multiple(true).args(["cdr", "queue_log", "cel"]))]
pub(super) struct ImportArgs {
    /// Files of cdr rows: CSV with a header line, or Asterisk's Master.csv; - is standard input
    #[arg(long, value_name = "FILE", num_args = 1..)]
    cdr: Vec<PathBuf>,

    /// Files of queue_log rows: CSV with a header line, or Asterisk's queue_log file
    #[arg(long, value_name = "FILE", num_args = 1..)]
    queue_log: Vec<PathBuf>,

    /// CSV files of cel rows, with a header line
    #[arg(long, value_name = "FILE", num_args = 1..)]
    cel: Vec<PathBuf>,

    /// Name of the PBX that the rows came from
    #[arg(long, default_value = DEFAULT_SOURCE, value_parser = source)]
    source: String,

    /// Zone of the times in all files [default: the source's own, else TIMEZONE, else UTC]
    #[arg(long, value_parser = zone)]
    timezone: Option<Tz>,

    /// Zone of the times in cdr
    #[arg(long, value_parser = zone)]
    cdr_timezone: Option<Tz>,

    /// Zone of the times in queue_log
    #[arg(long, value_parser = zone)]
    queue_log_timezone: Option<Tz>,

    /// Zone of the times in cel
    #[arg(long, value_parser = zone)]
    cel_timezone: Option<Tz>,
}

pub(super) fn import(args: &ImportArgs, database: &DatabaseArgs) -> anyhow::Result<Exit> {
    let files: Vec<(Kind, &PathBuf)> = [
        (Kind::Cdr, &args.cdr),
        (Kind::QueueLog, &args.queue_log),
        (Kind::Cel, &args.cel),
    ]
    .into_iter()
    .flat_map(|(kind, files)| files.iter().map(move |file| (kind, file)))
    .collect();
    // Before anything is written: a name that was mistyped is better known early.
    for (_, file) in files.iter().filter(|(_, file)| !is_standard_input(file)) {
        File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    }
    let mut conn = open(database)?;
    prepare_for_bulk(&mut conn)?;
    put_settings(&mut conn, database)?;
    let zones = zones(args, &mut conn)?;
    let mut import = Import::new(&args.source, zones);
    let mut bad = 0;
    for (kind, file) in files {
        let report = import_file(&mut import, &mut conn, kind, file, args)?;
        bad += report.bad;
        say(&format!(
            "{}: {} rows, {} of them new, {} bad lines",
            file.display(),
            report.rows,
            report.new,
            report.bad
        ))?;
    }
    // It is asked of the database and not remembered, so that an import or a change of the
    // directory that was cut off is made good.
    let mut totals = if revisions::refold_is_wanted(&mut conn)? {
        say("a zone, the trunks or the directory have changed: folding everything again")?;
        projector::rebuild(&mut conn)?
    } else {
        let mut more = [open(database)?];
        prepare_for_bulk(&mut more[0])?;
        import.fold_with(&mut conn, &mut more)?
    };
    totals.add(projector::close_overdue(&mut conn, Utc::now(), None)?);
    say(&folded(&totals))?;
    Ok(if bad > 0 {
        Exit::BadLines
    } else {
        Exit::Success
    })
}

fn import_file(
    import: &mut Import<'_>,
    conn: &mut Connection,
    kind: Kind,
    path: &Path,
    args: &ImportArgs,
) -> anyhow::Result<Report> {
    let (file, size): (Box<dyn Read>, Option<u64>) = if is_standard_input(path) {
        (Box::new(std::io::stdin().lock()), None)
    } else {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let size = file.metadata().ok().map(|data| data.len());
        (Box::new(file), size)
    };
    let progress = RefCell::new(Progress::new(kind.table(), size));
    let mut shown = 0;
    let mut kept = Vec::new();
    let report = import.file(conn, kind, Counted::new(file, &progress), |line| {
        shown += 1;
        show(path, line, shown);
        if kept.len() < KEPT {
            kept.push(line.clone());
        }
    })?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    bad_lines::replace(conn, &args.source, kind, &name, &kept)?;
    Ok(report)
}

fn show(path: &Path, line: &BadLine, count: usize) {
    match count {
        ..=SHOWN => eprintln!("{}:{}: {}", path.display(), line.line, line.reason),
        n if n == SHOWN + 1 => eprintln!("{}: more bad lines follow", path.display()),
        _ => {}
    }
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The zones of the source: what the flags say, else what was said before, else TIMEZONE.
/// Keeps them.
fn zones(args: &ImportArgs, conn: &mut Connection) -> anyhow::Result<Zones> {
    let kept = sources::zones(conn, &args.source)?;
    let default = default_zone().map_err(anyhow::Error::msg)?;
    let base = kept.unwrap_or(Zones::all(default));
    let zones = Zones {
        cdr: args.cdr_timezone.or(args.timezone).unwrap_or(base.cdr),
        queue_log: args
            .queue_log_timezone
            .or(args.timezone)
            .unwrap_or(base.queue_log),
        cel: args.cel_timezone.or(args.timezone).unwrap_or(base.cel),
    };
    sources::put_zones(conn, &args.source, zones)?;
    Ok(zones)
}
