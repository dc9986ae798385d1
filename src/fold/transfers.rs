//! Who handed the call on to whom: what channel events say, else the queue log, else what the
//! rows show, where a talk ended and the same caller went on with another phone.

use std::collections::HashMap;

use super::Way;
use super::attempts::SLACK;
use super::contacts::Contact;
use super::detail::owner;
use super::entries::owners_of;
use super::sides::application;
use crate::asterisk::{Channel, Happening};
use crate::model::{Owner, Side, Time, Transfer, TransferParty, Witness};

impl Way<'_> {
    pub(super) fn transfers(&self) -> Vec<Transfer> {
        let mut all: Vec<Transfer> = Vec::new();
        // The best witness first: what another says of the same moment is the same transfer.
        for told in [self.by_events(), self.by_queue_log(), self.by_rows()] {
            let better = all.len();
            for transfer in told {
                let apart = |known: &&mut Transfer| (known.at - transfer.at).abs();
                let known = all[..better].iter_mut().min_by_key(apart);
                match known.filter(|known| apart(known) <= SLACK) {
                    Some(known) => {
                        known.by = known.by.take().or(transfer.by);
                        known.to = known.to.take().or(transfer.to);
                        known.visit = known.visit.or(transfer.visit);
                    }
                    None => all.push(transfer),
                }
            }
        }
        for transfer in &mut all {
            if transfer.to.is_none() {
                transfer.to = self.reached_after(transfer);
            }
        }
        all.sort_by_key(|transfer| transfer.at);
        all
    }

    fn by_events(&self) -> Vec<Transfer> {
        let events = self.rows.cel.iter();
        events
            .filter_map(|event| {
                let Happening::Transfer { attended, to } = &event.happening else {
                    return None;
                };
                let to = match attended {
                    true => Channel::parse(to).map(|channel| self.at_channel(&channel, event.time)),
                    false => Some(to)
                        .filter(|to| !to.is_empty())
                        .map(|to| self.at_number(to, event.time)),
                };
                let by = event.channel.as_ref();
                Some(Transfer {
                    at: event.time,
                    attended: *attended,
                    by: by.map(|by| self.at_channel(by, event.time)),
                    to,
                    visit: None,
                    witness: Witness::Cel,
                })
            })
            .collect()
    }

    fn by_queue_log(&self) -> Vec<Transfer> {
        let visits = self.parts.visits.iter().enumerate();
        visits
            .filter_map(|(n, visit)| {
                let handed_on = visit.handed_on.as_ref()?;
                let at = visit.ended?;
                let by = self.parts.index.answered.get(&n);
                Some(Transfer {
                    at,
                    attended: handed_on.attended,
                    by: by.map(|contact| self.of_contact(contact)),
                    to: handed_on.to.as_deref().map(|to| self.at_number(to, at)),
                    visit: Some(n),
                    witness: Witness::QueueLog,
                })
            })
            .collect()
    }

    /// Of each talk the next one or ringing of the same caller, when it began as the talk ended
    /// on another phone. Who was answered at once had been asked before, unless the caller's
    /// channel dialled them itself: of one that is up already each row begins with the answer.
    /// Whoever still talks later has handed on nobody: the caller asked a third party meanwhile.
    fn by_rows(&self) -> Vec<Transfer> {
        let mut last: HashMap<&Channel, Time> = HashMap::new();
        for path in self.paths {
            for channel in path.from.into_iter().chain(path.to) {
                let end = last.entry(channel).or_insert(path.row.end);
                *end = path.row.end.max(*end);
            }
        }
        let mut asked: HashMap<&Channel, Time> = HashMap::new();
        for (to, start) in self.paths.iter().filter_map(|p| Some((p.to?, p.row.start))) {
            let first = asked.entry(to).or_insert(start);
            *first = start.min(*first);
        }
        let stays = |channel: Option<&Channel>, until: Time| {
            let end = channel.and_then(|channel| last.get(channel));
            end.is_some_and(|end| *end > until + SLACK)
        };
        let with_path = |contact: &&Contact<'_>| contact.path.is_some();
        let mut contacts: Vec<&Contact<'_>> =
            self.parts.contacts.iter().filter(with_path).collect();
        let channel = |contact: &Contact<'_>| contact.path.map(|path| path.outer.uniqueid.clone());
        let start = |contact: &Contact<'_>| contact.path.map(|path| path.row.start);
        contacts.sort_by_cached_key(|contact| (channel(contact), start(contact)));
        let mut found = Vec::new();
        for pair in contacts.windows(2) {
            let [before, after] = pair else { continue };
            let (Some(first), Some(second)) = (before.path, after.path) else {
                continue;
            };
            let Some(ended) = first.talk().and_then(|talk| talk.until) else {
                continue;
            };
            if first.outer.uniqueid == second.outer.uniqueid
                && first.to != second.to
                && !stays(first.to, ended)
                && (second.row.start - ended).abs() <= SLACK
            {
                let talk = second.talk();
                let at_once = talk.is_some_and(|talk| talk.from == second.row.start);
                let before_that = |to| asked.get(to).is_some_and(|at| *at < second.row.start);
                let knew = application(first) == application(second);
                found.push(Transfer {
                    at: ended,
                    attended: at_once && (knew || second.to.is_some_and(before_that)),
                    by: Some(self.of_contact(before)),
                    to: Some(self.of_contact(after)),
                    visit: before.visit,
                    witness: Witness::Rows,
                });
            }
        }
        found
    }

    /// Who was reached when the call was handed on, and is not who did.
    fn reached_after(&self, transfer: &Transfer) -> Option<TransferParty> {
        let by = transfer.by.as_ref().and_then(|by| by.user.as_ref());
        let near = |time: Time| (time - transfer.at).abs() <= SLACK;
        let answered = |contact: &Contact<'_>| contact.talk.is_some_and(|talk| near(talk.from));
        let contacts = self.parts.contacts.iter();
        contacts
            .filter(|contact| near(contact.began) || answered(contact))
            .map(|contact| self.of_contact(contact))
            .find(|party| party.user.is_none() || party.user.as_ref() != by)
    }

    fn of_contact(&self, contact: &Contact<'_>) -> TransferParty {
        let side = self.parts.side_of(contact);
        let number = side.number.as_deref().filter(|_| side.user.is_none());
        TransferParty {
            queue: number.and_then(|number| self.queue_of(number)),
            user: side.user,
            number: side.number,
            owners: owners_of(contact),
        }
    }

    fn at_channel(&self, channel: &Channel, at: Time) -> TransferParty {
        let mut contacts = self.parts.contacts.iter();
        if let Some(contact) = contacts.find(|contact| contact.phone == Some(channel)) {
            return self.of_contact(contact);
        }
        let who = &self.parts.who;
        let party = who.at_channel(Some(channel), &[], at);
        let user = party.user();
        TransferParty {
            number: user.and_then(|user| who.number_of(user, "", Some(channel), at)),
            user: user.map(str::to_owned),
            queue: None,
            owners: user.map(Owner::user).into_iter().collect(),
        }
    }

    /// Whoever has a number. A queue's would be learned as a user's; it is only where the directory
    /// says so. The queue's own history tells of the visit, not of who sent the caller: so it is
    /// no owner of the transfer.
    fn at_number(&self, number: &str, at: Time) -> TransferParty {
        let who = &self.parts.who;
        let user = who.directory.user_of_number(who.source, number, at);
        let queue = self.queue_of(number);
        if user.is_none() && (queue.is_some() || who.directory.is_queue_number(number)) {
            return TransferParty {
                queue,
                number: Some(number.to_owned()),
                ..TransferParty::default()
            };
        }
        let party = who.at_number(number, at);
        let side = Side {
            number: Some(number.to_owned()),
            ..Side::default()
        };
        TransferParty {
            user: party.user().map(str::to_owned),
            queue: None,
            owners: owner(&party, &side).into_iter().collect(),
            number: side.number,
        }
    }

    /// The name of the queue with this number: one that the call was in, else the directory's.
    fn queue_of(&self, number: &str) -> Option<String> {
        let mut visits = self.parts.visits.iter().enumerate();
        let visited = visits.find(|(n, _)| self.parts.queue_number(*n).as_deref() == Some(number));
        let known = || self.parts.who.directory.queue_of_number(number);
        visited
            .map(|(_, visit)| visit.queue.clone())
            .or_else(|| known().map(|queue| queue.name.clone()))
    }
}
