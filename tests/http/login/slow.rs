//! Who guesses, and who floods.

use super::*;

/// How often the guess could fail before it had to wait, and the answer that said so.
fn guess(attempt: impl Fn() -> Answer) -> (usize, Answer) {
    for failed in 0..15 {
        let answer = attempt();
        if answer.status == 429 {
            return (failed, answer);
        }
        assert_eq!(answer.status, 401, "{}", answer.body);
    }
    panic!("never slowed down");
}

#[test]
fn who_guesses_is_slowed_down_whether_the_user_exists_or_not() {
    let database = people();
    let service = without_rates(&database);
    for user in ["usera", "nobody"] {
        let (failed, _) = guess(|| log_in(&service, user, "wrong horse"));
        assert!(failed >= 6, "{user}: slowed down after {failed}");
    }
    let body = json!({"login": "usera", "password": PASSWORD});
    let headers = [
        ("Content-Type", "application/json"),
        // Anybody can write this.
        ("X-Forwarded-For", "203.0.113.77"),
    ];
    let body = body.to_string();
    let send = || service.request_with("POST", XIVOS, &headers, Some(body.as_bytes()));
    let fails = json!({"login": "usera", "password": "wrong horse"}).to_string();
    let (_, slowed) =
        guess(|| service.request_with("POST", XIVOS, &headers, Some(fails.as_bytes())));
    let wait: u64 = slowed.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(slowed.json()["error"], "UnhandledError");
    // Another user at this address, and afterwards the same with the right password.
    assert_eq!(log_in(&service, "userb", PASSWORD).status, 200);
    let deadline = Instant::now() + Duration::from_secs(60);
    while send().status != 200 {
        assert!(Instant::now() < deadline, "locked out");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(
        log_in(&service, "usera", "wrong horse").status,
        401,
        "free again"
    );
}

#[test]
fn behind_a_trusted_proxy_each_client_is_slowed_down_by_itself() {
    let database = people();
    let service = Service::start_with(&database, &[("TRUSTED_PROXIES", "127.0.0.1")]);
    let body = json!({"username": "usera", "password": "wrong horse"}).to_string();
    let from = |address: &str| {
        let headers = [
            ("Content-Type", "application/json"),
            ("X-Forwarded-For", address),
        ];
        service.request_with("POST", OURS, &headers, Some(body.as_bytes()))
    };
    guess(|| from("203.0.113.7"));
    assert_eq!(from("203.0.113.8").status, 401);
}

/// However many want to log in, histories are answered, and nobody is left without an answer.
#[test]
fn a_flood_of_logins_is_answered_and_so_are_histories() {
    let database = people();
    let service = Service::start_closed(&database);
    let token = token(&service, "usera", PASSWORD);
    std::thread::scope(|scope| {
        let flood: Vec<_> = (0..100)
            .map(|n| {
                let service = &service;
                scope.spawn(move || log_in(service, &format!("nobody{n}"), "wrong horse"))
            })
            .collect();
        for _ in 0..20 {
            assert_eq!(service.get_as(&token, "/history/user").status, 200);
        }
        for login in flood {
            let answer = login.join().unwrap();
            let status = answer.status;
            assert!(
                [401, 429, 503].contains(&status),
                "{status}: {}",
                answer.body
            );
            let waits = answer.header("retry-after").is_some();
            assert_eq!(waits, status != 401, "{status}");
        }
    });
}

/// A good key makes guessing no faster, and guessing stops no key.
#[test]
fn logins_count_for_the_rate_of_their_address_whoever_asks() {
    let database = people();
    let service = Service::start_with(&database, &[("RATE_LIMIT", "10,20")]);
    let key = succeed(&database, &["key", "create", "--user", "usera"]);
    let key = key.trim();
    assert_eq!(service.get_as(key, "/history/user").status, 200);
    // The last is the same path as the first to the router.
    for path in [OURS, XIVOS, "/auth/%6Cogin"] {
        let deadline = Instant::now() + Duration::from_secs(60);
        let limited = loop {
            let answer = service.send_json("POST", path, key, &json!({}));
            let left = answer.header("ratelimit").unwrap();
            assert!(left.starts_with("\"address\";"), "{left}");
            if answer.status == 429 {
                break answer;
            }
            assert_eq!(answer.status, 400, "{}", answer.body);
            assert!(Instant::now() < deadline, "no limit");
        };
        assert!(limited.header("retry-after").is_some());
    }
    assert_eq!(service.get_as(key, "/history/user").status, 200);
}
