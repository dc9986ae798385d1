//! What the sample page shows by itself: calls as they happen, also after a restart.

use chrono::Utc;

use crate::demo::Demo;
use crate::support::service::succeed;

#[test]
fn a_call_appears_as_it_happens() {
    let demo = Demo::open(&[]);
    demo.sign_in("usera");
    let page = &demo.browser;
    page.wait(
        "[...document.querySelectorAll('#frame-list li')]\
         .some((frame) => frame.textContent.includes('subscribeToCallHistory'))",
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    let (now, id) = (Utc::now(), Utc::now().timestamp());
    let start = now.format("%Y-%m-%d %H:%M:%S");
    let row = format!(
        "start,answer,end,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,\
         billsec,disposition,amaflags,uniqueid,linkedid\n\
         {start},{start},{start},0611223344,0611223344,1000,from-trunk,PJSIP/trunk-00ffff01,\
         PJSIP/1000-00ffff02,Dial,PJSIP/1000,0,0,NO ANSWER,3,{id}.990001,{id}.990001\n"
    );
    std::fs::write(file.path(), row).unwrap();
    succeed(
        &demo.database,
        &["import", "--cdr", &file.path().display().to_string()],
    );
    page.wait("document.querySelector('#live td') !== null");
    let rows = demo.rows("#live");
    assert_eq!(rows[1][1], "missed", "{rows:?}");
    assert!(rows[1][2].contains("0611223344"), "{rows:?}");
    demo.all_is_well(&[]);
}

#[test]
fn a_page_lives_through_a_restart_of_the_service() {
    let mut demo = Demo::open(&[]);
    demo.sign_in("usera");
    demo.browser.fill("[name=size]", "2");
    demo.browser.click("#getUserCallHistory");
    demo.wait_for("#answer-status", "My last calls: 2.");
    demo.stop_service();
    demo.wait_for("#link", "The connection is lost, and being made again.");
    demo.browser.click("#getUserCallHistory");
    demo.browser
        .wait("document.querySelector('#ask-problem').textContent.includes('no connection')");
    demo.start_service();
    demo.wait_for("#link", "Signed in as usera.");
    // What was asked last is asked again.
    demo.wait_for("#answer-status", "My last calls: 2.");
    assert_eq!(demo.rows("#answer").len(), 3);
    demo.all_is_well(&["WebSocket connection to"]);
}
