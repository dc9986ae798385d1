//! Reading on, names and numbers, and the file beside the screen.

use super::queues::{ABANDONED, WAITED};
use super::{GROUP, MAILBOX, TRANSFER, after, entries, import, told};
use crate::export::all_forms_are_alike;

#[test]
fn a_long_call_whose_row_comes_after_many_others_is_not_lost_to_who_reads_on() {
    let short = |minute: u32| {
        let id = 1_767_600_000 + minute * 60;
        format!(
            "10:{minute:02}:00,1001,1001,1002,PJSIP/1001-{minute},PJSIP/1002-{minute},Dial,PJSIP/1002,9,5,ANSWERED,{id}.1,{id}.1\n"
        )
    };
    let (database, service) = after(&(1..20).map(short).collect::<String>(), "");
    let first = service.get("/changes").json();
    assert_eq!(first["changes"].as_array().unwrap().len(), 19);
    // It began before all of them; its row is written when it ends.
    let long = "08:30:00,0677889900,0677889900,1001,PJSIP/trunk-61,PJSIP/1001-62,Dial,PJSIP/1001,7300,7290,ANSWERED,1767601800.61,1767601800.61";
    import(&database, long, "");
    let since = first["cursor"].as_str().unwrap();
    let next = service.get(&format!("/changes?since={since}")).json();
    let changes = next["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{next}");
    assert_eq!(
        changes[0]["entries"][0]["entry"]["start"], "2026-01-05 08:30:00",
        "{next}"
    );
    // In the list it stands where it belongs.
    assert_eq!(
        told(&service, "/calls").last().unwrap(),
        "answered, talk 7290"
    );
}

/// Names as callers send them: with quotes and commas, as a formula; and no number at all.
const NAMES: &str = r#"
    10:00:00,"""Zoé, ""Café"" Noir"" <+33688990011>",+33688990011,1001,PJSIP/trunk-71,PJSIP/1001-72,Dial,PJSIP/1001,20,10,ANSWERED,1767607200.71,1767607200.71
    10:01:00,"""=HYPERLINK(A1)"" <0699001122>",0699001122,1001,PJSIP/trunk-73,PJSIP/1001-74,Dial,PJSIP/1001,20,10,ANSWERED,1767607260.73,1767607260.73
    10:02:00,"""Anonymous"" <anonymous>",anonymous,1001,PJSIP/trunk-75,PJSIP/1001-76,Dial,PJSIP/1001,20,10,ANSWERED,1767607320.75,1767607320.75
"#;

#[test]
fn a_number_is_a_number_a_name_is_a_name_and_hidden_callers_are_nobodys_history() {
    let (_database, service) = after(NAMES, "");
    let seen: Vec<[String; 2]> = entries(&service, "/history/user?user=1001")
        .iter()
        .map(|entry| {
            ["srcNum", "srcLastName"]
                .map(|name| entry[name].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    let expected = [
        ["anonymous", "Anonymous"],
        ["0699001122", "=HYPERLINK(A1)"],
        ["+33688990011", "Zoé, \"Café\" Noir"],
    ];
    assert_eq!(seen, expected);
    assert_eq!(
        told(&service, "/history/customer?number=33688990011").len(),
        1
    );
    assert_eq!(
        told(&service, "/history/customer?number=anonymous").len(),
        0
    );
}

#[test]
fn a_csv_is_what_the_screen_shows() {
    let cdr = [TRANSFER, ABANDONED[0], GROUP, MAILBOX, WAITED[0], NAMES].concat();
    let (_database, service) = after(&cdr, &[ABANDONED[1], WAITED[1]].concat());
    // Every field of every entry, in whatever zone, with whatever filter.
    let mut compared = 0;
    for path in [
        "/calls?from=2026-01-01",
        "/calls?from=2026-01-01&status=missed&tz=America/New_York",
        "/history/user?user=1001&from=2026-01-01&answeredElsewhere=include",
        "/history/user?user=1002&from=2026-01-01&order=asc",
        "/history/queue?name=sal&from=2026-01-01&minWait=31",
        "/history/customer?number=0611223344&from=2026-01-01",
    ] {
        compared += all_forms_are_alike(&service, path);
    }
    assert_eq!(compared, 8 + 2 + 8 + 3 + 1 + 1);
}
