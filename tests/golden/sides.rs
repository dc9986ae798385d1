//! What others did in a call does not show on anybody's side of it: two calls that differ in
//! nothing else look the same.

use call_history::fold::explain;
use call_history::model::{Principal, Scope};

use super::{Tables, orders, parse};

const PEOPLE: &str = "
user ann 1001 PJSIP/1001
user bob 1002 PJSIP/1002
user kim 1003 PJSIP/1003
user max 1004 PJSIP/1004
queue blue 3000
queue black 3001
case the call
";

/// A call's side, in every member; None where there is none.
fn side(rows: &str, scope: &str) -> Option<String> {
    let (directory, cases) = parse(&format!("{PEOPLE}{rows}"));
    let (_, rows) = orders(&cases[0], Tables::Both).swap_remove(0);
    let scope: Scope = scope.parse().unwrap();
    let seen = Principal::new(None, None, &[scope]).seen(explain(rows, &directory).unwrap());
    assert!(!seen.is_whole());
    let detail = seen.detail();
    let told = format!(
        "{:#?}",
        (
            &detail.call.entries,
            &detail.rules,
            (&detail.visits, &detail.rings),
            (&detail.transfers, &detail.legs),
        )
    );
    (!detail.call.entries.is_empty()).then_some(told)
}

fn same(what: &str, scopes: &[&str], one: &str, other: &str) {
    for scope in scopes {
        let [one, other] = [one, other].map(|rows| side(rows, scope));
        assert!(one.is_some(), "{what}: {scope}");
        assert_eq!(one, other, "{what}: {scope}");
    }
    // The calls are not one and the same.
    let everybody = ["ann", "bob", "kim", "max"].map(|user| format!("history:user:{user}"));
    let others = everybody.iter().map(String::as_str);
    let others = others.chain(["history:customer", "history:queue:blue"]);
    let differs = |scope: &str| side(one, scope) != side(other, scope);
    assert!(others.into_iter().any(differs), "{what}");
}

#[test]
fn how_many_phones_rang_shows_to_none_of_them() {
    same(
        "a group",
        &["history:user:ann", "history:user:bob", "history:user:max"],
        "cdr 0 10 0 NO_ANSWER PJSIP/1001-1 PJSIP/1002-2 src=1001 dst=600 lastapp=Dial
         cdr 0 70 60 ANSWERED  PJSIP/1001-1 PJSIP/1004-3 src=1001 dst=600 lastapp=Dial",
        "cdr 0 10 0 NO_ANSWER PJSIP/1001-1 PJSIP/1002-2 src=1001 dst=600 lastapp=Dial
         cdr 3 5  0 BUSY      PJSIP/1001-1 PJSIP/1003-4 src=1001 dst=600 lastapp=Dial
         cdr 0 70 60 ANSWERED PJSIP/1001-1 PJSIP/1004-3 src=1001 dst=600 lastapp=Dial",
    );
}

#[test]
fn a_consultation_shows_to_those_who_consult() {
    let call =
        "cdr 0 60 55 ANSWERED PJSIP/trunk-1 PJSIP/1002-2 src=0611223344 dst=1002 lastapp=Dial";
    same(
        "a consultation",
        &["history:customer", "history:user:bob"],
        &format!(
            "{call}\ncdr 20 9 5 ANSWERED PJSIP/1002-3 PJSIP/1003-4 src=1002 dst=1003 lastapp=Dial uniqueid=1.3"
        ),
        &format!(
            "{call}\ncdr 20 9 5 ANSWERED PJSIP/1002-3 PJSIP/1004-4 src=1002 dst=1004 lastapp=Dial uniqueid=1.3"
        ),
    );
}

#[test]
fn where_a_caller_was_before_does_not_show_to_who_is_reached_later() {
    let last = "cdr 40 20 15 ANSWERED PJSIP/1001-1 PJSIP/1004-4 src=1001 dst=1002 lastapp=Dial";
    same(
        "a transfer",
        &["history:user:max"],
        &format!(
            "cdr 0  40 35 ANSWERED PJSIP/1001-1 PJSIP/1002-2 src=1001 dst=1002 lastapp=Dial\n{last}"
        ),
        &format!(
            "cdr 15 25 20 ANSWERED PJSIP/1001-1 PJSIP/1003-2 src=1001 dst=1002 lastapp=Dial recordingfile=\n{last}"
        ),
    );
    // The first row of a channel begins with the channel, long before the phone rings.
    let log = "log 20 1.1 blue NONE ENTERQUEUE |0611|1
               log 30 1.1 blue bob CONNECT 10|1.2|4
               log 50 1.1 blue bob COMPLETEAGENT 10|20|1";
    same(
        "a menu before the queue",
        &["history:user:bob", "history:queue:blue"],
        &format!(
            "{log}\ncdr 0 50 50 ANSWERED PJSIP/trunk-1 PJSIP/1002-2 src=0611 dst=3000 lastapp=Queue lastdata=blue"
        ),
        &format!(
            "{log}\ncdr 19 31 31 ANSWERED PJSIP/trunk-1 PJSIP/1002-2 src=0611 dst=3000 lastapp=Queue lastdata=blue"
        ),
    );
}

#[test]
fn what_became_of_a_caller_after_a_queue_does_not_show_in_it() {
    let log = "log 0 1.1 blue NONE ENTERQUEUE |0611|1
               log 9 1.1 blue bob RINGNOANSWER 5000
               log 10 1.1 blue NONE EXITWITHTIMEOUT 1|1|10
               cdr 0 9 0 NO_ANSWER PJSIP/trunk-1 PJSIP/1002-2 src=0611 dst=3000 lastapp=Queue lastdata=blue";
    same(
        "after a queue",
        &["history:queue:blue"],
        &format!(
            "{log}\ncdr 10 60 50 ANSWERED  PJSIP/trunk-1 PJSIP/1003-3 src=0611 dst=3000 lastapp=Dial"
        ),
        &format!(
            "{log}\ncdr 10 20 0  NO_ANSWER PJSIP/trunk-1 PJSIP/1003-3 src=0611 dst=3000 lastapp=Dial"
        ),
    );
}

#[test]
fn where_a_caller_was_sent_does_not_show_to_who_sent_and_not_in_the_queue_who_did() {
    let blue = |end: &str| {
        format!(
            "log 0 1.1 blue NONE ENTERQUEUE |0611|1
             log 10 1.1 blue bob CONNECT 10|1.2|4
             log 30 1.1 blue bob {end}
             cdr 0 30 30 ANSWERED PJSIP/trunk-1 PJSIP/1002-2 src=0611 dst=3000 lastapp=Queue lastdata=blue"
        )
    };
    let black = "log 30 1.1 black NONE ENTERQUEUE |0611|1
                 log 50 1.1 black NONE ABANDON 1|1|20
                 cdr 30 20 0 NO_ANSWER PJSIP/trunk-1 PJSIP/1003-3 src=0611 dst=3001 lastapp=Queue lastdata=black";
    let to = |number| blue(&format!("BLINDTRANSFER {number}|default|10|20|1"));
    let sent_to_black = format!("{}\n{black}", to("3001"));
    same(
        "a transfer into a queue",
        &["history:user:bob", "history:queue:blue"],
        &sent_to_black,
        &format!(
            "{}\ncdr 30 9 0 NO_ANSWER PJSIP/trunk-1 PJSIP/1004-4 src=0611 dst=1004 lastapp=Dial",
            to("1004")
        ),
    );
    same(
        "before a queue",
        &["history:queue:black"],
        &sent_to_black,
        &format!("{}\n{black}", blue("COMPLETECALLER 10|20|1")),
    );
}

#[test]
fn who_else_came_into_a_room_does_not_show() {
    let two = "cdr 0 60 60 ANSWERED PJSIP/1001-1 PJSIP/1002-2 src=1001 dst=700 lastapp=ConfBridge
               cdr 0 60 60 ANSWERED PJSIP/1002-2 PJSIP/1001-1 src=1002 dst=700 lastapp=ConfBridge uniqueid=1.2";
    same(
        "a room",
        &["history:user:ann", "history:user:bob"],
        two,
        &format!(
            "{two}
             cdr 20 30 30 ANSWERED PJSIP/1001-1 PJSIP/1003-3 src=1001 dst=700 lastapp=ConfBridge
             cdr 20 30 30 ANSWERED PJSIP/1002-2 PJSIP/1003-3 src=1002 dst=700 lastapp=ConfBridge uniqueid=1.2
             cdr 20 30 30 ANSWERED PJSIP/1003-3 PJSIP/1001-1 src=1003 dst=700 lastapp=ConfBridge uniqueid=1.3"
        ),
    );
}
