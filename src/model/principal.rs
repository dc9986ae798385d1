//! Who asks, and what they may read.
//!
//! A [`Principal`] decides which owners' entries may be read. The store reads histories only
//! for a [`Readable`], which nothing but a principal can make: there is no way around it.

use std::collections::BTreeSet;

use super::{Line, Owner, OwnerKind, Scope};

/// Who asks. Made by `auth` from what the request brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principal {
    own_user: Option<String>,
    own_agent: Option<String>,
    users: BTreeSet<String>,
    agents: BTreeSet<String>,
    queues: BTreeSet<String>,
    any_queue: bool,
    customers: bool,
    everything: bool,
    writes_directory: bool,
    administers: bool,
}

impl Principal {
    /// Somebody who may do everything.
    pub fn administrator() -> Self {
        Self::new(None, None, [&Scope::Admin])
    }

    /// Somebody who is this user and this agent, if any, and has these scopes.
    pub fn new<'a>(
        own_user: Option<String>,
        own_agent: Option<String>,
        scopes: impl IntoIterator<Item = &'a Scope>,
    ) -> Self {
        let mut principal = Self {
            own_user,
            own_agent,
            ..Self::default()
        };
        for scope in scopes {
            principal.add(scope);
        }
        principal
    }

    fn add(&mut self, scope: &Scope) {
        match scope {
            Scope::Own => {
                self.users.extend(self.own_user.clone());
                self.agents.extend(self.own_agent.clone());
            }
            Scope::User(name) => drop(self.users.insert(name.clone())),
            Scope::Agent(number) => drop(self.agents.insert(number.clone())),
            Scope::Queue(name) => drop(self.queues.insert(name.clone())),
            Scope::AnyQueue => self.any_queue = true,
            Scope::Customer => self.customers = true,
            Scope::All => self.everything = true,
            Scope::DirectoryWrite => self.writes_directory = true,
            Scope::Admin => {
                self.everything = true;
                self.writes_directory = true;
                self.administers = true;
            }
        }
    }

    /// The username whose calls `/history/user` shows when none is named.
    pub fn own_user(&self) -> Option<&str> {
        self.own_user.as_deref()
    }

    /// The agent whose calls `/history/agent` shows when none is named.
    pub fn own_agent(&self) -> Option<&str> {
        self.own_agent.as_deref()
    }

    /// Whether the directory may be changed.
    pub fn may_write_directory(&self) -> bool {
        self.writes_directory
    }

    /// Whether keys may be made and revoked.
    pub fn may_administer(&self) -> bool {
        self.administers
    }

    /// Whether the entries of all owners may be read.
    pub fn may_read_everything(&self) -> bool {
        self.everything
    }

    /// What may be read, as texts that are the same for two principals exactly when both may
    /// read the same.
    pub fn rights(&self) -> Vec<String> {
        if self.everything {
            return vec![Scope::All.to_string()];
        }
        let users = self.users.iter().cloned().map(Scope::User);
        let agents = self.agents.iter().cloned().map(Scope::Agent);
        let queues = match self.any_queue {
            true => vec![Scope::AnyQueue],
            false => self.queues.iter().cloned().map(Scope::Queue).collect(),
        };
        let customers = self.customers.then_some(Scope::Customer);
        let scopes = users.chain(agents).chain(queues).chain(customers);
        scopes.map(|scope| scope.to_string()).collect()
    }

    /// Whether this owner's entries may be read.
    pub fn may_read(&self, owner: &Owner) -> bool {
        self.everything
            || match owner.kind {
                OwnerKind::User => self.users.contains(&owner.name),
                OwnerKind::Agent => self.agents.contains(&owner.name),
                OwnerKind::Queue => self.any_queue || self.queues.contains(&owner.name),
                OwnerKind::Customer => self.customers,
                OwnerKind::All => false,
            }
    }

    /// What [`may_read`](Self::may_read) lets be read, for a statement: the kinds all of whose
    /// owners may be, and of other kinds their names.
    pub fn readable_names(&self) -> (Vec<OwnerKind>, [(OwnerKind, &BTreeSet<String>); 3]) {
        let whole = OwnerKind::ALL.into_iter().filter(|kind| {
            self.everything
                || match kind {
                    OwnerKind::Queue => self.any_queue,
                    OwnerKind::Customer => self.customers,
                    OwnerKind::User | OwnerKind::Agent | OwnerKind::All => false,
                }
        });
        let named = [
            (OwnerKind::User, &self.users),
            (OwnerKind::Agent, &self.agents),
            (OwnerKind::Queue, &self.queues),
        ];
        (whole.collect(), named)
    }

    /// Those of the owners whose entries may be read; the others are left out as if they did
    /// not exist.
    pub fn readable(&self, owners: impl IntoIterator<Item = Owner>) -> Readable {
        Readable {
            owners: owners
                .into_iter()
                .filter(|owner| self.may_read(owner))
                .collect(),
            agents_other_calls: false,
        }
    }

    /// An agent's history: the agent's own queue calls and, where the linked user may be read
    /// too, that user's other calls.
    pub fn readable_agent(&self, agent: &str, linked_user: Option<&str>) -> Readable {
        let agent = Owner::agent(agent);
        if !self.may_read(&agent) {
            return self.readable([]);
        }
        let user = linked_user.map(Owner::user);
        Readable {
            agents_other_calls: true,
            ..self.readable(std::iter::once(agent).chain(user))
        }
    }
}

/// Owners whose entries a principal may read. Only a principal makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readable {
    owners: Vec<Owner>,
    agents_other_calls: bool,
}

impl Readable {
    /// The owners.
    pub fn owners(&self) -> &[Owner] {
        &self.owners
    }

    /// Whether nothing may be read: the owner is not there, or not for this principal.
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// Whether entries of this owner that stand in the linked agent's history as well are to
    /// be left out, because that history is read together with this one.
    pub fn leaves_out_agent_calls(&self, owner: &Owner) -> bool {
        self.agents_other_calls && owner.kind == OwnerKind::User
    }

    /// Whether this line stands in these histories.
    pub fn shows(&self, line: &Line) -> bool {
        let owner = &line.entry.owner;
        self.owners.contains(owner)
            && !(line.entry.also_agent && self.leaves_out_agent_calls(owner))
    }

    /// What it reads, as texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = String> {
        let owners = self.owners.iter();
        owners.map(|owner| {
            let others = match self.leaves_out_agent_calls(owner) {
                true => "other calls of ",
                false => "",
            };
            format!("{others}{} {}", owner.kind, owner.name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each scope: which of usera, userb, agent 1, agent 2, queues blue and black, a customer,
    /// and everybody together somebody who is usera and agent 1 may read with it.
    #[test]
    fn each_scope_opens_what_it_names_and_nothing_else() {
        let owners = [
            Owner::user("usera"),
            Owner::user("userb"),
            Owner::agent("1"),
            Owner::agent("2"),
            Owner::queue("blue"),
            Owner::queue("black"),
            Owner::customer("0611"),
            Owner::all(),
        ];
        for (scope, opens) in [
            (
                "history:self",
                [true, false, true, false, false, false, false, false],
            ),
            (
                "history:user:userb",
                [false, true, false, false, false, false, false, false],
            ),
            (
                "history:agent:2",
                [false, false, false, true, false, false, false, false],
            ),
            (
                "history:queue:blue",
                [false, false, false, false, true, false, false, false],
            ),
            ("history:queue:bl", [false; 8]),
            (
                "history:queue:*",
                [false, false, false, false, true, true, false, false],
            ),
            (
                "history:customer",
                [false, false, false, false, false, false, true, false],
            ),
            ("history:all", [true; 8]),
            ("directory:write", [false; 8]),
            ("admin", [true; 8]),
        ] {
            let scope: Scope = scope.parse().unwrap();
            let (user, agent) = (Some("usera".to_owned()), Some("1".to_owned()));
            let principal = Principal::new(user, agent, [&scope]);
            let read = owners.each_ref().map(|owner| principal.may_read(owner));
            assert_eq!(read, opens, "{scope}");
            assert_eq!(principal.may_administer(), scope == Scope::Admin);
        }
        let nobody = Principal::new(None, None, []);
        assert!(owners.iter().all(|owner| !nobody.may_read(owner)));
    }

    #[test]
    fn an_agents_history_has_the_users_calls_only_for_who_may_read_the_user() {
        let read = |scopes: &[&str]| {
            let scopes: Vec<Scope> = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
            let readable = Principal::new(None, None, &scopes).readable_agent("1", Some("usera"));
            readable.owners().to_vec()
        };
        let (agent, user) = (Owner::agent("1"), Owner::user("usera"));
        assert_eq!(read(&["history:agent:1"]), std::slice::from_ref(&agent));
        assert_eq!(
            read(&["history:agent:1", "history:user:usera"]),
            [agent, user]
        );
        assert!(read(&["history:user:usera"]).is_empty());
    }

    #[test]
    fn of_several_queues_those_that_may_not_be_read_are_not_there() {
        let scope = Scope::Queue("blue".to_owned());
        let principal = Principal::new(None, None, [&scope]);
        let readable = principal.readable(["blue", "black", "blow"].map(Owner::queue));
        assert_eq!(readable.owners(), [Owner::queue("blue")]);
    }
}
