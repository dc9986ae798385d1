//! When people telephone: working hours with a lunch dip, quiet weekends, a slow August.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeZone, Weekday};
use rand::Rng;
use rand::rngs::StdRng;

use super::shape::Shape;

/// How much happens in each hour of a day. None in the hours in which clocks are changed.
const HOURS: [f64; 24] = [
    0.05, 0.03, 0.0, 0.0, 0.0, 0.05, 0.2, 1.5, 7.0, 12.0, 13.5, 12.0, 4.5, 5.0, 11.0, 12.0, 11.0,
    8.0, 4.0, 1.5, 0.7, 0.4, 0.25, 0.2,
];

const MILLIS_PER_HOUR: i64 = 3_600_000;

/// How much happens on a day, against an average working day.
fn weight(day: NaiveDate) -> f64 {
    let of_week = match day.weekday() {
        Weekday::Mon => 1.15,
        Weekday::Tue => 1.05,
        Weekday::Wed => 0.95,
        Weekday::Thu => 1.0,
        Weekday::Fri => 0.85,
        Weekday::Sat => 0.06,
        Weekday::Sun => 0.02,
    };
    let of_year = match day.month() {
        8 => 0.65,
        12 => 0.85,
        1 | 9 => 1.1,
        _ => 1.0,
    };
    of_week * of_year
}

/// The days of this shape, in order.
pub(super) fn days(shape: &Shape) -> impl Iterator<Item = NaiveDate> + use<> {
    let last = shape.end.with_timezone(&shape.zone).date_naive();
    let count = u64::from(shape.days);
    (0..count).filter_map(move |n| last.checked_sub_days(Days::new(count - 1 - n)))
}

/// To how many average working days these days amount.
pub(super) fn working_days(shape: &Shape) -> f64 {
    days(shape).map(weight).sum()
}

/// When the calls of a day begin, in milliseconds since 1970, in order.
pub(super) fn starts(shape: &Shape, day: NaiveDate, random: &mut StdRng) -> Vec<i64> {
    let mean = shape.calls_per_working_day * weight(day) * random.random_range(0.85..1.15);
    let count = (mean + random.random::<f64>()) as usize;
    let total: f64 = HOURS.iter().sum();
    let mut starts: Vec<i64> = (0..count)
        .filter_map(|_| {
            let mut rest = random.random::<f64>() * total;
            let hour = HOURS.iter().position(|weight| {
                rest -= weight;
                rest < 0.0
            });
            let within = random.random_range(0..MILLIS_PER_HOUR);
            let hour = i64::try_from(hour.unwrap_or(10)).unwrap_or(10);
            moment(shape, day, hour * MILLIS_PER_HOUR + within)
        })
        .collect();
    starts.sort_unstable();
    starts
}

/// The moment so many milliseconds after this day's midnight, as clocks on the wall show it.
fn moment(shape: &Shape, day: NaiveDate, millis: i64) -> Option<i64> {
    let midnight = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis();
    let wall = DateTime::from_timestamp_millis(midnight + millis)?.naive_utc();
    let moment = shape.zone.from_local_datetime(&wall).earliest()?;
    Some(moment.timestamp_millis())
}
