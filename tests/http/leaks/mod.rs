//! Nothing leaks: random directories, calls and callers, and every way out of the service.
//!
//! What happened in a made-up call is known without the service (`MadeCall::expected`), and
//! what a caller may read is said here once more in a few lines. So each answer is held
//! against both: it has all the calls that it must have, and none of anybody else.

mod administration;
mod calls;
mod feed;
mod filters;
mod socket;

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
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::Value;

use administration::administration_is_closed;
use calls::{a_call_shows_each_their_side, owners_of_calls};
use feed::the_changes_show_what_the_histories_do;
use filters::filters_keep_what_is_shown;
use socket::{Subscriber, the_socket_tells_no_more};

use crate::support::TestDatabase;
use crate::support::service::{Answer, Service, succeed};

/// The histories of all who have one: the ids of their calls.
type Histories = BTreeMap<Owner, BTreeSet<String>>;

/// So many calls come while others are answered.
const LATE: usize = 16;

/// A service over a few days of a small company.
struct World {
    database: TestDatabase,
    service: Service,
    users: Vec<User>,
    queues: Vec<String>,
    histories: Histories,
    /// Calls that are still to come, and whose histories they will stand in.
    late: Vec<MadeCall>,
    late_histories: Histories,
    /// Words of the directory, none of which an error may tell.
    words: BTreeSet<String>,
}

impl World {
    fn new(seed: u64) -> Self {
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
    fn caller(&self, random: &mut StdRng) -> Caller {
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
    fn administrator(&self) -> String {
        let arguments = ["key", "create", "--scope", "history:all"];
        succeed(&self.database, &arguments).trim().to_owned()
    }

    fn scope(&self, random: &mut StdRng) -> Scope {
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

    fn calls_of(&self, owner: &Owner) -> BTreeSet<String> {
        self.histories.get(owner).cloned().unwrap_or_default()
    }

    /// What must come of a request for this owner's history; None when it is not there.
    fn answer_to(&self, caller: &Caller, owner: &Owner) -> Option<BTreeSet<String>> {
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
    fn tells_nothing(&self, answer: &Answer, path: &str) {
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

fn import_calls(database: &TestDatabase, calls: Vec<MadeCall>) {
    let mut conn = database.connect();
    let mut import = Import::new(DEFAULT_SOURCE, Zones::all(Tz::UTC));
    for call in calls {
        import.records(&mut conn, &call.into_records()).unwrap();
    }
    import.fold(&mut conn).unwrap();
}

struct Caller {
    credential: String,
    user: Option<String>,
    agent: Option<String>,
    scopes: BTreeSet<Scope>,
}

impl Caller {
    fn may_read(&self, owner: &Owner) -> bool {
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

fn path_of(owner: &Owner) -> String {
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

/// The forms of an answer, as they are asked for.
const FORMS: [&str; 3] = ["", "&format=csv", "&format=ndjson"];

/// The calls of an answer, in whatever form it is.
fn call_ids(answer: &Answer) -> BTreeSet<String> {
    let id = |entry: &Value| entry["callId"].as_str().unwrap().to_owned();
    match answer.header("content-type").unwrap() {
        "application/json" => answer.json().as_array().unwrap().iter().map(id).collect(),
        "application/x-ndjson" => {
            let lines = answer.body.lines();
            lines
                .map(|line| id(&serde_json::from_str(line).unwrap()))
                .collect()
        }
        _ => {
            let mut lines = csv::Reader::from_reader(answer.body.as_bytes());
            let place = lines
                .headers()
                .unwrap()
                .iter()
                .position(|name| name == "callId");
            let id = |line: csv::StringRecord| line[place.unwrap()].to_owned();
            lines.records().map(|line| id(line.unwrap())).collect()
        }
    }
}

/// A body without what differs between two equal answers.
fn without_request_id(answer: &Answer) -> String {
    let id = answer.header("x-request-id").unwrap();
    answer.body.replace(id, "")
}

fn all_that_is_there_and_nothing_of_others(world: &World, caller: &Caller, random: &mut StdRng) {
    let unknown = |kind| Owner {
        kind,
        name: "zzzzz".to_owned(),
    };
    for owner in world.histories.keys() {
        let path = path_of(owner) + FORMS.choose(random).unwrap();
        let answer = world.service.get_as(&caller.credential, &path);
        let who = (&caller.user, &caller.agent, &caller.scopes);
        match world.answer_to(caller, owner) {
            Some(calls) => {
                assert_eq!(answer.status, 200, "{who:?} {path}");
                assert_eq!(call_ids(&answer), calls, "{who:?} {path}");
            }
            None if owner.kind == OwnerKind::All => {
                assert_eq!(answer.status, 403, "{who:?} {path}");
                world.tells_nothing(&answer, &path);
            }
            None => {
                assert_eq!(answer.status, 404, "{who:?} {path}");
                world.tells_nothing(&answer, &path);
                let nobody = path_of(&unknown(owner.kind));
                let nobody = world.service.get_as(&caller.credential, &nobody);
                assert_eq!(nobody.status, 404);
                assert_eq!(
                    without_request_id(&answer).replace(&owner.name, ""),
                    without_request_id(&nobody).replace("zzzzz", ""),
                );
            }
        }
        let wrong = ["&size=0", "&cursor=AAAA", "&nonsense=1", "&status=x"];
        let path = path + wrong.choose(random).unwrap();
        let answer = world.service.get_as(&caller.credential, &path);
        assert!(matches!(answer.status, 400 | 403 | 404), "{who:?} {path}");
        world.tells_nothing(&answer, &path);
    }
}

/// Who may read everything has walked half-way into each history; somebody else takes over.
fn a_cursor_made_by_another_opens_nothing(
    world: &World,
    cursors: &BTreeMap<Owner, String>,
    caller: &Caller,
) {
    for (owner, cursor) in cursors {
        let answer = world.service.get_as(&caller.credential, cursor);
        match world.answer_to(caller, owner) {
            Some(calls) => {
                assert_eq!(answer.status, 200, "{cursor}");
                assert!(call_ids(&answer).is_subset(&calls), "{cursor}");
            }
            None => {
                let refused = if owner.kind == OwnerKind::All {
                    403
                } else {
                    404
                };
                assert_eq!(answer.status, refused, "{cursor}");
                world.tells_nothing(&answer, cursor);
            }
        }
    }
}

/// Who may read everything has a page of each history; somebody else has heard of its tag.
fn a_tag_of_another_tells_nothing(world: &World, tags: &BTreeMap<Owner, String>, caller: &Caller) {
    let bearer = format!("Bearer {}", caller.credential);
    for (owner, tag) in tags {
        for tag in [tag, "*"] {
            let headers = [("Authorization", &*bearer), ("If-None-Match", tag)];
            let answer = world.service.request("GET", &path_of(owner), &headers);
            let expected = match world.answer_to(caller, owner) {
                Some(_) => [200, 304],
                None if owner.kind == OwnerKind::All => [403, 403],
                None => [404, 404],
            };
            assert!(
                expected.contains(&answer.status),
                "{owner:?} {}",
                answer.status
            );
            assert!(answer.status < 400 || answer.header("etag").is_none());
        }
    }
}

#[test]
fn nothing_of_a_foreign_owner_appears_anywhere() {
    for seed in [1, 2, 3] {
        let mut world = World::new(seed);
        assert!(world.histories.len() > 20, "{}", world.histories.len());
        let mut random = StdRng::seed_from_u64(seed);
        let administrator = world.administrator();
        administration_is_closed(&world, &administrator, None);
        let cursors: BTreeMap<Owner, String> = world
            .histories
            .keys()
            .filter_map(|owner| {
                let path = path_of(owner) + "&size=1";
                let page = world.service.get_as(&administrator, &path);
                assert_eq!(page.status, 200, "{path}");
                page.next().map(|next| (owner.clone(), next))
            })
            .collect();
        assert!(cursors.len() > 10, "{}", cursors.len());
        let mut subscribers = Vec::new();
        let tags: BTreeMap<Owner, String> = world
            .histories
            .keys()
            .filter_map(|owner| {
                let page = world.service.get_as(&administrator, &path_of(owner));
                let tag = page.header("etag")?.to_owned();
                Some((owner.clone(), tag))
            })
            .collect();
        assert!(tags.len() > 20, "{}", tags.len());
        let calls = owners_of_calls(&world);
        for _ in 0..8 {
            let caller = world.caller(&mut random);
            all_that_is_there_and_nothing_of_others(&world, &caller, &mut random);
            a_cursor_made_by_another_opens_nothing(&world, &cursors, &caller);
            the_changes_show_what_the_histories_do(&world, &caller);
            a_tag_of_another_tells_nothing(&world, &tags, &caller);
            a_call_shows_each_their_side(&world, &calls, &caller);
            filters_keep_what_is_shown(&world, &caller, &mut random);
            administration_is_closed(&world, &administrator, Some(&caller));
            the_socket_tells_no_more(&world, &caller);
            subscribers.extend(Subscriber::of(&world, &caller));
        }
        import_calls(&world.database, std::mem::take(&mut world.late));
        for subscriber in subscribers {
            subscriber.hears_of_its_own_calls();
        }
    }
}
