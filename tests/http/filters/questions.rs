//! Random questions, as a path and as plain code over the entries that are served.

use std::collections::HashMap;

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, IteratorRandom};
use serde_json::Value;

/// Whose history.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    User(String),
    Agent(String),
    Queue(String),
    Customer(String),
    All,
}

impl Subject {
    pub(super) fn path(&self) -> String {
        match self {
            Self::User(name) => format!("/history/user?user={name}"),
            Self::Agent(number) => format!("/history/agent?agent={number}"),
            Self::Queue(part) => format!("/history/queue?name={part}"),
            Self::Customer(number) => format!("/history/customer?number={}", encoded(number)),
            Self::All => "/calls?tz=UTC".to_owned(),
        }
    }

    /// Whether the entry is of a call that the owner made.
    fn called(&self, entry: &Value) -> bool {
        match self {
            Self::User(name) => entry["status"] == "emitted" || entry["srcUsername"] == **name,
            // The linked user's other calls stand in the history, too.
            Self::Agent(_) => entry["status"] == "emitted",
            Self::Queue(_) => false,
            Self::Customer(_) => entry["status"] != "emitted",
            // The party is who is outside.
            Self::All => entry["direction"] == "outbound",
        }
    }

    /// The other party's number.
    fn party<'a>(&self, entry: &'a Value) -> Option<&'a str> {
        let side = if self.called(entry) { "dst" } else { "src" };
        entry[format!("{side}Num")].as_str()
    }

    /// The numbers that the entry is found by.
    fn numbers<'a>(&self, entry: &'a Value) -> [Option<&'a str>; 3] {
        let [src, dst, dialed] = ["srcNum", "dstNum", "dialedNum"].map(|name| entry[name].as_str());
        match self {
            Self::All => [src, dst, dialed],
            _ if self.called(entry) => [dst, dialed, None],
            _ => [src, None, None],
        }
    }
}

#[derive(Clone, Debug)]
enum Number {
    Exactly(String),
    Begins(String),
    Ends(String),
}

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Question {
    subject: Subject,
    texts: Vec<(&'static str, &'static str, Vec<String>)>,
    number: Option<Number>,
    least_talk: Option<i64>,
    most_talk: Option<i64>,
    least_wait: Option<i64>,
    recorded: Option<bool>,
    q: Option<String>,
    elsewhere: bool,
    ascending: bool,
    parties: bool,
    pub(super) total: bool,
}

impl Question {
    /// A question to which some of these entries may be an answer.
    pub(super) fn random(random: &mut StdRng, subject: &Subject, whole: &[Value]) -> Self {
        let example = whole.choose(random).unwrap().clone();
        let other = whole.choose(random).unwrap();
        let is_customer = matches!(subject, Subject::Customer(_));
        let is_agent = matches!(subject, Subject::Agent(_));
        let mut texts = Vec::new();
        for (parameter, field) in [
            ("status", "status"),
            ("direction", "direction"),
            ("queue", "queueName"),
            ("agent", "agentNum"),
            ("accountCode", "accountCode"),
        ] {
            if !random.random_bool(0.2) || (is_agent && parameter == "agent") {
                continue;
            }
            let mut values: Vec<String> = [&example, other]
                .iter()
                .take(random.random_range(1..=2))
                .filter_map(|entry| entry[field].as_str().map(str::to_owned))
                .collect();
            if random.random_bool(0.1) && matches!(parameter, "agent" | "accountCode") {
                values.push("nobody".to_owned());
            }
            if !values.is_empty() {
                texts.push((parameter, field, values));
            }
        }
        let mut maybe = |share: f64| random.random_bool(share);
        let (with_number, with_q) = (!is_customer && maybe(0.3), maybe(0.15));
        let (least, most, wait) = (maybe(0.15), maybe(0.15), maybe(0.1));
        let (ascending, parties, total) = (maybe(0.4), maybe(0.2), maybe(0.3));
        let (elsewhere, recorded) = (maybe(0.3), maybe(0.2));
        let talk = example["durationSeconds"].as_i64().unwrap();
        let least_talk = least.then(|| talk.saturating_sub(random.random_range(0..30)).max(0));
        let most_talk = most.then(|| talk.max(least_talk.unwrap_or(0)) + 5);
        Self {
            number: with_number
                .then(|| number(random, subject.numbers(&example)))
                .flatten(),
            q: with_q.then(|| text(random, &example)).flatten(),
            least_talk,
            most_talk,
            least_wait: wait.then(|| random.random_range(0..20)),
            recorded: recorded.then(|| random.random_bool(0.7)),
            elsewhere,
            ascending: ascending && !parties,
            parties,
            total,
            texts,
            subject: subject.clone(),
        }
    }

    /// The path without window and size.
    pub(super) fn path(&self) -> String {
        let mut path = self.subject.path();
        let mut add = |name: &str, value: &str| path += &format!("&{name}={}", encoded(value));
        for (name, _, values) in &self.texts {
            values.iter().for_each(|value| add(name, value));
        }
        match &self.number {
            Some(Number::Exactly(number)) => add("number", number),
            Some(Number::Begins(digits)) => add("number", &format!("{digits}*")),
            Some(Number::Ends(digits)) => add("number", &format!("*{digits}")),
            None => {}
        }
        for (name, value) in [
            ("minDuration", self.least_talk),
            ("maxDuration", self.most_talk),
            ("minWait", self.least_wait),
        ] {
            value.iter().for_each(|value| add(name, &value.to_string()));
        }
        self.recorded
            .iter()
            .for_each(|yes| add("hasRecording", &yes.to_string()));
        self.q.iter().for_each(|text| add("q", text));
        for (given, name, value) in [
            (self.elsewhere, "answeredElsewhere", "include"),
            (self.ascending, "order", "asc"),
            (self.parties, "distinct", "peer"),
            (self.total, "include", "total"),
        ] {
            if given {
                add(name, value);
            }
        }
        path
    }

    /// What must be listed of the whole, which is sorted newest first.
    pub(super) fn answer(&self, whole: &[Value]) -> Vec<Value> {
        let mut kept: Vec<Value> = whole.iter().filter(|e| self.keeps(e)).cloned().collect();
        if self.ascending {
            kept.reverse();
        }
        if self.parties {
            kept = self.once(kept);
        }
        kept
    }

    fn keeps(&self, entry: &Value) -> bool {
        let seconds = |field: &str| entry[field].as_i64();
        let of_texts = self.texts.iter().all(|(_, field, values)| {
            let value = entry[field].as_str();
            value.is_some_and(|value| values.iter().any(|wanted| wanted == value))
        });
        let of_number = self.number.as_ref().is_none_or(|wanted| {
            let numbers = self.subject.numbers(entry);
            numbers
                .into_iter()
                .flatten()
                .any(|number| wanted.is(number))
        });
        of_texts
            && of_number
            && self
                .least_talk
                .is_none_or(|least| seconds("durationSeconds") >= Some(least))
            && self
                .most_talk
                .is_none_or(|most| seconds("durationSeconds") <= Some(most))
            && self
                .least_wait
                .is_none_or(|least| seconds("waitSeconds") >= Some(least))
            && self
                .recorded
                .is_none_or(|yes| (entry["hasRecording"] == true) == yes)
            && (self.elsewhere || entry["answeredElsewhere"] != true)
            && self.q.as_ref().is_none_or(|text| shows(entry, text))
    }

    fn once(&self, kept: Vec<Value>) -> Vec<Value> {
        let mut counts: HashMap<String, u32> = HashMap::new();
        let party = |entry: &Value| {
            let number = self.subject.party(entry);
            // Also a service, such as *98, but not a word.
            let known = number.filter(|number| number.chars().all(|c| "+*#0123456789".contains(c)));
            match known {
                Some(number) => plain(number),
                None => format!("call {}", entry["callId"]),
            }
        };
        kept.iter()
            .for_each(|entry| *counts.entry(party(entry)).or_default() += 1);
        let mut listed = Vec::new();
        for mut entry in kept {
            if let Some(calls) = counts.remove(&party(&entry)) {
                entry["calls"] = calls.into();
                listed.push(entry);
            }
        }
        listed
    }
}

impl Number {
    fn is(&self, number: &str) -> bool {
        let bare = number.trim_start_matches('+');
        match self {
            Self::Exactly(wanted) => plain(wanted) == plain(number),
            Self::Begins(digits) => {
                bare.starts_with(digits) || plain(number).starts_with(&abroad(digits))
            }
            Self::Ends(digits) => bare.ends_with(digits),
        }
    }
}

/// A number in France as it is dialled from abroad, without what comes before the country.
fn plain(number: &str) -> String {
    let bare = number.replace(' ', "");
    let bare = bare.trim_start_matches('+');
    if bare.len() > 9 && bare.starts_with('0') && !bare.starts_with("00") {
        return format!("33{}", &bare[1..]);
    }
    bare.strip_prefix("00").unwrap_or(bare).to_owned()
}

/// The beginning of a national number, as [`plain`] writes it; else nothing begins like it.
fn abroad(digits: &str) -> String {
    match digits.strip_prefix('0') {
        Some(rest) => format!("33{rest}"),
        None => "nothing".to_owned(),
    }
}

fn shows(entry: &Value, text: &str) -> bool {
    let text = text.to_lowercase();
    let field = |name: &str| entry[name].as_str().unwrap_or_default().to_lowercase();
    let full = |side: &str| {
        let name = format!(
            "{} {}",
            field(&format!("{side}FirstName")),
            field(&format!("{side}LastName"))
        );
        name.trim().to_owned()
    };
    let fields = [
        "srcNum",
        "dstNum",
        "dialedNum",
        "srcUsername",
        "dstUsername",
    ];
    fields.iter().any(|name| field(name).contains(&text))
        || ["src", "dst"].iter().any(|side| full(side).contains(&text))
}

/// A number that is asked for: one of the entry's in some form, a part of it, or a strange one.
fn number(random: &mut StdRng, of: [Option<&str>; 3]) -> Option<Number> {
    let number = of.into_iter().flatten().choose(random)?;
    let bare = number.trim_start_matches('+').to_owned();
    if !bare.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let national = bare.len() > 9 && bare.starts_with('0');
    Some(match random.random_range(0..6) {
        0 if national => Number::Exactly(format!("+33{}", &bare[1..])),
        1 if national => Number::Exactly(format!("0033 {}", &bare[1..])),
        2 if bare.len() > 3 => Number::Begins(bare[..bare.len() - 1].to_owned()),
        3 if bare.len() > 3 => Number::Ends(bare[bare.len() - 3..].to_owned()),
        4 => Number::Exactly("0699999999".to_owned()),
        _ => Number::Exactly(number.to_owned()),
    })
}

/// A part of something that the entry shows.
fn text(random: &mut StdRng, entry: &Value) -> Option<String> {
    let fields = [
        "srcNum",
        "dstNum",
        "srcLastName",
        "dstLastName",
        "srcFirstName",
        "dstUsername",
    ];
    let shown = fields.iter().filter_map(|name| entry[name].as_str());
    let shown = shown.filter(|text| text.len() >= 2).choose(random)?;
    let chars: Vec<char> = shown.chars().collect();
    let length = random.random_range(2..=chars.len().min(6));
    let from = random.random_range(0..=chars.len() - length);
    let part: String = chars[from..from + length].iter().collect();
    // Blanks at the ends do not count, and a + is written for a number alone.
    let fits = part.trim() == part && !part.contains('+');
    fits.then(|| {
        if random.random_bool(0.5) {
            part.to_uppercase()
        } else {
            part
        }
    })
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
