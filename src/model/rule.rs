//! The rules by which folding gives an entry or a visit its status, in words.

use std::fmt;

/// Why an entry or a visit has its status. Folding notes it where it decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// The owner called.
    Called,
    /// The owner is an outside number that was called.
    WasCalled,
    /// Somebody talked in the call.
    SomebodyTalked,
    /// Nobody talked: the last visit of a queue says how the call ended.
    LastVisit,
    /// Nobody talked, and there was no queue.
    NobodyTalked,
    /// The call is not over.
    GoesOn,
    /// The owner was called, and talked.
    Talked,
    /// The owner was called, and talks.
    Talks,
    /// The owner's phone rings.
    Rings,
    /// The call goes on, and the owner may be tried again.
    MayBeTried,
    /// The owner's phone rang, and somebody else answered after that began.
    AnsweredElsewhere,
    /// The owner's phone rang, and nobody answered after that began.
    Unanswered,
    /// COMPLETECALLER.
    CallerHungUp,
    /// COMPLETEAGENT.
    MemberHungUp,
    /// Either of them: nothing tells which.
    Completed,
    /// BLINDTRANSFER (TRANSFER of old).
    BlindTransferred,
    /// ATTENDEDTRANSFER.
    AttendedTransferred,
    /// FULL, CLOSED, JOINEMPTY, DIVERT_CA_RATIO, DIVERT_HOLDTIME.
    Refused,
    /// ABANDON.
    Abandoned,
    /// EXITWITHTIMEOUT.
    TimedOut,
    /// EXITWITHKEY.
    LeftByKey,
    /// WITHDRAW.
    Withdrawn,
    /// EXITEMPTY or LEAVEEMPTY.
    Emptied,
    /// SYSCOMPAT.
    Incompatible,
    /// Nothing ended the visit yet, and nobody has answered.
    Waits,
    /// CONNECT, and no end yet.
    Connected,
    /// CONNECT, and the end was lost.
    ConnectedEndLost,
    /// The end was lost.
    EndLost,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Rule; 28] = [
        Self::Called,
        Self::WasCalled,
        Self::SomebodyTalked,
        Self::LastVisit,
        Self::NobodyTalked,
        Self::GoesOn,
        Self::Talked,
        Self::Talks,
        Self::Rings,
        Self::MayBeTried,
        Self::AnsweredElsewhere,
        Self::Unanswered,
        Self::CallerHungUp,
        Self::MemberHungUp,
        Self::Completed,
        Self::BlindTransferred,
        Self::AttendedTransferred,
        Self::Refused,
        Self::Abandoned,
        Self::TimedOut,
        Self::LeftByKey,
        Self::Withdrawn,
        Self::Emptied,
        Self::Incompatible,
        Self::Waits,
        Self::Connected,
        Self::ConnectedEndLost,
        Self::EndLost,
    ];

    /// The stable word of the rule.
    pub fn code(self) -> &'static str {
        self.text().0
    }

    /// What it says.
    pub fn sentence(self) -> &'static str {
        self.text().1
    }

    fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Called => ("called", "The owner made the call."),
            Self::WasCalled => ("was-called", "The call was made to this outside number."),
            Self::SomebodyTalked => (
                "somebody-talked",
                "Two people talked. A menu, an announcement or a mailbox that answers is nobody.",
            ),
            Self::LastVisit => (
                "last-visit",
                "Nobody talked; the caller's last visit of a queue ended like this.",
            ),
            Self::NobodyTalked => (
                "nobody-talked",
                "Nobody talked, and the caller was in no queue. An announcement, a menu or a \
                 mailbox that answers is nobody.",
            ),
            Self::GoesOn => ("goes-on", "The call is not over."),
            Self::Talked => ("talked", "The owner was called, answered and talked."),
            Self::Talks => ("talks", "The owner was called, answered and talks."),
            Self::Rings => ("rings", "The owner's phone rings."),
            Self::MayBeTried => (
                "may-be-tried",
                "The call goes on and nobody has answered since the owner's phone rang: it may \
                 be tried again.",
            ),
            Self::AnsweredElsewhere => (
                "answered-elsewhere",
                "The owner's phone rang, and somebody else answered the call after its last \
                 ringing began.",
            ),
            Self::Unanswered => (
                "unanswered",
                "The owner was called and did not answer, and after the last time nobody else \
                 answered the call.",
            ),
            Self::CallerHungUp => (
                "caller-hung-up",
                "A member answered, and the caller hung up (COMPLETECALLER).",
            ),
            Self::MemberHungUp => (
                "member-hung-up",
                "A member answered, and hung up (COMPLETEAGENT).",
            ),
            Self::Completed => (
                "completed",
                "A member answered, and one of the two hung up.",
            ),
            Self::BlindTransferred => (
                "blind-transferred",
                "A member answered and handed the caller on (BLINDTRANSFER).",
            ),
            Self::AttendedTransferred => (
                "attended-transferred",
                "A member answered and handed the caller on after asking (ATTENDEDTRANSFER).",
            ),
            Self::Refused => (
                "refused",
                "The queue did not let the caller in (FULL, CLOSED, JOINEMPTY, DIVERT_CA_RATIO, \
                 DIVERT_HOLDTIME).",
            ),
            Self::Abandoned => ("abandoned", "The caller hung up while waiting (ABANDON)."),
            Self::TimedOut => (
                "timed-out",
                "The caller waited as long as the queue allows (EXITWITHTIMEOUT).",
            ),
            Self::LeftByKey => ("left-by-key", "The caller left with a key (EXITWITHKEY)."),
            Self::Withdrawn => ("withdrawn", "An operator took the caller out (WITHDRAW)."),
            Self::Emptied => (
                "emptied",
                "The caller was put out when no member was left (EXITEMPTY, LEAVEEMPTY).",
            ),
            Self::Incompatible => (
                "incompatible",
                "Caller and member had no codec in common (SYSCOMPAT).",
            ),
            Self::Waits => ("waits", "The caller is in the queue."),
            Self::Connected => ("connected", "A member has answered (CONNECT)."),
            Self::ConnectedEndLost => (
                "connected-end-lost",
                "A member had answered (CONNECT); how the talk ended is not in the queue log.",
            ),
            Self::EndLost => (
                "end-lost",
                "The caller was elsewhere or gone, and how the visit ended is not in the queue \
                 log.",
            ),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_has_a_code_of_its_own_and_a_sentence() {
        let codes: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
        assert_eq!(codes.len(), Rule::ALL.len());
        for rule in Rule::ALL {
            assert!(rule.sentence().ends_with('.'), "{rule}");
        }
    }
}
