//! The numbers that were dialled through trunks.

use std::collections::HashMap;

use super::paths::Path;
use crate::asterisk::Channel;
use crate::model::is_dialable;

/// The numbers behind trunks: what the dial string gives to one, without the PBX's own exit
/// prefix; else the extension that was dialled.
///
/// A dial string may give several numbers to one trunk. Its channels were made in the order of
/// the numbers, and that is the order of the rows.
///
/// A channel keeps its number: to whomever it is handed on, that row tells what others dialled.
#[derive(Default)]
pub(super) struct Trunks<'a> {
    channels: HashMap<(&'a str, &'a str, &'a str), Vec<&'a Channel>>,
    numbers: HashMap<&'a Channel, Option<String>>,
    /// The numbers of those who call through trunks.
    callers: HashMap<&'a Channel, &'a str>,
}

impl<'a> Trunks<'a> {
    pub(super) fn of(paths: &'a [Path<'a>]) -> Self {
        let mut trunks = Self::default();
        for path in paths {
            let number = Some(path.outer.src.as_str()).filter(|number| is_dialable(number));
            if let (Some(from), Some(number)) = (path.from, number) {
                trunks.callers.entry(from).or_insert(number);
            }
        }
        trunks
    }

    /// The number behind a trunk, for the paths of a call in their order.
    pub(super) fn number(&mut self, path: &Path<'a>) -> Option<String> {
        let to = path.to?;
        if let Some(number) = self.numbers.get(to) {
            return number.clone();
        }
        let number = self.dialled(path);
        self.numbers.insert(to, number.clone());
        number
    }

    fn dialled(&mut self, path: &Path<'a>) -> Option<String> {
        let row = path.row;
        let to = path.to?;
        let Channel::Phone { endpoint, .. } = to else {
            return None;
        };
        let destinations = row.lastdata.split([',', '|']).next().unwrap_or_default();
        let numbers: Vec<&str> = destinations
            .split('&')
            .filter_map(|destination| number_in(destination.trim(), endpoint))
            .collect();
        let rank = match numbers.len() {
            0 => {
                let caller = self.callers.get(to).copied();
                return caller.or(row.dialled()).map(str::to_owned);
            }
            1 => 0,
            _ => {
                let dial = (
                    row.uniqueid.as_str(),
                    row.lastdata.as_str(),
                    endpoint.as_str(),
                );
                let channels = self.channels.entry(dial).or_default();
                let rank = channels.iter().position(|channel| *channel == to);
                rank.unwrap_or_else(|| {
                    channels.push(to);
                    channels.len() - 1
                })
            }
        };
        // The same dialled again begins with the first number again.
        Some(numbers[rank % numbers.len()].to_owned())
    }
}

/// `PJSIP/0145678901@trunk`, `SIP/trunk/0145678901`, `PJSIP/trunk/sip:0145678901@host`, and
/// `DAHDI/g0/0145678901`, where any channel of the group may have been taken.
fn number_in<'a>(destination: &'a str, endpoint: &str) -> Option<&'a str> {
    let (technology, name) = endpoint.split_once('/')?;
    let (dialled_technology, rest) = destination.split_once('/')?;
    if !technology.eq_ignore_ascii_case(dialled_technology) {
        return None;
    }
    let of_group = |rest: &'a str| rest.split_once('/').filter(|(group, _)| is_group(group));
    let behind = rest.strip_prefix(name).and_then(|r| r.strip_prefix('/'));
    let number = match behind.or(of_group(rest).map(|(_, address)| address)) {
        Some(address) => {
            let address = address
                .trim_start_matches("sips:")
                .trim_start_matches("sip:");
            address.split(['@', ';', '/']).next()?
        }
        None => rest.strip_suffix(name)?.strip_suffix('@')?,
    };
    is_dialable(number).then_some(number)
}

/// A group of channels, with the way to choose one: `g0`, `G1`, `r2`, `R3`.
fn is_group(name: &str) -> bool {
    name.strip_prefix(['g', 'G', 'r', 'R'])
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outside_number_is_read_from_the_dial_string() {
        for (destination, endpoint, number) in [
            ("PJSIP/0145678901@trunk", "PJSIP/trunk", Some("0145678901")),
            (
                "SIP/trunk-ovh/0145678901",
                "SIP/trunk-ovh",
                Some("0145678901"),
            ),
            ("PJSIP/trunk/sip:+33145@host", "PJSIP/trunk", Some("+33145")),
            ("DAHDI/i1/0145678901", "DAHDI/i1", Some("0145678901")),
            ("DAHDI/g0/0145678901", "DAHDI/5", Some("0145678901")),
            ("PJSIP/group/0145678901", "PJSIP/trunk", None),
            ("PJSIP/1001", "PJSIP/trunk", None),
            ("PJSIP/word@trunk", "PJSIP/trunk", None),
            ("IAX2/0145@trunk", "PJSIP/trunk", None),
        ] {
            assert_eq!(number_in(destination, endpoint), number, "{destination}");
        }
    }
}
