//! What numbers are asked for, and in which forms they are stored.

use crate::model::LONGEST_PEER;

/// The fewest digits before and after a `*`.
const LEAST_BEFORE_STAR: usize = 2;
const LEAST_AFTER_STAR: usize = 3;

/// Numbers that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberPattern {
    /// This number, in whatever form.
    Exactly(String),
    /// Those that begin with these digits.
    BeginsWith(String),
    /// Those that end with these digits.
    EndsWith(String),
}

/// Bare numbers as they stand in histories.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NumberForm {
    /// This one.
    Exactly(String),
    /// Those that begin with these digits and have so many at least.
    BeginsWith(String, usize),
    /// Those that end with these digits.
    EndsWith(String),
}

impl NumberForm {
    /// Whether this bare number is of the form.
    pub fn is(&self, number: &str) -> bool {
        match self {
            Self::Exactly(only) => number == only,
            Self::BeginsWith(begin, least) => number.starts_with(begin) && number.len() >= *least,
            Self::EndsWith(end) => number.ends_with(end),
        }
    }
}

impl NumberPattern {
    /// Reads a number, `0611*` or `*3344`. Blanks, `-`, `.`, `/` and brackets are ignored; a blank
    /// at the beginning is the `+` that a URL has made one of.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        const DIGITS: &str = "must be digits, perhaps with a leading +; 0611* are the numbers that \
                              begin with 0611, *3344 those that end with 3344";
        let bare = bare(text);
        let digits = bare.strip_prefix('+').unwrap_or(&bare);
        if !digits.bytes().all(|b| b.is_ascii_digit() || b == b'*') {
            return Err(DIGITS.to_owned());
        }
        if digits.len() > LONGEST_PEER {
            return Err(format!("must have at most {LONGEST_PEER} digits"));
        }
        match (digits.find('*'), digits.rfind('*')) {
            (None, _) if digits.is_empty() => Err(DIGITS.to_owned()),
            (None, _) => Ok(Self::Exactly(bare)),
            (Some(first), Some(last)) if first == last && first + 1 == digits.len() => {
                if first < LEAST_BEFORE_STAR {
                    return Err(format!(
                        "needs {LEAST_BEFORE_STAR} digits before the * at least, such as 06*"
                    ));
                }
                Ok(Self::BeginsWith(bare.trim_end_matches('*').to_owned()))
            }
            (Some(0), Some(0)) if !bare.starts_with('+') => {
                if digits.len() - 1 < LEAST_AFTER_STAR {
                    return Err(format!(
                        "needs {LEAST_AFTER_STAR} digits after the * at least, such as *344"
                    ));
                }
                Ok(Self::EndsWith(digits[1..].to_owned()))
            }
            _ => Err("can have one *, at its beginning or at its end".to_owned()),
        }
    }
}

/// The text without separators. A blank before an international number is the `+` that a URL has
/// made one of.
pub(super) fn bare(text: &str) -> String {
    // No country's code begins with 0.
    let first = text.trim_start().chars().next();
    let plus = match first {
        Some('1'..='9') if text.starts_with(' ') => "+",
        _ => "",
    };
    let separators = |c: &char| !c.is_whitespace() && !matches!(c, '-' | '.' | '/' | '(' | ')');
    let rest: String = text.chars().filter(separators).collect();
    format!("{plus}{rest}")
}
