//! Owners: whose history an entry belongs into.

use std::fmt;

/// The kinds of owner. The numbers are stored in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OwnerKind {
    /// A person with phones, by username.
    User = 1,
    /// A call-centre agent, by agent number.
    Agent = 2,
    /// A queue, by its name (never its display name).
    Queue = 3,
    /// An outside number, by its digits.
    Customer = 4,
    /// Everybody together: the list of all calls, each once. There is one such owner.
    All = 5,
}

impl OwnerKind {
    /// All kinds, in the order of their stored numbers.
    pub const ALL: [OwnerKind; 5] = [
        Self::User,
        Self::Agent,
        Self::Queue,
        Self::Customer,
        Self::All,
    ];

    /// The kind with this stored number.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The number under which the kind is stored.
    pub fn code(self) -> i16 {
        self as i16
    }

    /// The kind's word in paths and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Agent => "agent",
            Self::Queue => "queue",
            Self::Customer => "customer",
            Self::All => "all",
        }
    }
}

impl fmt::Display for OwnerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose history: a user, an agent, a queue, a customer number, or everybody's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner {
    /// Which kind of owner.
    pub kind: OwnerKind,
    /// The username, agent number, queue name, or customer's digits; `all` for everybody.
    pub name: String,
}

impl Owner {
    /// The owner of this kind and name.
    pub fn new(kind: OwnerKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }

    /// A user, by username.
    pub fn user(name: impl Into<String>) -> Self {
        Self::new(OwnerKind::User, name)
    }

    /// An agent, by number.
    pub fn agent(number: impl Into<String>) -> Self {
        Self::new(OwnerKind::Agent, number)
    }

    /// A queue, by name.
    pub fn queue(name: impl Into<String>) -> Self {
        Self::new(OwnerKind::Queue, name)
    }

    /// A customer, by the digits of [`customer_key`](super::customer_key).
    pub fn customer(digits: impl Into<String>) -> Self {
        Self::new(OwnerKind::Customer, digits)
    }

    /// Everybody together.
    pub fn all() -> Self {
        Self::new(OwnerKind::All, OwnerKind::All.as_str())
    }
}
