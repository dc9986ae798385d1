//! Channel events → rows as CDR has them, only exact: who was rung from when till when, and who
//! really talked with whom.
//!
//! ```text
//! events ─► lives ─┬─► bridges: who heard whom ──┐
//!                  └─► ways: who rang whom ──────┴─► rows ─► paths, as from CDR rows
//! ```

mod better;
mod bridges;
mod life;
mod moves;
mod queues;
mod rows;
mod ways;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::who::Who;
use super::{LeftOut, Rows};
use crate::asterisk::{Cdr, Channel};
use crate::model::Time;
use life::{Life, Lives};

/// What CDR and the channel events of a call tell.
pub(super) struct Told<'a> {
    /// The rows of the call: made from channel events, and those of CDR that are better.
    pub(super) rows: Cow<'a, [Cdr]>,
    /// The rows that these are better than.
    pub(super) left_out: Vec<LeftOut<'a>>,
    /// When channels hung up, by their uniqueid; those that have not are not in it.
    pub(super) hung_up: HashMap<&'a str, Time>,
    /// The phones that are there still, in a bridge or not.
    pub(super) there: HashSet<&'a Channel>,
    /// When the first channel began, if one is known.
    pub(super) began: Option<Time>,
}

/// What the rows tell, each there once and in order. `over`: no more will come, and what has
/// no end had it when the last was heard of it.
pub(super) fn told<'a>(who: &Who<'_>, rows: &'a Rows, over: bool) -> Told<'a> {
    let mut hung_up: HashMap<&str, Time> = HashMap::new();
    for row in &rows.cdr {
        let end = hung_up.entry(&row.uniqueid).or_insert(row.end);
        *end = row.end.max(*end);
    }
    let lives = Lives::of(&rows.cel, &rows.cdr, &hung_up, over);
    if lives.is_empty() {
        return Told {
            rows: Cow::Borrowed(&rows.cdr),
            left_out: Vec::new(),
            hung_up,
            there: HashSet::new(),
            began: None,
        };
    }
    for life in lives.iter() {
        if let Some(ended) = life.ended {
            hung_up.insert(life.uniqueid, ended);
        }
    }
    let there = lives.iter().filter(|life| life.ended.is_none());
    let phones = there.filter(|life| life.half().is_none());
    let there = phones.flat_map(Life::channels).collect();
    let meetings = bridges::meetings(&rows.cel, &lives);
    let made = rows::rows(who, &lives, &meetings, &rows.cdr, &rows.queue_log);
    let (better, left_out) = better::rows(made, &rows.cdr, &lives);
    Told {
        rows: Cow::Owned(better),
        left_out,
        hung_up,
        there,
        began: lives.iter().next().map(|life| life.began),
    }
}
