//! How numbers are dialled where the PBX is.

use clap::Args;

use crate::model::DiallingPlan;

/// How numbers are dialled where the PBX is.
#[derive(Args, Clone, Debug)]
pub struct NumberArgs {
    /// Code of the own country, such as 33: +33611223344 and 0611223344 are then one number
    /// [default: none]
    #[arg(
        long,
        env = "COUNTRY_CODE",
        value_name = "DIGITS",
        default_value = "",
        hide_default_value = true,
        value_parser = country
    )]
    country_code: String,

    /// What is dialled before the code of another country
    #[arg(
        long,
        env = "EXIT_PREFIX",
        value_name = "DIGITS",
        default_value = "00",
        value_parser = exit
    )]
    exit_prefix: String,

    /// What is dialled before a number within the country; empty where there is nothing
    #[arg(
        long,
        env = "NATIONAL_PREFIX",
        value_name = "DIGITS",
        default_value = "0",
        value_parser = national
    )]
    national_prefix: String,
}

impl NumberArgs {
    /// The plan.
    pub fn plan(&self) -> DiallingPlan {
        DiallingPlan {
            country_code: Some(self.country_code.clone()).filter(|code| !code.is_empty()),
            exit_prefix: self.exit_prefix.clone(),
            national_prefix: self.national_prefix.clone(),
        }
    }
}

fn country(text: &str) -> Result<String, String> {
    let code = text.trim().trim_start_matches('+');
    match code.len() <= 3 && is_digits(code) && !code.starts_with('0') {
        true => Ok(code.to_owned()),
        false => Err("a country code of 1 to 3 digits is needed, such as 33".to_owned()),
    }
}

fn exit(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a prefix such as 00 or 011 is needed".to_owned()),
        prefix => national(prefix),
    }
}

fn national(text: &str) -> Result<String, String> {
    let prefix = text.trim();
    match prefix.len() <= 5 && is_digits(prefix) {
        true => Ok(prefix.to_owned()),
        false => Err("a prefix of at most 5 digits is needed, such as 0".to_owned()),
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_prefixes_are_digits() {
        assert_eq!(country("+33"), Ok("33".to_owned()));
        assert_eq!(country(""), Ok(String::new()));
        assert_eq!(national(""), Ok(String::new()));
        assert_eq!(exit("011"), Ok("011".to_owned()));
        for bad in ["033", "3333", "FR", "3 3"] {
            assert!(country(bad).is_err(), "{bad}");
        }
        for bad in ["", "+", "000000", "a"] {
            assert!(exit(bad).is_err(), "{bad}");
        }
    }
}
