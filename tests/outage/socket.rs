//! A WebSocket that is open while the database is away.

use serde_json::{Value, json};

use super::mysql::server;
use super::{SOON, assert_away, assert_heals, serve};
use crate::support::cti::{Cti, PATH, command};
use crate::support::mariadb::until;

#[test]
fn an_open_websocket_outlives_an_outage_and_says_what_cannot_be_done() {
    let Some((mut server, url)) = server() else {
        return;
    };
    let service = serve(&url);
    assert_heals(&service);
    let mut cti = Cti::connect(&service, PATH, &[]).unwrap();
    assert_eq!(cti.next()["msgType"], "LoggedOn");
    let queues = command("getQueueCallHistory", &json!({"queue": "bl", "size": 5}));
    assert_eq!(cti.history(&queues), json!([]));
    server.kill();
    assert_away(&service);
    let told = cti.refused(&queues);
    assert!(told.contains("database"), "{told}");
    let ping = json!({"claz": "ping"});
    assert_eq!(cti.ask(&ping), ping);
    server.launch();
    until("an answer", SOON, || {
        cti.ask(&queues)["ctiMessage"] == Value::Array(Vec::new())
    });
}
