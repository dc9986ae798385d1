//! Which field is which column.

use super::fields::Fields;
use crate::asterisk::queue_log::{DATA, data_columns};
use crate::asterisk::record::{Kind, Record};

/// The form of a file.
pub(super) enum Layout {
    /// A header line named the columns: for each field, the place in a record.
    Header {
        kind: Kind,
        places: Vec<Option<usize>>,
        /// The field that holds `data1` to `data5` together, separated by `|`.
        data: Option<usize>,
    },
    /// Asterisk's `cdr-csv/Master.csv`: no header line, a fixed order.
    Master,
    /// Asterisk's `queue_log`: `epoch|callid|queue|agent|event|data…`.
    QueueLogText,
}

/// The columns that every `Master.csv` has.
const MASTER: [&str; 16] = [
    "accountcode",
    "src",
    "dst",
    "dcontext",
    "clid",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
];

/// What follows with `newcdrcolumns=yes`.
const NEW_COLUMNS: [&str; 3] = ["peeraccount", "linkedid", "sequence"];

impl Layout {
    /// The layout that a header line tells. None when the line is no header; an error when it
    /// is one that lacks columns without which rows say nothing.
    pub(super) fn of_header(kind: Kind, header: &Fields) -> Option<Result<Self, String>> {
        let places: Vec<Option<usize>> = header
            .iter()
            .map(|name| kind.position(name.trim()))
            .collect();
        let names = |name: &str| places.contains(&kind.position(name));
        let (have, lack): (Vec<&str>, Vec<&str>) = kind
            .required()
            .iter()
            .copied()
            .partition(|name| names(name));
        if have.is_empty() {
            return None;
        }
        if !lack.is_empty() {
            return Some(Err(format!(
                "this is no CSV of {}: its header line has no column {}",
                kind.table(),
                lack.join(", ")
            )));
        }
        let data = header
            .iter()
            .position(|name| kind == Kind::QueueLog && name.trim().eq_ignore_ascii_case("data"));
        Some(Ok(Self::Header { kind, places, data }))
    }

    /// Whether a first line is one of `Master.csv`.
    pub(super) fn is_master(line: &Fields) -> bool {
        Self::Master.takes(line.len())
    }

    /// Whether a first line is one of the `queue_log` file.
    pub(super) fn is_queue_log_text(line: &str) -> bool {
        line.split('|').count() >= DATA && !line.contains("queuename")
    }

    /// Whether a line of so many fields can be a row.
    pub(super) fn takes(&self, fields: usize) -> bool {
        match self {
            Self::Header { places, .. } => fields == places.len(),
            Self::Master => (MASTER.len()..=MASTER.len() + 5).contains(&fields),
            Self::QueueLogText => false,
        }
    }

    /// What to say of a file in none of the forms.
    pub(super) fn unknown(kind: Kind) -> String {
        let other = match kind {
            Kind::Cdr => ", nor Asterisk's Master.csv",
            Kind::QueueLog => ", nor Asterisk's queue_log file",
            Kind::Cel => "",
        };
        format!(
            "this is no CSV of {}{other}: its header line has no column {} (commas separate columns)",
            kind.table(),
            kind.required().join(", ")
        )
    }

    /// The record of a line.
    pub(super) fn record(&self, fields: &Fields) -> Result<Record, String> {
        match self {
            Self::Header { kind, places, data } => of_columns(*kind, places, *data, fields),
            Self::Master => of_master(fields),
            Self::QueueLogText => of_queue_log(fields),
        }
    }
}

fn of_columns(
    kind: Kind,
    places: &[Option<usize>],
    data: Option<usize>,
    fields: &Fields,
) -> Result<Record, String> {
    if fields.len() != places.len() {
        let (found, wanted) = (fields.len(), places.len());
        return Err(format!("{found} fields where the header line has {wanted}"));
    }
    let mut record = Record::new(kind);
    for (value, place) in fields.iter().zip(places) {
        if let (Some(place), false) = (place, value.is_empty()) {
            set(&mut record, *place, value)?;
        }
    }
    if let Some(data) = data.and_then(|field| fields.get(field)) {
        set_data(&mut record, data.split('|'))?;
    }
    Ok(record)
}

fn of_master(fields: &Fields) -> Result<Record, String> {
    let extra = fields.len().checked_sub(MASTER.len());
    let mut columns = MASTER.to_vec();
    // With loguniqueid, loguserfield and newcdrcolumns, each on or off.
    let has_new = matches!(extra, Some(3..=5));
    let alone = MASTER.len();
    columns.extend(match extra {
        Some(0 | 3) => vec![],
        Some(1 | 4) if is_uniqueid(fields.get(alone)) => vec!["uniqueid"],
        Some(1 | 4) => vec!["userfield"],
        Some(2 | 5) => vec!["uniqueid", "userfield"],
        _ => {
            return Err(format!(
                "{} fields where Master.csv has 16 to 21",
                fields.len()
            ));
        }
    });
    if has_new {
        columns.extend(NEW_COLUMNS);
    }
    let mut record = Record::new(Kind::Cdr);
    for (column, value) in columns.iter().zip(fields.iter()) {
        if let Some(place) = Kind::Cdr.position(column) {
            set(&mut record, place, value)?;
        }
    }
    Ok(record)
}

/// Whether a value has the form `[systemname-]epoch.counter`.
fn is_uniqueid(value: Option<&str>) -> bool {
    value.is_some_and(|value| crate::asterisk::time::created(value).is_some())
}

fn of_queue_log(fields: &Fields) -> Result<Record, String> {
    if fields.len() < DATA {
        let found = fields.len();
        return Err(format!(
            "{found} fields where queue_log has at least {DATA}"
        ));
    }
    let mut record = Record::new(Kind::QueueLog);
    for (place, value) in fields.iter().take(DATA).enumerate() {
        set(&mut record, place, value)?;
    }
    set_data(&mut record, fields.iter().skip(DATA))?;
    Ok(record)
}

fn set_data<'a>(record: &mut Record, values: impl Iterator<Item = &'a str>) -> Result<(), String> {
    for (n, value) in data_columns(values).iter().enumerate() {
        set(record, DATA + n, value)?;
    }
    Ok(())
}

fn set(record: &mut Record, place: usize, value: &str) -> Result<(), String> {
    let column = &record.kind().columns()[place];
    // MySQL's word for nothing in exported files.
    if matches!(value, "NULL" | "\\N") {
        return Ok(());
    }
    if value.len() > column.width && value.chars().count() > column.width {
        return Err(format!(
            "{} has {} characters, more than {}",
            column.name,
            value.chars().count(),
            column.width
        ));
    }
    record.set(place, value);
    Ok(())
}
