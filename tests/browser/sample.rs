//! What people do on the sample page, with a mouse and without.

use call_history::demo::guests::SUPERVISOR;

use crate::demo::Demo;
use crate::driver::{ENTER, SPACE, TAB};

#[test]
fn each_call_shows_its_answer_as_a_table_and_as_frames() {
    let demo = Demo::open(&[]);
    let page = &demo.browser;
    page.fill("[name=username]", "userb");
    page.fill("[name=password]", "wrong");
    page.click("#sign-in-form button");
    page.wait("document.querySelector('#sign-in-problem').textContent !== ''");
    assert_eq!(page.value("document.querySelector('#ask').hidden"), true);

    // userb is agent 2501.
    demo.sign_in("userb");
    page.fill("[name=size]", "3");
    page.click("#getUserCallHistory");
    demo.wait_for("#answer-status", "My last calls: 3.");
    let rows = demo.rows("#answer");
    assert_eq!(rows[0][..4], ["Start", "Status", "From", "To"]);
    assert_eq!(rows.len(), 4);
    page.click("#getUserCallHistoryByDays");
    demo.wait_for_start("#answer-status", "My calls of the last days: ");
    assert!(demo.rows("#answer").len() > 4);
    page.click("#getAgentCallHistory");
    demo.wait_for("#answer-status", "My last calls as an agent: 3.");
    assert!(demo.rows("#answer")[0].contains(&"Queue".to_owned()));
    let frames = demo.frames();
    for sent in [
        r#"sent {"claz":"web","command":"getUserCallHistory","size":3}"#,
        r#"sent {"claz":"web","command":"getUserCallHistoryByDays","days":7}"#,
        r#"sent {"claz":"web","command":"getAgentCallHistory","size":3}"#,
    ] {
        let place = frames.iter().position(|frame| frame == sent);
        let place = place.unwrap_or_else(|| panic!("{sent} is not among {frames:?}"));
        let answer = r#"received {"msgType":"CallHistory","ctiMessage":[{"#;
        assert!(frames[place + 1].starts_with(answer), "{frames:?}");
    }

    // What one person saw, the next does not see.
    page.click("#sign-out");
    demo.wait_for("#link", "Signed out.");
    assert_eq!(demo.rows("#answer"), Vec::<Vec<String>>::new());
    assert_eq!(demo.frames(), Vec::<String>::new());
    demo.sign_in(SUPERVISOR);
    page.fill("[name=queue]", "bl");
    page.click("#getQueueCallHistory");
    demo.wait_for("#answer-status", "Last calls of queues: 3.");
    page.fill("[name=number]", "0699000012");
    page.click("#findCustomerCallHistory");
    demo.wait_for_start("#answer-status", "Last calls of a customer: ");
    assert!(demo.rows("#answer").len() > 1);
    page.click("#getAgentCallHistory");
    page.wait("document.querySelector('#ask-problem').textContent.includes('no agent')");
    assert_eq!(demo.rows("#answer"), Vec::<Vec<String>>::new());
    // Fields say what is wrong with them before anything is sent.
    let before = demo.frames().len();
    page.fill("[name=size]", "0");
    page.click("#getQueueCallHistory");
    page.wait("document.activeElement.name === 'size'");
    assert_eq!(demo.frames().len(), before);
    demo.all_is_well(&["/xuc/api/2.0/auth/login - Failed to load resource"]);
}

#[test]
fn a_keyboard_is_enough() {
    let demo = Demo::open(&[]);
    let page = &demo.browser;
    let reach = |what: &str| {
        for _ in 0..40 {
            page.press(TAB);
            if page.value(&format!("document.activeElement.matches('{what}')")) == true {
                let outline = "getComputedStyle(document.activeElement).outlineStyle";
                assert_ne!(page.value(outline), "none", "no focus is seen on {what}");
                return;
            }
        }
        panic!("{what} cannot be reached");
    };
    reach("[name=username]");
    page.press("usera");
    reach("[name=password]");
    page.press(&demo.password);
    page.press(ENTER);
    demo.wait_for("#link", "Signed in as usera.");
    page.wait("document.activeElement.id === 'ask-title'");
    reach("[name=size]");
    // What a field has is selected when it is reached.
    page.press("1");
    reach("[name=days]");
    page.press(ENTER);
    demo.wait_for_start("#answer-status", "My calls of the last days: ");
    reach("#getUserCallHistory");
    page.press(SPACE);
    demo.wait_for("#answer-status", "My last calls: 1.");
    reach("#answer .table");
    reach("#live-switch");
    page.press(SPACE);
    page.wait("!document.querySelector('#live-switch').checked");
    reach("#frame-list");
    reach("#sign-out");
    page.press(ENTER);
    demo.wait_for("#link", "Signed out.");
    page.wait("document.activeElement.name === 'username'");
    demo.all_is_well(&[]);
}
