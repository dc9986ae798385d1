//! Whose phone is in which state, and how long a video status holds.

use super::*;
use crate::model::{User, Validity, Valued};

fn now() -> Time {
    Time::from_timestamp(1_800_000_000, 0).unwrap()
}

fn valued(source: &str, value: &str) -> Valued {
    Valued {
        source: source.to_owned(),
        value: value.to_owned(),
        validity: Validity::default(),
    }
}

fn user(name: &str, numbers: &[&str], endpoints: &[&str]) -> User {
    let all = |values: &[&str]| values.iter().map(|v| valued("default", v)).collect();
    User {
        username: name.to_owned(),
        numbers: all(numbers),
        endpoints: all(endpoints),
        ..User::default()
    }
}

fn directory(users: impl IntoIterator<Item = User>) -> Directory {
    Directory::new(users, [], [])
}

fn presence(hints: &[(&str, &str, i32)]) -> Presence {
    let hint = |(exten, watched, status): &(&str, &str, i32)| {
        let (exten, context) = exten.split_once('@').unwrap_or((exten, "default"));
        Hint::new(exten, context, watched, *status)
    };
    let presence = Presence::default();
    presence.set_hints("default", hints.iter().map(hint).collect());
    presence
}

fn phone(presence: &Presence, directory: &Directory, username: &str) -> Option<i32> {
    presence.look().phone(username, directory, now())
}

#[test]
fn a_phone_is_found_by_its_users_number_else_by_the_device() {
    let directory = directory([
        user("ann", &["1000"], &["PJSIP/1000"]),
        user("ben", &[], &["PJSIP/abc"]),
        user("kim", &["1003"], &["PJSIP/1003"]),
    ]);
    let presence = presence(&[
        ("1000", "PJSIP/1000&Custom:DND1000,CustomPresence:1000", 8),
        // A group: ann's phone and ben's, so nobody's own.
        ("600", "PJSIP/1000&PJSIP/abc", 1),
        ("1002", "PJSIP/abc", 16),
    ]);
    assert_eq!(phone(&presence, &directory, "ann"), Some(8));
    assert_eq!(phone(&presence, &directory, "ben"), Some(16));
    assert_eq!(phone(&presence, &directory, "kim"), None);
    assert_eq!(phone(&presence, &directory, "nobody"), None);
}

#[test]
fn every_state_passes_through() {
    let directory = directory([user("ann", &["1000"], &[])]);
    for status in [0, 1, 2, 4, 8, 9, 16, 17, -1, -2] {
        let presence = presence(&[("1000", "PJSIP/1000", status)]);
        assert_eq!(phone(&presence, &directory, "ann"), Some(status));
    }
}

#[test]
fn of_several_contexts_the_own_phone_counts_else_what_all_say() {
    let ann = user("ann", &["1000"], &["PJSIP/a-1000"]);
    let bob = user("bob", &["1001"], &[]);
    let directory = directory([ann, bob]);
    let presence = presence(&[
        ("1000@a", "PJSIP/a-1000", 8),
        ("1000@b", "PJSIP/b-1000", 0),
        ("1001@a", "PJSIP/a-1001", 8),
        ("1001@b", "PJSIP/b-1001", 0),
    ]);
    assert_eq!(phone(&presence, &directory, "ann"), Some(8));
    assert_eq!(phone(&presence, &directory, "bob"), None);
    presence.set_hint("default", Hint::new("1001", "b", "PJSIP/b-1001", 8));
    assert_eq!(phone(&presence, &directory, "bob"), Some(8));
}

#[test]
fn a_number_belongs_to_whoever_has_it_now_in_this_source() {
    let mut before = user("before", &["1000"], &["PJSIP/1000"]);
    before.delete(now());
    let mut paris = user("paris", &[], &[]);
    paris.numbers.push(valued("paris", "1000"));
    let directory = directory([before, user("ann", &["1000"], &[]), paris]);
    let presence = presence(&[("1000", "PJSIP/1000", 1)]);
    assert_eq!(phone(&presence, &directory, "before"), None);
    assert_eq!(phone(&presence, &directory, "ann"), Some(1));
    assert_eq!(phone(&presence, &directory, "paris"), None);
    presence.set_hints("paris", vec![Hint::new("1000", "x", "", 2)]);
    assert_eq!(phone(&presence, &directory, "paris"), Some(2));
    let shared = self::directory(["ann", "kim"].map(|name| user(name, &["1000"], &[])));
    assert_eq!(phone(&presence, &shared, "ann"), None, "two have it");
}

#[test]
fn a_learned_user_is_the_number_that_nobody_has() {
    let nobody = Directory::default();
    let presence = presence(&[("1004", "", 1), ("blue", "", 2)]);
    presence.set_hints("paris", vec![Hint::new("1004", "x", "", 9)]);
    assert_eq!(phone(&presence, &nobody, "1004"), Some(1));
    assert_eq!(phone(&presence, &nobody, "1004@paris"), Some(9));
    assert_eq!(phone(&presence, &nobody, "blue"), None);
    let taken = directory([user("ann", &["1004"], &[])]);
    assert_eq!(phone(&presence, &taken, "1004"), None);
}

#[test]
fn what_is_removed_is_known_by_its_devices_when_it_comes_back() {
    let directory = directory([user("ben", &[], &["PJSIP/abc"])]);
    let presence = presence(&[("1002", "PJSIP/abc", 0)]);
    presence.set_hint("default", Hint::new("1002", "default", "", -2));
    assert_eq!(phone(&presence, &directory, "ben"), Some(-2));
    presence.forget_hints("default");
    assert_eq!(phone(&presence, &directory, "ben"), None);
}

#[test]
fn the_revision_moves_with_what_can_be_seen_and_with_nothing_else() {
    let presence = presence(&[("1000", "PJSIP/1000", 0)]);
    let hint = |status| Hint::new("1000", "default", "PJSIP/1000", status);
    let moves = |change: &dyn Fn()| {
        let before = presence.revision();
        change();
        presence.revision() != before
    };
    assert!(!moves(&|| presence.set_hint("default", hint(0))));
    assert!(moves(&|| presence.set_hint("default", hint(1))));
    assert!(!moves(&|| presence.set_hints("default", vec![hint(1)])));
    assert!(moves(&|| presence.set_hints("default", vec![])));
    assert!(moves(&|| presence.forget_hints("default")));
    assert!(!moves(&|| presence.forget_hints("default")));
    let hour = Duration::from_secs(3600);
    let set = |status: &str| presence.set_video("ann", status.parse().unwrap(), hour);
    assert!(moves(&|| set("Busy")));
    assert!(!moves(&|| set("Busy")));
    assert!(moves(&|| set("Available")));
    assert!(moves(&|| presence.clear_video("ann")));
    assert!(!moves(&|| presence.clear_video("ann")));
    assert_ne!(presence.revision(), Presence::default().revision());
}

#[test]
fn a_video_status_ends_with_its_time_or_with_the_last_client() {
    let presence = Arc::new(Presence::default());
    let shown = |name: &str| presence.look().video(name).map(ToString::to_string);
    let busy: VideoStatus = "Busy".parse().unwrap();
    presence.set_video("ann", busy.clone(), Duration::ZERO);
    let before = presence.revision.load(Ordering::SeqCst);
    assert_ne!(presence.revision(), before, "the end is a change");
    assert_eq!(shown("ann"), None);

    let (first, second) = (presence.connect("ann"), presence.connect("ann"));
    let other = presence.connect("ben");
    first.set_video(busy.clone());
    other.set_video(busy.clone());
    drop(first);
    assert_eq!(shown("ann").as_deref(), Some("Busy"));
    presence.set_video("ann", "Away".parse().unwrap(), Duration::from_secs(3600));
    assert_eq!(shown("ann").as_deref(), Some("Away"));
    drop(second);
    assert_eq!(shown("ann"), None);
    assert_eq!(shown("ben").as_deref(), Some("Busy"));
    presence.set_video("ann", busy, Duration::MAX);
    assert_eq!(shown("ann").as_deref(), Some("Busy"));
}

#[test]
fn a_status_is_a_word_or_two() {
    for text in [
        "Available",
        "Busy",
        "In a call",
        "Occupé",
        "l'été 2",
        &"x".repeat(32),
    ] {
        assert_eq!(text.parse::<VideoStatus>().unwrap().as_str(), text);
    }
    for text in [
        "",
        " ",
        "Busy ",
        "-",
        "a\nb",
        "a\u{202e}b",
        "<b>",
        &"x".repeat(33),
    ] {
        assert_eq!(
            text.parse::<VideoStatus>(),
            Err(InvalidVideoStatus),
            "{text}"
        );
    }
}
