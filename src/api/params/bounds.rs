//! What numbers, names and texts may be, whichever way a question comes: over HTTP or the CTI
//! WebSocket.

use crate::model::check_customer;

/// The length of a page when `size` is absent, and the longest.
pub(crate) const LONGEST_PAGE: u16 = 1000;
/// The longest window that `days` can ask for: ten years.
pub(crate) const MOST_DAYS: u16 = 3660;

/// The longest name or number, in characters.
const LONGEST: usize = 256;

/// A name or a number, as all of them are checked.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        Err("must not be empty".to_owned())
    } else if text.chars().count() > LONGEST {
        Err(format!("must have at most {LONGEST} characters"))
    } else {
        Ok(text.to_owned())
    }
}

/// A customer's number.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn customer(number: &str) -> Result<String, String> {
    let number = text(number)?;
    check_customer(&number)?;
    Ok(number)
}
