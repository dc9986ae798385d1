//! Frames that are wrong: which are answered with an error, and which end the connection.

use std::io::Write;

use serde_json::{Value, json};
use tungstenite::Message;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::{Frame, FrameHeader};

use super::{capture, capture_with, token};
use crate::support::cti::{Cti, command};
use crate::support::service::Service;

fn open(service: &Service) -> Cti {
    Cti::open(service, &token("usera", "history:self"))
}

fn ping() -> Value {
    json!({"claz": "ping"})
}

fn part(text: &[u8], opcode: Data, is_final: bool) -> Message {
    let bytes = text.to_vec();
    Message::Frame(Frame::message(bytes, OpCode::Data(opcode), is_final))
}

#[test]
fn a_command_that_is_not_understood_leaves_the_connection_open() {
    let (_database, service) = capture();
    let mut cti = open(&service);
    let deep = "[".repeat(10_000);
    let closed = "]".repeat(10_000);
    let nested =
        format!(r#"{{"claz":"web","command":"getUserCallHistory","size":{deep}1{closed}}}"#);
    for (frame, told) in [
        ("", "JSON"),
        ("{", "JSON"),
        (deep.as_str(), "JSON"),
        (nested.as_str(), "JSON"),
        ("[]", "object"),
        ("{}", "claz"),
        (
            r#"{"claz":"web","command":"dial","destination":"1"}"#,
            "getUserCallHistory",
        ),
        (
            r#"{"claz":"web","command":"getUserCallHistory","size":0}"#,
            "size: must be",
        ),
        (
            r#"{"claz":"web","command":"getUserCallHistory","size":-5}"#,
            "size: must be",
        ),
        (
            r#"{"claz":"web","command":"getUserCallHistory","size":"x"}"#,
            "size: must be",
        ),
        (
            r#"{"claz":"web","command":"getUserCallHistoryByDays"}"#,
            "days: must be",
        ),
        (
            r#"{"claz":"web","command":"getQueueCallHistory"}"#,
            "queue: is required",
        ),
        (
            r#"{"claz":"web","command":"findCustomerCallHistory"}"#,
            "id: must be",
        ),
        (
            r#"{"claz":"web","command":"videoEvent","status":7}"#,
            "status: must be",
        ),
    ] {
        cti.say(frame);
        let answer = cti.next();
        assert_eq!(answer["msgType"], "Error", "{answer}");
        let error = answer["ctiMessage"]["Error"].as_str().unwrap();
        assert!(error.contains(told), "{frame:.80}: {error}");
        assert_eq!(answer["ctiMessage"]["command"], named(frame), "{frame:.80}");
        assert_eq!(cti.ask(&ping()), ping());
    }
}

/// The command that a frame names: an error tells of which one it is.
fn named(frame: &str) -> Value {
    let frame: Value = serde_json::from_str(frame).unwrap_or_default();
    match frame.get("command").and_then(Value::as_str) {
        Some(command) => command.chars().take(64).collect::<String>().into(),
        None => Value::Null,
    }
}

#[test]
fn a_frame_that_is_too_long_ends_the_connection_before_it_has_come() {
    let (_database, service) = capture();
    let padded = |length: usize| {
        let frame = r#"{"claz":"ping"}"#;
        format!("{frame}{}", " ".repeat(length - frame.len()))
    };
    let mut cti = open(&service);
    cti.say(padded(64 * 1024));
    assert_eq!(cti.next(), ping());
    cti.say(padded(64 * 1024 + 1));
    assert_eq!(cti.closed(), 1009);
    let mut cti = open(&service);
    // The service may have closed before all of it is sent.
    let _ = cti.socket.send(Message::text(padded(1 << 20)));
    assert_eq!(cti.closed(), 1009);
    // What only says that it will be long.
    for length in [1 << 20, 1 << 40, u64::MAX >> 1, u64::MAX] {
        let mut cti = open(&service);
        let mut head = vec![0x81, 0xff];
        head.extend(length.to_be_bytes());
        head.extend([0; 4]);
        cti.socket.get_mut().write_all(&head).unwrap();
        assert_eq!(cti.closed(), 1009, "{length}");
    }
}

#[test]
fn a_message_may_come_in_several_frames_which_together_are_bounded() {
    let (_database, service) = capture();
    let mut cti = open(&service);
    let frame = ping().to_string();
    let (first, last) = frame.split_at(7);
    for _ in 0..2 {
        cti.socket
            .send(part(first.as_bytes(), Data::Text, false))
            .unwrap();
        cti.socket.send(part(b"", Data::Continue, false)).unwrap();
        // Between them may come what is no part.
        cti.socket.send(Message::Ping("there?".into())).unwrap();
        cti.socket
            .send(part(last.as_bytes(), Data::Continue, true))
            .unwrap();
        assert_eq!(cti.next(), ping());
    }
    cti.socket
        .send(part(&[b' '; 40_000], Data::Text, false))
        .unwrap();
    cti.socket
        .send(part(&[b' '; 40_000], Data::Continue, false))
        .unwrap();
    assert_eq!(cti.closed(), 1009);
    // Half a character in each of two frames is no error, half a character is one.
    let mut cti = open(&service);
    cti.socket.send(part(b"\"\xc3", Data::Text, false)).unwrap();
    cti.socket
        .send(part(b"\xa9\"", Data::Continue, true))
        .unwrap();
    assert_eq!(cti.next()["msgType"], "Error");
    cti.socket.send(part(b"\"\xc3", Data::Text, false)).unwrap();
    cti.socket.send(part(b"\"", Data::Continue, true)).unwrap();
    assert_eq!(cti.closed(), 1007);
}

#[test]
fn what_is_no_text_ends_the_connection() {
    let (_database, service) = capture();
    let binary = Message::binary(ping().to_string().into_bytes());
    let control = |opcode, length: usize| {
        let frame = Frame::from_payload(
            FrameHeader {
                opcode: OpCode::Control(opcode),
                ..FrameHeader::default()
            },
            vec![b'x'; length].into(),
        );
        Message::Frame(frame)
    };
    for (message, code) in [
        (binary, 1003),
        (part(b"x", Data::Binary, false), 1003),
        (part(b"\xff\xfe", Data::Text, true), 1007),
        (part(b"\xed\xa0\x80", Data::Text, true), 1007),
        (part(b"x", Data::Continue, true), 1002),
        (part(b"x", Data::Reserved(3), true), 1002),
        (control(Control::Ping, 126), 1002),
        (control(Control::Reserved(11), 0), 1002),
    ] {
        let mut cti = open(&service);
        let what = format!("{message:?}");
        cti.socket.send(message).unwrap();
        assert_eq!(cti.closed(), code, "{what:.120}");
    }
    for raw in [
        // Not masked; with a bit of an extension; an end of two bytes that is no code.
        &b"\x81\x02{}"[..],
        b"\xc1\x82\0\0\0\0{}",
        b"\x88\x81\0\0\0\0\x03",
    ] {
        let mut cti = open(&service);
        cti.socket.get_mut().write_all(raw).unwrap();
        assert_eq!(cti.closed(), 1002, "{raw:?}");
    }
}

#[test]
fn pings_and_the_end_are_answered_as_the_protocol_says() {
    let (_database, service) = capture();
    let mut cti = open(&service);
    cti.socket.send(Message::Ping("there?".into())).unwrap();
    let Message::Pong(answer) = cti.socket.read().unwrap() else {
        panic!("no pong");
    };
    assert_eq!(&answer[..], b"there?");
    cti.socket.close(None).unwrap();
    assert_eq!(cti.closed(), 1000);
}

#[test]
fn who_floods_is_told_and_put_out() {
    let (_database, service) = capture();
    let mut cti = open(&service);
    for _ in 0..500 {
        // The service may have closed already.
        let _ = cti.socket.send(Message::text(ping().to_string()));
    }
    let (told, code) = cti.last_words();
    assert_eq!(code, 1008);
    assert_eq!(told.unwrap()["msgType"], "Error");
}

#[test]
fn commands_count_for_the_callers_rate_and_wait_their_turn() {
    let (_database, service) = capture_with(&[("RATE_LIMIT", "1,10")]);
    let token = token("usera", "history:self");
    let mut cti = Cti::open(&service, &token);
    let history = command("getUserCallHistory", &json!({"size": 1}));
    for _ in 0..30 {
        cti.say(history.to_string());
    }
    let answers: Vec<Value> = (0..30).map(|_| cti.next()).collect();
    let (given, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer["msgType"] == "CallHistory");
    assert!(given.len() >= 9, "{}", given.len());
    let told = refused.last().unwrap()["ctiMessage"]["Error"]
        .as_str()
        .unwrap();
    assert!(
        told.starts_with("There were too many requests. Try again in"),
        "{told}"
    );
    // It is one rate, whichever way somebody asks; pings cost nothing.
    assert_eq!(service.get_as(&token, "/history/user").status, 429);
    assert_eq!(cti.ask(&ping()), ping());
}
