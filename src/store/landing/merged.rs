//! Conversations that became one. When two of them are joined (a phone's own transfer, a call
//! that is picked up or fetched from where it was parked), their channels go on with the older
//! linkedid: then `cel` has one channel in two conversations. They are one call, under the
//! name of the oldest.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;

use super::conversations::{has_rows, pairs};
use crate::asterisk::record::Kind;
use crate::asterisk::time::age;
use crate::store::{CHUNK, Connection};

/// A channel is handed on a few times. What is in more conversations than this is no channel,
/// whatever writes such rows.
const MOST: usize = 16;

/// Which conversations are one call.
#[derive(Debug, Default)]
pub(super) struct Merged {
    /// The calls of more than one conversation.
    groups: Vec<BTreeSet<String>>,
    of: HashMap<String, usize>,
}

impl Merged {
    /// The name of the call that a conversation is of.
    pub(super) fn name<'a>(&'a self, conversation: &'a str) -> &'a str {
        let group = self.of.get(conversation).map(|n| &self.groups[*n]);
        let oldest = group.and_then(|group| group.iter().min_by_key(|name| age(name)));
        oldest.map_or(conversation, String::as_str)
    }

    /// All conversations of the call that one is of.
    pub(super) fn all<'a>(&'a self, conversation: &'a str) -> impl Iterator<Item = &'a str> {
        let group = self.of.get(conversation).map(|n| &self.groups[*n]);
        let alone = group.is_none().then_some(conversation);
        let group = group.into_iter().flatten();
        group.map(String::as_str).chain(alone)
    }
}

/// Which of these conversations are one call with others.
pub(super) fn merged(
    conn: &mut Connection,
    source: &str,
    conversations: &[String],
) -> QueryResult<Merged> {
    let mut links = Links::default();
    if conversations.is_empty() || !has_rows(conn, source, Kind::Cel)? {
        return Ok(Merged::default());
    }
    let mut known: BTreeSet<String> = conversations.iter().cloned().collect();
    let mut next: Vec<String> = known.iter().cloned().collect();
    let mut asked: BTreeSet<String> = BTreeSet::new();
    while !next.is_empty() {
        let pairs = in_chunks(conn, source, "conversation", &next)?;
        let new = pairs.into_iter().map(|(uniqueid, _)| uniqueid);
        let new: BTreeSet<String> = new.filter(|id| asked.insert(id.clone())).collect();
        let new: Vec<String> = new.into_iter().collect();
        let found = Links::of(in_chunks(conn, source, "uniqueid", &new)?);
        next = found.conversations().cloned().collect();
        next.retain(|conversation| known.insert(conversation.clone()));
        links.channels.extend(found.channels);
    }
    Ok(links.merged())
}

fn in_chunks(
    conn: &mut Connection,
    source: &str,
    column: &str,
    values: &[String],
) -> QueryResult<Vec<(String, String)>> {
    let mut all = Vec::new();
    for chunk in values.chunks(CHUNK) {
        let chunk = chunk.iter().map(String::as_str).collect();
        let pairs = pairs(conn, source, Kind::Cel, column, &chunk)?;
        all.extend(
            pairs
                .into_iter()
                .map(|pair| (pair.uniqueid, pair.conversation)),
        );
    }
    Ok(all)
}

/// The channels that are in several conversations.
#[derive(Default)]
struct Links {
    channels: BTreeMap<String, BTreeSet<String>>,
}

impl Links {
    fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut channels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (uniqueid, conversation) in pairs {
            channels.entry(uniqueid).or_default().insert(conversation);
        }
        channels.retain(|_, of| (2..=MOST).contains(&of.len()));
        Self { channels }
    }

    fn conversations(&self) -> impl Iterator<Item = &String> {
        self.channels.values().flatten()
    }

    fn merged(self) -> Merged {
        let mut merged = Merged::default();
        for conversations in self.channels.into_values() {
            let mut into: BTreeSet<usize> = BTreeSet::new();
            into.extend(conversations.iter().filter_map(|c| merged.of.get(c)));
            let mut group = conversations;
            for n in into {
                group.append(&mut merged.groups[n]);
            }
            let n = merged.groups.len();
            merged.of.extend(group.iter().map(|name| (name.clone(), n)));
            merged.groups.push(group);
        }
        merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversations_with_a_channel_in_common_are_one_under_the_oldest_name() {
        let mut pairs: Vec<(String, String)> = [
            ("1795393100.9", "1795393100.9"),
            ("1795393100.10", "1795393100.10"),
            ("1795393100.10", "1795393100.9"),
            ("1795393099.77", "1795393099.77"),
            ("c", "1795393100.10"),
            ("c", "1795393101.1"),
        ]
        .map(|(channel, conversation)| (channel.to_owned(), conversation.to_owned()))
        .into();
        // Whatever this is.
        pairs.extend((0..50).map(|n| ("x".to_owned(), format!("{n}.1"))));
        pairs.push(("x".to_owned(), "1795393100.9".to_owned()));
        let merged = Links::of(pairs).merged();
        for one in ["1795393100.9", "1795393100.10", "1795393101.1"] {
            assert_eq!(merged.name(one), "1795393100.9");
            assert_eq!(merged.all(one).count(), 3);
        }
        for alone in ["1795393099.77", "7.1"] {
            assert_eq!(merged.name(alone), alone);
            assert!(merged.all(alone).eq([alone]));
        }
    }
}
