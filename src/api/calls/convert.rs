//! From a call as it went to what a client reads.

use std::collections::BTreeMap;

use chrono::SecondsFormat;

use super::told::Told;
use super::wire::{
    CallDetail, DetailEntry, DetailLeg, DetailPhases, DetailRing, DetailRows, DetailTransfer,
    DetailVisit, DetailWhy,
};
use crate::api::wire::{OwnerName, View, call_history, member_name};
use crate::ingest::retell::MOST_ROWS;
use crate::model::{Detail, Leg, Line, OwnerKind, Ring, Rule, SeenDetail, Time, Transfer, Visit};
use crate::store::landing::Stored;

/// So many rows of each table are shown.
const MOST_SHOWN: usize = 1000;

/// A call, and how it is looked at.
pub(super) struct Showing<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) told: &'a Told,
    /// The caller may read everything.
    pub(super) whole: bool,
}

impl Showing<'_> {
    /// The call, without the PBX's rows.
    pub(super) fn call(&self) -> CallDetail {
        let told = self.told;
        let detail = told.seen.as_ref().map(SeenDetail::detail);
        let (all, entries): (Vec<&Line>, Vec<&Line>) = told
            .lines
            .iter()
            .partition(|line| line.entry.owner.kind == OwnerKind::All);
        let mut answer = CallDetail {
            call_id: told.id.to_string(),
            revision: told.revision,
            settled: told.settled,
            whole: self.whole,
            summary: all.first().map(|line| self.entry(line, detail)),
            entries: entries
                .iter()
                .map(|line| self.entry(line, detail))
                .collect(),
            notes: self.notes(detail),
            ..CallDetail::default()
        };
        if self.whole {
            let (source, linkedid) = told.place.clone();
            answer.source = Some(source);
            answer.linkedid = Some(linkedid);
        }
        let Some(detail) = detail else { return answer };
        if self.whole {
            let call = &detail.call;
            answer.started_at = Some(self.time(call.start));
            answer.ended_at = call.end.map(|end| self.time(end));
            answer.did = call.did.clone();
            answer.phases = Some(self.phases(detail));
        }
        answer.visits = detail.visits.iter().map(|v| self.visit(v)).collect();
        answer.rings = detail.rings.iter().map(|r| self.ring(r)).collect();
        answer.transfers = detail.transfers.iter().map(|t| self.transfer(t)).collect();
        answer.legs = detail.legs.iter().map(|leg| self.leg(leg)).collect();
        answer
    }

    /// Adds the PBX's rows, as many as are shown.
    pub(super) fn add_rows(&self, answer: &mut CallDetail) {
        let Some(records) = &self.told.records else {
            return;
        };
        let tables = [&records.cdr, &records.queue_log, &records.cel];
        if tables.iter().any(|rows| rows.len() > MOST_SHOWN) {
            let note = format!("Of each table the first {MOST_SHOWN} rows are shown.");
            answer.notes.push(note);
        }
        let [cdr, queue_log, cel] = tables.map(|rows| shown(rows));
        answer.rows = Some(DetailRows {
            cdr,
            queue_log,
            cel,
        });
    }

    fn notes(&self, detail: Option<&Detail>) -> Vec<String> {
        let mut notes = Vec::new();
        let told = self.told;
        if told.revision.is_none() {
            notes.push("The PBX tells of this call; its records have not come yet.".to_owned());
        }
        if detail.is_none() {
            notes.push("The rows of this call are not there any more.".to_owned());
        }
        if told.is_cut && told.revision.is_none() {
            notes.push(
                "The PBX has told very much of this call: what lies back is left out, or what \
                 came last."
                    .to_owned(),
            );
        } else if told.is_cut {
            notes.push(format!(
                "The call has very many rows: the entries are right, but visits, rings, transfers \
                 and legs are told from the first {MOST_ROWS} rows of each table."
            ));
        }
        match told.not_understood {
            // How many rows others have is not for everybody.
            _ if !self.whole => {}
            0 => {}
            1 => notes.push("One row could not be understood, and is left out.".to_owned()),
            many => notes.push(format!(
                "{many} rows could not be understood, and are left out."
            )),
        }
        notes
    }

    fn entry(&self, line: &Line, detail: Option<&Detail>) -> DetailEntry {
        let entry = &line.entry;
        // Rows may have come that the stored entry does not know of, and then the rule is another's.
        let is_known = |detail: &&Detail| detail.call.lines().any(|known| known == entry);
        let rule = detail.filter(is_known).and_then(|detail| {
            let key = (entry.owner.clone(), entry.ordinal);
            detail.rules.get(&key).copied()
        });
        DetailEntry {
            owner: OwnerName::from(&entry.owner),
            entry: call_history(line, self.view),
            why: rule.map(why),
        }
    }

    fn phases(&self, detail: &Detail) -> DetailPhases {
        let call = &detail.call;
        let talks = detail.rings.iter().filter_map(|ring| ring.talk);
        let on_legs = detail.legs.iter().filter_map(|leg| leg.talk);
        let first = talks.chain(on_legs).map(|talk| talk.0).min();
        let waits = detail.visits.iter().map(|visit| self.waited(visit));
        let summary = &call.summary;
        let talking = summary.talking_since.map(|since| self.since(since));
        DetailPhases {
            until_answer_seconds: first.map(|first| whole_seconds(call.start, first)),
            ringing_seconds: detail.ringing_seconds,
            waiting_seconds: (!detail.visits.is_empty()).then(|| waits.sum()),
            talk_seconds: summary.talk_seconds.or(talking).unwrap_or(0),
            total_seconds: whole_seconds(call.start, call.end.unwrap_or(self.view.now)),
        }
    }

    fn visit(&self, visit: &Visit) -> DetailVisit {
        let talking = visit.connected.map(|since| self.since(since));
        DetailVisit {
            queue_name: visit.queue.clone(),
            entered_at: self.time(visit.entered),
            answered_at: visit.connected.map(|at| self.time(at)),
            ended_at: visit.ended.map(|at| self.time(at)),
            status: visit.status.as_str().to_owned(),
            why: why(visit.rule),
            wait_seconds: self.waited(visit),
            talk_seconds: visit.talk_seconds.or(talking).unwrap_or(0),
        }
    }

    fn waited(&self, visit: &Visit) -> i64 {
        let waited = || self.since(visit.entered);
        visit.wait_seconds.unwrap_or_else(waited)
    }

    fn ring(&self, ring: &Ring) -> DetailRing {
        let agent = ring.agent.as_deref();
        let member = ring.member_user.as_deref();
        DetailRing {
            username: ring.user.clone(),
            number: ring.number.clone(),
            channel: ring.channel.clone(),
            agent_num: ring.agent.clone(),
            agent_name: member_name(self.view.names.directory(), agent, member, ring.began),
            visit: ring.visit,
            began_at: self.time(ring.began),
            ring_seconds: whole_seconds(ring.began, ring.ended.unwrap_or(self.view.now)),
            outcome: ring.outcome.as_str().to_owned(),
            answered_elsewhere: ring.answered_elsewhere.then_some(true),
            talk_seconds: ring.talk.map(|talk| self.talk_seconds(talk)),
        }
    }

    fn transfer(&self, transfer: &Transfer) -> DetailTransfer {
        let by = transfer.by.clone().unwrap_or_default();
        let to = transfer.to.clone().unwrap_or_default();
        let kind = if transfer.attended {
            "attended"
        } else {
            "blind"
        };
        DetailTransfer {
            at: self.time(transfer.at),
            kind: kind.to_owned(),
            by_username: by.user,
            by_number: by.number,
            to_username: to.user,
            to_queue: to.queue,
            to_number: to.number,
            witness: transfer.witness.as_str().to_owned(),
        }
    }

    fn leg(&self, leg: &Leg) -> DetailLeg {
        DetailLeg {
            class: leg.class.as_str().to_owned(),
            counted: leg.class.counts(),
            why: leg.class.sentence().to_owned(),
            table: if leg.from_events { "cel" } else { "cdr" }.to_owned(),
            from_channel: leg.from.clone(),
            to_channel: leg.to.clone(),
            application: leg.application.clone(),
            started_at: self.time(leg.start),
            answered_at: leg.talk.map(|talk| self.time(talk.0)),
            ended_at: leg.end.map(|end| self.time(end)),
            talk_seconds: leg.talk.map_or(0, |talk| self.talk_seconds(talk)),
            recording: leg.recording.clone(),
            userfield: leg.userfield.clone(),
        }
    }

    fn talk_seconds(&self, (from, until): (Time, Option<Time>)) -> i64 {
        whole_seconds(from, until.unwrap_or(self.view.now))
    }

    fn since(&self, time: Time) -> i64 {
        whole_seconds(time, self.view.now)
    }

    fn time(&self, time: Time) -> String {
        let local = time.with_timezone(&self.view.zone);
        local.to_rfc3339_opts(SecondsFormat::Millis, false)
    }
}

fn shown(rows: &[Stored]) -> Vec<BTreeMap<String, String>> {
    let rows = rows.iter().take(MOST_SHOWN);
    rows.map(|stored| {
        let columns = stored.record.kind().columns().iter();
        let values = columns.zip(stored.record.values());
        values
            .filter_map(|(column, value)| Some((column.name.to_owned(), value.clone()?)))
            .collect()
    })
    .collect()
}

fn why(rule: Rule) -> DetailWhy {
    DetailWhy {
        code: rule.code().to_owned(),
        text: rule.sentence().to_owned(),
    }
}

fn whole_seconds(from: Time, until: Time) -> i64 {
    (until - from).num_seconds().max(0)
}
