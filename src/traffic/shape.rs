//! How much traffic, over how long, and where.

use chrono_tz::Tz;

use crate::model::Time;

/// CDR rows per call of the mixture of calls that [`Traffic`](super::Traffic) makes, roughly.
const ROWS_PER_CALL: f64 = 2.05;

/// What a PBX looks like, and what its year looks like.
#[derive(Clone, Debug)]
pub struct Shape {
    /// How many people have phones.
    pub users: usize,
    /// How many of them work as agents.
    pub agents: usize,
    /// How many queues there are; the first three are blue, black and blow.
    pub queues: usize,
    /// How many days, the day of `end` included.
    pub days: u32,
    /// Calls on a day from Monday to Friday, on average.
    pub calls_per_working_day: f64,
    /// Where people live: their working hours are local to it.
    pub zone: Tz,
    /// The zone in which the PBX writes its times.
    pub clock: Tz,
    /// The end: no row tells of anything later.
    pub end: Time,
    /// Whether channel events are written, too.
    pub channels: bool,
}

impl Shape {
    /// A company of 40 people, 15 of them agents, and 8 queues: a year of about 20,000 calls.
    pub fn company(end: Time) -> Self {
        Self {
            users: 40,
            agents: 15,
            queues: 8,
            days: 365,
            calls_per_working_day: 80.0,
            zone: Tz::UTC,
            clock: Tz::UTC,
            end,
            channels: false,
        }
    }

    /// A large PBX: 500 people, 60 agents, 25 queues, two years, and about so many CDR rows.
    /// Who needs an exact number asks for some more and stops when there are enough.
    pub fn large(end: Time, cdr_rows: usize) -> Self {
        let mut shape = Self {
            users: 500,
            agents: 60,
            queues: 25,
            days: 730,
            calls_per_working_day: 1.0,
            zone: Tz::UTC,
            clock: Tz::UTC,
            end,
            channels: false,
        };
        let days = super::calendar::working_days(&shape);
        shape.calls_per_working_day = cdr_rows as f64 / ROWS_PER_CALL / days.max(1.0);
        shape
    }
}
