//! What a query string means, and what is wrong with it.

use chrono::TimeDelta;
use chrono_tz::Europe::Paris;
use chrono_tz::Tz;

use super::*;
use crate::api::error::Error;
use crate::api::names::Names;
use crate::api::problem::Fault;
use crate::model::{CallId, Position, Status, Time};

fn user(query: &str) -> Result<Asked<UserParameters>, Error> {
    Asked::parse(query, Tz::UTC)
}

fn now() -> Time {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn faults<P: OwnParameters + std::fmt::Debug>(query: &str) -> Vec<Fault> {
    match Asked::<P>::parse(query, Tz::UTC) {
        Err(Error::Parameters(faults)) => faults,
        other => panic!("{query}: {other:?}"),
    }
}

fn names(faults: &[Fault]) -> Vec<&str> {
    faults.iter().map(|f| f.parameter.as_str()).collect()
}

#[test]
fn wrong_values_are_named() {
    let long = format!("user={}", "é".repeat(257));
    for (query, expected) in [
        ("size=0", vec!["size"]),
        ("size=-1", vec!["size"]),
        ("size=1001", vec!["size"]),
        ("size=abc", vec!["size"]),
        ("size=", vec!["size"]),
        ("size=%2B5", vec!["size"]),
        ("size=1e2", vec!["size"]),
        ("size=99999999999999999999", vec!["size"]),
        ("size=5&size=5", vec!["size"]),
        ("days=0", vec!["days"]),
        ("days=3661", vec!["days"]),
        ("from=yesterday", vec!["from"]),
        ("until=2026-02-30", vec!["until"]),
        ("from=2026-11-24&until=2026-11-23", vec!["from", "until"]),
        ("from=2026-11-24&from=2026-11-24", vec!["from"]),
        ("tz=Mars/Olympus", vec!["tz"]),
        ("tz=", vec!["tz"]),
        ("status=lost", vec!["status"]),
        ("status=Answered", vec!["status"]),
        ("status=full", vec!["status"]),
        ("status=", vec!["status"]),
        ("answeredElsewhere=true", vec!["answeredElsewhere"]),
        ("cursor=", vec!["cursor"]),
        ("cursor=abc", vec!["cursor"]),
        ("user=", vec!["user"]),
        ("user=+", vec!["user"]),
        ("user=a&user=b", vec!["user"]),
        (long.as_str(), vec!["user"]),
        ("limit=5", vec!["limit"]),
        ("Size=5", vec!["Size"]),
        ("answered_elsewhere=include", vec!["answered_elsewhere"]),
        ("name=blue", vec!["name"]),
        ("direction=sideways", vec!["direction"]),
        ("direction=Inbound", vec!["direction"]),
        ("number=", vec!["number"]),
        ("number=*", vec!["number"]),
        ("number=06*11", vec!["number"]),
        ("number=*44", vec!["number"]),
        ("number=anna", vec!["number"]),
        ("number=0611&number=x", vec!["number"]),
        ("queue=", vec!["queue"]),
        ("agent=", vec!["agent"]),
        ("minDuration=-1", vec!["minDuration"]),
        ("minDuration=1.5", vec!["minDuration"]),
        ("minDuration=%2B5", vec!["minDuration"]),
        ("maxDuration=2678401", vec!["maxDuration"]),
        (
            "minDuration=61&maxDuration=60",
            vec!["minDuration", "maxDuration"],
        ),
        ("minWait=a", vec!["minWait"]),
        ("minWait=1&minWait=2", vec!["minWait"]),
        ("hasRecording=yes", vec!["hasRecording"]),
        ("hasRecording=", vec!["hasRecording"]),
        ("accountCode=", vec!["accountCode"]),
        ("q=a", vec!["q"]),
        ("q=+a+", vec!["q"]),
        ("order=newest", vec!["order"]),
        ("order=asc&order=asc", vec!["order"]),
        ("distinct=callee", vec!["distinct"]),
        ("distinct=peer&order=asc", vec!["distinct", "order"]),
        ("include=rows", vec!["include"]),
        ("size=0&days=0&x=1", vec!["size", "days", "x"]),
    ] {
        assert_eq!(names(&faults::<UserParameters>(query)), expected, "{query}");
    }
}

#[test]
fn required_and_long_names_are_checked_in_characters() {
    assert_eq!(names(&faults::<QueueParameters>("")), ["name"]);
    assert_eq!(names(&faults::<QueueParameters>("name=")), ["name"]);
    assert_eq!(names(&faults::<CustomerParameters>("size=5")), ["number"]);
    assert_eq!(names(&faults::<QueueParameters>("name=a&name=a")), ["name"]);
    let name = |n| format!("name={}", "é".repeat(n));
    assert_eq!(names(&faults::<QueueParameters>(&name(10_000))), ["name"]);
    let longest = Asked::<QueueParameters>::parse(&name(256), Tz::UTC).unwrap();
    assert_eq!(longest.own.name.chars().count(), 256);
    for odd in ["%25", "_", "'", "%00", "%C3%A9"] {
        assert!(Asked::<QueueParameters>::parse(&format!("name={odd}"), Tz::UTC).is_ok());
    }
}

#[test]
fn a_refused_status_lists_those_that_fit_the_kind_of_owner() {
    let reason = |faults: Vec<Fault>| faults[0].reason.clone();
    let of_user = reason(faults::<UserParameters>("status=full"));
    assert!(
        of_user.contains("emitted, answered, missed, ongoing"),
        "{of_user}"
    );
    let of_queue = reason(faults::<QueueParameters>("name=bl&status=missed"));
    assert!(
        of_queue.contains("divert_ca_ratio") && !of_queue.contains("missed"),
        "{of_queue}"
    );
}

#[test]
fn good_values_are_taken() {
    let query = "user=usera&size=20&status=missed&status=answered&status=missed\
                 &answeredElsewhere=include&tz=europe/paris&from=2026-11-23&until=2026-11-23T10:00%2B00:00";
    let asked = user(&query.replace("10:00%2B", "10:00:00%2B")).unwrap();
    assert_eq!(asked.own.user.as_deref(), Some("usera"));
    assert_eq!(asked.common.tz, Some(Paris));
    let request = asked.request("usera", Tz::UTC, now()).unwrap();
    assert_eq!(request.zone, Paris);
    let page = request.query(&Names::default());
    assert_eq!(page.limit, 21);
    assert_eq!(page.filter.statuses, [Status::Missed, Status::Answered]);
    assert!(page.answered_elsewhere && page.after.is_none());
    assert_eq!(page.from.unwrap().to_rfc3339(), "2026-11-22T23:00:00+00:00");
    assert_eq!(
        page.until.unwrap().to_rfc3339(),
        "2026-11-23T10:00:00+00:00"
    );
}

#[test]
fn a_plus_that_was_not_encoded_is_one() {
    for zone in ["Etc/GMT%2B5", "Etc/GMT+5"] {
        let asked = user(&format!("user=usera&tz={zone}")).unwrap();
        assert_eq!(asked.common.tz, Some(Tz::Etc__GMTPlus5), "{zone}");
    }
}

#[test]
fn the_window_is_what_all_bounds_leave_or_the_last_ten_days() {
    let day = |n: i64| Some(now() - TimeDelta::days(n));
    for (query, from, until) in [
        ("", day(10), None),
        ("status=missed", day(10), None),
        ("size=5", None, None),
        ("days=3", day(3), None),
        ("days=3&size=5", day(3), None),
        ("from=2026-11-16T12:00", day(7), None),
        ("from=2026-11-16T12:00&days=3", day(3), None),
        ("from=2026-11-22T12:00&days=3", day(1), None),
        ("until=2026-11-16T12:00", day(17), day(7)),
        ("until=2026-11-16T12:00&size=5", None, day(7)),
        ("until=2026-11-16T12:00&days=3", day(3), day(7)),
        (
            "from=2026-11-16T12:00&until=2026-11-16T12:00",
            day(7),
            day(7),
        ),
    ] {
        let window = user(query).unwrap().common.window(now());
        assert_eq!((window.from, window.until), (from, until), "{query}");
    }
}

#[test]
fn extreme_dates_are_no_panic() {
    for query in [
        "until=0000-01-01",
        "from=9999-12-31T23:59:59.999999999",
        "until=0000-01-01T00:00:00%2B23:59",
        "until=9999-12-31T23:59:59-23:59&days=3660",
    ] {
        let request = user(query).unwrap().request("usera", Paris, now()).unwrap();
        let next = request.next(last());
        let query = next.split_once('?').unwrap().1;
        assert!(user(query).is_ok(), "{query}");
    }
}

fn last() -> Position {
    Position {
        start: now() - TimeDelta::microseconds(1),
        call: CallId::of("pbx", "1"),
        ordinal: 2,
    }
}

#[test]
fn the_next_page_keeps_the_parameters_and_freezes_the_window() {
    let asked = user("user=us%26r+%C3%A9%3E&size=2&days=3&cursor=").err();
    assert!(asked.is_some());
    let asked = user("user=us%26r+%C3%A9%3E&size=2&days=3").unwrap();
    let owner = asked.own.user.clone().unwrap();
    let first = asked.request(&owner, Tz::UTC, now()).unwrap();
    let next = first.next(last());
    let query = next.strip_prefix("/history/user?").unwrap();
    assert!(
        query.starts_with("user=us%26r+%C3%A9%3E&size=2&days=3&cursor="),
        "{query}"
    );

    let later = now() + TimeDelta::hours(5);
    let asked = user(query).unwrap();
    let second = asked.request(&owner, Tz::UTC, later).unwrap();
    assert_eq!(
        second.query(&Names::default()).from,
        first.query(&Names::default()).from
    );
    assert_eq!(second.query(&Names::default()).after, Some(last()));
    let third = second.next(last());
    assert_eq!(third.matches("cursor=").count(), 1);
    assert_eq!(third, next);
}

#[test]
fn a_cursor_fits_its_own_request_only() {
    let given = "user=usera&status=missed&status=answered&from=2026-11-01";
    let first = user(given)
        .unwrap()
        .request("usera", Tz::UTC, now())
        .unwrap();
    let next = first.next(last());
    let (_, cursor) = next.rsplit_once('&').unwrap();
    let fits = |query: &str, owner: &str| {
        let asked = user(&format!("{query}&{cursor}")).unwrap();
        match asked.request(owner, Tz::UTC, now()) {
            Ok(_) => true,
            Err(Error::Parameters(faults)) => {
                assert_eq!(names(&faults), ["cursor"]);
                false
            }
            Err(error) => panic!("{error}"),
        }
    };
    assert!(fits(given, "usera"));
    assert!(fits(&format!("{given}&size=7"), "usera"));
    let reordered = "from=2026-11-01&status=answered&status=missed&user=usera";
    assert!(fits(reordered, "usera"));
    for (query, owner) in [
        (
            "user=userb&status=missed&status=answered&from=2026-11-01",
            "userb",
        ),
        ("user=usera&status=missed&from=2026-11-01", "usera"),
        ("user=usera&status=missed&status=answered", "usera"),
        (
            "user=usera&status=missed&status=answered&from=2026-11-01&days=5",
            "usera",
        ),
        (given, "another"),
    ] {
        assert!(!fits(query, owner), "{query} {owner}");
    }
    let agent = format!("agent=usera&status=missed&status=answered&from=2026-11-01&{cursor}");
    let agent = Asked::<AgentParameters>::parse(&agent, Tz::UTC).unwrap();
    assert!(agent.request("usera", Tz::UTC, now()).is_err());
}

#[test]
fn a_filter_has_fifty_values_at_most() {
    let values = |count: u32| {
        let values: Vec<String> = (0..count).map(|n| format!("queue=q{n}")).collect();
        values.join("&")
    };
    assert!(user(&values(50)).is_ok());
    assert_eq!(names(&faults::<UserParameters>(&values(51))), ["queue"]);
    let long = format!("q={}", "x".repeat(65));
    assert_eq!(names(&faults::<UserParameters>(&long)), ["q"]);
}

#[test]
fn a_queue_that_the_name_leaves_out_is_a_contradiction() {
    let found = faults::<QueueParameters>("name=bl&queue=blue&queue=red");
    assert_eq!(names(&found), ["queue", "name"]);
    assert!(Asked::<QueueParameters>::parse("name=BL&queue=blue", Tz::UTC).is_ok());
}

#[test]
fn what_names_the_owner_is_no_filter() {
    let asked = Asked::<CustomerParameters>::parse("number=0611&agent=7", Tz::UTC).unwrap();
    assert!(asked.common.filters.number.is_empty());
    assert_eq!(asked.own.number, "0611");
    let found = faults::<CustomerParameters>("number=0611&number=0612");
    assert_eq!(names(&found), ["number"]);
    let found = faults::<AgentParameters>("agent=1&agent=2");
    assert_eq!(names(&found), ["agent"]);
}

#[test]
fn a_text_is_searched_in_31_days_at_most() {
    let fits = |query: &str| {
        let asked = user(query).unwrap();
        match asked.request("usera", Tz::UTC, now()) {
            Ok(_) => true,
            Err(Error::Parameters(faults)) => {
                assert_eq!(names(&faults), ["q"], "{query}");
                false
            }
            Err(error) => panic!("{error}"),
        }
    };
    for query in [
        "q=an",
        "q=an&days=31",
        "q=an&size=5&days=31",
        "q=an&from=2026-11-01",
        "q=an&from=2020-01-01&until=2020-02-01",
        "q=an&from=2026-11-20&until=2036-01-01",
    ] {
        assert!(fits(query), "{query}");
    }
    for query in [
        "q=an&size=5",
        "q=an&days=32",
        "q=an&from=2020-01-01",
        "q=an&from=2020-01-01&until=2020-02-02",
        "q=an&size=5&until=2020-02-01",
    ] {
        assert!(!fits(query), "{query}");
    }
}

#[test]
fn parties_are_looked_for_until_now() {
    let until = |query: &str| {
        let request = user(query).unwrap().request("usera", Tz::UTC, now());
        request.unwrap().query(&Names::default()).until
    };
    assert_eq!(until("distinct=peer"), Some(now()));
    assert_eq!(until("distinct=peer&until=2036-01-01"), Some(now()));
    assert_eq!(
        until("distinct=peer&until=2026-11-22"),
        Some("2026-11-22T00:00:00Z".parse().unwrap())
    );
    assert_eq!(until("size=5"), None);
}
