//! Who does not get in, and what makes no sense.

use super::*;

#[test]
fn whoever_cannot_log_in_gets_one_answer() {
    let database = people();
    let service = without_rates(&database);
    let mut answers = Vec::new();
    for (user, password) in [
        ("usera", "wrong horse"),
        ("usera", "Correct horse"),
        ("usera", "correct horse "),
        ("userb", "x"),
        ("USERA", PASSWORD),
        ("usera ", PASSWORD),
        ("nobody", PASSWORD),
        // Has no password.
        ("userc", PASSWORD),
        ("userd", "$argon2id$"),
    ] {
        let answer = log_in(&service, user, password);
        assert_eq!(answer.status, 401, "{user} {password}: {}", answer.body);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        let mut problem = answer.json();
        problem.as_object_mut().unwrap().remove("requestId");
        answers.push(problem);
        let body = json!({"login": user, "password": password});
        let error = service.send_json("POST", XIVOS, "", &body);
        assert_eq!(error.status, 401, "{}", error.body);
        assert_eq!(
            error.json(),
            json!({
                "error": "InvalidCredentials",
                "message": "The username or the password is wrong."
            })
        );
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(
        answers[0]["type"],
        "urn:call-history:problem:wrong-password"
    );
}

#[test]
fn a_body_that_makes_no_sense_is_refused_at_both_paths() {
    let database = people();
    let service = without_rates(&database);
    let json = [("Content-Type", "application/json")];
    let long = "x".repeat(1025);
    let huge = "x".repeat(70_000);
    for (body, faulty, status) in [
        (String::new(), "body", 400),
        ("{".to_owned(), "body", 400),
        ("[]".to_owned(), "body", 400),
        ("null".to_owned(), "body", 400),
        (r#"{"NAME":"usera"}"#.to_owned(), "body", 400),
        (r#"{"NAME":7,"password":"x"}"#.to_owned(), "NAME", 400),
        (
            r#"{"NAME":"usera","password":null}"#.to_owned(),
            "password",
            400,
        ),
        (
            r#"{"NAME":"usera","password":["x"]}"#.to_owned(),
            "password",
            400,
        ),
        (r#"{"NAME":"","password":"x"}"#.to_owned(), "NAME", 400),
        (
            r#"{"NAME":"usera","password":""}"#.to_owned(),
            "password",
            400,
        ),
        (
            r#"{"NAME":"a","NAME":"b","password":"x"}"#.to_owned(),
            "",
            400,
        ),
        (
            format!(r#"{{"NAME":"{long}","password":"x"}}"#),
            "NAME",
            400,
        ),
        (
            format!(r#"{{"NAME":"usera","password":"{long}"}}"#),
            "password",
            400,
        ),
        (
            format!(r#"{{"NAME":"usera","password":"{huge}"}}"#),
            "",
            413,
        ),
        (
            r#"{"NAME":"usera","password":"x"} {}"#.to_owned(),
            "body",
            400,
        ),
        (
            r#"{"NAME":"us\ud800era","password":"x"}"#.to_owned(),
            "",
            400,
        ),
    ] {
        let ours = body.replace("NAME", "username");
        let answer = service.request_with("POST", OURS, &json, Some(ours.as_bytes()));
        assert_eq!(answer.status, status, "{ours:.80}: {}", answer.body);
        assert!(
            !answer.body.contains(&long),
            "what was sent is not repeated"
        );
        if !faulty.is_empty() {
            let parameter = faulty.replace("NAME", "username");
            assert_eq!(
                answer.json()["errors"][0]["parameter"],
                parameter,
                "{ours:.80}: {}",
                answer.body
            );
        }
        let xivos = body.replace("NAME", "login");
        let answer = service.request_with("POST", XIVOS, &json, Some(xivos.as_bytes()));
        assert_eq!(answer.status, status, "{xivos:.80}: {}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let error = answer.json();
        assert_eq!(error["error"], "InvalidJson", "{error}");
        assert!(error["message"].is_string() && error.as_object().unwrap().len() == 2);
    }
    let latin = b"{\"username\":\"us\xe9ra\",\"password\":\"x\"}";
    assert_eq!(
        service
            .request_with("POST", OURS, &json, Some(latin))
            .status,
        400
    );
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let sent = service.request_with("POST", OURS, &form, Some(b"username=usera&password=x"));
    assert_eq!(sent.status, 415);
    for path in [OURS, XIVOS] {
        let answer = service.get(path);
        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.header("allow"), Some("POST"), "{path}");
    }
    assert_eq!(service.get(OURS).json()["status"], 405);
    assert_eq!(service.get(XIVOS).json()["error"], "UnhandledError");
    // XiVO's clients send more than we know; ours say what they mean.
    let mut body = json!({"login": "usera", "password": PASSWORD, "softwareType": "webApp"});
    assert_eq!(service.send_json("POST", XIVOS, "", &body).status, 200);
    body["username"] = body["login"].take();
    assert_eq!(service.send_json("POST", OURS, "", &body).status, 400);
}

#[test]
fn a_password_is_set_from_standard_input_and_never_shown() {
    let database = TestDatabase::new();
    import_directory(&database);
    let long = "x".repeat(1025);
    for (arguments, input, words) in [
        (&["nobody"][..], PASSWORD.as_bytes(), "no user \"nobody\""),
        (&["usera"], b"short", "at least 8 characters"),
        (&["usera"], b"", "at least 8 characters"),
        (&["usera"], long.as_bytes(), "at most 1024 bytes"),
        (&["usera"], b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe", "UTF-8"),
        (&["usera", "--delete"], b"", "has no password"),
    ] {
        let output = passwd(&database, arguments, input);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(words), "{said}");
    }
    for password in ["correct horse\r\n", "héhé höhö", "x\0y\0z\0a\0"] {
        let output = passwd(&database, &["usera"], password.as_bytes());
        assert!(output.status.success(), "{output:?}");
        assert_eq!(output.stdout, b"usera can log in with the new password\n");
        let service = Service::start_closed(&database);
        token(&service, "usera", password.trim_end());
    }
    assert_eq!(
        run(&database, &["directory", "passwd"]).status.code(),
        Some(64)
    );
}
