use super::*;

struct Clock {
    throttle: Throttle,
    now: Instant,
}

impl Clock {
    fn new() -> Self {
        Self {
            throttle: Throttle::default(),
            now: Instant::now(),
        }
    }

    fn admit(&self, user: &str, from: &str) -> Result<Attempt, u64> {
        let from = from.parse().unwrap();
        let admitted = self.throttle.admit(user, from, self.now);
        admitted.map_err(|wait| wait.as_secs())
    }

    fn fail(&self, user: &str, from: &str) -> Result<(), u64> {
        self.admit(user, from).map(drop)
    }

    fn succeed(&self, user: &str, from: &str) -> Result<(), u64> {
        let attempt = self.admit(user, from)?;
        self.throttle.succeeded(attempt, self.now);
        Ok(())
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }
}

#[test]
fn after_some_failures_each_attempt_waits_longer_but_not_for_ever() {
    let mut clock = Clock::new();
    for _ in 0..6 {
        assert_eq!(clock.fail("ann", "192.0.2.1"), Ok(()));
    }
    for wait in [1, 2, 4, 8, 16, 32] {
        assert_eq!(clock.fail("ann", "192.0.2.1"), Err(wait));
        // Asking again meanwhile makes it no longer.
        assert_eq!(clock.fail("ann", "192.0.2.1"), Err(wait));
        clock.pass(wait);
        assert_eq!(clock.fail("ann", "192.0.2.1"), Ok(()));
    }
    for _ in 0..100 {
        assert_eq!(clock.fail("ann", "192.0.2.1"), Err(60));
        clock.pass(60);
        assert_eq!(clock.fail("ann", "192.0.2.1"), Ok(()));
    }
    clock.pass(60);
    assert_eq!(clock.succeed("ann", "192.0.2.1"), Ok(()));
    for _ in 0..6 {
        assert_eq!(clock.fail("ann", "192.0.2.1"), Ok(()), "all are free again");
    }
}

#[test]
fn failures_fade() {
    let mut clock = Clock::new();
    for _ in 0..6 {
        clock.fail("ann", "192.0.2.1").unwrap();
    }
    clock.pass(15 * 60);
    for _ in 0..6 {
        assert_eq!(clock.fail("ann", "192.0.2.1"), Ok(()));
    }
    assert_eq!(clock.fail("ann", "192.0.2.1"), Err(1));
}

#[test]
fn attempts_at_the_same_time_do_not_slip_through() {
    let clock = Clock::new();
    for _ in 0..5 {
        clock.fail("ann", "192.0.2.1").unwrap();
    }
    assert!(clock.admit("ann", "192.0.2.1").is_ok());
    assert_eq!(clock.admit("ann", "192.0.2.1"), Err(1));
}

#[test]
fn of_many_attempts_at_the_same_time_as_many_pass_as_one_after_another() {
    let clock = Clock::new();
    let start = std::sync::Barrier::new(20);
    let admitted = std::thread::scope(|threads| {
        let attempts = [(); 20].map(|()| {
            threads.spawn(|| {
                start.wait();
                clock.admit("ann", "192.0.2.1")
            })
        });
        let attempts = attempts.into_iter().map(|one| one.join().unwrap());
        attempts.filter_map(Result::ok).collect::<Vec<_>>()
    });
    assert_eq!(admitted.len(), 6);
    assert_eq!(clock.admit("ann", "192.0.2.1"), Err(1));
}

#[test]
fn what_was_not_decided_and_what_succeeded_is_no_failure_of_anybody() {
    let clock = Clock::new();
    for _ in 0..100 {
        let attempt = clock.admit("ann", "192.0.2.1").unwrap();
        clock.throttle.undecided(&attempt, clock.now);
        clock.succeed("bob", "192.0.2.1").unwrap();
    }
    assert!(clock.throttle.lock().failures.is_empty());
    for _ in 0..6 {
        assert_eq!(clock.fail("ann", "192.0.2.1"), Ok(()));
    }
    assert_eq!(clock.fail("ann", "192.0.2.1"), Err(1));
}

#[test]
fn where_failures_are_at_their_most_successes_do_not_make_them_less() {
    let mut clock = Clock::new();
    clock.succeed("mallory", "192.0.2.1").unwrap();
    let count = |clock: &Clock| {
        let inner = clock.throttle.lock();
        let counts = inner.failures.values().map(|failures| failures.count);
        counts.max()
    };
    let most = ADDRESS.free + Failures::STEPS;
    for n in 0..100 {
        clock.fail(&format!("user{n}"), "192.0.2.1").unwrap();
        if count(&clock) == Some(most) {
            break;
        }
        clock.pass(60);
    }
    for _ in 0..20 {
        clock.succeed("mallory", "192.0.2.1").unwrap();
    }
    assert_eq!(count(&clock), Some(most));
}

#[test]
fn somebody_elsewhere_is_locked_out_for_seconds_only_and_not_at_all_where_they_are_known() {
    let mut clock = Clock::new();
    clock.succeed("ann", "198.51.100.7").unwrap();
    // Somebody who has many addresses tries and tries.
    for n in 0..500 {
        let _ = clock.fail("ann", &format!("192.0.2.{}", n % 250));
        clock.pass(5);
    }
    clock.fail("ann", "192.0.2.251").unwrap();
    assert_eq!(clock.admit("ann", "198.51.100.7").map(drop), Ok(()));
    let elsewhere = clock.admit("ann", "203.0.113.9").map(drop);
    assert!(matches!(elsewhere, Err(1..=5)), "{elsewhere:?}");
    assert_eq!(clock.admit("bob", "203.0.113.9").map(drop), Ok(()));
}

#[test]
fn who_tries_many_users_is_slowed_down_and_ones_own_success_changes_nothing() {
    let mut clock = Clock::new();
    clock.succeed("mallory", "192.0.2.1").unwrap();
    for n in 0..31 {
        clock.fail(&format!("user{n}"), "192.0.2.1").unwrap();
        clock.succeed("mallory", "192.0.2.1").unwrap();
    }
    assert_eq!(clock.fail("user40", "192.0.2.1"), Err(1));
    assert_eq!(clock.fail("nobody", "192.0.2.1"), Err(1));
    assert_eq!(clock.fail("user40", "192.0.2.2"), Ok(()));
    for _ in 0..50 {
        clock.pass(60);
        let _ = clock.fail("user50", "192.0.2.1");
    }
    clock.pass(60);
    assert_eq!(
        clock.fail("user60", "192.0.2.1"),
        Ok(()),
        "at most a minute"
    );
}

#[test]
fn of_ipv6_the_network_counts() {
    let clock = Clock::new();
    for n in 0..6 {
        clock.fail("ann", &format!("2001:db8::{n}")).unwrap();
    }
    assert_eq!(clock.fail("ann", "2001:db8::ffff"), Err(1));
    assert_eq!(clock.fail("ann", "2001:db8:0:1::1"), Ok(()));
    for _ in 0..6 {
        clock.fail("bob", "::ffff:192.0.2.1").unwrap();
    }
    assert_eq!(clock.fail("bob", "192.0.2.1"), Err(1));
}

#[test]
fn memory_is_bounded_and_who_guesses_on_is_not_forgotten() {
    let clock = Clock::new();
    for _ in 0..6 {
        clock.fail("ann", "192.0.2.1").unwrap();
    }
    for n in 0..REMEMBERED {
        let from = format!("10.{}.{}.{}", n >> 16, (n >> 8) & 255, n & 255);
        clock.fail(&format!("user{n}"), &from).unwrap();
        clock.succeed(&format!("user{n}"), &from).unwrap();
    }
    let inner = clock.throttle.lock();
    assert!(inner.failures.len() <= REMEMBERED);
    assert!(inner.known.len() <= REMEMBERED);
    drop(inner);
    assert_eq!(clock.fail("ann", "192.0.2.1"), Err(1));
}
