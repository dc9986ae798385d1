//! Texts that may quote what stands in a row, made fit to be shown.

/// With this many digits a run of digits may be somebody's number.
const DIGITS: usize = 3;

/// How many characters are shown.
const LENGTH: usize = 120;

/// The text without anything that looks like a telephone number, and without control
/// characters. Dates, times, and uniqueids (`epoch.counter`) stay readable.
pub fn safe(text: &str) -> String {
    let mut shown = String::new();
    let mut run = String::new();
    for c in text.chars().take(LENGTH) {
        if is_of_number(c) {
            run.push(c);
            continue;
        }
        finish(&mut run, &mut shown);
        shown.push(if c.is_control() { '\u{fffd}' } else { c });
    }
    finish(&mut run, &mut shown);
    if text.chars().nth(LENGTH).is_some() {
        shown.push('…');
    }
    shown
}

fn is_of_number(c: char) -> bool {
    c.is_numeric() || "+*#()-./ \u{a0}".contains(c)
}

/// Ends a run of characters that numbers are made of.
fn finish(run: &mut String, shown: &mut String) {
    let digits = run.chars().filter(|c| c.is_numeric()).count();
    if digits < DIGITS || is_date(run) || is_uniqueid(run.trim()) {
        shown.push_str(run);
    } else {
        let before = run.len() - run.trim_start().len();
        let after = run.trim_end().len();
        shown.push_str(&run[..before]);
        shown.push('…');
        shown.push_str(&run[after..]);
    }
    run.clear();
}

/// `2026-13-01`, perhaps with the beginning of a time after it.
fn is_date(run: &str) -> bool {
    let run = run.trim().as_bytes();
    let digit = |position: usize| run.get(position).is_some_and(u8::is_ascii_digit);
    let of_now = run.starts_with(b"19") || run.starts_with(b"20") || run.starts_with(b"0000");
    of_now
        && [0, 1, 2, 3, 5, 6, 8, 9].iter().all(|p| digit(*p))
        && run.get(4) == Some(&b'-')
        && run.get(7) == Some(&b'-')
        && run.len() <= 13
        && run.get(10).is_none_or(|byte| *byte == b' ')
}

/// `1795393139.28`: the epoch is of this half of the century.
fn is_uniqueid(run: &str) -> bool {
    let Some((epoch, counter)) = run.split_once('.') else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    epoch.len() == 10 && epoch.starts_with('1') && digits(epoch) && digits(counter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_number_is_not_shown_and_the_rest_is() {
        for (text, shown) in [
            (
                r#"start: "2026-13-01 00:00:00" is no time"#,
                r#"start: "2026-13-01 00:00:00" is no time"#,
            ),
            (
                r#"start: "+33 6 11 22 33 44" is no time"#,
                r#"start: "…" is no time"#,
            ),
            (r#"duration: "0611223344" is"#, r#"duration: "…" is"#),
            (r#"duration: "06.11.22.33.44""#, r#"duration: "…""#),
            ("duration: 99999999 s is", "duration: … s is"),
            ("dial (06) 11-22", "dial …"),
            ("1995 12 34", "…"),
            ("2025-26-27 28 29 30", "…"),
            ("1795393139.28", "1795393139.28"),
            ("٠٦١١٢٢", "…"),
            ("time: missing", "time: missing"),
            ("a\nb\u{1b}", "a\u{fffd}b\u{fffd}"),
        ] {
            assert_eq!(safe(text), shown, "{text}");
        }
        assert_eq!(safe(&"x".repeat(500)).chars().count(), LENGTH + 1);
    }
}
