//! Who asks, and what they may read.
//!
//! A [`Principal`] decides which owners' entries may be read. The store reads histories only
//! for a [`Readable`], which nothing but a principal can make: there is no way around it.

use super::{Owner, OwnerKind};

/// Who asks. Made by `auth` from what the request brought.
#[derive(Clone, Debug)]
pub struct Principal {
    rights: Rights,
}

#[derive(Clone, Debug)]
enum Rights {
    /// Everything.
    Administrator,
}

impl Principal {
    /// Somebody who may read everything.
    pub fn administrator() -> Self {
        Self {
            rights: Rights::Administrator,
        }
    }

    /// The username whose calls `/history/user` shows when none is named.
    pub fn own_user(&self) -> Option<&str> {
        match self.rights {
            Rights::Administrator => None,
        }
    }

    /// The agent whose calls `/history/agent` shows when none is named.
    pub fn own_agent(&self) -> Option<&str> {
        match self.rights {
            Rights::Administrator => None,
        }
    }

    /// Whether this owner's entries may be read.
    pub fn may_read(&self, _owner: &Owner) -> bool {
        match self.rights {
            Rights::Administrator => true,
        }
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
        let owners = std::iter::once(Owner::agent(agent)).chain(linked_user.map(Owner::user));
        let mut readable = self.readable(owners);
        if !self.may_read(&Owner::agent(agent)) {
            readable.owners.clear();
        }
        readable.agents_other_calls = true;
        readable
    }
}

/// Owners whose entries a principal may read. Only a principal makes one.
#[derive(Clone, Debug)]
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
}
