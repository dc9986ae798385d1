//! What names, numbers, phones and scopes may look like, wherever they come from: a file, a
//! command, or HTTP. The reasons are for whoever wrote them, and repeat no more than is needed.

use super::{Scope, Validity, is_dialable};

/// The longest text, in characters. In UTF-8 it fits into 1024 bytes, the columns' width.
pub const WIDEST: usize = 255;

/// The longest name of a source, in bytes.
const WIDEST_SOURCE: usize = 64;

/// Checks a name that identifies somebody or something.
///
/// # Errors
/// It is empty or blank, too long, or has a control character.
pub fn name(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    self::text(text)
}

/// Checks a text that people see, which may be empty.
///
/// # Errors
/// It is too long, or has a control character.
pub fn text(text: &str) -> Result<(), String> {
    let length = text.chars().count();
    if length > WIDEST {
        return Err(format!("has {length} characters, more than {WIDEST}"));
    }
    if text.chars().any(char::is_control) {
        return Err("has a control character".to_owned());
    }
    Ok(())
}

/// Checks a telephone number.
///
/// # Errors
/// It cannot be dialled, or is too long.
pub fn number(number: &str) -> Result<(), String> {
    name(number)?;
    if is_dialable(number) {
        Ok(())
    } else {
        Err(format!("{number:?} is no number that can be dialled"))
    }
}

/// Checks a phone.
///
/// # Errors
/// It has no technology, or is too long.
pub fn endpoint(endpoint: &str) -> Result<(), String> {
    name(endpoint)?;
    if endpoint.contains('/') {
        Ok(())
    } else {
        Err(format!(
            "{endpoint:?} has no technology; write it like PJSIP/{endpoint}"
        ))
    }
}

/// Checks the name of a source.
///
/// # Errors
/// It is empty or too long.
pub fn source(source: &str) -> Result<(), String> {
    name(source)?;
    if source.len() > WIDEST_SOURCE {
        return Err("a name of 1 to 64 bytes is needed".to_owned());
    }
    Ok(())
}

/// Checks that a time has a length.
///
/// # Errors
/// It ends before it begins.
pub fn validity(validity: Validity) -> Result<(), String> {
    match (validity.from, validity.until) {
        (Some(from), Some(until)) if until <= from => {
            Err("ends before it begins, or at that moment".to_owned())
        }
        _ => Ok(()),
    }
}

/// Checks the name in a scope.
///
/// # Errors
/// It is too long.
pub fn scope(scope: &Scope) -> Result<(), String> {
    match scope {
        Scope::User(name) | Scope::Agent(name) | Scope::Queue(name) => self::name(name),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_counted_in_characters_and_controls_are_refused() {
        let wide = "é".repeat(WIDEST);
        assert_eq!(name(&wide), Ok(()));
        assert!(name(&format!("{wide}x")).is_err());
        assert!(name("").is_err() && name(" \u{a0}").is_err() && text("") == Ok(()));
        assert!(text("a\nb").is_err() && text("\u{7f}").is_err() && text("\0").is_err());
        assert!(number("1000") == Ok(()) && number("x").is_err() && number("").is_err());
        assert!(endpoint("PJSIP/1") == Ok(()) && endpoint("1").is_err());
        assert!(source(&"p".repeat(64)) == Ok(()) && source(&"é".repeat(33)).is_err());
    }
}
