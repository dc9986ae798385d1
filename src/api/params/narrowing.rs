//! Whose entries are wanted, of all that a caller may read.

use utoipa::IntoParams;

use super::asked::OwnParameters;
use super::bounds::text;
use super::own::{AgentParameters, UserParameters};
use super::reader::Reader;
use crate::api::names::Names;
use crate::model::{Owner, OwnerKind, Principal, Readable, Sight, Time};

/// Whose entries are wanted: those of all owners that are named; all that the caller may read
/// when none is.
#[derive(Clone, Debug, Default, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Narrowing {
    /// Username, at most 256 characters. May be given several times.
    #[param(value_type = Vec<String>, required = false, rename = "user", min_length = 1, max_length = 256, pattern = r"\S")]
    pub users: Vec<String>,
    /// Agent number, at most 256 characters: the agent's queue calls and, for who may read the
    /// linked user, that user's other calls. May be given several times.
    #[param(value_type = Vec<String>, required = false, rename = "agent", min_length = 1, max_length = 256, pattern = r"\S")]
    pub agents: Vec<String>,
    /// Exact name of a queue, at most 256 characters. May be given several times.
    #[param(value_type = Vec<String>, required = false, rename = "queue", min_length = 1, max_length = 256, pattern = r"\S")]
    pub queues: Vec<String>,
}

impl Narrowing {
    /// Reads the parameters.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            users: reader.repeated("user", text),
            agents: reader.repeated("agent", text),
            queues: reader.repeated("queue", text),
        }
    }

    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whose entries are wanted, in words: `*` for those of all that the caller may read.
    pub fn text(&self) -> String {
        let kinds = [
            (OwnerKind::User, &self.users),
            (OwnerKind::Agent, &self.agents),
            (OwnerKind::Queue, &self.queues),
        ];
        let each = kinds.into_iter().flat_map(|(kind, names)| {
            let names = names.iter();
            names.map(move |name| format!("{kind} {name}"))
        });
        match self.is_empty() {
            true => "*".to_owned(),
            false => each.collect::<Vec<_>>().join(", "),
        }
    }

    /// What this caller sees then; None when one of those who are named is not there for them.
    pub fn sight(&self, caller: &Principal, names: &Names, now: Time) -> Option<Sight> {
        if self.is_empty() {
            return Some(Sight::of(caller.clone()));
        }
        let (user, agent) = (
            UserParameters { user: None },
            AgentParameters { agent: None },
        );
        let users = self.users.iter();
        let users = users.map(|name| user.readable(name, caller, names, now));
        let agents = self.agents.iter();
        let agents = agents.map(|number| agent.readable(number, caller, names, now));
        let queues = self.queues.iter();
        let queues = queues.map(|name| {
            let is_there = names.queues_containing(name).any(|queue| queue == name);
            caller.readable(is_there.then(|| Owner::queue(name)))
        });
        let all = users.chain(agents).chain(queues);
        let all = all.map(|readable: Readable| (!readable.is_empty()).then_some(readable));
        all.collect::<Option<Vec<_>>>().map(Sight::of_histories)
    }
}
