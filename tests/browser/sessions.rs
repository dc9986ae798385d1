//! How a session on the sample page goes on, and how it ends.

use std::io::Write;
use std::process::Stdio;

use serde_json::json;

use crate::demo::Demo;
use crate::support::service::program;

#[test]
fn a_session_outlives_its_tokens_and_ends_when_no_token_is_renewed() {
    let demo = Demo::open(&[("LOGIN_TTL", "3s")]);
    demo.sign_in("usera");
    let page = &demo.browser;
    // Logging on is told again when the next token is used.
    let greetings = "[...document.querySelectorAll('#frame-list li')]\
                     .filter((frame) => frame.textContent.includes('\"LoggedOn\"')).length";
    page.wait(&format!("{greetings} > 1"));
    demo.wait_for("#link", "Signed in as usera.");
    let no_renewal = json!({"urls": ["*/auth/check"]});
    page.devtools("Network.enable", &json!({}));
    page.devtools("Network.setBlockedURLs", &no_renewal);
    demo.wait_for("#sign-in-problem", "Your session has ended: sign in again.");
    page.wait("document.activeElement.name === 'password'");
    page.wait("document.querySelector('#answer').hidden");
    demo.sign_in("usera");
    demo.all_is_well(&["auth/check"]);
}

#[test]
fn another_password_ends_the_session() {
    let demo = Demo::open(&[]);
    demo.sign_in("usera");
    let mut passwd = program();
    passwd
        .args(["directory", "passwd", "usera"])
        .env("DATABASE_URL", demo.database.url_text())
        .stdin(Stdio::piped());
    let mut passwd = passwd.spawn().unwrap();
    let mut typed = passwd.stdin.take().unwrap();
    typed.write_all(b"quite another password\n").unwrap();
    drop(typed);
    assert!(passwd.wait().unwrap().success());
    demo.wait_for("#sign-in-problem", "Your session has ended: sign in again.");
    demo.all_is_well(&[]);
}
