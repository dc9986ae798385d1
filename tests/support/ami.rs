//! A PBX's Manager Interface: a server that speaks its protocol over TCP, and does what a test
//! says.

#![allow(dead_code, reason = "each test target uses a part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use md5::{Digest, Md5};

pub(crate) const USER: &str = "history";
pub(crate) const SECRET: &str = "s3cret-of-the-pbx";
const CHALLENGE: &str = "814622365";

/// The fields of an action or an event.
type Fields = Vec<(String, String)>;

/// A running server. Its connections end with it.
pub(crate) struct Manager {
    port: u16,
    state: Arc<Mutex<State>>,
}

struct State {
    greeting: &'static str,
    secret: &'static str,
    /// Actions that are refused, with what is said then.
    refused: Vec<(&'static str, &'static str)>,
    silent: bool,
    /// Extension, watched devices, state.
    hints: Vec<(String, String, i32)>,
    /// What `CoreShowChannels` tells.
    channels: Vec<String>,
    /// What `BridgeList` tells.
    bridges: Vec<String>,
    /// What is said in the middle of a list of hints.
    meanwhile: String,
    connection: Option<TcpStream>,
    /// The names of all actions that came, in order.
    actions: Vec<String>,
    logins: usize,
}

impl Manager {
    /// One that nobody is connected to yet.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            greeting: "Asterisk Call Manager/9.0.0",
            secret: SECRET,
            refused: Vec::new(),
            silent: false,
            hints: Vec::new(),
            channels: Vec::new(),
            bridges: Vec::new(),
            meanwhile: String::new(),
            connection: None,
            actions: Vec::new(),
            logins: 0,
        }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), shared) = (stream, Arc::clone(&shared)) else {
                    return;
                };
                thread::spawn(move || serve(&stream, &shared));
            }
        });
        Self { port, state }
    }

    /// The settings with which a service listens to it.
    pub(crate) fn settings(&self) -> [(&'static str, String); 4] {
        [
            ("AMI_URL", format!("tcp://127.0.0.1:{}", self.port)),
            ("AMI_USER", USER.to_owned()),
            ("AMI_SECRET", SECRET.to_owned()),
            ("AMI_TIMEOUT", "500ms".to_owned()),
        ]
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn greets(&self, greeting: &'static str) {
        self.state().greeting = greeting;
    }

    pub(crate) fn has_secret(&self, secret: &'static str) {
        self.state().secret = secret;
    }

    pub(crate) fn refuses(&self, action: &'static str, why: &'static str) {
        self.state().refused.push((action, why));
    }

    /// Says nothing any more, and hears nothing; or does again.
    pub(crate) fn is_silent(&self, silent: bool) {
        self.state().silent = silent;
    }

    /// What it says of its hints when it is asked.
    pub(crate) fn has_hints(&self, hints: &[(&str, &str, i32)]) {
        let own = |(exten, watched, status): &(&str, &str, i32)| {
            ((*exten).to_owned(), (*watched).to_owned(), *status)
        };
        self.state().hints = hints.iter().map(own).collect();
    }

    /// What it says in the middle of a list of hints.
    pub(crate) fn says_meanwhile(&self, text: &str) {
        self.state().meanwhile = text.to_owned();
    }

    /// What it says of its channels when it is asked: the fields of each.
    pub(crate) fn has_channels(&self, channels: &[&[(&str, &str)]]) {
        self.state().channels = channels.iter().map(|fields| lines(fields)).collect();
    }

    /// What it says of its bridges: their ids and technologies.
    pub(crate) fn has_bridges(&self, bridges: &[(&str, &str)]) {
        let line = |(id, technology): &(&str, &str)| {
            lines(&[("BridgeUniqueid", id), ("BridgeTechnology", technology)])
        };
        self.state().bridges = bridges.iter().map(line).collect();
    }

    /// Says something to whoever is connected.
    pub(crate) fn say(&self, text: impl AsRef<[u8]>) {
        let state = self.state();
        let mut stream = state.connection.as_ref().unwrap();
        // Who has gone is noticed by the test otherwise.
        let _ = stream.write_all(text.as_ref());
    }

    /// The same byte by byte.
    pub(crate) fn say_slowly(&self, text: &str) {
        let state = self.state();
        let mut stream = state.connection.as_ref().unwrap();
        stream.set_nodelay(true).unwrap();
        for byte in text.as_bytes() {
            stream.write_all(&[*byte]).unwrap();
            thread::yield_now();
        }
    }

    /// Tells an event.
    pub(crate) fn tell(&self, event: &str, fields: &[(&str, &str)]) {
        self.say(self::event(event, fields));
    }

    /// Tells that a hint has changed.
    pub(crate) fn tell_hint(&self, exten: &str, watched: &str, status: i32) {
        self.say(hint(exten, watched, status));
    }

    /// Closes the connection.
    pub(crate) fn cut(&self) {
        if let Some(stream) = self.state().connection.take() {
            stream.shutdown(Shutdown::Both).unwrap();
        }
    }

    /// How often somebody logged in.
    pub(crate) fn logins(&self) -> usize {
        self.state().logins
    }

    /// How often this action came.
    pub(crate) fn count(&self, action: &str) -> usize {
        let state = self.state();
        state.actions.iter().filter(|name| *name == action).count()
    }
}

/// An event as it is written.
pub(crate) fn event(name: &str, fields: &[(&str, &str)]) -> String {
    format!(
        "Event: {name}\r\nPrivilege: call,all\r\n{}\r\n",
        lines(fields)
    )
}

/// A changed hint as it is written.
pub(crate) fn hint(exten: &str, watched: &str, status: i32) -> String {
    event(
        "ExtensionStatus",
        &hint_fields(exten, watched, &status.to_string()),
    )
}

fn hint_fields<'a>(exten: &'a str, watched: &'a str, status: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("Exten", exten),
        ("Context", "default"),
        ("Hint", watched),
        ("Status", status),
        ("StatusText", "as Asterisk has it"),
    ]
}

fn lines(fields: &[(&str, &str)]) -> String {
    let lines = fields
        .iter()
        .map(|(key, value)| format!("{key}: {value}\r\n"));
    lines.collect()
}

/// Answers one connection until it ends.
fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let mut out = stream;
    let greeting = state.lock().unwrap().greeting;
    if write!(out, "{greeting}\r\n").is_err() {
        return;
    }
    let mut lines = BufReader::new(stream).lines();
    loop {
        let mut fields = Fields::new();
        loop {
            match lines.next() {
                Some(Ok(line)) if line.is_empty() => break,
                Some(Ok(line)) => {
                    let (key, value) = line.split_once(": ").unwrap_or((&line, ""));
                    fields.push((key.to_owned(), value.to_owned()));
                }
                _ => return,
            }
        }
        let mut state = state.lock().unwrap();
        let name = get(&fields, "Action").to_owned();
        state.actions.push(name);
        let answer = answer(&mut state, &fields);
        if state.silent {
            continue;
        }
        if state.connection.is_none() && answer.contains("Authentication accepted") {
            state.connection = Some(stream.try_clone().unwrap());
        }
        if out.write_all(answer.as_bytes()).is_err() {
            return;
        }
        if answer.contains("Authentication failed") {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

fn get<'a>(fields: &'a Fields, key: &str) -> &'a str {
    let named = fields.iter().find(|(k, _)| k == key);
    named.map_or("", |(_, value)| value)
}

fn answer(state: &mut State, fields: &Fields) -> String {
    let id = match get(fields, "ActionID") {
        "" => String::new(),
        id => format!("ActionID: {id}\r\n"),
    };
    let response = |kind: &str, rest: &str| format!("Response: {kind}\r\n{id}{rest}\r\n");
    let action = get(fields, "Action");
    if let Some((_, why)) = state.refused.iter().find(|(name, _)| *name == action) {
        return response("Error", &format!("Message: {why}\r\n"));
    }
    // Items of a list, between the response and the end.
    let list = |kind: &str, items: Vec<String>, end: &str| {
        let start = response(
            "Success",
            "EventList: start\r\nMessage: A listing will follow\r\n",
        );
        let count = items.len();
        let items = items.into_iter();
        let items: String = items
            .map(|item| format!("Event: {kind}\r\n{id}{item}\r\n"))
            .collect();
        format!(
            "{start}{items}Event: {end}\r\n{id}EventList: Complete\r\nListItems: {count}\r\n\r\n"
        )
    };
    match action {
        "Challenge" => response("Success", &format!("Challenge: {CHALLENGE}\r\n")),
        "Login" => {
            let digest = Md5::digest(format!("{CHALLENGE}{}", state.secret));
            let key: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let is_right = get(fields, "AuthType") == "MD5"
                && get(fields, "Username") == USER
                && get(fields, "Key") == key
                && get(fields, "Secret").is_empty();
            if !is_right {
                return response("Error", "Message: Authentication failed\r\n");
            }
            state.logins += 1;
            // The connection before is another's now.
            state.connection = None;
            response("Success", "Message: Authentication accepted\r\n")
                + &event("FullyBooted", &[("Status", "Fully Booted")])
        }
        "Ping" => response("Success", "Ping: Pong\r\nTimestamp: 1795393139.069337\r\n"),
        "ExtensionStateList" if state.hints.is_empty() => {
            response("Error", "Message: No dialplan hints are available\r\n")
        }
        "ExtensionStateList" => {
            let item = |(exten, watched, status): &(String, String, i32)| {
                lines(&hint_fields(exten, watched, &status.to_string()))
            };
            let items = state.hints.iter().map(item).collect();
            let list = list("ExtensionStatus", items, "ExtensionStateListComplete");
            // Between the first item and the next.
            let first = list.match_indices("\r\n\r\n").nth(1).unwrap().0 + 4;
            [&list[..first], &state.meanwhile, &list[first..]].concat()
        }
        "CoreShowChannels" => {
            let channels = state.channels.clone();
            list("CoreShowChannel", channels, "CoreShowChannelsComplete")
        }
        "BridgeList" => list(
            "BridgeListItem",
            state.bridges.clone(),
            "BridgeListComplete",
        ),
        _ => response("Error", "Message: Invalid/unknown command\r\n"),
    }
}
