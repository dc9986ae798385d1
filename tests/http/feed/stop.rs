//! The service is told to stop while calls change.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::mirror::Mirror;
use super::{SOON, database_with_users, key, put};
use crate::support::events::Events;
use crate::support::mariadb::signal;
use crate::support::service::Service;

/// So often, each time after so many events.
const STOPS: usize = 3;
const EVENTS: usize = 10;

/// Says so when it goes, also in a test that fails.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_stop_in_mid_stream_is_announced_and_the_next_process_goes_on_without_a_gap() {
    let database = database_with_users();
    let mut service = Service::start_closed(&database);
    let all = key(&database, &["history:all"]);
    let mut copy = Mirror::fresh(&service, &all, "");
    let mut last = copy.cursor.clone().unwrap();
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let done = Done(&is_done);
        scope.spawn(|| {
            let mut calls = 0;
            while !is_done.load(Ordering::SeqCst) {
                calls += 1;
                // New ones, and some that change again and again.
                put(&database, &format!("{}", calls % 50), &["a"]);
                put(&database, &format!("{}", calls % 7), &["b", "c"]);
            }
        });
        for _ in 0..STOPS {
            let mut events = Events::open_as(&service, &all, "/events", Some(&last)).begun();
            let mut told = 0;
            loop {
                let event = events.next().unwrap();
                if event.name == "end" {
                    assert_eq!(event.data["reason"], "shutdown");
                    break;
                }
                assert_eq!(event.name, "change");
                copy.apply(&event.data);
                last = event.id;
                told += 1;
                if told == EVENTS {
                    signal("TERM", service.pid());
                }
            }
            assert!(told >= EVENTS);
            assert_eq!(events.next(), None);
            drop(events);
            assert_eq!(service.exit_within(SOON), Some(0));
            service = Service::start_closed(&database);
        }
        drop(done);
    });
    let marker = put(&database, "the last", &["a"]).to_string();
    let mut events = Events::open_as(&service, &all, "/events", Some(&last)).begun();
    while !copy.calls.contains_key(&marker) {
        copy.apply(&events.next().unwrap().data);
    }
    let fresh = Mirror::fresh(&service, &all, "");
    assert_eq!(copy.state(), fresh.state());
}
