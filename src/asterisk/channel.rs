//! Channel names: `PJSIP/1000-0000001a`, `Local/101@from-queue-000001f5;1`.
//!
//! Source of the formats: Asterisk's channel drivers; endpoint names may contain `-`, so only
//! the last one is cut.

/// What a channel's name tells.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// A channel to a phone or a trunk.
    Phone {
        /// The whole name.
        name: String,
        /// Technology and endpoint: `PJSIP/1000`.
        endpoint: String,
    },
    /// One half of a Local channel: plumbing inside Asterisk.
    Local {
        /// The whole name.
        name: String,
        /// What both halves share: `Local/101@from-queue-000001f5`.
        pair: String,
        /// 1 or 2.
        half: u8,
        /// The extension it runs: `101`.
        exten: String,
    },
}

impl Channel {
    /// Reads a channel's name; None for what is none (empty, or without a technology).
    pub fn parse(name: &str) -> Option<Self> {
        let name = without_disguise(name);
        let (technology, rest) = name.split_once('/')?;
        if technology.is_empty() || rest.is_empty() {
            return None;
        }
        if technology.eq_ignore_ascii_case("Local") {
            return Some(Self::local(name, rest));
        }
        let endpoint = match rest.rsplit_once('-') {
            Some((endpoint, _suffix)) if !endpoint.is_empty() => {
                &name[..technology.len() + 1 + endpoint.len()]
            }
            _ => name,
        };
        Some(Self::Phone {
            name: name.to_owned(),
            endpoint: endpoint.to_owned(),
        })
    }

    fn local(name: &str, rest: &str) -> Self {
        let (pair, half) = match name.rsplit_once(';') {
            Some((pair, "2")) => (pair, 2),
            Some((pair, _)) => (pair, 1),
            None => (name, 1),
        };
        // An extension may contain `-` (`id-12`, `FMPR-1001`): the context begins at `@`.
        let exten = rest.split(['@', ';']).next().unwrap_or_default();
        Self::Local {
            name: name.to_owned(),
            pair: pair.to_owned(),
            half,
            exten: exten.to_owned(),
        }
    }

    /// The whole name.
    pub fn name(&self) -> &str {
        match self {
            Self::Phone { name, .. } | Self::Local { name, .. } => name,
        }
    }

    /// Whether it carries text messages, and no call.
    pub fn is_message(&self) -> bool {
        self.name().starts_with("Message/")
    }
}

/// A name without what Asterisk puts around that of a channel which another takes the place of.
fn without_disguise(name: &str) -> &str {
    let name = name.trim_end_matches("<ZOMBIE>").trim_end_matches("<MASQ>");
    ["AsyncGoto/", "Parked/", "Transfered/", "Surrogate/"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix).filter(|rest| rest.contains('/')))
        .unwrap_or(name)
}

/// The part of an endpoint behind its technology: `1000` of `PJSIP/1000`.
pub fn endpoint_name(endpoint: &str) -> &str {
    endpoint.split_once('/').map_or(endpoint, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(name: &str) -> String {
        match Channel::parse(name) {
            Some(Channel::Phone { endpoint, .. }) => endpoint,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn an_endpoint_is_the_name_without_its_last_suffix() {
        assert_eq!(endpoint("PJSIP/1000-0000001a"), "PJSIP/1000");
        assert_eq!(endpoint("PJSIP/trunk-ovh-00000b2c"), "PJSIP/trunk-ovh");
        assert_eq!(endpoint("DAHDI/i1/0123456789-3"), "DAHDI/i1/0123456789");
        assert_eq!(endpoint("Agent/1002"), "Agent/1002");
        assert_eq!(endpoint("AsyncGoto/SIP/1000-0000001a"), "SIP/1000");
        assert_eq!(endpoint("SIP/1000-0000001a<ZOMBIE>"), "SIP/1000");
    }

    #[test]
    fn the_halves_of_a_local_channel_share_their_pair() {
        let one = Channel::parse("Local/101@from-queue-000001f5;1");
        let two = Channel::parse("Local/101@from-queue-000001f5;2");
        match (one, two) {
            (
                Some(Channel::Local {
                    pair: a,
                    half: 1,
                    exten,
                    ..
                }),
                Some(Channel::Local {
                    pair: b, half: 2, ..
                }),
            ) => {
                assert_eq!(a, b);
                assert_eq!(exten, "101");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_extension_of_a_local_channel_ends_where_its_context_begins() {
        for (name, expected) in [
            ("Local/1001@from-queue/n", "1001"),
            ("Local/id-12@agentcallback", "id-12"),
            ("Local/FMPR-1001@from-internal-00000012;1", "FMPR-1001"),
        ] {
            match Channel::parse(name) {
                Some(Channel::Local { exten, .. }) => assert_eq!(exten, expected),
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_channel_is_none() {
        for name in ["", "1000", "/", "PJSIP/", "/1000"] {
            assert_eq!(Channel::parse(name), None, "{name}");
        }
    }
}
