//! An event of a channel: a row of CEL.
//!
//! Source of the events, their numbers and what `extra` holds: Asterisk's `cel.h` and `cel.c`,
//! of version 12 and later. Up to version 11 other things had the numbers from 7 on: where the
//! numbers do not tell which is meant, what the row lacks does.

use std::borrow::Cow;

use chrono_tz::Tz;

use super::channel::Channel;
use super::record::Record;
use super::time;
use crate::model::Time;

/// What happened, as far as folding asks, in the order in which it happens to a channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Happening {
    /// A channel was made.
    Start,
    /// Anything else: what it tells is the channel's state.
    Other,
    /// It handed its partner on.
    Transfer {
        /// To somebody whom it had talked with before.
        attended: bool,
        /// The extension or the channel that it was to.
        to: String,
    },
    /// It came into a bridge.
    Enter {
        /// The bridge's id.
        bridge: String,
        /// In this one nobody hears the others: parked, on hold.
        holding: bool,
    },
    /// It left a bridge.
    Exit {
        /// The bridge's id.
        bridge: String,
    },
    /// It hung up.
    Hangup,
    /// It is gone.
    End,
    /// The last channel with its linkedid is gone.
    LinkedidEnd,
}

/// A row of CEL, understood. Equal rows say the same; the order is that of the call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChannelEvent {
    /// When.
    pub time: Time,
    /// The second pass of a repeated hour, if it may be meant; see [`time::Stamp::again`].
    pub again: Option<Time>,
    /// What happened.
    pub happening: Happening,
    /// The channel's id.
    pub uniqueid: String,
    /// The conversation that it was in then.
    pub linkedid: String,
    /// The channel; None when its name tells nothing.
    pub channel: Option<Channel>,
    /// The application that it ran.
    pub application: String,
    /// Its arguments.
    pub data: String,
    /// The extension that it ran.
    pub exten: String,
    /// The number in its caller id.
    pub number: String,
    /// The name in its caller id.
    pub name: String,
    /// The account that its calls are counted for.
    pub accountcode: String,
}

impl ChannelEvent {
    /// Understands a row whose times are local to `zone`.
    ///
    /// # Errors
    /// The reason why it cannot be understood.
    pub fn read(record: &Record, zone: Tz) -> Result<Self, String> {
        let uniqueid = record.get("uniqueid");
        if uniqueid.is_empty() {
            return Err("uniqueid: missing".to_owned());
        }
        let stamp = time::parse(record.get("eventtime"), zone, time::created(uniqueid))
            .map_err(|reason| format!("eventtime: {reason}"))?
            .ok_or("eventtime: missing")?;
        let text = |column: &str| record.get(column).to_owned();
        Ok(Self {
            time: stamp.time,
            again: stamp.again,
            happening: happening(record.get("eventtype"), record.get("extra")),
            uniqueid: uniqueid.to_owned(),
            linkedid: text("linkedid"),
            channel: Channel::parse(record.get("channame")),
            application: text("appname"),
            data: text("appdata"),
            exten: text("exten"),
            number: text("cid_num"),
            name: text("cid_name"),
            accountcode: text("accountcode"),
        })
    }

    /// Whether the channel is one that another made ring: it runs no dialplan of its own.
    pub fn is_outgoing(&self) -> bool {
        ["AppDial", "AppDial2", "AppQueue"]
            .iter()
            .any(|name| self.application.eq_ignore_ascii_case(name))
    }
}

/// What a type and its `extra` say. A type is a name, or in a column of numbers its number.
fn happening(kind: &str, extra: &str) -> Happening {
    let bridge = || value(extra, "bridge_id").map(Cow::into_owned);
    match kind.trim().to_ascii_uppercase().as_str() {
        "CHAN_START" | "1" => Happening::Start,
        "CHAN_END" | "2" => Happening::End,
        "HANGUP" | "3" => Happening::Hangup,
        // Before version 12 there were no bridges with ids: 7 and 8 were other events then.
        "BRIDGE_ENTER" | "7" => bridge().map_or(Happening::Other, |bridge| Happening::Enter {
            bridge,
            holding: value(extra, "bridge_technology").as_deref() == Some("holding_bridge"),
        }),
        "BRIDGE_EXIT" | "8" => {
            bridge().map_or(Happening::Other, |bridge| Happening::Exit { bridge })
        }
        "BLINDTRANSFER" => transfer(extra, false),
        "ATTENDEDTRANSFER" => transfer(extra, true),
        number @ ("11" | "12") if bridge().is_some() || value(extra, "bridge1_id").is_some() => {
            transfer(extra, number == "12")
        }
        // 14 was an attended transfer, and 22 this.
        "LINKEDID_END" | "14" | "22" => Happening::LinkedidEnd,
        _ => Happening::Other,
    }
}

fn transfer(extra: &str, attended: bool) -> Happening {
    let key = match attended {
        true => "transfer_target_channel_name",
        false => "extension",
    };
    let to = value(extra, key).filter(|to| to != "N/A");
    Happening::Transfer {
        attended,
        to: to.map(Cow::into_owned).unwrap_or_default(),
    }
}

/// The text with this key in an object of JSON that may be cut off anywhere.
fn value<'a>(json: &'a str, key: &str) -> Option<Cow<'a, str>> {
    let mut rest = json;
    while let Some(at) = rest.find(key) {
        let quoted = rest[..at].ends_with('"');
        rest = &rest[at + key.len()..];
        let behind = rest.strip_prefix('"').map(str::trim_start);
        let Some(text) = behind
            .filter(|_| quoted)
            .and_then(|behind| behind.strip_prefix(':'))
            .and_then(|behind| behind.trim_start().strip_prefix('"'))
        else {
            continue;
        };
        return unquoted(text).filter(|text| !text.is_empty());
    }
    None
}

/// A text up to the quote that ends it. Asterisk escapes nothing but quotes and their like.
fn unquoted(text: &str) -> Option<Cow<'_, str>> {
    let end = text.find(['"', '\\'])?;
    if text[end..].starts_with('"') {
        return Some(Cow::Borrowed(&text[..end]));
    }
    let mut plain = text[..end].to_owned();
    let mut rest = text[end..].chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => return Some(Cow::Owned(plain)),
            '\\' => plain.push(rest.next()?),
            c => plain.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfer(attended: bool, to: &str) -> Happening {
        let to = to.to_owned();
        Happening::Transfer { attended, to }
    }

    fn enter(bridge: &str, holding: bool) -> Happening {
        let bridge = bridge.to_owned();
        Happening::Enter { bridge, holding }
    }

    #[test]
    fn types_are_names_or_the_numbers_of_version_12() {
        let bridge = r#"{"bridge_id":"b1","bridge_technology":"simple_bridge"}"#;
        let parked = r#"{"bridge_id":"b2","bridge_technology":"holding_bridge"}"#;
        for (kind, extra, expected) in [
            ("CHAN_START", "", Happening::Start),
            ("chan_end", "", Happening::End),
            ("3", "", Happening::Hangup),
            ("BRIDGE_ENTER", bridge, enter("b1", false)),
            ("7", parked, enter("b2", true)),
            ("14", "", Happening::LinkedidEnd),
            ("11", bridge, transfer(false, "")),
            ("12", r#"{"bridge1_id":"b"}"#, transfer(true, "")),
            (
                "BLINDTRANSFER",
                r#"{"extension":"1003","context":"default","bridge_id":"b"}"#,
                transfer(false, "1003"),
            ),
            (
                "ATTENDEDTRANSFER",
                r#"{"bridge1_id":"b","transfer_target_channel_name":"PJSIP/1003-1"}"#,
                transfer(true, "PJSIP/1003-1"),
            ),
            (
                "ATTENDEDTRANSFER",
                r#"{"transfer_target_channel_name":"N/A"}"#,
                transfer(true, ""),
            ),
            ("MY_OWN", "", Happening::Other),
        ] {
            assert_eq!(happening(kind, extra), expected, "{kind} {extra}");
        }
    }

    #[test]
    fn numbers_of_older_versions_are_not_taken_for_what_they_are_now() {
        // BRIDGE_START, BRIDGE_END, PARK_START, CONF_START, USER_DEFINED of version 11.
        for kind in ["7", "8", "9", "11", "12", "21"] {
            assert_eq!(happening(kind, ""), Happening::Other, "{kind}");
        }
        assert_eq!(happening("22", ""), Happening::LinkedidEnd);
    }

    #[test]
    fn extra_may_be_cut_off_or_be_no_json_at_all() {
        for (extra, expected) in [
            (r#"{"bridge_id":"b1","bridge_techno"#, Some("b1")),
            (r#"{ "bridge_id" : "b1" }"#, Some("b1")),
            (r#"{"x":"bridge_id","bridge_id":"b1"}"#, Some("b1")),
            (r#"{"bridge_id":"a\/b"}"#, Some("a/b")),
            (r#"{"bridge_id":"b"#, None),
            (r#"{"bridge_id":"a\/"#, None),
            (r#"{"bridge_id":""}"#, None),
            (r#"{"bridge_id":7}"#, None),
            ("bridge_id", None),
            ("é\u{0}", None),
        ] {
            assert_eq!(value(extra, "bridge_id").as_deref(), expected, "{extra}");
        }
    }
}
