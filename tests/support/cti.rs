//! A client of the CTI WebSocket.

#![allow(dead_code, reason = "each test target uses a part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::{HeaderName, HeaderValue};
use tungstenite::{HandshakeError, Message, WebSocket};

use super::service::Service;

/// The path of the WebSocket.
pub(crate) const PATH: &str = "/xuc/api/2.0/cti";

/// How long an answer may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An open WebSocket.
pub(crate) struct Cti {
    pub(crate) socket: WebSocket<TcpStream>,
}

impl Cti {
    /// Opens one with a token that is believed.
    pub(crate) fn open(service: &Service, token: &str) -> Self {
        let mut cti = Self::connect(service, &format!("{PATH}?token={token}"), &[]).unwrap();
        assert_eq!(cti.next(), json!({"msgType": "LoggedOn", "ctiMessage": {}}));
        cti
    }

    /// Opens one with these headers; else the status of the answer.
    pub(crate) fn connect(
        service: &Service,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, u16> {
        let stream = TcpStream::connect(service.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let url = format!("ws://{}{path}", service.address());
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().insert(name, value);
        }
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(HandshakeError::Failure(tungstenite::Error::Http(answer))) => {
                Err(answer.status().as_u16())
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Says something.
    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.socket.send(Message::text(text.into())).unwrap();
    }

    /// The next frame.
    pub(crate) fn next(&mut self) -> Value {
        serde_json::from_str(&self.next_text()).unwrap()
    }

    /// The next frame as it stands.
    pub(crate) fn next_text(&mut self) -> String {
        loop {
            match self.socket.read().unwrap() {
                Message::Text(text) => return text.to_string(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The frame that answers this one.
    pub(crate) fn ask(&mut self, frame: &Value) -> Value {
        self.say(frame.to_string());
        self.next()
    }

    /// What a command is answered with, which must have this type.
    pub(crate) fn told(&mut self, msg_type: &str, frame: &Value) -> Value {
        let mut answer = self.ask(frame);
        assert_eq!(answer["msgType"], msg_type, "{frame}: {answer}");
        answer["ctiMessage"].take()
    }

    /// The entries of a history.
    pub(crate) fn history(&mut self, frame: &Value) -> Value {
        self.told("CallHistory", frame)
    }

    /// What is said of a command that cannot be done.
    pub(crate) fn refused(&mut self, frame: &Value) -> String {
        let told = self.told("Error", frame);
        assert_eq!(told["command"], frame["command"], "{told}");
        told["Error"].as_str().unwrap().to_owned()
    }

    /// The code with which the service closes, after whatever it says before.
    pub(crate) fn closed(&mut self) -> u16 {
        self.last_words().1
    }

    /// The last frame, if there is one, and the code with which the service closes.
    pub(crate) fn last_words(&mut self) -> (Option<Value>, u16) {
        let mut last = None;
        loop {
            match self.socket.read().unwrap() {
                Message::Text(text) => last = Some(serde_json::from_str(&text).unwrap()),
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Close(frame) => return (last, frame.unwrap().code.into()),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A command with its members.
pub(crate) fn command(name: &str, members: &Value) -> Value {
    let mut frame = json!({"claz": "web", "command": name});
    let members = members.as_object().unwrap().clone();
    frame.as_object_mut().unwrap().extend(members);
    frame
}
