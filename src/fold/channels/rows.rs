//! What CDR would have written, had it been exact: one row for each ringing of a phone with the
//! talk that came of it, one for each further talk of two, one for each stay in a room, and one
//! for the channel of each who calls.

use std::collections::{BTreeMap, HashMap};

use super::super::who::{Party, Who};
use super::bridges::{Meetings, Span};
use super::life::{Life, Lives, State};
use super::queues::Queues;
use super::ways::{Ways, dialling_state, is_dialling};
use crate::asterisk::{Cdr, Channel, QueueEvent};
use crate::model::{Outcome, Time, is_dialable};

/// The application of a queue's caller.
const QUEUE: &str = "Queue";

/// The rows of all channels. What only CDR knows (FreePBX's columns) is taken from its rows.
pub(super) fn rows(
    who: &Who<'_>,
    lives: &Lives<'_>,
    meetings: &Meetings,
    cdr: &[Cdr],
    queue_log: &[QueueEvent],
) -> Vec<Cdr> {
    let maker = Maker {
        dids: lives.iter().map(|life| did(who, life)).collect(),
        lives,
        meetings,
        lent: lent(cdr),
        queues: Queues::of(queue_log),
    };
    maker.rows()
}

/// The number that somebody outside dialled: the first that their channel ran.
fn did<'a>(who: &Who<'_>, life: &Life<'a>) -> Option<&'a str> {
    let first = life.states().first()?.exten;
    let outside = !life.called
        && life.half().is_none()
        && who.at_channel(Some(life.channel), &[life.number], life.began) == Party::Outside;
    Some(first).filter(|first| outside && is_dialable(first))
}

/// The first row of CDR of each channel.
fn lent(cdr: &[Cdr]) -> HashMap<&str, &Cdr> {
    let mut lent: HashMap<&str, &Cdr> = HashMap::new();
    for row in cdr {
        lent.entry(&row.uniqueid).or_insert(row);
    }
    lent
}

struct Maker<'a> {
    lives: &'a Lives<'a>,
    meetings: &'a Meetings,
    lent: HashMap<&'a str, &'a Cdr>,
    queues: Queues<'a>,
    /// The number of each channel that somebody outside dialled.
    dids: Vec<Option<&'a str>>,
}

impl Maker<'_> {
    fn rows(&self) -> Vec<Cdr> {
        let lives = self.lives;
        let ways = Ways::of(lives);
        let mut rows = Vec::new();
        // The rows that lead into Local channels, with the first talk behind them.
        let mut led: BTreeMap<(usize, usize), Option<Span>> = BTreeMap::new();
        // Which pairs have talked in the row of a ringing.
        let mut told: HashMap<(usize, usize), usize> = HashMap::new();
        let mut has_rung = vec![false; lives.len()];
        for n in 0..lives.len() {
            let life = &lives[n];
            if life.half().is_some() {
                continue;
            }
            if !life.called {
                rows.push(self.own(n));
                continue;
            }
            let way = ways.to(n);
            let Some((by, _)) = way.steps.first().copied() else {
                continue;
            };
            has_rung[by] = true;
            let talks = match (way.from, way.originated) {
                (Some(from), _) => self.meetings.of_pair(from, n),
                _ => &[],
            };
            if let (Some(from), Some(_)) = (way.from, talks.first()) {
                told.insert((from.min(n), from.max(n)), n);
            }
            let in_a_room = || self.in_a_room(way.from?, n);
            let talk = talks.first().copied().or_else(in_a_room);
            let mut row = self.dial(by, n, talk);
            match way.originated {
                Some(half) if way.steps.len() == 1 => {
                    row.channel = lives[by].half().map(|(pair, _)| half_of(pair, half));
                    // Who is rung on behalf of the one who sits there has talked with nobody.
                    row.answered |= half == 1 && life.bridged.is_some();
                }
                _ => {}
            }
            rows.push(row);
            for step in way.steps.iter().skip(1) {
                let first = led.entry(*step).or_default();
                let is_earlier = |talk: Span| first.is_none_or(|first| talk.0 < first.0);
                if talk.is_some_and(is_earlier) {
                    *first = talk;
                }
            }
        }
        rows.extend(
            led.into_iter()
                .map(|((by, local), talk)| self.dial(by, local, talk)),
        );
        for (&(a, b), spans) in &self.meetings.pairs {
            let rung = told.get(&(a, b));
            let (from, to) = self.towards(a, b);
            let spans = &spans[usize::from(rung.is_some())..];
            rows.extend(spans.iter().map(|span| self.meet(from, to, *span)));
        }
        for (&n, spans) in &self.meetings.rooms {
            rows.extend(spans.iter().map(|span| self.room(n, *span)));
        }
        // A Local channel that was originated into an application.
        for (n, rung) in has_rung.iter().enumerate() {
            let is_second = lives[n].half().is_some_and(|(_, half)| half == 2);
            let other = lives.other_half(n);
            if is_second && !rung && other.is_some_and(|other| !lives[other].called) {
                rows.push(self.own(n));
            }
        }
        rows
    }

    /// When somebody who was rung met the one who rang in a room: `Page`, or a room that calls.
    fn in_a_room(&self, from: usize, rung: usize) -> Option<Span> {
        let spans = |n: usize| self.meetings.rooms.get(&n).into_iter().flatten();
        let both = spans(rung).flat_map(|rung| spans(from).map(move |from| (rung, from)));
        let mut both = both.map(|(a, b)| (a.0.max(b.0), a.1.into_iter().chain(b.1).min()));
        both.find(|(since, until)| until.is_none_or(|until| until > *since))
    }

    /// Of two who met, who is the called one: who was called, else who began later.
    fn towards(&self, a: usize, b: usize) -> (usize, usize) {
        match (self.lives[a].called, self.lives[b].called) {
            (true, false) => (b, a),
            _ => (a, b),
        }
    }

    /// A channel of somebody who calls, from its beginning to its end.
    fn own(&self, n: usize) -> Cdr {
        let life = &self.lives[n];
        let until = life.bridged.unwrap_or(Time::MAX_UTC);
        let numbers = life.states().iter().filter(|state| state.since < until);
        // One digit is what somebody outside chose in a menu.
        let is_choice = |exten: &str| self.dids[n].is_some() && exten.len() == 1;
        let dialled = numbers
            .map(|state| state.exten)
            .filter(|exten| is_dialable(exten) && !is_choice(exten))
            .find(|exten| Some(*exten) != self.dids[n]);
        let mut row = self.row(n, life.began, life.ended);
        let running = life.states().iter().filter(|s| !s.application.is_empty());
        let dialling = running.clone().find(|s| is_dialling(s.application));
        if let Some(state) = dialling.or_else(|| running.clone().next_back()) {
            row.lastapp = state.application.to_owned();
            row.lastdata = state.data.to_owned();
        }
        if let (None, Some(queue)) = (dialling, self.queues.first(life.uniqueid)) {
            row.lastapp = QUEUE.to_owned();
            row.lastdata = queue.to_owned();
        }
        row.dst = dialled
            .or_else(|| Some(life.states().first()?.exten))
            .unwrap_or_default()
            .to_owned();
        if dialled.is_none() && self.dids[n].is_some() {
            row.dst.clear();
        }
        row.answer = row.end;
        row
    }

    /// A channel that made another one ring, and the first talk that came of it.
    fn dial(&self, by: usize, rung: usize, talk: Option<Span>) -> Cdr {
        let life = &self.lives[rung];
        let began = life.began;
        let end = match talk {
            Some((_, until)) => until,
            // Who was not reached from here may have been from elsewhere.
            None => match (life.ended, life.bridged) {
                (Some(ended), Some(bridged)) => Some(ended.min(bridged)),
                (ended, bridged) => ended.or(bridged),
            },
        };
        let mut row = self.row(by, began, end);
        row.dstchannel = Some(life.channel.clone());
        if let Some((from, _)) = talk {
            row.answered = true;
            row.answer = from;
        } else {
            row.answer = row.end;
        }
        let state = dialling_state(&self.lives[by], life.channel, began);
        self.runs(&mut row, state);
        row.dst = self.exten(by, began);
        row
    }

    /// Two who talked without one having rung the other for it.
    fn meet(&self, from: usize, to: usize, (since, until): Span) -> Cdr {
        let mut row = self.row(from, since, until);
        row.channel = Some(self.lives[from].channel_at(since).clone());
        row.dstchannel = Some(self.lives[to].channel_at(since).clone());
        row.answered = true;
        row.answer = since;
        self.runs(&mut row, self.lives[from].states_at(since).next());
        row.dst = self.exten(from, since);
        row
    }

    /// Writes down what the calling channel ran when the row began. The queue log knows which
    /// queue it was in.
    fn runs(&self, row: &mut Cdr, state: Option<&State<'_>>) {
        let (application, data) = state.map_or(("", ""), |state| (state.application, state.data));
        row.lastapp = application.to_owned();
        row.lastdata = data.to_owned();
        let queue = if row.is_in("Queue") {
            self.queues.entered(&row.uniqueid, row.start)
        } else if is_dialling(application) {
            None
        } else {
            self.queues.waiting(&row.uniqueid, row.start)
        };
        if let Some(queue) = queue {
            row.lastapp = QUEUE.to_owned();
            row.lastdata = queue.to_owned();
        }
    }

    /// Somebody in a conference room, as a row of which the partner is not told.
    fn room(&self, n: usize, span: Span) -> Cdr {
        let mut row = self.meet(n, n, span);
        row.lastapp = "ConfBridge".to_owned();
        row
    }

    /// What a channel ran at a moment: the last number, if it ran any.
    fn exten(&self, n: usize, at: Time) -> String {
        let life = &self.lives[n];
        let dialled = life.numbers_until(at).find(|e| Some(*e) != self.dids[n]);
        let running = || life.states_at(at).next().map(|state| state.exten);
        dialled.or_else(running).unwrap_or_default().to_owned()
    }

    fn row(&self, n: usize, start: Time, end: Option<Time>) -> Cdr {
        let life = &self.lives[n];
        let lent = self.lent.get(life.uniqueid);
        let text = |own: &str, lent: Option<&String>| match lent {
            Some(lent) if own.is_empty() => lent.clone(),
            _ => own.to_owned(),
        };
        let known = end.or(self.lives.last()).unwrap_or(start).max(start);
        Cdr {
            start,
            sequence: None,
            uniqueid: life.uniqueid.to_owned(),
            channel: Some(life.channel.clone()),
            dstchannel: None,
            end: known,
            answer: known,
            answered: false,
            src: text(life.number, lent.map(|row| &row.src)),
            dst: String::new(),
            clid_number: text(life.number, lent.map(|row| &row.clid_number)),
            clid_name: text(life.name, lent.map(|row| &row.clid_name)),
            cnum: text("", lent.map(|row| &row.cnum)),
            cnam: text("", lent.map(|row| &row.cnam)),
            did: match lent.map(|row| &row.did) {
                Some(did) if !did.is_empty() => did.clone(),
                _ => self.dids[n].unwrap_or_default().to_owned(),
            },
            lastapp: String::new(),
            lastdata: String::new(),
            accountcode: text(life.accountcode, lent.map(|row| &row.accountcode)),
            recordingfile: text("", lent.map(|row| &row.recordingfile)),
            userfield: text("", lent.map(|row| &row.userfield)),
            outcome: Outcome::Unanswered,
            open: end.is_none(),
            exact: true,
            again: None,
        }
    }
}

fn half_of(pair: &str, half: u8) -> Channel {
    let name = format!("{pair};{half}");
    Channel::parse(&name).unwrap_or(Channel::Local {
        exten: String::new(),
        pair: pair.to_owned(),
        name,
        half,
    })
}
