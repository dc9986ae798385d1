//! What an instance knows of what changed.

use super::*;
use crate::model::{CallId, OwnerKind};

fn user(name: &str) -> Owner {
    Owner::new(OwnerKind::User, name)
}

fn change(revision: i64, owners: &[&str]) -> Change {
    Change {
        revision,
        call: CallId([7; 16]),
        owners: owners.iter().map(|name| user(name)).collect(),
        removed: false,
    }
}

#[test]
fn an_owner_has_the_revision_of_its_last_change() {
    let tail = ChangeTail::new(INTERVAL);
    assert_eq!(tail.newest([&user("a")]), None);
    tail.learn(&Found::Anything(10), Instant::now());
    assert_eq!(tail.newest([&user("a")]), Some(10));
    let changes = vec![
        change(11, &["a"]),
        change(12, &["a", "b"]),
        change(13, &["c"]),
    ];
    tail.learn(&Found::Changes(changes), Instant::now());
    let newest = |name| tail.newest([&user(name)]);
    assert_eq!(
        [newest("a"), newest("c"), newest("d")].map(Option::unwrap),
        [12, 13, 10]
    );
    assert_eq!(tail.newest([&user("b"), &user("c")]), Some(13));
    tail.learn(&Found::Anything(5), Instant::now());
    assert_eq!(
        tail.newest([&user("a")]),
        Some(5),
        "an older database was put in place"
    );
}

#[test]
fn what_was_found_long_ago_is_not_known_any_more() {
    let tail = ChangeTail::new(Duration::ZERO);
    let Some(long_ago) = Instant::now().checked_sub(2 * LATE) else {
        return;
    };
    tail.learn(&Found::Anything(10), long_ago);
    assert_eq!(tail.newest([&user("a")]), None);
}

#[actix_web::test]
async fn who_is_too_far_behind_is_given_up_and_holds_nobody_up() {
    let tail = ChangeTail::new(INTERVAL);
    let ((mut quick, _), (mut slow, _)) = (tail.subscribe(), tail.subscribe());
    for revision in 1..=i64::try_from(BEHIND).unwrap() + 1 {
        tail.tell(&Found::Anything(revision), Vec::new(), true);
        assert!(matches!(quick.next().await, Event::Reset));
    }
    assert!(matches!(slow.next().await, Event::Behind));
}

#[actix_web::test]
async fn who_subscribes_during_a_look_is_told_that_something_was_missed() {
    let tail = ChangeTail::new(INTERVAL);
    tail.learn(&Found::Anything(10), Instant::now());
    let (mut subscription, seen) = tail.subscribe();
    assert_eq!(seen, 10);
    let found = Found::Changes(vec![change(11, &["a"])]);
    tail.learn(&found, Instant::now());
    tail.tell(&found, Vec::new(), false);
    assert!(matches!(subscription.next().await, Event::Reset));
    assert_eq!(tail.subscribe().1, 11);
}
