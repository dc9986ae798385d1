//! What a principal sees of whole calls, where these are read once for many who look on.
//!
//! The entries of a call are sealed where they are read, and only a [`Sight`] opens them, for
//! those that its principal may read. So what is shared between principals is shown to none of
//! them by mistake.

use super::{Line, Owner, Principal, Readable};

/// All entries of one call, whoever owns them. Nobody sees one but through a [`Sight`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sealed(Vec<Line>);

impl Sealed {
    /// Seals the entries of a call.
    pub fn new(lines: Vec<Line>) -> Self {
        Self(lines)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// What is seen of each call: all that a principal may read, or what stands in certain of the
/// histories that it may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight(Seen);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Everything(Principal),
    Histories(Vec<Readable>),
}

impl Sight {
    /// All that this principal may read.
    pub fn of(principal: Principal) -> Self {
        Self(Seen::Everything(principal))
    }

    /// What stands in one of these histories.
    pub fn of_histories(histories: Vec<Readable>) -> Self {
        Self(Seen::Histories(histories))
    }

    /// Whether entries of this owner may be seen.
    pub fn reads(&self, owner: &Owner) -> bool {
        match &self.0 {
            Seen::Everything(principal) => principal.may_read(owner),
            Seen::Histories(histories) => histories
                .iter()
                .any(|readable| readable.owners().contains(owner)),
        }
    }

    /// Whether every entry of every call is seen.
    pub fn reads_everything(&self) -> bool {
        matches!(&self.0, Seen::Everything(principal) if principal.may_read_everything())
    }

    /// The entries that are seen, each with its place among all of the call.
    pub fn open<'a>(&'a self, sealed: &'a Sealed) -> impl Iterator<Item = (usize, &'a Line)> {
        let numbered = sealed.0.iter().enumerate();
        numbered.filter(|(_, line)| match &self.0 {
            Seen::Everything(principal) => principal.may_read(&line.entry.owner),
            Seen::Histories(histories) => histories.iter().any(|readable| readable.shows(line)),
        })
    }

    /// Texts by which sights of different things are told apart.
    pub fn texts(&self) -> Vec<String> {
        match &self.0 {
            Seen::Everything(principal) => principal.rights(),
            Seen::Histories(histories) => {
                let mut texts: Vec<String> = histories.iter().flat_map(Readable::texts).collect();
                texts.sort_unstable();
                texts.dedup();
                texts
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CallId, Direction, Entry, Scope, Side, Status, Time};

    fn line(owner: Owner, also_agent: bool) -> Line {
        Line {
            call: CallId([1; 16]),
            entry: Entry {
                owner,
                ordinal: 0,
                start: Time::UNIX_EPOCH,
                status: Status::Answered,
                talk_seconds: Some(1),
                talking_since: None,
                wait_seconds: None,
                answered_elsewhere: false,
                src: Side::default(),
                dst: Side::default(),
                dialed: None,
                queue: None,
                agent: None,
                member_user: None,
                direction: Direction::Internal,
                account_code: None,
                has_recording: false,
                also_agent,
            },
        }
    }

    fn principal(scopes: &[&str]) -> Principal {
        let scopes: Vec<Scope> = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
        Principal::new(None, None, &scopes)
    }

    fn seen(sight: &Sight, lines: &[Line]) -> Vec<usize> {
        let sealed = Sealed::new(lines.to_vec());
        sight.open(&sealed).map(|(number, _)| number).collect()
    }

    #[test]
    fn a_sight_opens_what_its_principal_may_read() {
        let lines = [
            line(Owner::user("usera"), true),
            line(Owner::agent("1"), false),
            line(Owner::queue("blue"), false),
            line(Owner::customer("06"), false),
        ];
        for (scopes, expected) in [
            (&["history:user:usera"][..], &[0][..]),
            (&["history:queue:*", "history:customer"], &[2, 3]),
            (&["history:all"], &[0, 1, 2, 3]),
            (&["directory:write"], &[]),
        ] {
            let sight = Sight::of(principal(scopes));
            assert_eq!(seen(&sight, &lines), expected, "{scopes:?}");
            for (number, line) in lines.iter().enumerate() {
                assert_eq!(sight.reads(&line.entry.owner), expected.contains(&number));
            }
        }
    }

    #[test]
    fn an_agents_history_has_a_call_once_and_the_users_beside_it_all() {
        let lines = [
            line(Owner::user("usera"), true),
            line(Owner::user("usera"), false),
            line(Owner::agent("1"), false),
            line(Owner::user("userb"), false),
        ];
        let all = principal(&["history:all"]);
        let agent = all.readable_agent("1", Some("usera"));
        let user = all.readable([Owner::user("usera")]);
        assert_eq!(
            seen(&Sight::of_histories(vec![agent.clone()]), &lines),
            [1, 2]
        );
        assert_eq!(
            seen(&Sight::of_histories(vec![agent, user]), &lines),
            [0, 1, 2]
        );
        assert!(seen(&Sight::of_histories(vec![]), &lines).is_empty());
    }

    #[test]
    fn sights_that_see_the_same_have_the_same_texts() {
        let texts = |scopes: &[&str]| Sight::of(principal(scopes)).texts();
        assert_eq!(texts(&["history:all"]), texts(&["admin", "history:user:a"]));
        assert_eq!(
            texts(&["history:user:a", "history:user:b"]),
            texts(&["history:user:b", "history:user:a", "directory:write"])
        );
        assert_ne!(texts(&["history:user:a"]), texts(&["history:agent:a"]));
        assert_ne!(texts(&["history:queue:*"]), texts(&["history:all"]));
        let all = principal(&["history:all"]);
        let one = |readable| Sight::of_histories(vec![readable]).texts();
        assert_ne!(
            one(all.readable_agent("1", Some("usera"))),
            one(all.readable([Owner::agent("1"), Owner::user("usera")]))
        );
    }
}
