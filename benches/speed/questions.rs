//! What is asked, of whom, and in which order.

use std::time::Duration;

use crate::direct::{self, Value};
use crate::files::Files;
use crate::http::Connection;
use crate::load::{Asker, Measured, drive, median};
use crate::service::Service;

/// The questions.
pub(crate) struct Asked {
    /// For each user the path of the last 20 calls.
    pub(crate) users: Vec<String>,
    /// The path of the last 50 visits.
    visits: Vec<String>,
    /// For each user what [`direct::OWN`] wants.
    names: Vec<Vec<Value>>,
    /// For each user what [`direct::BEST_ON_CDR`] wants.
    numbers: Vec<Vec<Value>>,
    /// What [`direct::best_on_queue_log`] wants.
    queues: Vec<Vec<Value>>,
}

impl Asked {
    /// The questions about the owners in these files.
    pub(crate) fn of(files: &Files) -> Self {
        let text = |text: &String| vec![text.clone()];
        let path = |(name, _): &(String, String)| format!("/history/user?user={name}&size=20");
        let queues = files.queue_names.iter().filter(|name| name.contains("bl"));
        Self {
            users: files.user_numbers.iter().map(path).collect(),
            visits: vec!["/history/queue?name=bl&size=50".to_owned()],
            names: files
                .user_numbers
                .iter()
                .map(|(name, _)| text(name))
                .collect(),
            numbers: files
                .user_numbers
                .iter()
                .map(|(_, number)| vec![number.clone(), number.clone()])
                .collect(),
            queues: vec![queues.cloned().collect()],
        }
    }
}

/// One line of the report.
pub(crate) struct Line {
    /// What was asked.
    pub(crate) question: &'static str,
    /// Who was asked.
    pub(crate) whom: String,
    /// Over how many connections.
    pub(crate) connections: usize,
    /// What came of it.
    pub(crate) measured: Measured,
    /// How fast the service was, as a multiple of this; None for the service.
    pub(crate) ratio: Option<f64>,
}

/// All that was measured.
pub(crate) struct Answers<'a> {
    asked: &'a Asked,
    seconds: Duration,
    rounds: usize,
    /// Line by line.
    pub(crate) lines: Vec<Line>,
    /// p50 with all rows, and with a tenth of them.
    pub(crate) p50: Option<(f64, f64)>,
}

/// Makes an asker for one connection.
pub(crate) type Make<'a> = Box<dyn Fn() -> anyhow::Result<Asker<'a>> + 'a>;

const USER: &str = "last 20 of a user";
const VISITS: &str = "last 50 visits of `bl`";

impl<'a> Answers<'a> {
    /// Nothing yet.
    pub(crate) fn new(asked: &'a Asked, seconds: Duration, rounds: usize) -> Self {
        Self {
            asked,
            seconds,
            rounds,
            lines: Vec::new(),
            p50: None,
        }
    }

    /// The service and its database, in turn.
    pub(crate) fn service_and_database(
        &mut self,
        service: &Service,
        url: &str,
        connections: usize,
    ) -> anyhow::Result<()> {
        let asked = self.asked;
        let users: [(&str, Make<'_>); 3] = [
            ("the service", http(service, &asked.users)),
            (
                "best SQL on raw `cdr`",
                Box::new(|| direct::cdr(url, &asked.numbers)),
            ),
            (
                "its own SQL on `history`",
                Box::new(|| direct::own(url, &asked.names)),
            ),
        ];
        self.compare(USER, asked.users.len(), connections, &users)?;
        let ends = direct::best_on_queue_log(asked.queues[0].len(), true);
        let only = direct::best_on_queue_log(asked.queues[0].len(), false);
        let queues = &asked.queues;
        let visits: [(&str, Make<'_>); 3] = [
            ("the service", http(service, &asked.visits)),
            (
                "best SQL on raw `queue_log`",
                Box::new(|| direct::visits(url, &ends, true, queues)),
            ),
            (
                "the same without how the visits ended",
                Box::new(|| direct::visits(url, &only, false, queues)),
            ),
        ];
        self.compare(VISITS, 1, connections, &visits)
    }

    /// A page, and the same asked again by who has it, in turn.
    pub(crate) fn unchanged(
        &mut self,
        service: &Service,
        connections: usize,
    ) -> anyhow::Result<()> {
        let users = &self.asked.users;
        let mut connection = Connection::open(&service.address)?;
        let tags: anyhow::Result<Vec<String>> =
            users.iter().map(|path| connection.tag(path)).collect();
        let tags = tags?;
        let again = || -> anyhow::Result<Asker<'_>> {
            let mut connection = Connection::open(&service.address)?;
            let tags = &tags;
            Ok(Box::new(move |nr| {
                let nr = nr % users.len();
                connection.is_same(&users[nr], &tags[nr])
            }))
        };
        let both: [(&str, Make<'_>); 2] = [
            ("the service", http(service, users)),
            ("the service, by who has it (304)", Box::new(again)),
        ];
        self.compare(USER, users.len(), connections, &both)
    }

    /// The same question with all rows and with a tenth of them, in turn.
    pub(crate) fn growth(
        &mut self,
        all: &Service,
        rows: usize,
        tenth: &Service,
        fewer: usize,
    ) -> anyhow::Result<()> {
        let users = &self.asked.users;
        let both: [(&str, Make<'_>); 2] = [
            (
                &format!("the service, {} `cdr` rows", thousands(rows)),
                http(all, users),
            ),
            (
                &format!("the service, {} `cdr` rows", thousands(fewer)),
                http(tenth, users),
            ),
        ];
        let measured = self.compare_all(&both, users.len(), 16)?;
        self.p50 = Some((measured[0].p50, measured[1].p50));
        for ((whom, _), measured) in both.iter().zip(measured) {
            self.push(USER, whom, 16, measured, None);
        }
        Ok(())
    }

    /// The service on SQLite.
    pub(crate) fn sqlite(&mut self, service: &Service, rows: usize) -> anyhow::Result<()> {
        let asked = self.asked;
        let whom = format!("the service on SQLite, {} `cdr` rows", thousands(rows));
        for (question, paths) in [(USER, &asked.users), (VISITS, &asked.visits)] {
            let one: [(&str, Make<'_>); 1] = [(&whom, http(service, paths))];
            let measured = self.compare_all(&one, paths.len(), 16)?;
            self.push(question, &whom, 16, measured[0], None);
        }
        Ok(())
    }

    fn compare(
        &mut self,
        question: &'static str,
        owners: usize,
        connections: usize,
        whom: &[(&str, Make<'_>)],
    ) -> anyhow::Result<()> {
        eprintln!("asking for {question} over {connections} connections");
        let measured = self.compare_all(whom, owners, connections)?;
        let service = measured[0].rate;
        for (nr, ((whom, _), measured)) in whom.iter().zip(measured).enumerate() {
            let ratio = (nr > 0).then_some(service / measured.rate);
            self.push(question, whom, connections, measured, ratio);
        }
        Ok(())
    }

    /// Each of them in turn, several times; the median of each.
    fn compare_all(
        &self,
        whom: &[(&str, Make<'_>)],
        owners: usize,
        connections: usize,
    ) -> anyhow::Result<Vec<Measured>> {
        let mut rounds = vec![Vec::new(); whom.len()];
        for _ in 0..self.rounds {
            for ((_, make), results) in whom.iter().zip(&mut rounds) {
                let askers: anyhow::Result<Vec<_>> = (0..connections).map(|_| make()).collect();
                results.push(drive(askers?, owners, self.seconds)?);
            }
        }
        Ok(rounds.into_iter().map(median).collect())
    }

    fn push(
        &mut self,
        question: &'static str,
        whom: &str,
        connections: usize,
        measured: Measured,
        ratio: Option<f64>,
    ) {
        self.lines.push(Line {
            question,
            whom: whom.to_owned(),
            connections,
            measured,
            ratio,
        });
    }
}

/// Asks the service for these paths in turn, over a connection of its own.
pub(crate) fn http<'a>(service: &'a Service, paths: &'a [String]) -> Make<'a> {
    Box::new(move || {
        let mut connection = Connection::open(&service.address)?;
        Ok(Box::new(move |nr| {
            // `[]` is an answer too: with few rows not everybody has calls.
            let body = connection.get(&paths[nr % paths.len()])?;
            anyhow::ensure!(body.starts_with(b"["), "no history");
            Ok(())
        }))
    })
}

/// 1000000 → `1,000,000`
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (nr, digit) in digits.chars().enumerate() {
        if nr > 0 && (digits.len() - nr).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
