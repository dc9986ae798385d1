//! Telephone numbers as the PBX and as people write them.

/// Whether `text` is something that a phone can dial: digits, `*`, `#`, a leading `+`.
///
/// Dialplan words such as `s`, `h`, `blue` or `vmu1001` are not.
pub fn is_dialable(text: &str) -> bool {
    let rest = text.strip_prefix('+').unwrap_or(text);
    !rest.is_empty()
        && rest
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'*' || b == b'#')
}

/// Whether `text` looks like an internal number: 2 to 6 digits.
pub fn is_internal_number(text: &str) -> bool {
    (2..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// The key of the customer with this number: what is left of it without separators and
/// without a leading `+`.
///
/// `None` for whatever is not a number: withheld and anonymous callers are nobody's history.
pub fn customer_key(number: &str) -> Option<String> {
    let bare: String = number
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '/' | '(' | ')' | '\u{a0}'))
        .collect();
    if !is_dialable(&bare) {
        return None;
    }
    Some(bare.trim_start_matches('+').to_owned())
}

/// What stands in a caller id in place of a number that is withheld.
const WITHHELD: [&str; 6] = [
    "anonymous",
    "private",
    "restricted",
    "unavailable",
    "unknown",
    "withheld",
];

/// Whether `text` can be asked for as one customer: one number, or what stands for a withheld
/// one, so that a program may hand on whatever caller id it has.
///
/// # Errors
/// What is wrong, and what would be right.
pub fn check_customer(text: &str) -> Result<(), String> {
    let key = customer_key(text).unwrap_or_default();
    let is_number =
        key.contains(|c: char| c.is_ascii_digit()) && !key.starts_with('*') && !key.ends_with('*');
    let is_withheld = || WITHHELD.contains(&text.trim().to_ascii_lowercase().as_str());
    if is_number || is_withheld() {
        return Ok(());
    }
    Err(
        "must be one number: digits, perhaps with a leading +; a beginning (0611*) or an end \
         (*3344) is for the filter number of /calls and of the other histories"
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_one_number_or_nobody() {
        for good in [
            "0611223344",
            " 33611223344",
            "+33 (6) 11-22",
            "#31#0611",
            "0*6",
            "1",
            "anonymous",
            "Unknown ",
        ] {
            assert_eq!(check_customer(good), Ok(()), "{good}");
        }
        for bad in [
            "0611*", "*3344", "+*33", "06 11 *", "*", "#", "--", "+", " ", "", "abc", "0611x",
            "06+11", "s",
        ] {
            let fault = check_customer(bad).unwrap_err();
            assert!(fault.starts_with("must be one number"), "{bad}");
        }
    }

    #[test]
    fn separators_and_the_plus_do_not_make_another_customer() {
        for written in ["0611223344", "06 11 22 33 44", "06.11-22/33(44)"] {
            assert_eq!(customer_key(written).as_deref(), Some("0611223344"));
        }
        assert_eq!(customer_key("+33 6 11").as_deref(), Some("33611"));
    }

    #[test]
    fn a_withheld_caller_is_nobody() {
        for word in [
            "anonymous",
            "Unknown",
            "withheld",
            "s",
            "",
            "+",
            " ",
            "trunk1",
        ] {
            assert_eq!(customer_key(word), None, "{word}");
        }
    }

    #[test]
    fn a_dialplan_word_is_not_dialable() {
        assert!(is_dialable("*98") && is_dialable("+33145") && is_dialable("#31#0611"));
        assert!(!is_dialable("blue") && !is_dialable("vmu1001") && !is_dialable(""));
    }
}
