//! First pages of filtered histories: what is frequent, what is rare, and what is not there.

use std::time::Duration;

use chrono::TimeDelta;

use crate::files::Files;
use crate::load::drive;
use crate::questions::http;
use crate::service::Service;

/// How many ask at the same time.
const CONNECTIONS: usize = 4;

/// A filter, and whether users have it: what becomes of visits is no status of theirs.
type Filter = (String, bool);

/// Asks for the first 20 of each history with each filter, and prints what it took.
pub(crate) fn measure(service: &Service, files: &Files, time: Duration) -> anyhow::Result<()> {
    let users = files.user_numbers.iter();
    let owners = [
        (
            "users, in turn",
            users
                .map(|(name, _)| format!("/history/user?user={name}"))
                .collect(),
        ),
        ("`blue`", vec!["/history/queue?name=blue".to_owned()]),
        (
            "`bl`: three queues",
            vec!["/history/queue?name=bl".to_owned()],
        ),
        ("all calls", vec!["/calls?tz=UTC".to_owned()]),
    ];
    let names = owners.each_ref().map(|(name, _)| *name);
    println!("p50 and p95 of a filtered first page of 20, over {CONNECTIONS} connections:\n");
    println!("| filter | {} |", names.join(" | "));
    println!("| --- |{}", " ---: |".repeat(names.len()));
    for (filter, of_users) in filters(files) {
        eprintln!("asking for {filter}");
        let mut cells = Vec::new();
        for (nr, (_, paths)) in owners.iter().enumerate() {
            if nr == 0 && !of_users {
                cells.push(String::new());
                continue;
            }
            let path = |path: &String| format!("{path}&size=20&{filter}");
            let paths: Vec<String> = paths.iter().map(path).collect();
            let make = http(service, &paths);
            let askers: anyhow::Result<Vec<_>> = (0..CONNECTIONS).map(|_| make()).collect();
            let measured = drive(askers?, paths.len(), time)?;
            cells.push(format!("{:.1}, {:.1} ms", measured.p50, measured.p95));
        }
        println!("| `{filter}` | {} |", cells.join(" | "));
    }
    println!();
    Ok(())
}

fn filters(files: &Files) -> Vec<Filter> {
    let days = |days: i64| {
        let from = files.last - TimeDelta::days(days);
        format!("from={}", from.format("%Y-%m-%dT%H:%M:%SZ"))
    };
    let month = format!("{}&until=", days(30)) + &days(-1)["from=".len()..];
    let (agent, customer) = (&files.agent, &files.customer);
    let both = [
        "status=answered".to_owned(),
        "direction=inbound".to_owned(),
        "direction=outbound".to_owned(),
        format!("number={customer}"),
        "number=0611223344".to_owned(),
        "number=06*".to_owned(),
        "number=069998*".to_owned(),
        "number=*344".to_owned(),
        "number=*99999".to_owned(),
        format!("agent={agent}"),
        "agent=9999".to_owned(),
        "accountCode=sales".to_owned(),
        "accountCode=nobody".to_owned(),
        "minDuration=60".to_owned(),
        "minDuration=3600".to_owned(),
        "minDuration=36000".to_owned(),
        "maxDuration=0".to_owned(),
        "minWait=30".to_owned(),
        "minWait=3000".to_owned(),
        "hasRecording=true".to_owned(),
        "hasRecording=false".to_owned(),
        format!("q=cooper&{month}"),
        format!("q=nobody+at+all&{month}"),
        "include=total".to_owned(),
        format!("distinct=peer&{}", days(3)),
        "order=asc".to_owned(),
        "order=asc&minDuration=3600".to_owned(),
        "direction=outbound&hasRecording=true".to_owned(),
        format!("agent={agent}&maxDuration=0"),
        format!("agent={agent}&include=total"),
        format!("number={customer}&agent={agent}"),
    ];
    let visits = [
        "status=closed".to_owned(),
        "status=divert_waittime".to_owned(),
        "status=closed&order=asc".to_owned(),
        "status=closed&include=total".to_owned(),
        format!("status=closed&agent={agent}"),
        "status=divert_waittime&hasRecording=true".to_owned(),
        "status=abandoned&minDuration=60".to_owned(),
    ];
    let both = both.into_iter().map(|filter| (filter, true));
    both.chain(visits.into_iter().map(|filter| (filter, false)))
        .collect()
}
