//! Reads a query string, parameter by parameter, and collects what is wrong with it.

use std::collections::HashSet;

use crate::api::problem::{Fault, MOST_FAULTS};

/// How much of an unknown parameter's name is repeated in a problem.
const ECHOED: usize = 64;

/// A query string that is being read.
///
/// It learns which parameters are known by being asked for them.
#[derive(Debug)]
pub struct Reader {
    given: Vec<(String, String)>,
    known: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl Reader {
    /// Begins to read this query string.
    pub fn new(query: &str) -> Self {
        Self {
            given: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            known: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// A parameter that may be given once. `None` also when it is wrong.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let mut values = self.values(name);
        if values.len() > 1 {
            self.fault(name, "is given more than once");
            return None;
        }
        match parse(&values.pop()?) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.fault(name, reason);
                None
            }
        }
    }

    /// A parameter that must be given once. `None` only after a fault.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if !self.given.iter().any(|(given, _)| given == name) {
            self.fault(name, "is required");
        }
        self.optional(name, parse)
    }

    /// A parameter that may be given several times.
    pub fn repeated<T: PartialEq>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let mut all = Vec::new();
        for value in self.values(name) {
            match parse(&value) {
                Ok(value) if all.contains(&value) => {}
                Ok(value) => all.push(value),
                Err(reason) if value.contains(',') => {
                    self.fault(
                        name,
                        format!("{reason}; for several, give {name} several times"),
                    );
                }
                Err(reason) => self.fault(name, reason),
            }
        }
        all
    }

    /// Notes that a parameter is wrong.
    pub fn fault(&mut self, name: &str, reason: impl Into<String>) {
        if self.faults.len() == MOST_FAULTS {
            return;
        }
        let fault = Fault::new(name, reason);
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// The names of the parameters that were asked for.
    pub fn known(&self) -> &[&'static str] {
        &self.known
    }

    /// Everything that was given, decoded and each once, when nothing is wrong with it; else the
    /// faults, among them one for each parameter that was never asked for.
    pub fn finish(mut self) -> Result<Vec<(String, String)>, Vec<Fault>> {
        self.known.sort_unstable();
        let reason = format!("is unknown here; known are {}", self.known.join(", "));
        let unknown: Vec<String> = self
            .given
            .iter()
            .filter(|(name, _)| !self.known.contains(&name.as_str()))
            .map(|(name, _)| name.chars().take(ECHOED).collect())
            .take(MOST_FAULTS)
            .collect();
        for name in unknown {
            self.fault(&name, reason.clone());
        }
        if self.faults.is_empty() {
            let mut seen = HashSet::new();
            self.given.retain(|pair| seen.insert(pair.clone()));
            Ok(self.given)
        } else {
            Err(self.faults)
        }
    }

    fn values(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        self.given
            .iter()
            .filter(|(given, _)| given == name)
            .map(|(_, value)| value.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Result<String, String> {
        match value {
            "" => Err("is empty".to_owned()),
            _ => Ok(value.to_owned()),
        }
    }

    #[test]
    fn who_lists_values_with_commas_is_told_how_to_give_several() {
        let mut reader = Reader::new("d=x,y&e=y");
        let digits = |value: &str| value.parse::<u8>().map_err(|_| "is no number".to_owned());
        assert!(reader.repeated("d", digits).is_empty());
        assert!(reader.repeated("e", digits).is_empty());
        let reasons = reader.finish().unwrap_err().into_iter().map(|f| f.reason);
        assert_eq!(
            reasons.collect::<Vec<_>>(),
            [
                "is no number; for several, give d several times",
                "is no number"
            ]
        );
    }

    #[test]
    fn all_faults_are_collected() {
        let mut reader = Reader::new("a=1&a=2&b=&zzz=1&d=x&d=x");
        assert_eq!(reader.optional("a", text), None);
        assert_eq!(reader.optional("b", text), None);
        assert_eq!(reader.required("c", text), None);
        assert_eq!(reader.repeated("d", text), ["x"]);
        let faults = reader.finish().unwrap_err();
        let faults: Vec<String> = faults
            .iter()
            .map(|f| format!("{} {}", f.parameter, f.reason))
            .collect();
        assert_eq!(
            faults,
            [
                "a is given more than once",
                "b is empty",
                "c is required",
                "zzz is unknown here; known are a, b, c, d",
            ]
        );
    }

    #[test]
    fn a_long_query_does_not_make_a_long_answer() {
        let query: Vec<String> = (0..10_000).map(|n| format!("x{n}")).collect();
        let faults = Reader::new(&query.join("&")).finish().unwrap_err();
        assert_eq!(faults.len(), MOST_FAULTS);
        assert_eq!(faults[MOST_FAULTS - 1].parameter, "x19");
        let query = "a=1&".repeat(10_000);
        let mut reader = Reader::new(&query);
        assert_eq!(reader.repeated("a", text), ["1"]);
        assert_eq!(reader.finish().unwrap().len(), 1);
    }

    #[test]
    fn values_are_decoded() {
        let mut reader = Reader::new("a=%C3%A9+%2B%00&b=1%262");
        assert_eq!(reader.optional("a", text).as_deref(), Some("é +\0"));
        assert_eq!(reader.required("b", text).as_deref(), Some("1&2"));
        assert_eq!(reader.optional("c", text), None);
        assert_eq!(reader.finish().unwrap().len(), 2);
    }
}
