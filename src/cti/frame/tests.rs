use super::*;

fn history(json: &str) -> Result<History, String> {
    match command(json)? {
        Command::History(history) => Ok(history),
        other => panic!("{json} is no history: {other:?}"),
    }
}

fn command(json: &str) -> Result<Command, String> {
    match read(json)? {
        Said::Command(command) => Ok(command),
        Said::Ping => panic!("{json} is no command"),
    }
}

fn size(size: Option<u16>) -> Extent {
    Extent { size, days: None }
}

#[test]
fn each_command_of_xivos_clients_is_understood() {
    assert_eq!(read(r#"{"claz":"ping"}"#), Ok(Said::Ping));
    for (json, expected) in [
        (
            r#"{"claz":"web","command":"getUserCallHistory","size":20}"#,
            History::User(size(Some(20))),
        ),
        (
            r#"{"claz":"web","command":"getUserCallHistory","size":null}"#,
            History::User(size(None)),
        ),
        (
            r#"{"claz":"web","command":"getUserCallHistory"}"#,
            History::User(size(None)),
        ),
        (
            r#"{"claz":"web","command":"getUserCallHistoryByDays","days":7}"#,
            History::User(Extent {
                size: None,
                days: Some(7),
            }),
        ),
        (
            r#"{"claz":"web","command":"getAgentCallHistory","size":"20"}"#,
            History::Agent(size(Some(20))),
        ),
        (
            r#"{"claz":"web","command":"getQueueCallHistory","queue":"bl","size":10}"#,
            History::Queue("bl".to_owned(), size(Some(10))),
        ),
        (
            r#"{"claz":"web","command":"findCustomerCallHistory","id":17,"request":{"filters":
                [{"field":"customer.phone","operator":"=","value":"0611223344"}],"size":10}}"#,
            History::Customer {
                id: 17,
                number: "0611223344".to_owned(),
                extent: size(Some(10)),
            },
        ),
        (
            r#"{"claz":"web","command":"findCustomerCallHistory","id":"17","request":{"filters":
                [{"field":"customer.phone","operator":"=","value":33611223344}]},"x":[{}]}"#,
            History::Customer {
                id: 17,
                number: "33611223344".to_owned(),
                extent: size(None),
            },
        ),
    ] {
        assert_eq!(history(json), Ok(expected), "{json}");
    }
    for (json, expected) in [
        (
            r#"{"claz":"web","command":"videoEvent","status":"Busy"}"#,
            Command::Video("Busy".parse().unwrap()),
        ),
        (
            r#"{"claz":"web","command":"subscribeToCallHistory"}"#,
            Command::Subscribe,
        ),
        (
            r#"{"claz":"web","command":"unsubscribeFromCallHistory"}"#,
            Command::Unsubscribe,
        ),
    ] {
        assert_eq!(command(json), Ok(expected), "{json}");
    }
}

#[test]
fn numbers_are_whole_from_one_and_too_many_are_the_most() {
    let of = |name: &str, value: &str| {
        let command = match name {
            "days" => "getUserCallHistoryByDays",
            _ => "getUserCallHistory",
        };
        let json = format!(r#"{{"claz":"web","command":"{command}","{name}":{value}}}"#);
        match command_extent(&json) {
            Ok(extent) => Ok(extent.size.or(extent.days)),
            Err(fault) => Err(fault),
        }
    };
    for (value, expected) in [
        ("1", 1),
        ("1000", 1000),
        ("1001", 1000),
        ("65537", 1000),
        ("18446744073709551617", 1000),
        ("1e300", 1000),
        ("2e1", 20),
        ("20.0", 20),
        ("\"020\"", 20),
        ("\"99999999999999999999999999\"", 1000),
    ] {
        assert_eq!(of("size", value), Ok(Some(expected)), "{value}");
    }
    assert_eq!(of("days", "\"3660\""), Ok(Some(3660)));
    assert_eq!(of("days", "36500"), Ok(Some(3660)));
    for name in ["size", "days"] {
        for value in [
            "0", "-1", "-1e300", "1.5", "0.5", "\"0\"", "\"\"", "\"-1\"", "\"+1\"", "\" 1\"",
            "\"1.0\"", "\"١\"", "\"ten\"", "true", "[]", "[1]", "{}",
        ] {
            let fault = of(name, value).unwrap_err();
            let expected = format!("{name}: must be a whole number from 1");
            assert!(fault.starts_with(&expected), "{value}: {fault}");
        }
    }
    assert!(of("days", "null").is_err());
}

fn command_extent(json: &str) -> Result<Extent, String> {
    match history(json)? {
        History::User(extent) => Ok(extent),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_not_understood_is_named() {
    let find = |request: &str| {
        format!(
            r#"{{"claz":"web","command":"findCustomerCallHistory","id":1,"request":{request}}}"#
        )
    };
    let filter = |field: &str, operator: &str, value: &str| {
        find(&format!(
            r#"{{"filters":[{{"field":"{field}","operator":"{operator}","value":{value}}}]}}"#
        ))
    };
    let long = format!(r#"{{"claz":"{}"}}"#, "x".repeat(10_000));
    let deep = "[".repeat(10_000);
    let deep_member = format!(
        r#"{{"x":{deep}{},"claz":"web","command":"getUserCallHistory"}}"#,
        "]".repeat(10_000)
    );
    let no_queue = r#"{"claz":"web","command":"getQueueCallHistory","size":1}"#;
    let long_name = format!(
        r#"{{"claz":"web","command":"getQueueCallHistory","queue":"{}"}}"#,
        "x".repeat(257)
    );
    for (json, told) in [
        ("", "no JSON"),
        ("ping", "no JSON"),
        ("{\"claz\":\"ping\"", "no JSON"),
        ("{\"claz\":\"ping\"}{}", "no JSON"),
        (&deep, "no JSON"),
        (&deep_member, "no JSON"),
        ("[]", "JSON object"),
        ("\"ping\"", "JSON object"),
        ("null", "JSON object"),
        ("{}", "claz: is required"),
        (r#"{"claz":1}"#, "claz: must be text"),
        (r#"{"claz":"PING"}"#, "claz: \"PING\" is unknown"),
        (&long, "claz: \"xxx"),
        (r#"{"claz":"web"}"#, "command: is required"),
        (
            r#"{"claz":"web","command":["getUserCallHistory"]}"#,
            "command: must be text",
        ),
        (r#"{"claz":"web","command":"dial"}"#, "getUserCallHistory,"),
        (no_queue, "queue: is required"),
        (
            r#"{"claz":"web","command":"getQueueCallHistory","queue":7}"#,
            "queue: must be text",
        ),
        (
            r#"{"claz":"web","command":"getQueueCallHistory","queue":" "}"#,
            "queue: must not be empty",
        ),
        (&long_name, "queue: must have at most 256"),
        (
            r#"{"claz":"web","command":"findCustomerCallHistory"}"#,
            "id: must be a whole number",
        ),
        (
            r#"{"claz":"web","command":"findCustomerCallHistory","id":1.5}"#,
            "id: must be",
        ),
        (
            r#"{"claz":"web","command":"findCustomerCallHistory","id":1}"#,
            "request: must be",
        ),
        (
            &filter("customer.phone", "=", r#""0611*""#),
            "request.filters: value: must be one number",
        ),
        (&find("[]"), "request: must be"),
        (&find("{}"), "request.filters: must be one"),
        (&find(r#"{"filters":{}}"#), "request.filters: must be one"),
        (&find(r#"{"filters":[]}"#), "request.filters: must be one"),
        (
            &find(r#"{"filters":[{},{}]}"#),
            "request.filters: must be one",
        ),
        (&find(r#"{"filters":[1]}"#), "request.filters: only this"),
        (
            &filter("customer.name", "=", "\"x\""),
            "request.filters: only this",
        ),
        (
            &filter("customer.phone", "like", "\"x\""),
            "request.filters: only this",
        ),
        (&filter("customer.phone", "=", "null"), "value must be"),
        (&filter("customer.phone", "=", "-1"), "value must be"),
        (
            &filter("customer.phone", "=", "\"\""),
            "value: must not be empty",
        ),
        (
            r#"{"claz":"web","command":"videoEvent"}"#,
            "status: is required",
        ),
        (
            r#"{"claz":"web","command":"videoEvent","status":"<b>"}"#,
            "status: must be 1 to 32",
        ),
        (
            &find(
                r#"{"filters":[{"field":"customer.phone","operator":"=","value":"1"}],"size":0}"#,
            ),
            "request.size: must be",
        ),
    ] {
        let fault = read(json).unwrap_err();
        assert!(fault.contains(told), "{json}: {fault}");
        assert!(fault.len() < 350, "{fault}");
    }
}

#[test]
fn an_error_repeats_the_command_of_its_frame() {
    for (frame, command) in [
        (r#"{"claz":"web","command":"getList"}"#, Some("getList")),
        (r#"{"command":""}"#, Some("")),
        (r#"{"command":7}"#, None),
        (r#"["command"]"#, None),
        (r#"{"command":"#, None),
        ("", None),
    ] {
        assert_eq!(named(frame).as_deref(), command, "{frame}");
    }
    let long = format!(r#"{{"command":"{}"}}"#, "é".repeat(100));
    assert_eq!(named(&long), Some("é".repeat(64)));
}
