//! What the entries of a call are made of, by what is known of it: a call of thousands of rows
//! would otherwise be searched again for each entry.

use std::collections::HashMap;

use super::callers;
use super::contacts::Contact;
use super::paths::Path;
use super::talk::Talk;
use super::who::{Party, Who};
use crate::asterisk::Channel;

/// What is found at once.
#[derive(Default)]
pub(super) struct Index<'a> {
    /// The contacts that were made from a channel.
    pub(super) contacts_from: HashMap<&'a Channel, Vec<&'a Contact<'a>>>,
    /// The paths into conference rooms, by either channel.
    pub(super) rooms: HashMap<&'a Channel, Vec<&'a Path<'a>>>,
    /// The talks of users who call on, by user.
    pub(super) calls_of: HashMap<String, Vec<Talk>>,
    /// The first path of each channel, by its uniqueid.
    pub(super) by_uniqueid: HashMap<&'a str, &'a Path<'a>>,
    /// The contacts in which a phone was answered: of each phone the first that talked. One that
    /// is up already and comes back to the caller is not answered again.
    pub(super) talked: Vec<&'a Contact<'a>>,
    /// Who answered in each visit.
    pub(super) answered: HashMap<usize, &'a Contact<'a>>,
}

impl<'a> Index<'a> {
    pub(super) fn of(who: &Who<'_>, paths: &'a [Path<'a>], contacts: &'a [Contact<'a>]) -> Self {
        let mut index = Self::default();
        let mut up: HashMap<&Channel, usize> = HashMap::new();
        for path in paths {
            let Some(from) = path.from else { continue };
            let by_uniqueid = &mut index.by_uniqueid;
            by_uniqueid.entry(&path.outer.uniqueid).or_insert(path);
            if path.is_conference() {
                index.rooms.entry(from).or_default().push(path);
                if let Some(to) = path.to.filter(|to| *to != from) {
                    index.rooms.entry(to).or_default().push(path);
                }
            }
        }
        for contact in contacts {
            if let Some(path) = contact.path
                && let Some(from) = path.from
            {
                index.contacts_from.entry(from).or_default().push(contact);
                if let (Some(talk), Party::User(user)) =
                    (contact.talk, callers::party(who, path.outer, Some(from)))
                {
                    index.calls_of.entry(user).or_default().push(talk);
                }
            }
            if let Some(talk) = contact.talk {
                let talked = &mut index.talked;
                let known = contact.phone.map(|phone| up.entry(phone));
                let place = known.map_or(talked.len(), |known| *known.or_insert(talked.len()));
                match talked.get_mut(place) {
                    Some(first) if first.talk.is_some_and(|first| talk.from < first.from) => {
                        *first = contact;
                    }
                    Some(_) => {}
                    None => talked.push(contact),
                }
                if let Some(visit) = contact.visit {
                    index.answered.entry(visit).or_insert(contact);
                }
            }
        }
        index
    }
}
