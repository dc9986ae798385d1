//! A dialling plan: which of the ways to write a telephone number mean the same one.
//!
//! `+33611223344`, `0033611223344`, `33611223344` and `0611223344` are one number in France. The
//! histories keep numbers bare, as digits without `+`; so when the plan is configured anew, nothing
//! that is stored has to change: whoever is asked for a number looks for all its forms.

mod pattern;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::customer_key;

use pattern::bare;
pub use pattern::{NumberForm, NumberPattern};

/// The fewest digits after the country code of a number without `+`, for it to be taken as
/// international: an internal number may begin with the same digits.
const LEAST_ABROAD: usize = 8;
/// The fewest digits after the national prefix: an internal number may begin with it.
const LEAST_AFTER_PREFIX: usize = 6;
/// The fewest digits of a national number where there is no prefix to know it by.
const LEAST_NATIONAL: usize = 7;

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
