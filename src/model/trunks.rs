//! Which endpoints are trunks, where that is configured.

use std::fmt;

/// Patterns of endpoints, such as `PJSIP/trunk-*`; `*` stands for any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trunks {
    patterns: Vec<String>,
}

impl Trunks {
    /// Reads patterns that are separated by commas or blanks.
    pub fn parse(text: &str) -> Self {
        let mut patterns: Vec<String> = text
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|pattern| !pattern.is_empty())
            .map(str::to_owned)
            .collect();
        patterns.sort();
        patterns.dedup();
        Self { patterns }
    }

    /// Whether trunks are configured; else they are guessed.
    pub fn are_configured(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Whether an endpoint (`PJSIP/trunk-ovh`) is one of them, whatever the case.
    pub fn contain(&self, endpoint: &str) -> bool {
        let endpoint = endpoint.to_ascii_lowercase();
        let matches = |pattern: &String| is_like(&endpoint, &pattern.to_ascii_lowercase());
        self.patterns.iter().any(matches)
    }
}

impl fmt::Display for Trunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.patterns.join(","))
    }
}

/// Whether a text is like a pattern: each part between two `*` follows the one before it.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return text == pattern;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        match text.find(part) {
            Some(place) => text = &text[place + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        let trunks = Trunks::parse("PJSIP/trunk*, SIP/*-out-*,  DAHDI/i1/*");
        for endpoint in [
            "PJSIP/trunk",
            "pjsip/Trunk-ovh",
            "SIP/a-out-",
            "DAHDI/i1/0145",
        ] {
            assert!(trunks.contain(endpoint), "{endpoint}");
        }
        for endpoint in ["PJSIP/1000", "SIP/out", "DAHDI/i2/0145", "XPJSIP/trunk", ""] {
            assert!(!trunks.contain(endpoint), "{endpoint}");
        }
        assert_eq!(Trunks::parse(&trunks.to_string()), trunks);
        assert!(!Trunks::parse(" , ").are_configured());
    }
}
