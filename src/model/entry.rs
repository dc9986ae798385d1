//! Entries: the lines of a history.

use super::{CallId, Owner, OwnerKind, Status, Time, customer_key};

/// The most digits of a [peer](Entry::peer); whatever is longer is no number.
pub const LONGEST_PEER: usize = 64;

/// Which way a call went, seen from the PBX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// Between phones of the PBX.
    Internal,
    /// From outside.
    Inbound,
    /// To outside.
    Outbound,
}

impl Direction {
    /// Every direction.
    pub const ALL: [Direction; 3] = [Self::Internal, Self::Inbound, Self::Outbound];

    /// The word in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }

    /// The direction of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|direction| direction.as_str() == word)
    }
}

/// One of the two sides of an entry: who called, or who was called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Side {
    /// The number, as it is shown; a visit's called side has the queue's number.
    pub number: Option<String>,
    /// The username, when this side is a user.
    pub user: Option<String>,
    /// The name in the caller id, when this side is an outside caller.
    pub name: Option<String>,
}

/// One line in the history of one owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry {
    /// Whose history.
    pub owner: Owner,
    /// Which of the call's visits, counted from 0; always 0 for the other owners, who have
    /// one entry of a call.
    pub ordinal: i16,
    /// The call's start for caller and customer, the first ringing for who was called, the
    /// entering for a visit.
    pub start: Time,
    /// What became of the call for this owner.
    pub status: Status,
    /// Talk in whole seconds; 0 when nobody talked. None while the talk goes on.
    pub talk_seconds: Option<i64>,
    /// While the talk goes on: when it would have begun, had the owner talked without pause.
    /// The talk up to a moment is the time since this.
    pub talking_since: Option<Time>,
    /// Hold time in the queue in whole seconds, in entries of queue calls.
    pub wait_seconds: Option<i64>,
    /// `status` is missed, but somebody else answered after the ringing began.
    pub answered_elsewhere: bool,
    /// Who called.
    pub src: Side,
    /// Who was called.
    pub dst: Side,
    /// What the caller dialled, when it is not `dst.number`.
    pub dialed: Option<String>,
    /// The queue's name, in entries of queue calls.
    pub queue: Option<String>,
    /// The number of the agent who answered; in an entry of somebody who was called as the
    /// queue's member and did not talk, their own. In an agent's entry always that agent's.
    pub agent: Option<String>,
    /// The user who is that member of the queue, linked to the agent or not.
    pub member_user: Option<String>,
    /// Which way the call went.
    pub direction: Direction,
    /// The account that the caller's calls are counted for.
    pub account_code: Option<String>,
    /// Whether any part of the call was recorded.
    pub has_recording: bool,
    /// In a user's entry: the same call stands in the history of this user's agent too, so
    /// that an agent's history with the user's other calls shows it once.
    pub also_agent: bool,
}

impl Entry {
    /// The other party's side: for who called the called side, else the caller; in the list of
    /// all calls whoever is outside.
    pub fn other_side(&self) -> &Side {
        if self.is_of_caller() {
            &self.dst
        } else {
            &self.src
        }
    }

    /// Whether the owner is who called.
    fn is_of_caller(&self) -> bool {
        match self.owner.kind {
            OwnerKind::User => {
                self.status == Status::Emitted || self.src.user.as_ref() == Some(&self.owner.name)
            }
            // `emitted` is a call to the customer.
            OwnerKind::Customer => {
                let number = self.src.number.as_deref().and_then(customer_key);
                self.status != Status::Emitted && number.as_ref() == Some(&self.owner.name)
            }
            OwnerKind::Agent | OwnerKind::Queue => false,
            OwnerKind::All => self.direction == Direction::Outbound,
        }
    }

    /// The numbers that this entry is found by, bare: the other party's, and for who called what
    /// was dialled; in the list of all calls those of both sides.
    pub fn numbers(&self) -> Vec<String> {
        let bare = |number: &str| number.replace('+', "");
        let dialed = self.dialed.as_deref().map(bare);
        match self.owner.kind {
            OwnerKind::All => {
                let sides = [&self.src, &self.dst];
                let sides = sides.into_iter().filter_map(|side| side.number.as_deref());
                sides.map(bare).chain(dialed).collect()
            }
            OwnerKind::User => {
                let dialed = dialed.filter(|_| self.is_of_caller());
                self.peer().into_iter().chain(dialed).collect()
            }
            OwnerKind::Agent | OwnerKind::Queue | OwnerKind::Customer => {
                self.peer().into_iter().collect()
            }
        }
    }

    /// The other party's number, bare as a [`customer_key`]; None where it is withheld or
    /// unknown.
    pub fn peer(&self) -> Option<String> {
        let number = self.other_side().number.as_deref()?;
        customer_key(number).filter(|number| number.len() <= LONGEST_PEER)
    }
}

/// Where an entry stands in a history: what a page of it ends with. Histories are sorted by
/// it, newest first, and no two entries that are read together share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// [`Entry::start`].
    pub start: Time,
    /// The call.
    pub call: CallId,
    /// [`Entry::ordinal`].
    pub ordinal: i16,
}

/// An entry together with its call, as a history holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The call that the entry is of.
    pub call: CallId,
    /// The entry.
    pub entry: Entry,
}

impl Line {
    /// Where the line stands in its history.
    pub fn position(&self) -> Position {
        Position {
            start: self.entry.start,
            call: self.call,
            ordinal: self.entry.ordinal,
        }
    }
}
