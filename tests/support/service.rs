//! The real program: its commands, and a running service that is asked over HTTP.

#![allow(dead_code, reason = "each test target uses a part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use super::TestDatabase;

/// The program, with nothing in its environment that a developer may have set.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_call-history"));
    for name in [
        "AMI_URL",
        "AUDIT_LOG",
        "BIND",
        "CORS_ORIGINS",
        "DATABASE_URL",
        "DATABASE_URL_FILE",
        "SEND_TIMEOUT",
        "SOURCES_FILE",
        "SOURCE_DATABASE_URL",
        "TIMEZONE",
        "TRUSTED_PROXIES",
    ] {
        command.env_remove(name);
    }
    command.env("RUST_LOG", "info");
    // Tests ask faster than people; those of the limit set one.
    command.env("RATE_LIMIT", "0");
    command
}

/// Runs a command of the program on this database.
pub(crate) fn run(database: &TestDatabase, arguments: &[&str]) -> Output {
    program()
        .args(arguments)
        .env("DATABASE_URL", database.url_text())
        .output()
        .unwrap()
}

/// Runs a command that must succeed.
pub(crate) fn succeed(database: &TestDatabase, arguments: &[&str]) -> String {
    let output = run(database, arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// The path of a file of the capture, as an argument.
pub(crate) fn capture(file: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/fixtures/asterisk", file]
        .iter()
        .collect();
    path.display().to_string()
}

/// Takes in the capture's directory.
pub(crate) fn import_directory(database: &TestDatabase) {
    let users = capture("directory-users.csv");
    let queues = capture("directory-queues.csv");
    let arguments = [
        "directory",
        "import",
        "--users",
        &users,
        "--queues",
        &queues,
    ];
    succeed(database, &arguments);
}

/// Takes in the capture, without its channel events, and its directory.
pub(crate) fn import_capture(database: &TestDatabase) {
    let (cdr, queue_log) = (capture("cdr.csv"), capture("queue_log.csv"));
    succeed(
        database,
        &["import", "--cdr", &cdr, "--queue-log", &queue_log],
    );
    import_directory(database);
}

/// A running service; it ends with this value.
pub(crate) struct Service {
    child: Child,
    base: String,
    key: Option<String>,
}

/// What the service answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = self
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The path of the next page, from `Link`.
    pub(crate) fn next(&self) -> Option<String> {
        let link = self.header("link")?;
        assert!(link.ends_with(">; rel=\"next\""), "{link}");
        Some(link[1..link.find('>').unwrap()].to_owned())
    }
}

impl Service {
    /// `serve --no-auth` on this database and a free port.
    pub(crate) fn start(database: &TestDatabase) -> Self {
        let url = database.url_text();
        Self::spawn(
            program()
                .args(["serve", "--no-auth", "--bind", "127.0.0.1:0"])
                .env("DATABASE_URL", url),
        )
    }

    /// `serve` with access control, on a free port.
    pub(crate) fn start_closed(database: &TestDatabase) -> Self {
        Self::start_with(database, &[])
    }

    /// The same with these settings in its environment.
    pub(crate) fn start_with(database: &TestDatabase, settings: &[(&str, &str)]) -> Self {
        Self::spawn(
            program()
                .args(["serve", "--bind", "127.0.0.1:0"])
                .env("DATABASE_URL", database.url_text())
                .envs(settings.iter().copied()),
        )
    }

    /// A command that serves; it is there when it has said where it listens.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        Self::spawn_into(command, Stdio::null())
    }

    /// The same; what it prints goes to `stdout`.
    pub(crate) fn spawn_into(command: &mut Command, stdout: Stdio) -> Self {
        let mut child = command
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let base = loop {
            let mut line = String::new();
            let read = lines.read_line(&mut line).unwrap();
            assert!(read > 0, "the service ended: {said}");
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split([',', '\n']).next().unwrap().to_owned();
            }
            said += &line;
        };
        // Whoever writes into a pipe that nobody reads waits in the end.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self {
            child,
            base,
            key: None,
        }
    }

    /// Where it listens: `127.0.0.1:<port>`.
    pub(crate) fn address(&self) -> &str {
        self.base.strip_prefix("http://").unwrap()
    }

    /// The process, for signals and for what the kernel says of it.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the process has ended by itself; None when it runs on.
    pub(crate) fn exit_within(&mut self, limit: std::time::Duration) -> Option<i32> {
        let begun = std::time::Instant::now();
        while begun.elapsed() < limit {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status.code().unwrap_or(-1));
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        None
    }

    /// The same, asked with this key wherever nothing else is said.
    pub(crate) fn with_key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        match &self.key {
            Some(key) => self.get_as(key, path),
            None => self.send("GET", path),
        }
    }

    /// The answer to somebody who brings a credential.
    pub(crate) fn get_as(&self, key: &str, path: &str) -> Answer {
        self.request("GET", path, &[("Authorization", &format!("Bearer {key}"))])
    }

    /// The answer to a request without a body.
    pub(crate) fn send(&self, method: &str, path: &str) -> Answer {
        self.request(method, path, &[])
    }

    /// The answer to a request with these headers.
    pub(crate) fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request_with(method, path, headers, None)
    }

    /// The answer to a body of JSON, sent by somebody who brings a credential.
    pub(crate) fn send_json(&self, method: &str, path: &str, key: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {key}");
        let mut headers = vec![("Content-Type", "application/json")];
        if !key.is_empty() {
            headers.push(("Authorization", &bearer));
        }
        self.request_with(method, path, &headers, Some(body.to_string().as_bytes()))
    }

    /// The answer to a request with these headers and perhaps a body.
    pub(crate) fn request_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answer {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .into();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = match body {
            Some(body) => agent.run(request.body(body).unwrap()).unwrap(),
            None => agent.run(request.body(()).unwrap()).unwrap(),
        };
        let headers = response.headers().iter();
        let text = |value: &ureq::http::HeaderValue| value.to_str().unwrap().to_owned();
        Answer {
            status: response.status().as_u16(),
            headers: headers
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
            body: response.body_mut().read_to_string().unwrap(),
        }
    }

    /// The entries of a history, of one page.
    pub(crate) fn entries(&self, path: &str) -> Vec<Value> {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json().as_array().unwrap().clone()
    }

    /// The entries of a whole history, page by page.
    pub(crate) fn walk(&self, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let answer = self.get(&path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            let page = answer.json();
            let page = page.as_array().unwrap();
            next = answer.next();
            assert!(next.is_none() || !page.is_empty(), "an empty page leads on");
            all.extend(page.iter().cloned());
        }
        all
    }

    /// Sends these bytes as they are, and reads what comes back until the end.
    pub(crate) fn raw(&self, request: impl AsRef<[u8]>) -> String {
        use std::io::Write;
        let mut stream = std::net::TcpStream::connect(self.address()).unwrap();
        // Who is refused early may not be read to the end.
        let _ = stream.write_all(request.as_ref());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
