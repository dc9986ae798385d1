//! A small company with random people and calls, and who may read what of it.

use std::collections::{BTreeMap, BTreeSet};

use call_history::auth::keys::ApiKey;
use call_history::fold::DEFAULT_SOURCE;
use call_history::ingest::import::Import;
use call_history::model::{CallId, Owner, OwnerKind, Scope, User};
use call_history::store::directory;
use call_history::store::keys::{self, StoredKey};
use call_history::store::sources::{self, Zones};
use call_history::traffic::{MadeCall, Shape, Traffic};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use crate::support::TestDatabase;
use crate::support::service::{Answer, Service, succeed};

/// The histories of all who have one: the ids of their calls.
pub(crate) type Histories = BTreeMap<Owner, BTreeSet<String>>;

/// So many calls come while others are answered.
pub(crate) const LATE: usize = 16;

/// A service over a few days of a small company.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) service: Service,
    pub(crate) users: Vec<User>,
    pub(crate) queues: Vec<String>,
    pub(crate) histories: Histories,
    /// Calls that are still to come, and whose histories they will stand in.
    pub(crate) late: Vec<MadeCall>,
    pub(crate) late_histories: Histories,
    /// Words of the directory, none of which an error may tell.
    pub(crate) words: BTreeSet<String>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let database = TestDatabase::new();
        let mut conn = database.connect();
        let end = DateTime::from_timestamp(1_795_393_351, 0).unwrap();
        let shape = Shape {
            users: 7,
            agents: 4,
            queues: 5,
            days: 7,
            calls_per_working_day: 12.0,
            ..Shape::company(end)
        };
        let traffic = Traffic::new(&shape, seed);
        let (users, agents, queues) = traffic.directory();
        directory::put_users(&mut conn, &users).unwrap();
        directory::put_agents(&mut conn, &agents).unwrap();
        directory::put_queues(&mut conn, &queues).unwrap();
        let zones = Zones::all(Tz::UTC);
        sources::put_zones(&mut conn, DEFAULT_SOURCE, zones).unwrap();
        let mut calls: Vec<MadeCall> = traffic.collect();
        let late = calls.split_off(calls.len() - LATE);
        let histories = histories(&calls);
        import_calls(&database, calls);
        let names = users.iter().flat_map(|user| {
            let numbers = user.numbers.iter().map(|number| number.value.clone());
            let names = [&user.username, &user.first_name, &user.last_name];
            names.into_iter().cloned().chain(numbers)
        });
        let queue_names = queues.iter().flat_map(|queue| [&queue.name, &queue.number]);
        let words = names.chain(queue_names.cloned());
        Self {
            words: words.filter(|word| word.len() > 2).collect(),
            // Those without a credential share a rate, and ask for much.
            service: Service::start_with(&database, &[("RATE_LIMIT", "0")]),
            database,
            users,
            queues: queues.into_iter().map(|queue| queue.name).collect(),
            histories,
            late_histories: self::histories(&late),
            late,
        }
    }

    /// A key with some scopes, made out to somebody or to nobody.
    pub(crate) fn caller(&self, random: &mut StdRng) -> Caller {
        let scopes: BTreeSet<Scope> = (0..random.random_range(0..4))
            .map(|_| self.scope(random))
            .collect();
        let user = self.users.choose(random).unwrap();
        let username = random.random_bool(0.5).then(|| user.username.clone());
        let agent_number = match &username {
            Some(_) => None,
            None => user.agent_number.clone(),
        };
        let key = ApiKey::generate().unwrap();
        let stored = StoredKey {
            id: key.id().to_owned(),
            secret_hash: key.hash(),
            username: username.clone(),
            agent_number: agent_number.clone(),
            scopes: scopes.iter().cloned().collect(),
            created_at: Utc::now(),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        };
        let mut conn = self.database.connect();
        assert!(keys::insert(&mut conn, &stored).unwrap());
        // A key of a user is one of the linked agent as well.
        let linked = || user.agent_number.clone();
        Caller {
            credential: key.reveal(),
            agent: agent_number.or_else(|| username.as_ref().and_then(|_| linked())),
            user: username,
            scopes,
        }
    }

    /// A key that reads everything.
    pub(crate) fn administrator(&self) -> String {
        let arguments = ["key", "create", "--scope", "history:all"];
        succeed(&self.database, &arguments).trim().to_owned()
    }

    pub(crate) fn scope(&self, random: &mut StdRng) -> Scope {
        let user = self.users.choose(random).unwrap();
        match random.random_range(0..8) {
            0 | 1 => Scope::Own,
            2 => Scope::User(user.username.clone()),
            3 => Scope::Agent(user.agent_number.clone().unwrap_or("none".to_owned())),
            4 => Scope::Queue(self.queues.choose(random).unwrap().clone()),
            5 => Scope::AnyQueue,
            6 => Scope::Customer,
            _ => Scope::DirectoryWrite,
        }
    }

    pub(crate) fn calls_of(&self, owner: &Owner) -> BTreeSet<String> {
        self.histories.get(owner).cloned().unwrap_or_default()
    }

    /// What must come of a request for this owner's history; None when it is not there.
    pub(crate) fn answer_to(&self, caller: &Caller, owner: &Owner) -> Option<BTreeSet<String>> {
        match owner.kind {
            OwnerKind::Queue => {
                // The name is a part of others, perhaps.
                let matching = self.queues.iter().filter(|name| name.contains(&owner.name));
                let readable = matching.map(Owner::queue).filter(|q| caller.may_read(q));
                Some(readable.flat_map(|queue| self.calls_of(&queue)).collect())
            }
            OwnerKind::Customer if !caller.may_read(owner) => Some(BTreeSet::new()),
            OwnerKind::Agent if caller.may_read(owner) => {
                let mut calls = self.calls_of(owner);
                let linked = |user: &&User| user.agent_number.as_ref() == Some(&owner.name);
                for user in self.users.iter().filter(linked) {
                    let user = Owner::user(&user.username);
                    if caller.may_read(&user) {
                        calls.extend(self.calls_of(&user));
                    }
                }
                Some(calls)
            }
            _ => caller.may_read(owner).then(|| self.calls_of(owner)),
        }
    }

    /// An error tells nobody's name or number, but for what was asked for.
    pub(crate) fn tells_nothing(&self, answer: &Answer, path: &str) {
        let headers = answer.headers.iter().map(|(_, value)| value.as_str());
        for text in headers.chain([answer.body.as_str()]) {
            // Its hexadecimal digits mean nothing.
            let mut text = text.to_owned();
            if let Some(id) = answer.header("x-request-id") {
                text = text.replace(id, "");
            }
            let told = |word: &&String| text.contains(*word) && !path.contains(*word);
            assert_eq!(self.words.iter().find(told), None, "{path}: {text}");
        }
    }
}

/// Whose histories these calls stand in.
fn histories(calls: &[MadeCall]) -> Histories {
    let mut histories = Histories::new();
    for entry in calls.iter().flat_map(MadeCall::expected) {
        let id = CallId::of(DEFAULT_SOURCE, &entry.linkedid).to_string();
        for owner in [entry.owner, Owner::all()] {
            histories.entry(owner).or_default().insert(id.clone());
        }
    }
    histories
}

pub(crate) fn import_calls(database: &TestDatabase, calls: Vec<MadeCall>) {
    let mut conn = database.connect();
    let mut import = Import::new(DEFAULT_SOURCE, Zones::all(Tz::UTC));
    for call in calls {
        import.records(&mut conn, &call.into_records()).unwrap();
    }
    import.fold(&mut conn).unwrap();
}

pub(crate) struct Caller {
    pub(crate) credential: String,
    pub(crate) user: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) scopes: BTreeSet<Scope>,
}

impl Caller {
    pub(crate) fn may_read(&self, owner: &Owner) -> bool {
        let name = &owner.name;
        self.scopes.iter().any(|scope| match (scope, owner.kind) {
            (Scope::Own, OwnerKind::User) => self.user.as_ref() == Some(name),
            (Scope::Own, OwnerKind::Agent) => self.agent.as_ref() == Some(name),
            (Scope::User(allowed), OwnerKind::User)
            | (Scope::Agent(allowed), OwnerKind::Agent)
            | (Scope::Queue(allowed), OwnerKind::Queue) => allowed == name,
            (Scope::AnyQueue, OwnerKind::Queue) | (Scope::Customer, OwnerKind::Customer) => true,
            _ => false,
        })
    }
}

pub(crate) fn path_of(owner: &Owner) -> String {
    let name = form_urlencoded::byte_serialize(owner.name.as_bytes()).collect::<String>();
    let rest = "from=2026-01-01&answeredElsewhere=include";
    match owner.kind {
        OwnerKind::User => format!("/history/user?user={name}&{rest}"),
        OwnerKind::Agent => format!("/history/agent?agent={name}&{rest}"),
        OwnerKind::Queue => format!("/history/queue?name={name}&{rest}"),
        OwnerKind::Customer => format!("/history/customer?number={name}&{rest}"),
        OwnerKind::All => format!("/calls?{rest}"),
    }
}
