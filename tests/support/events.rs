//! A client of server-sent events that reads one after the other.

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use serde_json::Value;

use super::service::Service;

/// Longer than anything takes, so that a test that waits in vain ends.
const SOON: Duration = Duration::from_secs(90);

/// A stream that is open.
pub(crate) struct Events {
    status: u16,
    headers: Vec<(String, String)>,
    lines: BufReader<Box<dyn Read>>,
    /// The last id, as a browser would keep it.
    pub(crate) id: String,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    /// The id that was valid with it.
    pub(crate) id: String,
    pub(crate) data: Value,
}

impl Events {
    /// Asks for a stream and reads its head.
    pub(crate) fn open(service: &Service, path: &str, headers: &[(&str, &str)]) -> Self {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(SOON))
            .build()
            .into();
        let mut request = agent.get(format!("http://{}{path}", service.address()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.call().unwrap();
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        Self {
            status: response.status().as_u16(),
            headers: headers.collect(),
            lines: BufReader::new(Box::new(response.into_body().into_reader())),
            id: String::new(),
        }
    }

    /// The same with a credential, and from an id on.
    pub(crate) fn open_as(service: &Service, key: &str, path: &str, last_id: Option<&str>) -> Self {
        let bearer = format!("Bearer {key}");
        let mut headers = vec![("Authorization", &*bearer)];
        headers.extend(last_id.map(|id| ("Last-Event-ID", id)));
        let events = Self::open(service, path, &headers);
        assert_eq!(events.status, 200, "{path}");
        events
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The next block of lines, up to an empty one; None when the stream has ended.
    pub(crate) fn block(&mut self) -> Option<Vec<String>> {
        let mut block = Vec::new();
        loop {
            let mut line = String::new();
            // A connection that is cut is an end as well.
            let read = self.lines.read_line(&mut line).unwrap_or(0);
            if read == 0 {
                return None;
            }
            match line.trim_end_matches('\n') {
                "" => return Some(block),
                line => block.push(line.to_owned()),
            }
        }
    }

    /// The next event; None when the stream has ended.
    pub(crate) fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block()?;
            let field = |name: &str| block.iter().find_map(|line| line.strip_prefix(name));
            if let Some(id) = field("id: ") {
                self.id = id.to_owned();
            }
            if let Some(data) = field("data: ") {
                return Some(Event {
                    name: field("event: ").unwrap().to_owned(),
                    id: self.id.clone(),
                    data: serde_json::from_str(data).unwrap(),
                });
            }
        }
    }

    /// Reads the beginning of the stream, which has an id and no event.
    pub(crate) fn begun(mut self) -> Self {
        let block = self.block().unwrap();
        assert_eq!(block[0], "retry: 2000");
        self.id = block[1].strip_prefix("id: ").unwrap().to_owned();
        self
    }
}
