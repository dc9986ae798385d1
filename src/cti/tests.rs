//! What the documentation says of the limits is what the code does.

use super::*;

const DOCUMENTED: &str = include_str!("../../docs/CTI.md");

/// A number as people write it: `65,536`.
fn grouped(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}

#[test]
fn docs_cti_has_the_limits() {
    let rate = 1000 / socket::STEP.as_millis();
    let burst = socket::BURST.as_millis() / socket::STEP.as_millis();
    for line in [
        format!(
            "a message of several frames | {} bytes |",
            grouped(incoming::LONGEST)
        ),
        format!("| {rate} a second, {burst} at once |"),
        format!("| connections of a caller | {} |", grouped(EACH)),
        format!("| connections of all | {} |", grouped(ALL)),
        format!("does not read | {} MiB,", outgoing::WAITING >> 20),
        format!("every {} s (`PING_INTERVAL`)", PING.as_secs()),
    ] {
        assert!(DOCUMENTED.contains(&line), "docs/CTI.md lacks {line:?}");
    }
}
