//! A channel's life in one line → the channel events that Asterisk writes of it.

use call_history::asterisk::{Kind, Record};

use super::ZERO;

/// The events of
/// `chan <channel> <begin>-<end> [uniqueid=] [link=[<second>:]<linkedid>]… [exten=] [num=] [name=]
/// [run=<second>:<App>(<data>)[@<exten>]]… [in=<from>-<until>:<bridge>]…
/// [blind=<second>:<exten>]… [attended=<second>:<channel>]…`
///
/// A time that is not there has not come yet. A bridge named `hold` is a holding one.
pub(super) fn events(words: &[&str]) -> Vec<Record> {
    let mut life = Life::of(words);
    let (begin, end) = words[2].split_once('-').unwrap();
    let mut events = vec![(seconds(begin), 0, life.event("CHAN_START", ""))];
    let mut happenings: Vec<(f64, i32, &str, String)> = Vec::new();
    for word in &words[3..] {
        let (name, value) = word.split_once('=').unwrap();
        match name {
            "run" => {
                let (at, what) = value.split_once(':').unwrap();
                happenings.push((seconds(at), 1, "APP_START", what.to_owned()));
            }
            "in" => {
                let (span, bridge) = value.split_once(':').unwrap();
                let (from, until) = span.split_once('-').unwrap();
                happenings.push((seconds(from), 3, "BRIDGE_ENTER", bridge.to_owned()));
                if !until.is_empty() {
                    happenings.push((seconds(until), 2, "BRIDGE_EXIT", bridge.to_owned()));
                }
            }
            "blind" | "attended" => {
                let (at, to) = value.split_once(':').unwrap();
                let kind = match name {
                    "blind" => "BLINDTRANSFER",
                    _ => "ATTENDEDTRANSFER",
                };
                happenings.push((seconds(at), 2, kind, to.to_owned()));
            }
            _ => {}
        }
    }
    happenings.sort_by(|a, b| (a.0, a.1).partial_cmp(&(b.0, b.1)).unwrap());
    for (at, rank, kind, what) in happenings {
        let extra = match kind {
            "APP_START" => {
                life.run(&what);
                String::new()
            }
            "BLINDTRANSFER" => format!(r#"{{"bridge_id":"b","extension":"{what}"}}"#),
            "ATTENDEDTRANSFER" => format!(r#"{{"transfer_target_channel_name":"{what}"}}"#),
            _ => {
                let technology = if what == "hold" { "holding" } else { "simple" };
                format!(r#"{{"bridge_id":"{what}","bridge_technology":"{technology}_bridge"}}"#)
            }
        };
        life.now = at;
        events.push((at, rank, life.event(kind, &extra)));
    }
    if !end.is_empty() {
        life.now = seconds(end);
        events.push((life.now, 4, life.event("HANGUP", r#"{"hangupcause":16}"#)));
        events.push((life.now, 5, life.event("CHAN_END", "")));
    }
    let with_time = |(at, _, mut record): (f64, i32, Record)| {
        let micros = (at * 1e6).round() as i64 + ZERO * 1_000_000;
        let time = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        record.set(Kind::Cel.position("eventtime").unwrap(), time);
        record
    };
    events.into_iter().map(with_time).collect()
}

struct Life {
    channel: String,
    uniqueid: String,
    links: Vec<(f64, String)>,
    exten: String,
    number: String,
    name: String,
    application: String,
    data: String,
    now: f64,
}

impl Life {
    fn of(words: &[&str]) -> Self {
        let options = || words[3..].iter().filter_map(|word| word.split_once('='));
        let option = |name: &str| {
            let mut values = options().filter(|(n, _)| *n == name);
            values.next().map(|(_, value)| value.replace('_', " "))
        };
        let suffix = words[1]
            .rsplit_once('-')
            .map_or(words[1], |(_, suffix)| suffix);
        let links = options()
            .filter(|(name, _)| *name == "link")
            .map(|(_, link)| {
                let (at, link) = link.split_once(':').unwrap_or(("0", link));
                (seconds(at), link.to_owned())
            });
        let mut links: Vec<(f64, String)> = links.collect();
        if links.is_empty() {
            links.push((0.0, "1.1".to_owned()));
        }
        Self {
            channel: words[1].to_owned(),
            uniqueid: option("uniqueid").unwrap_or_else(|| format!("1.{suffix}")),
            links,
            exten: option("exten").unwrap_or_default(),
            number: option("num").unwrap_or_default(),
            name: option("name").unwrap_or_default(),
            application: String::new(),
            data: String::new(),
            now: seconds(words[2].split_once('-').unwrap().0),
        }
    }

    /// `<App>(<data>)[@<exten>]`
    fn run(&mut self, what: &str) {
        let (what, exten) = match what.rsplit_once(")@") {
            Some((what, exten)) => (what, Some(exten)),
            None => (what.strip_suffix(')').unwrap(), None),
        };
        let (application, data) = what.split_once('(').unwrap();
        self.application = application.to_owned();
        self.data = data.replace('_', " ");
        if let Some(exten) = exten {
            self.exten = exten.to_owned();
        }
    }

    fn event(&self, kind: &str, extra: &str) -> Record {
        let mut record = Record::new(Kind::Cel);
        let link = self.links.iter().rfind(|(since, _)| *since <= self.now);
        let called = self.uniqueid != self.links[0].1;
        let application = match self.application.as_str() {
            "" if called && kind != "CHAN_START" => "AppDial",
            application => application,
        };
        for (column, value) in [
            ("eventtype", kind),
            ("channame", &self.channel),
            ("uniqueid", &self.uniqueid),
            ("linkedid", &link.unwrap().1),
            ("exten", &self.exten),
            ("cid_num", &self.number),
            ("cid_name", &self.name),
            ("appname", application),
            ("appdata", &self.data),
            ("extra", extra),
        ] {
            record.set(Kind::Cel.position(column).unwrap(), value);
        }
        record
    }
}

fn seconds(text: &str) -> f64 {
    text.parse().unwrap()
}
