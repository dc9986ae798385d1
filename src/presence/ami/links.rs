//! How the connections to the PBXs are, for whoever looks after the service.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::Utc;

use crate::model::Time;

/// The connections, by source.
#[derive(Debug, Default)]
pub struct Links(Mutex<BTreeMap<String, Link>>);

/// A connection, or that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Why there is none, in words for everybody: no names of hosts or users. None while there
    /// is one.
    pub trouble: Option<&'static str>,
    /// Since when it is so.
    pub since: Time,
}

impl Links {
    /// All of them, by the names of their sources.
    pub fn read(&self) -> Vec<(String, Link)> {
        let links = self.links();
        let each = links.iter();
        each.map(|(source, link)| (source.clone(), link.clone()))
            .collect()
    }

    /// Notes how a connection is.
    pub(super) fn note(&self, source: &str, trouble: Option<&'static str>) {
        let mut links = self.links();
        let known = links.get(source);
        if known.is_none_or(|known| known.trouble != trouble) {
            let since = Utc::now();
            links.insert(source.to_owned(), Link { trouble, since });
        }
    }

    fn links(&self) -> MutexGuard<'_, BTreeMap<String, Link>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
