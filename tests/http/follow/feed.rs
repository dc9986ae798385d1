//! Copies that are kept by `/changes` and `/events` while followers take over from each other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use call_history::model::Owner;
use call_history::store::calls::replace;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{Follow, catch_up, insert, rows_of_capture};
use crate::feed::mirror::Mirror;
use crate::support::TestDatabase;
use crate::support::events::Events;
use crate::support::made_up::{call, entry};
use crate::support::mariadb::signal;
use crate::support::service::{Service, import_directory, succeed};

/// How often the follower that folds is ended.
const ROUNDS: usize = 5;

fn key(database: &TestDatabase, scope: &str) -> String {
    succeed(database, &["key", "create", "--scope", scope])
        .trim()
        .to_owned()
}

/// Syncs again and again until all is done, and once more.
fn keep(service: &Service, key: &str, size: usize, done: &AtomicBool) -> Mirror {
    let mut mirror = Mirror::new(key, "");
    loop {
        let is_last = done.load(Ordering::SeqCst);
        mirror.sync(service, size);
        if is_last {
            return mirror;
        }
    }
}

/// Looks on, with connections that are cut now and then, until this call comes.
fn look_on(service: &Service, key: &str, marker: &str) -> Mirror {
    let mut mirror = Mirror::fresh(service, key, "");
    let mut random = StdRng::seed_from_u64(7);
    let mut last = mirror.cursor.clone().unwrap();
    while !mirror.calls.contains_key(marker) {
        let mut events = Events::open_as(service, key, "/events", Some(&last)).begun();
        for _ in 0..random.random_range(1..6) {
            if mirror.calls.contains_key(marker) {
                break;
            }
            let event = events.next().unwrap();
            assert_eq!(event.name, "change", "{event:?}");
            mirror.apply(&event.data);
            last = event.id;
        }
    }
    mirror
}

#[test]
fn nothing_is_lost_or_comes_twice_while_followers_take_over_from_each_other() {
    let database = TestDatabase::new();
    let service = Service::start_closed(&database);
    let all = key(&database, "history:all");
    let queues = key(&database, "history:queue:*");
    let rows = rows_of_capture();
    let done = AtomicBool::new(false);
    let marker = call("the last", 1, vec![entry(Owner::user("last"), 1)]);
    let marker_id = marker.id.to_string();
    let (pages, small_pages, few, watched) = thread::scope(|scope| {
        let pages = scope.spawn(|| keep(&service, &all, 1000, &done));
        let small_pages = scope.spawn(|| keep(&service, &all, 3, &done));
        let few = scope.spawn(|| keep(&service, &queues, 10, &done));
        let watched = scope.spawn(|| look_on(&service, &all, &marker_id));
        let mut conn = database.connect();
        let mut random = StdRng::seed_from_u64(42);
        let mut followers = [Follow::start(&database, 500), Follow::start(&database, 500)];
        for (round, part) in rows.chunks(rows.len() / ROUNDS + 1).enumerate() {
            for record in part {
                insert(&mut conn, record);
                thread::sleep(Duration::from_millis(random.random_range(0..10)));
            }
            // One after the other is stopped, wakes up when another has taken over, or is killed.
            let ended = &mut followers[round % 2];
            if round % 2 == 0 {
                ended.kill();
                *ended = Follow::start(&database, 500);
            } else {
                signal("STOP", ended.pid());
                thread::sleep(Duration::from_millis(1500));
                signal("CONT", ended.pid());
            }
            if round == 2 {
                // Users have other names from now on: their calls change hands.
                import_directory(&database);
            }
        }
        catch_up(&database);
        replace(&mut conn, std::slice::from_ref(&marker), &[]).unwrap();
        done.store(true, Ordering::SeqCst);
        let joined = |handle: thread::ScopedJoinHandle<'_, Mirror>| handle.join().unwrap();
        (
            joined(pages),
            joined(small_pages),
            joined(few),
            joined(watched),
        )
    });
    let fresh = Mirror::fresh(&service, &all, "");
    assert!(fresh.calls.len() > 30);
    assert_eq!(pages.state(), fresh.state());
    assert_eq!(small_pages.state(), fresh.state());
    assert_eq!(watched.state(), fresh.state());
    let fresh = Mirror::fresh(&service, &queues, "");
    assert!(!fresh.calls.is_empty());
    assert_eq!(few.state(), fresh.state());
}
