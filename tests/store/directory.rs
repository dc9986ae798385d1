//! The directory and the sources.

use call_history::model::{Agent, Queue, User, Validity, Valued};
use call_history::store::directory::{
    load, put_agents, put_queues, put_users, put_users_keeping_scopes, revision,
};
use call_history::store::revisions;
use call_history::store::sources::{self, Zones};
use chrono_tz::Tz;

use crate::made_up::time;
use crate::support::TestDatabase;

fn valued(source: &str, value: &str, from: Option<i64>, until: Option<i64>) -> Valued {
    Valued {
        source: source.to_owned(),
        value: value.to_owned(),
        validity: Validity {
            from: from.map(time),
            until: until.map(time),
        },
    }
}

fn user(name: &str) -> User {
    User {
        username: name.to_owned(),
        first_name: "Zoë".to_owned(),
        last_name: String::new(),
        numbers: vec![
            valued("pbx", "1001", None, Some(10)),
            valued("pbx", "1000", None, None),
            // The same number again, for another time.
            valued("pbx", "1001", Some(20), None),
        ],
        endpoints: vec![valued("pbx", "PJSIP/1000", None, None)],
        agent_number: Some("42".to_owned()),
        scopes: ["history:queue:blue", "history:customer"]
            .map(|scope| scope.parse().unwrap())
            .into(),
        deleted_at: None,
    }
}

#[test]
fn users_are_read_as_they_were_put_and_only_changes_count() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let mut users: Vec<User> = (0..450).map(|nr| user(&format!("user{nr}"))).collect();
    users.extend(["jose", "José", "jose "].map(user));
    assert_eq!(put_users(&mut conn, &users), Ok(453));
    assert_eq!(revision(&mut conn), Ok(1));
    assert_eq!(put_users(&mut conn, &users), Ok(0));
    assert_eq!(revision(&mut conn), Ok(1));

    let directory = load(&mut conn).unwrap();
    assert_eq!(directory.users().count(), 453);
    for user in &users {
        assert_eq!(directory.user(&user.username), Some(user));
    }

    let mut other = user("user7");
    other.endpoints.clear();
    other.agent_number = None;
    assert_eq!(
        put_users(&mut conn, &[user("user8"), user("user7"), other.clone()]),
        Ok(1)
    );
    assert_eq!(revision(&mut conn), Ok(2));
    assert_eq!(load(&mut conn).unwrap().user("user7"), Some(&other));
}

#[test]
fn scopes_are_kept_where_nothing_is_said_of_them_and_fold_nothing_again() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let ann = user("ann");
    let unknown = |name: &str| User {
        scopes: [].into(),
        ..user(name)
    };
    assert_eq!(put_users(&mut conn, std::slice::from_ref(&ann)), Ok(1));
    let begun = revisions::refold_begins(&mut conn).unwrap();
    revisions::refold_is_done(&mut conn, begun).unwrap();
    let (same, new) = (unknown("ann"), unknown("new"));
    assert_eq!(
        put_users_keeping_scopes(&mut conn, std::slice::from_ref(&same)),
        Ok(0)
    );
    assert_eq!(load(&mut conn).unwrap().user("ann"), Some(&ann));

    assert_eq!(
        put_users(&mut conn, std::slice::from_ref(&same)),
        Ok(1),
        "taken away"
    );
    assert_eq!(load(&mut conn).unwrap().user("ann"), Some(&same));
    assert_eq!(revision(&mut conn), Ok(2), "whoever holds them learns it");
    assert_eq!(revisions::refold_is_wanted(&mut conn), Ok(false));

    assert_eq!(
        put_users_keeping_scopes(&mut conn, std::slice::from_ref(&new)),
        Ok(1)
    );
    assert_eq!(load(&mut conn).unwrap().user("new"), Some(&new));
    assert_eq!(revisions::refold_is_wanted(&mut conn), Ok(true));
}

#[test]
fn agents_and_queues_are_put_and_replaced() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let mut agent = Agent {
        number: "42".to_owned(),
        first_name: "Bob".to_owned(),
        last_name: "B".to_owned(),
    };
    let mut queue = Queue {
        name: "blue".to_owned(),
        display_name: "Blue".to_owned(),
        number: "3000".to_owned(),
    };
    assert_eq!(put_agents(&mut conn, &[agent.clone()]), Ok(1));
    assert_eq!(put_queues(&mut conn, &[queue.clone()]), Ok(1));
    agent.first_name = "Robert".to_owned();
    queue.number = String::new();
    assert_eq!(
        put_agents(&mut conn, &[agent.clone(), agent.clone()]),
        Ok(1)
    );
    assert_eq!(put_queues(&mut conn, &[queue.clone()]), Ok(1));
    assert_eq!(put_queues(&mut conn, &[queue.clone()]), Ok(0));
    let directory = load(&mut conn).unwrap();
    assert_eq!(directory.agent("42"), Some(&agent));
    assert_eq!(directory.queue("blue"), Some(&queue));
    assert_eq!(revision(&mut conn), Ok(4));
}

#[test]
fn each_source_has_its_zones() {
    let database = TestDatabase::new();
    let mut conn = database.connect();
    let paris = Zones::all(Tz::Europe__Paris);
    let mixed = Zones {
        cel: Tz::UTC,
        ..paris
    };
    assert_eq!(sources::zones(&mut conn, "pbx"), Ok(None));
    assert_eq!(sources::put_zones(&mut conn, "pbx", paris), Ok(true));
    assert_eq!(sources::put_zones(&mut conn, "pbx", paris), Ok(false));
    assert_eq!(sources::put_zones(&mut conn, "pbx", mixed), Ok(true));
    assert_eq!(sources::put_zones(&mut conn, "an", paris), Ok(true));
    assert_eq!(sources::zones(&mut conn, "pbx"), Ok(Some(mixed)));
    let all = [("an".to_owned(), paris), ("pbx".to_owned(), mixed)];
    assert_eq!(sources::list(&mut conn).unwrap(), all);
}
