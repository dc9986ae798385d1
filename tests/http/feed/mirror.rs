//! A program that keeps a copy of what it may read, by `/changes` or `/events`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::service::Service;

/// The copy: of each call what was told last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mirror {
    key: String,
    query: String,
    pub(crate) cursor: Option<String>,
    pub(crate) calls: BTreeMap<String, Value>,
    last: i64,
}

impl Mirror {
    /// One that knows nothing yet. The query narrows, such as `&user=usera`; it may be empty.
    pub(crate) fn new(key: &str, query: &str) -> Self {
        Self {
            key: key.to_owned(),
            query: query.to_owned(),
            ..Self::default()
        }
    }

    /// A copy made in one go.
    pub(crate) fn fresh(service: &Service, key: &str, query: &str) -> Self {
        let mut mirror = Self::new(key, query);
        mirror.sync(service, 1000);
        mirror
    }

    /// Reads pages of this length until there are no more.
    pub(crate) fn sync(&mut self, service: &Service, size: usize) {
        while self.page(service, size) {}
    }

    /// Reads one page; returns whether there are more.
    pub(crate) fn page(&mut self, service: &Service, size: usize) -> bool {
        let since = self.cursor.as_ref();
        let since = since.map_or_else(String::new, |cursor| format!("&since={cursor}"));
        let path = format!("/changes?size={size}{}{since}", self.query);
        let answer = service.get_as(&self.key, &path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let page = answer.json();
        let changes = page["changes"].as_array().unwrap();
        assert!(changes.len() <= size, "{} of {size}", changes.len());
        for change in changes {
            self.apply(change);
        }
        self.cursor = Some(page["cursor"].as_str().unwrap().to_owned());
        page["more"].as_bool().unwrap()
    }

    /// Takes over what is told of a call, which comes after all that was told before.
    pub(crate) fn apply(&mut self, change: &Value) {
        let revision = change["revision"].as_i64().unwrap();
        assert!(revision > self.last, "{revision} after {}", self.last);
        self.last = revision;
        let call = change["callId"].as_str().unwrap().to_owned();
        if change["removed"] == true {
            assert!(change.get("entries").is_none(), "{change}");
            self.calls.remove(&call);
        } else {
            let entries = change["entries"].as_array().unwrap();
            assert!(!entries.is_empty(), "{change}");
            assert!(entries.iter().all(|entry| entry["entry"]["callId"] == call));
            self.calls.insert(call, change.clone());
        }
    }

    /// What is known, without what differs with the moment of the answer.
    pub(crate) fn state(&self) -> BTreeMap<String, Value> {
        let mut calls = self.calls.clone();
        for change in calls.values_mut() {
            change.as_object_mut().unwrap().remove("settled");
            // Counted until the moment of the answer.
            for entry in change["entries"].as_array_mut().unwrap() {
                let entry = &mut entry["entry"];
                if entry["status"] == "ongoing" {
                    let entry = entry.as_object_mut().unwrap();
                    for counted in ["duration", "durationSeconds", "waitTime", "waitSeconds"] {
                        entry.remove(counted);
                    }
                }
            }
        }
        calls
    }

    /// The entries of each owner, by kind and name, newest first.
    pub(crate) fn histories(&self) -> BTreeMap<(String, String), Vec<Value>> {
        let mut histories: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
        for change in self.calls.values() {
            for entry in change["entries"].as_array().unwrap() {
                let word = |name: &str| entry["owner"][name].as_str().unwrap().to_owned();
                let history = histories.entry((word("kind"), word("name")));
                history.or_default().push(entry["entry"].clone());
            }
        }
        histories
    }
}
