//! What became of a call, from the point of view of one owner.

use super::OwnerKind;

/// The status of an entry.
///
/// A user and an agent emit, answer or miss calls; a visit of a queue ends in one of XiVO's
/// nine ways, or in one of four that the nine cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// The owner made the call; for a customer: the call was made to the customer.
    Emitted,
    /// The owner (or, for a visit or a customer, somebody) talked.
    Answered,
    /// The owner's phone rang, or the customer called, and nobody talked.
    Missed,
    /// The call is not over and this owner's outcome is not final.
    Ongoing,
    /// The queue refused: as many waited as it allows.
    Full,
    /// The queue was closed.
    Closed,
    /// The queue refused: nobody was there to answer.
    Joinempty,
    /// The caller was put out, because the last member left.
    Leaveempty,
    /// Diverted: too many waited for each agent.
    DivertCaRatio,
    /// Diverted: the expected wait was too long (`DIVERT_HOLDTIME` in the queue log).
    DivertWaittime,
    /// The caller hung up while waiting.
    Abandoned,
    /// The caller waited as long as the queue allows.
    Timeout,
    /// The caller left with a key.
    Exitwithkey,
    /// An operator took the caller out (AMI `QueueWithdrawCaller`).
    Withdrawn,
    /// The end of the visit was lost.
    Unknown,
}

impl Status {
    /// Every status, in the order in which documents list them.
    pub const ALL: [Status; 15] = [
        Self::Emitted,
        Self::Answered,
        Self::Missed,
        Self::Ongoing,
        Self::Full,
        Self::Closed,
        Self::Joinempty,
        Self::Leaveempty,
        Self::DivertCaRatio,
        Self::DivertWaittime,
        Self::Abandoned,
        Self::Timeout,
        Self::Exitwithkey,
        Self::Withdrawn,
        Self::Unknown,
    ];

    /// The word in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Emitted => "emitted",
            Self::Answered => "answered",
            Self::Missed => "missed",
            Self::Ongoing => "ongoing",
            Self::Full => "full",
            Self::Closed => "closed",
            Self::Joinempty => "joinempty",
            Self::Leaveempty => "leaveempty",
            Self::DivertCaRatio => "divert_ca_ratio",
            Self::DivertWaittime => "divert_waittime",
            Self::Abandoned => "abandoned",
            Self::Timeout => "timeout",
            Self::Exitwithkey => "exitwithkey",
            Self::Withdrawn => "withdrawn",
            Self::Unknown => "unknown",
        }
    }

    /// The status of this word, exactly as [`as_str`](Self::as_str) writes it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether only a visit can end like this (and a customer's call, after its last visit).
    pub fn is_of_a_visit(self) -> bool {
        !matches!(
            self,
            Self::Emitted | Self::Answered | Self::Missed | Self::Ongoing
        )
    }

    /// Whether an owner of this kind can have an entry with this status.
    pub fn fits(self, kind: OwnerKind) -> bool {
        match kind {
            OwnerKind::User | OwnerKind::Agent => !self.is_of_a_visit(),
            OwnerKind::Queue => !matches!(self, Self::Emitted | Self::Missed),
            OwnerKind::Customer => true,
            OwnerKind::All => self != Self::Emitted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_back_from_its_word() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert_eq!(Status::parse("Answered"), None);
    }

    #[test]
    fn a_user_cannot_have_the_status_of_a_visit_nor_a_queue_emit() {
        assert!(!Status::Full.fits(OwnerKind::User));
        assert!(!Status::Emitted.fits(OwnerKind::Queue));
        assert!(!Status::Missed.fits(OwnerKind::Queue));
        assert!(Status::Ongoing.fits(OwnerKind::Queue));
        assert!(Status::Abandoned.fits(OwnerKind::All) && !Status::Emitted.fits(OwnerKind::All));
    }
}
