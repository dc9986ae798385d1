//! Who is behind a channel, a number, or the name of a queue member.

use crate::asterisk::{Channel, endpoint_name};
use crate::model::{Directory, Time, User, is_dialable, is_internal_number};

/// The name of the source that rows get when none is named.
pub const DEFAULT_SOURCE: &str = "default";

/// Somebody at the end of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Party {
    /// A user of the PBX.
    User(String),
    /// Whoever is behind a trunk.
    Outside,
    /// A phone of the PBX that several users share, that nobody has any more or that nobody is
    /// known to have, or an agent without a user: nobody's history, and no outside number.
    Inside,
}

impl Party {
    pub(super) fn user(&self) -> Option<&str> {
        match self {
            Self::User(name) => Some(name),
            Self::Outside | Self::Inside => None,
        }
    }
}

/// A member of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Member {
    /// The agent number, when the queue log names an agent.
    pub(super) agent: Option<String>,
    /// The user, by the agent's link or by the member's name.
    pub(super) user: Option<String>,
}

/// Looks people up in the directory, for one source.
pub(super) struct Who<'a> {
    pub(super) directory: &'a Directory,
    pub(super) source: &'a str,
}

impl Who<'_> {
    /// Who is behind this channel, of whom a row tells these numbers. The numbers decide only
    /// between users who share the phone.
    pub(super) fn at_channel(&self, channel: Option<&Channel>, told: &[&str], at: Time) -> Party {
        match channel {
            Some(Channel::Phone { endpoint, .. }) => self.at_endpoint(endpoint, told, at),
            _ => Party::Outside,
        }
    }

    /// Who is behind this endpoint. The directory knows; what it does not know is learned: an
    /// endpoint named by 2 to 6 digits is the user of that name, any other is a trunk. Where
    /// trunks are configured, they are those and no others.
    fn at_endpoint(&self, endpoint: &str, told: &[&str], at: Time) -> Party {
        let trunks = self.directory.trunks();
        if trunks.contain(endpoint) {
            return Party::Outside;
        }
        if let Some(agent) = agent_number(endpoint) {
            let user = self.directory.user_of_agent(agent, at);
            return user.map_or(Party::Inside, |user| Party::User(user.username.clone()));
        }
        let sharing = || self.directory.users_of_endpoint(self.source, endpoint, at);
        let mut users = sharing();
        match (users.next(), users.next()) {
            (Some(user), None) => return Party::User(user.username.clone()),
            (Some(_), Some(_)) => {
                let named = |user: &&User| {
                    let mut told = told.iter();
                    told.any(|number| user.has_number(self.source, number, at))
                };
                let mut named = sharing().filter(named);
                return match (named.next(), named.next()) {
                    (Some(user), None) => Party::User(user.username.clone()),
                    _ => Party::Inside,
                };
            }
            (None, _) => {}
        }
        match self.at_number(endpoint_name(endpoint), at) {
            Party::Outside
                if trunks.are_configured()
                    || self.directory.has_endpoint(self.source, endpoint) =>
            {
                Party::Inside
            }
            party => party,
        }
    }

    /// Who has this number: a user of the directory, a learned one, or somebody outside.
    pub(super) fn at_number(&self, number: &str, at: Time) -> Party {
        if let Some(user) = self.directory.user_of_number(self.source, number, at) {
            return Party::User(user.username.clone());
        }
        match self.learned(number) {
            Some(name) => Party::User(name),
            None => Party::Outside,
        }
    }

    /// The user that an internal number stands for where the directory knows none. Other
    /// sources than the default are part of the name: 1000 of two PBXs are two users. A name
    /// that the directory gives to somebody is not learned.
    fn learned(&self, number: &str) -> Option<String> {
        if !is_internal_number(number) {
            return None;
        }
        let name = if self.source == DEFAULT_SOURCE {
            number.to_owned()
        } else {
            format!("{number}@{}", self.source)
        };
        self.directory.user(&name).is_none().then_some(name)
    }

    /// The number to show for a user: `dialled` when it is one of theirs, else the name of the
    /// phone when it is, else the main one.
    pub(super) fn number_of(
        &self,
        username: &str,
        dialled: &str,
        phone: Option<&Channel>,
        at: Time,
    ) -> Option<String> {
        let phone = match phone {
            Some(Channel::Phone { endpoint, .. }) => endpoint_name(endpoint),
            _ => "",
        };
        let user = self.directory.user(username);
        let has = |user: &User, number: &str| user.has_number(self.source, number, at);
        [dialled, phone]
            .into_iter()
            .find(|number| user.is_some_and(|user| has(user, number)))
            .or_else(|| user.and_then(|user| user.main_number(self.source, at)))
            .or_else(|| Some(phone).filter(|number| is_dialable(number)))
            .or_else(|| username.split('@').next().filter(|n| is_internal_number(n)))
            .map(str::to_owned)
    }

    /// Who a queue member is, as far as its name tells. `Agent/<number>` is that agent; a
    /// name that is exactly one user's name, number or endpoint is that user; else the name
    /// is an agent's. `known` is the user of the phone that answered, where a row tells it.
    pub(super) fn member(&self, name: &str, known: Option<&str>, at: Time) -> Member {
        if let Some(number) = agent_number(name) {
            let user = self.directory.user_of_agent(number, at);
            return Member {
                agent: Some(number.to_owned()),
                user: user.map(|user| user.username.clone()),
            };
        }
        let user = known
            .map(str::to_owned)
            .or_else(|| self.user_named(name, at));
        let agent = (user.is_none() && !name.is_empty()).then(|| name.to_owned());
        Member { agent, user }
    }

    fn user_named(&self, name: &str, at: Time) -> Option<String> {
        let by_name = self.directory.user_of_full_name(name, at);
        let by_username = || self.directory.user(name).filter(|user| user.was_there(at));
        if let Some(user) = by_name.or_else(by_username) {
            return Some(user.username.clone());
        }
        // Without a membername Asterisk logs the interface: PJSIP/1001, Local/1001@from-queue/n.
        let party = match Channel::parse(name) {
            // A queue may be a member of another: its number is nobody's.
            Some(Channel::Local { exten, .. }) if self.directory.is_queue_number(&exten) => {
                return None;
            }
            Some(Channel::Local { exten, .. }) => self.at_number(&exten, at),
            Some(Channel::Phone { name: whole, .. }) => self.at_endpoint(&whole, &[], at),
            None => self.at_number(name, at),
        };
        party.user().map(str::to_owned)
    }
}

/// The agent's number in `Agent/<number>`, a member's name or a channel.
pub(super) fn agent_number(name: &str) -> Option<&str> {
    name.strip_prefix("Agent/").filter(|n| !n.is_empty())
}
