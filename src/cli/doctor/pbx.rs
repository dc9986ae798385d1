//! What `doctor` asks the PBXs that are followed.

use std::fs::File;

use chrono_tz::Tz;

use crate::asterisk::table::{self, Finding, Layout};
use crate::asterisk::{Kind, time};
use crate::doctor::{Pbx, PbxDatabase, PbxTable, lacks_unanswered};
use crate::ingest::follow::settings::Settings;
use crate::store::DatabaseUrl;
use crate::store::pbx::{self, Fault, Range, Table};
use crate::store::sources::Zones;

/// So many rows are looked at for what Asterisk leaves out.
const SAMPLE: usize = 2000;

/// Looks at a PBX. `zones` are those in which its tables write times.
pub(super) fn examine(settings: &Settings, zones: Zones) -> Pbx {
    let database = settings.url.as_ref().map(|url| {
        let mut database = PbxDatabase {
            url: url.to_string(),
            ..PbxDatabase::default()
        };
        if let Err(fault) = look_into(url, settings, zones, &mut database) {
            database.fault = Some(fault.to_string());
        }
        database
    });
    let log_file = settings.queue_log_file.as_ref().map(|path| {
        let fault = File::open(path)
            .err()
            .map(|error| format!("cannot be read: {error}"));
        (path.display().to_string(), fault)
    });
    Pbx {
        name: settings.name.clone(),
        database,
        log_file,
    }
}

fn look_into(
    url: &DatabaseUrl,
    settings: &Settings,
    zones: Zones,
    database: &mut PbxDatabase,
) -> Result<(), Fault> {
    let mut pbx = pbx::Pbx::new(url.clone());
    database.version = pbx.ask(pbx::version)?;
    database.may_write = pbx.ask(pbx::may_write)?;
    let facts = pbx.ask(pbx::tables)?;
    for kind in Kind::ALL {
        let names = settings.names.get(&kind).cloned().unwrap_or_default();
        let mut found = PbxTable::default();
        match table::find(kind, &names, &facts) {
            None => found.findings.push(Finding::NoTable(kind)),
            Some(facts) => {
                let (layout, findings) = table::layout(kind, &names, facts);
                found.name = Some(facts.name.clone());
                found.findings = findings;
                if let Some(layout) = layout {
                    let zone = match kind {
                        Kind::Cdr => zones.cdr,
                        Kind::QueueLog => zones.queue_log,
                        Kind::Cel => zones.cel,
                    };
                    // One table that cannot be read says nothing of the others.
                    if let Err(fault) = newest(&mut pbx, layout, zone, &mut found) {
                        found.fault = Some(fault.to_string());
                    }
                }
            }
        }
        database.tables.insert(kind, found);
    }
    Ok(())
}

fn newest(pbx: &mut pbx::Pbx, layout: Layout, zone: Tz, found: &mut PbxTable) -> Result<(), Fault> {
    let kind = layout.kind;
    // Without an index, and without a growing key, it takes long; the limit of the session holds.
    let table = Table::new(layout);
    let (newest, rows) = pbx.ask(move |session| {
        let newest = table.newest(session, None)?;
        let rows = match kind {
            Kind::Cdr => table.rows(session, &Range::Newest, SAMPLE)?,
            Kind::QueueLog | Kind::Cel => Vec::new(),
        };
        Ok((newest, rows))
    })?;
    let stamp = newest.and_then(|text| time::parse(&text, zone, None).ok().flatten());
    found.newest = stamp.map(|stamp| stamp.time);
    found.lacks_unanswered = lacks_unanswered(rows.iter().map(|row| &row.record));
    Ok(())
}
