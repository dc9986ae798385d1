//! The parameters that one history has for itself: whose it is.

use utoipa::IntoParams;

use super::asked::OwnParameters;
use super::bounds::{customer, text};
use super::common::Common;
use super::reader::Reader;
use crate::api::error::Error;
use crate::api::names::Names;
use crate::model::{Owner, OwnerKind, Principal, Readable, Time, lower_case};

/// Whose history: a user.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserParameters {
    /// Username, at most 256 characters. When absent: the caller's own user; a caller who has
    /// none must name one.
    #[param(value_type = String, required = false, example = "usera", min_length = 1, max_length = 256)]
    pub user: Option<String>,
}

/// Whose history: an agent.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AgentParameters {
    /// Agent number, at most 256 characters. When absent: the caller's own agent; a caller who
    /// has none must name one.
    #[param(value_type = String, required = false, example = "2501", min_length = 1, max_length = 256)]
    pub agent: Option<String>,
}

/// Whose history: some queues.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QueueParameters {
    /// Part of the queue's name, at most 256 characters, whatever its case. Every character
    /// stands for itself. All matching queues are listed together; display names do not count.
    #[param(example = "bl", min_length = 1, max_length = 256)]
    pub name: String,
}

/// Whose history: a customer.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CustomerParameters {
    /// The outside number, at most 256 characters. Blanks, `-`, `.`, `/` and brackets are ignored.
    /// It is one number: what it begins or ends with is for the filter `number` of the other
    /// histories. `anonymous` and what else callers withhold their number by is nobody's.
    /// `+33611223344`, `0033611223344` and `0611223344` are one customer where the service knows
    /// its country (`COUNTRY_CODE`).
    #[param(example = "0699000012", min_length = 1, max_length = 256)]
    pub number: String,
}

/// Whose history: everybody's. It has no parameters of its own.
#[derive(Clone, Copy, Debug)]
pub struct AllParameters;

impl OwnParameters for UserParameters {
    const KIND: OwnerKind = OwnerKind::User;
    const PATH: &str = "/history/user";

    fn read(reader: &mut Reader) -> Option<Self> {
        let user = reader.optional("user", text);
        Some(Self { user })
    }

    fn owner(&self, caller: &Principal) -> Result<String, Error> {
        let named = self.user.as_deref().or(caller.own_user());
        named
            .map(str::to_owned)
            .ok_or_else(|| Error::parameter("user", "is required: the caller has no user"))
    }

    fn readable(&self, owner: &str, caller: &Principal, names: &Names, _: Time) -> Readable {
        let user = names.has_user(owner).then(|| Owner::user(owner));
        caller.readable(user)
    }
}

impl OwnParameters for AgentParameters {
    const KIND: OwnerKind = OwnerKind::Agent;
    const PATH: &str = "/history/agent";

    fn read(reader: &mut Reader) -> Option<Self> {
        let agent = reader.optional("agent", text);
        Some(Self { agent })
    }

    fn owner(&self, caller: &Principal) -> Result<String, Error> {
        let named = self.agent.as_deref().or(caller.own_agent());
        named
            .map(str::to_owned)
            .ok_or_else(|| Error::parameter("agent", "is required: the caller has no agent"))
    }

    fn readable(&self, owner: &str, caller: &Principal, names: &Names, now: Time) -> Readable {
        if !names.has_agent(owner) {
            return caller.readable([]);
        }
        let linked = names.directory().user_of_agent(owner, now);
        caller.readable_agent(owner, linked.map(|user| user.username.as_str()))
    }
}

impl OwnParameters for QueueParameters {
    const KIND: OwnerKind = OwnerKind::Queue;
    const PATH: &str = "/history/queue";

    fn read(reader: &mut Reader) -> Option<Self> {
        let name = reader.required("name", text)?;
        Some(Self { name })
    }

    fn owner(&self, _: &Principal) -> Result<String, Error> {
        Ok(self.name.clone())
    }

    fn check(&self, common: &Common, reader: &mut Reader) {
        let part = lower_case(&self.name);
        let named = |queue: &String| lower_case(queue).contains(&part);
        if !common.filters.queue.iter().all(named) {
            reader.fault(
                "queue",
                "must contain the text in name, or nothing is listed",
            );
            reader.fault("name", "is not part of queue");
        }
    }

    fn readable(&self, owner: &str, caller: &Principal, names: &Names, _: Time) -> Readable {
        caller.readable(names.queues_containing(owner).map(Owner::queue))
    }
}

impl OwnParameters for CustomerParameters {
    const KIND: OwnerKind = OwnerKind::Customer;
    const PATH: &str = "/history/customer";

    fn read(reader: &mut Reader) -> Option<Self> {
        let number = reader.required("number", customer)?;
        Some(Self { number })
    }

    fn owner(&self, _: &Principal) -> Result<String, Error> {
        Ok(self.number.clone())
    }

    fn readable(&self, owner: &str, caller: &Principal, names: &Names, _: Time) -> Readable {
        // Calls are kept under the number as the PBX wrote it.
        let keys = names.numbers().customer_keys(owner);
        caller.readable(keys.into_iter().map(Owner::customer))
    }
}

impl OwnParameters for AllParameters {
    const KIND: OwnerKind = OwnerKind::All;
    const PATH: &str = "/calls";

    fn read(_: &mut Reader) -> Option<Self> {
        Some(Self)
    }

    fn owner(&self, _: &Principal) -> Result<String, Error> {
        Ok(Owner::all().name)
    }

    fn readable(&self, _: &str, caller: &Principal, _: &Names, _: Time) -> Readable {
        caller.readable([Owner::all()])
    }
}
