//! Following a PBX's own database.
//!
//! Each table is followed by its growing key (`by_key`) where it has one, else by the time of
//! its rows (`by_time`). What went wrong with one table holds up no other.

mod by_key;
mod by_time;
mod clock;
mod copy;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono_tz::Tz;

use super::settings::Settings;
use super::task::{Source, Step, Task, Trouble};
use crate::asterisk::Kind;
use crate::asterisk::table;
use crate::model::Time;
use crate::store::Connection;
use crate::store::lease::{Fence, fenced};
use crate::store::pbx::{Fault, Pbx, Table, tables};
use crate::store::sources::{self, Zones};
use by_key::ByKey;
use by_time::ByTime;
use copy::{Copied, Failure, Landing};

/// How often it is looked whether tables have changed.
const LAYOUT: Duration = Duration::from_secs(60);

/// The wait after a first failure with one table; it doubles up to [`LAYOUT`].
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The source that follows this database. `default` is the zone where nobody has named one.
pub fn source(settings: Settings, default: Tz) -> Option<Source> {
    let url = settings.url.clone()?;
    let name = settings.name.clone();
    let settings = Arc::new(settings);
    let task = move || -> Box<dyn Task> {
        Box::new(Database {
            settings: Arc::clone(&settings),
            default,
            pbx: Pbx::new(url.clone()),
            zones: None,
            tables: Vec::new(),
            looked: None,
        })
    };
    Some(Source {
        name,
        task: Box::new(task),
    })
}

struct Database {
    settings: Arc<Settings>,
    default: Tz,
    pbx: Pbx,
    zones: Option<Zones>,
    tables: Vec<Followed>,
    /// When the tables were last looked at.
    looked: Option<Instant>,
}

/// A table that is followed.
struct Followed {
    kind: Kind,
    way: Way,
    /// What is wrong with it, and when it is tried again.
    trouble: Option<(Fault, Instant)>,
    failures: u32,
}

enum Way {
    Key(Box<ByKey>),
    Time(Box<ByTime>),
}

impl Task for Database {
    fn step(&mut self, target: &mut Connection, fence: &Fence) -> Result<Step, Trouble> {
        if self.zones.is_none() {
            self.zones = Some(self.keep_zones(target, fence)?);
        }
        if self.looked.is_none_or(|looked| looked.elapsed() >= LAYOUT) {
            self.look_at_tables()
                .map_err(|fault| self.trouble(&fault))?;
        }
        let mut step = Step {
            again: LAYOUT,
            ..Step::default()
        };
        // What came in the past is copied in the order of time over all tables, so that the rows
        // of a call arrive together.
        let behind = self.furthest_behind();
        for place in 0..self.tables.len() {
            let followed = &mut self.tables[place];
            if let Some((_, until)) = &followed.trouble
                && *until > Instant::now()
            {
                step.again = step.again.min(until.duration_since(Instant::now()));
                continue;
            }
            let mut landing = Landing::new(target, fence, &self.settings.name, followed.kind);
            match followed
                .way
                .step(&mut self.pbx, &mut landing, behind == Some(place))
            {
                Ok(copied) => {
                    followed.trouble = None;
                    followed.failures = 0;
                    step.rows += copied.rows;
                    step.again = step.again.min(copied.again);
                }
                Err(Failure::Own(error)) => return Err(error.into()),
                Err(Failure::Pbx(fault)) if fault.is_of_connection() => {
                    return Err(self.trouble(&fault));
                }
                Err(Failure::Pbx(fault)) => {
                    let wait = FIRST_WAIT * 2_u32.pow(followed.failures.min(6));
                    followed.failures += 1;
                    if fault.is_of_layout() {
                        self.looked = None;
                    }
                    let followed = &mut self.tables[place];
                    if followed
                        .trouble
                        .as_ref()
                        .is_none_or(|(told, _)| *told != fault)
                    {
                        log::warn!(
                            "source {}: table {}: {fault}; trying again and again",
                            self.settings.name,
                            followed.kind.table()
                        );
                    }
                    step.again = step.again.min(wait.min(LAYOUT));
                    followed.trouble = Some((fault, Instant::now() + wait.min(LAYOUT)));
                }
            }
        }
        step.complaint = self.complaint();
        Ok(step)
    }
}

impl Database {
    fn keep_zones(&self, target: &mut Connection, fence: &Fence) -> Result<Zones, Trouble> {
        let name = &self.settings.name;
        Ok(fenced(target, fence, |conn| {
            let zones = self
                .settings
                .zones
                .or(sources::zones(conn, name)?, self.default);
            sources::put_zones(conn, name, zones)?;
            Ok(zones)
        })?)
    }

    /// Finds out how the tables are to be read. Those that are read as before go on as they are.
    fn look_at_tables(&mut self) -> Result<(), Fault> {
        let facts = self.pbx.ask(tables)?;
        for kind in Kind::ALL {
            let names = self.settings.names.get(&kind).cloned().unwrap_or_default();
            let layout = table::find(kind, &names, &facts)
                .and_then(|facts| table::layout(kind, &names, facts).0);
            let place = self
                .tables
                .iter()
                .position(|followed| followed.kind == kind);
            match (layout, place) {
                // It was there: what cannot be read says so.
                (None, _) => {}
                (Some(layout), Some(place)) => {
                    if *self.tables[place].way.table().layout() != layout {
                        log::info!(
                            "source {}: table {} has changed",
                            self.settings.name,
                            kind.table()
                        );
                        self.tables[place].way = self.way(layout);
                        self.tables[place].trouble = None;
                    }
                }
                (Some(layout), None) => {
                    let way = self.way(layout);
                    log::info!(
                        "source {}: following table {} by {}",
                        self.settings.name,
                        kind.table(),
                        way.word()
                    );
                    self.tables.push(Followed {
                        kind,
                        way,
                        trouble: None,
                        failures: 0,
                    });
                }
            }
        }
        self.looked = Some(Instant::now());
        if self.tables.is_empty() {
            self.looked = None;
            return Err(Fault::no_tables());
        }
        Ok(())
    }

    fn way(&self, layout: table::Layout) -> Way {
        let zones = self.zones.unwrap_or(Zones::UNKNOWN);
        let zone = match layout.kind {
            Kind::Cdr => zones.cdr,
            Kind::QueueLog => zones.queue_log,
            Kind::Cel => zones.cel,
        };
        let has_key = layout.key.is_some();
        let table = Arc::new(Table::new(layout));
        let windows = &self.settings.windows;
        if has_key {
            Way::Key(Box::new(ByKey::new(table, zone, windows[0].every)))
        } else {
            Way::Time(Box::new(ByTime::new(table, zone, windows)))
        }
    }

    /// The table whose past is copied next.
    fn furthest_behind(&self) -> Option<usize> {
        let behind = self
            .tables
            .iter()
            .enumerate()
            .filter_map(|(place, followed)| {
                let is_well = followed.trouble.is_none();
                let at = followed.way.behind().filter(|_| is_well)?;
                Some((at, place))
            });
        behind.min().map(|(_, place)| place)
    }

    fn complaint(&self) -> Option<String> {
        let troubled = self.tables.iter().filter_map(|followed| {
            let (fault, _) = followed.trouble.as_ref()?;
            Some(format!("{}: {}", followed.kind.table(), fault.summary()))
        });
        let all: Vec<String> = troubled.collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    fn trouble(&self, fault: &Fault) -> Trouble {
        Trouble::new(
            fault.summary(),
            format!("{}: {}", self.pbx.url(), fault.said()),
        )
    }
}

impl Way {
    fn step(
        &mut self,
        pbx: &mut Pbx,
        landing: &mut Landing<'_>,
        may_catch_up: bool,
    ) -> Result<Copied, Failure> {
        match self {
            Self::Key(way) => way.step(pbx, landing, may_catch_up),
            Self::Time(way) => way.step(pbx, landing, may_catch_up),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Key(_) => "its growing key",
            Self::Time(_) => "the time of its rows",
        }
    }

    /// How far the past is copied, while it is not yet.
    fn behind(&self) -> Option<Option<Time>> {
        match self {
            Self::Key(way) => way.behind(),
            Self::Time(way) => way.behind(),
        }
    }

    fn table(&self) -> &Table {
        match self {
            Self::Key(way) => way.table(),
            Self::Time(way) => way.table(),
        }
    }
}
