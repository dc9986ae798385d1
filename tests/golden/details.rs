//! How a call went, a line for each thing that happened.

use call_history::model::{
    Detail, Leg, LegClass, Owner, Ring, Time, Transfer, TransferParty, Visit,
};

/// Visits, ringings, transfers, legs, and why each entry has its status. Rows that are there twice
/// are left out: every case is folded with its rows doubled as well.
pub(crate) fn lines(detail: &Detail) -> Vec<String> {
    let mut lines: Vec<String> = detail.visits.iter().map(visit).collect();
    lines.extend(detail.rings.iter().map(ring));
    lines.extend(detail.transfers.iter().map(transfer));
    let legs = detail.legs.iter();
    lines.extend(legs.filter(|leg| leg.class != LegClass::Duplicate).map(leg));
    lines.extend(detail.rules.iter().map(|((owner, ordinal), rule)| {
        let ordinal = match ordinal {
            0 => String::new(),
            nr => format!("#{nr}"),
        };
        format!("why {}{ordinal} {rule}", name(owner))
    }));
    lines
}

fn visit(visit: &Visit) -> String {
    let seconds = |seconds: Option<i64>| seconds.map_or("?".to_owned(), |n| n.to_string());
    format!(
        "visit {} {} {} wait={} talk={} {}",
        visit.queue,
        visit.status.as_str(),
        span(visit.entered, visit.ended),
        seconds(visit.wait_seconds),
        seconds(visit.talk_seconds),
        visit.rule,
    )
}

fn ring(ring: &Ring) -> String {
    let who = ring.user.as_deref().or(ring.agent.as_deref());
    let mut line = format!(
        "ring {} {} {} {}",
        who.unwrap_or("-"),
        text(&ring.number),
        span(ring.began, ring.ended),
        ring.outcome.as_str(),
    );
    if let Some((from, until)) = ring.talk {
        line += &format!(" talk={}", span(from, until));
    }
    if ring.answered_elsewhere {
        line += " elsewhere";
    }
    if let Some(visit) = ring.visit {
        line += &format!(" visit={visit}");
    }
    line
}

fn transfer(transfer: &Transfer) -> String {
    let party = |party: &Option<TransferParty>| {
        let party = party.clone().unwrap_or_default();
        let queue = party.queue.map(|queue| format!("queue:{queue}"));
        let told = party.user.or(queue).or(party.number);
        told.unwrap_or("-".to_owned())
    };
    format!(
        "transfer {} @{} {}>{} {}",
        if transfer.attended {
            "attended"
        } else {
            "blind"
        },
        second(transfer.at),
        party(&transfer.by),
        party(&transfer.to),
        transfer.witness.as_str(),
    )
}

fn leg(leg: &Leg) -> String {
    let mut line = format!(
        "leg {} {} {}>{} {} {}",
        if leg.from_events { "cel" } else { "cdr" },
        leg.class.as_str(),
        text(&leg.from),
        text(&leg.to),
        span(leg.start, leg.end),
        text(&leg.application),
    );
    if let Some((from, until)) = leg.talk {
        line += &format!(" talk={}", span(from, until));
    }
    if let Some(recording) = leg.recording.as_ref().or(leg.userfield.as_ref()) {
        line += &format!(" recording={recording}");
    }
    let owners: Vec<String> = leg.caller.iter().chain(&leg.called).map(name).collect();
    if !owners.is_empty() {
        line += &format!(" of={}", owners.join("+"));
    }
    line
}

fn name(owner: &Owner) -> String {
    format!("{}:{}", owner.kind, owner.name)
}

fn text(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("-")
}

fn span(from: Time, until: Option<Time>) -> String {
    match until {
        Some(until) => format!("@{}-{}", second(from), second(until)),
        None => format!("@{}-", second(from)),
    }
}

fn second(time: Time) -> f64 {
    (time.timestamp_micros() - super::ZERO * 1_000_000) as f64 / 1e6
}
