//! Which way leads to the entries that pass: the order of time, or marks.

use diesel::prelude::*;

use super::dialect::Dialect;
use super::lead::{Lead, leads};
use super::scan::number;
use super::{PageQuery, Scan};
use crate::store::Connection;
use crate::store::marks::Marks;
use crate::store::statement::Statement;

/// So many rows of marks are gone through faster than a long history is read, in which few may
/// pass.
const RARE: i64 = 5000;
/// So many are looked up, or sorted, faster than what is frequent is found in the order of time.
const FEW: i64 = 1000;
/// So many marks at most are followed at the same time.
const FOLLOWED: usize = 12;

/// A way to entries.
#[derive(Debug)]
pub(super) enum Way {
    /// The history in the order of time.
    Time,
    /// Each of these marks in the order of time, of which the first rows suffice.
    MarksInOrder(Lead),
    /// All rows with any of these marks, of which there are few.
    Marks(Lead),
}

impl Way {
    /// The table whose rows are in its order.
    pub(super) fn table(&self) -> &'static str {
        match self {
            Self::Time => "h",
            Self::MarksInOrder(_) => "m",
            Self::Marks(_) => "d",
        }
    }
}

/// Whether the rows of each mark lie in the order of time.
fn can_be_followed(lead: &Lead) -> bool {
    let is_one = |marks: &Marks| matches!(marks, Marks::One(_));
    lead.len() <= FOLLOWED && lead.iter().all(is_one)
}

impl Scan {
    /// The way to the rows that pass. Whatever is rare leads, else what lies in the order of time.
    pub(super) fn way(&self, conn: &mut Connection, query: &PageQuery) -> QueryResult<Way> {
        let mut leads = leads(&query.filter, &self.owner);
        let only = leads.len() == 1;
        for nr in 0..leads.len() {
            let lead = &leads[nr];
            if only && can_be_followed(lead) {
                break;
            }
            // Numbers lead first; where others do, each entry is looked up to compare its numbers.
            let looks_up = nr > 0 && !query.filter.is_short();
            let most = if only || looks_up { FEW } else { RARE };
            if self.is_rare(conn, query, lead, most)? {
                let lead = leads.swap_remove(nr);
                return Ok(match can_be_followed(&lead) && lead.len() == 1 {
                    true => Way::MarksInOrder(lead),
                    false => Way::Marks(lead),
                });
            }
        }
        let lead = leads.into_iter().find(can_be_followed);
        Ok(lead.map_or(Way::Time, Way::MarksInOrder))
    }

    /// Whether so many rows at most lie on this way.
    fn is_rare(
        &self,
        conn: &mut Connection,
        query: &PageQuery,
        lead: &Lead,
        most: i64,
    ) -> QueryResult<bool> {
        let mut statement = Statement::once(
            "SELECT COUNT(*) FROM (SELECT 1 FROM `history_marks` AS `m`".to_owned(),
        );
        self.add_range(&mut statement, Dialect::of(conn), query, "m");
        Marks::add_any_to(lead, &mut statement);
        statement.push(" LIMIT ?) AS `n`");
        statement.bind_number(most + 1);
        Ok(number(conn, statement)? <= most)
    }
}
