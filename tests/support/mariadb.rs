//! A MariaDB server of a test's own, which it may stop, freeze and start again.
//!
//! Only where `TEST_MYSQL_URL` is set: the other round of the tests needs no MariaDB.

#![allow(dead_code, reason = "each test target uses a part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::{Connection as _, MysqlConnection};
use tempfile::TempDir;

/// Waits until `check` is true; fails when it is not within the limit. Returns how long it took.
pub(crate) fn until(what: &str, limit: Duration, mut check: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !check() {
        assert!(begun.elapsed() < limit, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    begun.elapsed()
}

/// Sends a signal to a process, by its name (`STOP`, `CONT`, `TERM`).
pub(crate) fn signal(name: &str, pid: u32) {
    let status = Command::new("kill")
        .args(["-s", name, &pid.to_string()])
        .status();
    assert!(status.unwrap().success(), "kill -s {name} {pid}");
}

pub(crate) struct MariaDb {
    directory: TempDir,
    options: Vec<String>,
    port: u16,
    child: Option<Child>,
}

impl MariaDb {
    /// A running server; None in the round without MariaDB.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// The same with options of its own.
    pub(crate) fn start_with(options: &[String]) -> Option<Self> {
        std::env::var_os("TEST_MYSQL_URL").filter(|url| !url.is_empty())?;
        Some(Self::start_anyway(options))
    }

    /// A running server, in either round.
    pub(crate) fn start_anyway(options: &[String]) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("call-history-mariadb.")
            .tempdir()
            .unwrap();
        let output = command("mariadb-install-db")
            .args(["--no-defaults", "--skip-test-db", "--force"])
            .args(["--auth-root-authentication-method=normal", "-uroot"])
            .arg("--innodb-log-file-size=4M")
            .arg(format!("--datadir={}", data(&directory).display()))
            .env("TMPDIR", directory.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "mariadb-install-db: {said}");
        // A free port, which the server keeps over its restarts.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let mut server = Self {
            directory,
            options: options.to_vec(),
            port,
            child: None,
        };
        server.restart();
        server
    }

    /// Starts it (again) on its port, and waits until it answers.
    pub(crate) fn restart(&mut self) {
        self.launch();
        let url = format!("mysql://root@127.0.0.1:{}/", self.port);
        until("mariadbd", Duration::from_secs(60), || {
            MysqlConnection::establish(&url).is_ok()
        });
    }

    /// Starts it (again) on its port.
    pub(crate) fn launch(&mut self) {
        let root = if is_root() { "-uroot" } else { "--user=" };
        let child = command("mariadbd")
            .args(["--no-defaults", root, "--skip-name-resolve"])
            .arg(format!("--datadir={}", data(&self.directory).display()))
            .arg(format!("--tmpdir={}", self.directory.path().display()))
            .args(["--socket=socket", "--bind-address=127.0.0.1"])
            .arg(format!("--port={}", self.port))
            .args(["--innodb-buffer-pool-size=24M", "--innodb-log-file-size=4M"])
            .args(["--key-buffer-size=1M", "--aria-pagecache-buffer-size=8M"])
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(self.log())
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// The URL of a database on it.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{}/{database}", self.port)
    }

    /// Ends it without a word (`kill -9`).
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Freezes it: its connections stay open, and nothing is answered.
    pub(crate) fn freeze(&self) {
        signal("STOP", self.pid());
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        signal("CONT", self.pid());
    }

    /// What the server says goes into a file beside its data.
    fn log(&self) -> Stdio {
        let path = self.directory.path().join("log");
        let file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(path);
        file.unwrap().into()
    }

    fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.directory.path().join("log"));
            eprintln!("the end of mariadbd's log:");
            let log = log.unwrap_or_default();
            for line in log.lines().rev().take(15).collect::<Vec<_>>().iter().rev() {
                eprintln!("  {line}");
            }
        }
        self.kill();
    }
}

fn data(directory: &TempDir) -> PathBuf {
    directory.path().join("data")
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

/// Debian keeps servers in `/usr/sbin`, which is not in every user's path.
fn command(name: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(name);
    command.env("PATH", format!("{path}:/usr/sbin:/usr/local/sbin"));
    command
}
