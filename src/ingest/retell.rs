//! One call, folded anew from its rows to tell how it went.

use diesel::QueryResult;

use super::understand::understand;
use crate::fold::explain;
use crate::model::{Detail, Directory, Time};
use crate::store::landing::{self, CallRecords};
use crate::store::sources::{self, Zones};
use crate::store::{Connection, overdue};

/// So many rows of each table are looked at: some megabytes, folded in a fraction of a second.
/// A call has a few dozen.
pub const MOST_ROWS: usize = 5000;

/// How a call went.
#[derive(Clone, Debug)]
pub struct Retold {
    /// What its rows tell; None when that is no call.
    pub detail: Option<Detail>,
    /// The rows.
    pub records: CallRecords,
    /// There are more rows than these.
    pub is_cut: bool,
    /// So many of them were not understood.
    pub not_understood: usize,
}

/// Folds the call of a conversation anew; None when it has no rows. Of one that `is_over` but has
/// too many rows nothing is taken to go on.
///
/// # Errors
/// The database's.
pub fn retell(
    conn: &mut Connection,
    directory: &Directory,
    source: &str,
    linkedid: &str,
    is_over: bool,
) -> QueryResult<Option<Retold>> {
    let records = landing::first_rows(conn, source, linkedid, MOST_ROWS + 1)?;
    let Some(mut records) = records.filter(|records| !records.is_empty()) else {
        return Ok(None);
    };
    let mut is_cut = false;
    for rows in [&mut records.cdr, &mut records.queue_log, &mut records.cel] {
        is_cut |= rows.len() > MOST_ROWS;
        rows.truncate(MOST_ROWS);
    }
    let zones = sources::zones(conn, source)?.unwrap_or(Zones::UNKNOWN);
    let (mut rows, not_understood) = understand(source, records.clone(), zones);
    rows.overdue_before = match is_cut && is_over {
        true => Some(Time::MAX_UTC),
        false => overdue::before(conn, source)?,
    };
    Ok(Some(Retold {
        detail: explain(rows, directory),
        records,
        is_cut,
        not_understood,
    }))
}
