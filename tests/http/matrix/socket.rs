//! Every command of the CTI WebSocket for every kind of caller.

use serde_json::{Value, json};

use super::{CALLERS, SECRET, credentials, prepare};
use crate::support::TestDatabase;
use crate::support::cti::{Cti, PATH};
use crate::support::service::Service;

/// A command with its members, and what comes of it for each caller: `off` who has no
/// connection, `err` for an error, `[]` for a history without entries, `yes` for one with some,
/// `-` for no answer. The columns are those of the table of endpoints.
const TABLE: &str = r#"
getUserCallHistory {"size": 5}                                              | off off off off off | yes yes yes yes yes err | err err err err err err err | err
getUserCallHistory {"size": 5, "user": "userb"}                             | off off off off off | yes yes yes yes yes err | err err err err err err err | err
getUserCallHistoryByDays {"days": 3660}                                     | off off off off off | yes yes yes yes yes err | err err err err err err err | err
getAgentCallHistory {"size": 5}                                             | off off off off off | err err err yes yes yes | err err err err err err err | err
getQueueCallHistory {"queue": "bl", "size": 5}                              | off off off off off | []  []  []  []  yes []  | []  []  yes yes []  yes []  | yes
getQueueCallHistory {"queue": "tiny", "size": 5}                            | off off off off off | []  []  []  []  []  []  | []  []  []  yes []  yes []  | yes
findCustomerCallHistory {"id": 1, "request": {"size": 5, "filters":
 [{"field": "customer.phone", "operator": "=", "value": "0699000001"}]}}    | off off off off off | []  []  []  []  []  []  | []  []  []  []  yes yes []  | yes
videoEvent {"status": "Busy"}                                               | off off off off off | -   -   -   -   -   err | err err err err err err err | err
subscribeToCallHistory {}                                                   | off off off off off | -   -   -   -   -   -   | err err err err err err err | err
unsubscribeFromCallHistory {}                                               | off off off off off | -   -   -   -   -   -   | -   -   -   -   -   -   -   | -
"#;

/// The frames of the table, with what is expected.
fn rows() -> Vec<(Value, Vec<&'static str>)> {
    let mut rows = Vec::new();
    let mut request = String::new();
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        let (said, expected) = line.split_once('|').unwrap_or((line, ""));
        request += said.trim();
        if expected.is_empty() {
            continue;
        }
        let (command, members) = request.split_once(' ').unwrap();
        let mut frame = json!({"claz": "web", "command": command});
        let members: Value = serde_json::from_str(members).unwrap();
        let members = members.as_object().unwrap().clone();
        frame.as_object_mut().unwrap().extend(members);
        let expected = expected.split_whitespace().filter(|word| *word != "|");
        rows.push((frame, expected.collect()));
        request.clear();
    }
    rows
}

/// The connection of somebody with this credential: tokens are in the URL, keys in a header.
fn open(service: &Service, credential: Option<&str>) -> Cti {
    let path;
    let (path, headers) = match credential {
        None => (PATH, vec![]),
        Some(key) if key.starts_with("chk_") => (PATH, vec![("X-API-Key", key)]),
        Some(token) => {
            path = format!("{PATH}?token={token}");
            (path.as_str(), vec![])
        }
    };
    Cti::connect(service, path, &headers).unwrap()
}

/// What comes of a frame.
fn outcome(cti: &mut Cti, frame: &Value) -> &'static str {
    let ping = json!({"claz": "ping"});
    cti.say(frame.to_string());
    cti.say(ping.to_string());
    let answer = cti.next();
    if answer == ping {
        return "-";
    }
    assert_eq!(cti.next(), ping);
    let message = &answer["ctiMessage"];
    let entries = match answer["msgType"].as_str().unwrap() {
        "Error" => return "err",
        "CallHistory" => message,
        "CustomerCallHistoryResponseWithId" => &message["response"]["list"],
        other => panic!("{other}"),
    };
    match entries.as_array().unwrap().len() {
        0 => "[]",
        _ => "yes",
    }
}

#[test]
fn every_command_gives_every_caller_what_the_table_says() {
    let database = TestDatabase::new();
    prepare(&database);
    let settings = [("JWT_SECRET", SECRET), ("RATE_LIMIT", "0")];
    let service = Service::start_with(&database, &settings);
    let credentials = credentials(&database, &service);
    let rows = rows();
    let mut wrong = Vec::new();
    for (column, (caller, credential)) in CALLERS.iter().zip(&credentials).enumerate() {
        let mut cti = open(&service, credential.as_deref());
        let is_on = cti.next()["msgType"] == "LoggedOn";
        for (frame, expected) in &rows {
            assert_eq!(expected.len(), CALLERS.len(), "{frame}");
            let found = match is_on {
                true => outcome(&mut cti, frame),
                false => "off",
            };
            if found != expected[column] {
                let expected = expected[column];
                wrong.push(format!(
                    "{frame} by {caller}: {found} instead of {expected}"
                ));
            }
        }
        if !is_on {
            assert_eq!(cti.closed(), 1008);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
