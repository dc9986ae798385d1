//! A dialling plan: which of the ways to write a telephone number mean the same one.
//!
//! `+33611223344`, `0033611223344`, `33611223344` and `0611223344` are one number in France. The
//! histories keep numbers bare, as digits without `+`; so when the plan is configured anew, nothing
//! that is stored has to change: whoever is asked for a number looks for all its forms.

use std::collections::BTreeSet;

use super::{LONGEST_PEER, customer_key};

/// The fewest digits after the country code of a number without `+`, for it to be taken as
/// international: an internal number may begin with the same digits.
const LEAST_ABROAD: usize = 8;
/// The fewest digits after the national prefix: an internal number may begin with it.
const LEAST_AFTER_PREFIX: usize = 6;
/// The fewest digits of a national number where there is no prefix to know it by.
const LEAST_NATIONAL: usize = 7;
/// The fewest digits before and after a `*`.
const LEAST_BEFORE_STAR: usize = 2;
const LEAST_AFTER_STAR: usize = 3;

/// How numbers are dialled where the PBX is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiallingPlan {
    /// The code of the own country, such as 33; None when it is not known.
    pub country_code: Option<String>,
    /// What is dialled before the code of another country, such as 00 or 011.
    pub exit_prefix: String,
    /// What is dialled before a number within the country, such as 0; empty where there is none.
    pub national_prefix: String,
}

impl Default for DiallingPlan {
    fn default() -> Self {
        Self {
            country_code: None,
            exit_prefix: "00".to_owned(),
            national_prefix: "0".to_owned(),
        }
    }
}

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

impl DiallingPlan {
    /// The bare numbers that a pattern asks for; each number is of one of these forms only.
    pub fn forms(&self, pattern: &NumberPattern) -> BTreeSet<NumberForm> {
        match pattern {
            NumberPattern::Exactly(number) => self
                .spellings(number)
                .into_iter()
                .map(NumberForm::Exactly)
                .collect(),
            NumberPattern::BeginsWith(digits) => self.beginnings(digits),
            NumberPattern::EndsWith(digits) => {
                BTreeSet::from([NumberForm::EndsWith(digits.clone())])
            }
        }
    }

    /// The keys of the customers that a number may be stored under; none when it is no number.
    pub fn customer_keys(&self, number: &str) -> Vec<String> {
        let bare = bare(number);
        if bare
            .strip_prefix('+')
            .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
        {
            return customer_key(&bare).map_or_else(Vec::new, |_| self.spellings(&bare));
        }
        match customer_key(&bare) {
            Some(key) if key.bytes().all(|b| b.is_ascii_digit()) => self.spellings(&key),
            key => key.into_iter().collect(),
        }
    }

    /// What the plan says, as texts that other plans do not have.
    pub fn identity(&self) -> [&str; 3] {
        let country = self.country_code.as_deref().unwrap_or_default();
        [country, &self.exit_prefix, &self.national_prefix]
    }

    /// The one form that all forms of a bare number have in common.
    pub fn normal(&self, number: &str) -> String {
        match self.international(number) {
            Some(digits) => format!("+{digits}"),
            None => number.to_owned(),
        }
    }

    /// All ways in which a number is stored.
    fn spellings(&self, number: &str) -> Vec<String> {
        let mut spellings = BTreeSet::from([number.trim_start_matches('+').to_owned()]);
        if let Some(digits) = self.international(number) {
            spellings.insert(format!("{}{digits}", self.exit_prefix));
            if let Some(national) = self.national(&digits) {
                spellings.insert(national);
            }
            spellings.insert(digits);
        }
        spellings.into_iter().collect()
    }

    /// Beginnings as they are stored: the one that was asked for, and the same in other forms, where
    /// a number must be long enough not to be an internal one.
    fn beginnings(&self, begin: &str) -> BTreeSet<NumberForm> {
        let own = NumberForm::BeginsWith(begin.trim_start_matches('+').to_owned(), 0);
        let country = self.country_code.as_deref();
        let after = |prefix: &str| begin.strip_prefix(prefix).filter(|rest| !rest.is_empty());
        let abroad = after("+").or_else(|| after(&self.exit_prefix));
        let national = after(&self.national_prefix).filter(|_| !self.national_prefix.is_empty());
        let digits = match (abroad, national, country) {
            (Some(digits), _, _) => digits.to_owned(),
            (None, Some(rest), Some(country)) => format!("{country}{rest}"),
            _ => return BTreeSet::from([own]),
        };
        let (exit, prefix) = (&self.exit_prefix, &self.national_prefix);
        let form = |digits: String, least| NumberForm::BeginsWith(digits, least);
        let mut forms = BTreeSet::from([form(
            format!("{exit}{digits}"),
            exit.len() + LEAST_AFTER_PREFIX,
        )]);
        if let Some(country) = country {
            let least = prefix.len() + LEAST_AFTER_PREFIX;
            match digits.strip_prefix(country) {
                Some(rest) if !rest.is_empty() => {
                    forms.insert(form(format!("{prefix}{rest}"), least));
                }
                // All of the country; what begins like the exit prefix is abroad.
                _ if country.starts_with(&digits) || digits == country => {
                    let all = (0..=9).map(|digit| format!("{prefix}{digit}"));
                    let all = all.filter(|begin| !exit.starts_with(begin.as_str()));
                    forms.extend(all.map(|begin| form(begin, least)));
                }
                _ => {}
            }
        }
        let least = country.map_or(0, |country| country.len() + LEAST_ABROAD);
        forms.insert(form(digits, least));
        let NumberForm::BeginsWith(typed, _) = &own else {
            return forms;
        };
        forms.retain(|form| !matches!(form, NumberForm::BeginsWith(same, _) if same == typed));
        if begin.starts_with('+') {
            // It was written with a +, so an internal number is not meant.
            forms.insert(form(typed.clone(), least));
        } else {
            forms.insert(own);
        }
        forms
    }

    /// Country code and number, of whatever is not an internal number, a service, or unknown.
    fn international(&self, number: &str) -> Option<String> {
        if let Some(digits) = number.strip_prefix('+') {
            return Some(digits.to_owned());
        }
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let after = |prefix: &str, least: usize| {
            let rest = number.strip_prefix(prefix)?;
            (rest.len() >= least).then_some(rest)
        };
        if let Some(digits) = after(&self.exit_prefix, LEAST_AFTER_PREFIX) {
            return Some(digits.to_owned());
        }
        let country = self.country_code.as_deref()?;
        if self.national_prefix.is_empty() {
            // One digit more than abroad: some national numbers begin like the country's code.
            if after(country, LEAST_ABROAD + 1).is_some() {
                return Some(number.to_owned());
            }
            return (number.len() >= LEAST_NATIONAL).then(|| format!("{country}{number}"));
        }
        if after(country, LEAST_ABROAD).is_some() {
            return Some(number.to_owned());
        }
        let national = after(&self.national_prefix, LEAST_AFTER_PREFIX)?;
        Some(format!("{country}{national}"))
    }

    /// How an international number is dialled within the country, if it is there.
    fn national(&self, digits: &str) -> Option<String> {
        let national = digits.strip_prefix(self.country_code.as_deref()?)?;
        Some(format!("{}{national}", self.national_prefix)).filter(|text| !text.is_empty())
    }
}

/// The text without separators. A blank before an international number is the `+` that a URL has
/// made one of.
fn bare(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(country: &str, exit: &str, national: &str) -> DiallingPlan {
        DiallingPlan {
            country_code: Some(country.to_owned()).filter(|code| !code.is_empty()),
            exit_prefix: exit.to_owned(),
            national_prefix: national.to_owned(),
        }
    }

    fn matches(plan: &DiallingPlan, asked: &str, stored: &str) -> bool {
        let forms = plan.forms(&NumberPattern::parse(asked).unwrap());
        forms.iter().any(|form| form.is(stored))
    }

    /// What is asked for in a plan, what is stored, and whether it is that.
    #[test]
    fn forms_of_one_number_are_one() {
        let france = plan("33", "00", "0");
        let spain = plan("34", "00", "");
        let denmark = plan("45", "00", "");
        let america = plan("1", "011", "1");
        let nowhere = plan("", "00", "0");
        for (plan, asked, same, others) in [
            (
                &france,
                &[
                    "+33611223344",
                    " 33611223344",
                    "0033611223344",
                    "33611223344",
                    "0611223344",
                    "06 11-22.33/44",
                    "+33 (6) 11 22 33 44",
                ][..],
                &["33611223344", "0033611223344", "0611223344"][..],
                &["611223344", "0611223345", "+33611223344"][..],
            ),
            (
                &france,
                &["1001", " 0611"],
                &[],
                &["0011001", "331001", "33611"],
            ),
            (&france, &["3365"], &["3365"], &["065", "003365"]),
            (&france, &["15"], &["15"], &["3315", "015"]),
            (
                &france,
                &["+4930123456", "004930123456", " 49 30 123456"],
                &["4930123456", "004930123456"],
                &["030123456", "04930123456"],
            ),
            (
                &spain,
                &["+34911223344", "911223344", "0034911223344", "34911223344"],
                &["34911223344", "0034911223344", "911223344"],
                &["0911223344"],
            ),
            (
                &denmark,
                &["12345678", "+4512345678"],
                &["12345678", "4512345678"],
                &["2345678"],
            ),
            (
                &america,
                &["+12125551234", "12125551234", "01112125551234"],
                &["12125551234", "01112125551234"],
                &["5551234"],
            ),
            (
                &nowhere,
                &["+33611223344", "0033611223344"],
                &["33611223344", "0033611223344"],
                &["0611223344"],
            ),
            (&nowhere, &["0611223344"], &["0611223344"], &["33611223344"]),
            (
                &france,
                &["06*"],
                &["0611223344", "0612", "33611223344", "0033611223344"],
                &["3361", "0711223344", "336112"],
            ),
            (
                &france,
                &["+336*", "00336*"],
                &["0611223344", "33611223344", "0033611223344"],
                &["0612", "3361", "0711223344"],
            ),
            (
                &france,
                &["+33*", "0033*"],
                &["0611223344", "33145000000", "0033145000000"],
                &["004930123456", "3361", "012"],
            ),
            (
                &france,
                &["+49*"],
                &["4930123456", "004930123456"],
                &["0493012345", "4901"],
            ),
            (
                &france,
                &["10*"],
                &["1001", "10", "1099"],
                &["33101001", "001001", "010"],
            ),
            (
                &france,
                &["*3344"],
                &["0611223344", "33611223344", "3344"],
                &["33440"],
            ),
            (&nowhere, &["06*"], &["0611223344"], &["33611223344"]),
            (
                &nowhere,
                &["+336*"],
                &["33611223344", "00336112233"],
                &["0611223344"],
            ),
            (
                &spain,
                &["+34*"],
                &["911223344", "34911223344"],
                &["004930123456", "1001"],
            ),
        ] {
            for asked in asked {
                for stored in same {
                    assert!(matches(plan, asked, stored), "{asked} {stored} {plan:?}");
                }
                for stored in others {
                    assert!(!matches(plan, asked, stored), "{asked} {stored} {plan:?}");
                }
            }
        }
    }

    #[test]
    fn whoever_asks_for_a_number_finds_all_that_count_as_one() {
        for plan in [
            plan("33", "00", "0"),
            plan("34", "00", ""),
            plan("39", "00", ""),
            plan("1", "011", "1"),
            plan("", "00", "0"),
        ] {
            let country = plan.country_code.clone().unwrap_or_default();
            let bare = [
                "1001",
                "33",
                "0611223344",
                "611223344",
                "3931234567",
                "2125551234",
            ];
            let begins = [
                String::new(),
                country,
                plan.exit_prefix.clone(),
                "0033".to_owned(),
            ];
            let all: Vec<String> = bare
                .iter()
                .flat_map(|number| begins.iter().map(move |begin| format!("{begin}{number}")))
                .collect();
            for asked in &all {
                for stored in all.iter().filter(|s| plan.normal(s) == plan.normal(asked)) {
                    assert!(matches(&plan, asked, stored), "{asked} {stored} {plan:?}");
                    let keys = plan.customer_keys(asked);
                    assert!(keys.contains(stored), "{asked} {stored} {plan:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_says_what_one_would_be() {
        for (text, reason) in [
            ("", "digits"),
            ("+", "digits"),
            (" ", "digits"),
            ("*", "digits"),
            ("06*11", "one *"),
            ("*06*", "one *"),
            ("**", "one *"),
            ("**06", "one *"),
            ("+*3344", "one *"),
            ("0*", "2 digits before"),
            ("+3*", "2 digits"),
            ("*44", "3 digits after"),
            ("06a", "digits"),
            ("+33+6", "digits"),
            ("٣٣٦", "digits"),
            ("06%", "digits"),
            ("0611_", "digits"),
        ] {
            match NumberPattern::parse(text) {
                Err(said) => assert!(said.contains(reason), "{text}: {said}"),
                Ok(read) => panic!("{text}: {read:?}"),
            }
        }
        assert!(NumberPattern::parse(&"1".repeat(65)).is_err());
    }

    #[test]
    fn a_customer_has_one_key_in_each_form() {
        let france = plan("33", "00", "0");
        let keys = ["0033611223344", "0611223344", "33611223344"];
        for asked in [
            "+33611223344",
            " 33611223344",
            "0611223344",
            "06.11.22.33.44",
        ] {
            assert_eq!(france.customer_keys(asked), keys, "{asked}");
        }
        assert_eq!(france.customer_keys("#31#0611"), ["#31#0611"]);
        assert!(france.customer_keys("anonymous").is_empty());
        assert!(france.customer_keys("+").is_empty());
        assert_eq!(DiallingPlan::default().customer_keys("0611"), ["0611"]);
    }
}
