//! A service with the demo's calls, and its sample page in a browser.

use std::process::Command;
use std::time::Duration;

use crate::driver::Browser;
use crate::support::TestDatabase;
use crate::support::service::{Service, program, succeed};

/// How long a service may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A service with the demo's calls, and a browser with its page.
pub(crate) struct Demo {
    pub(crate) browser: Browser,
    service: Option<Service>,
    /// Where the service is, also while it is not running.
    address: String,
    pub(crate) password: String,
    pub(crate) database: TestDatabase,
    settings: &'static [(&'static str, &'static str)],
}

impl Demo {
    pub(crate) fn open(settings: &'static [(&'static str, &'static str)]) -> Self {
        let database = TestDatabase::new();
        let printed = succeed(&database, &["demo", "--fill", "--days", "2"]);
        let (_, rest) = printed.split_once(r#""password":""#).unwrap();
        let (password, _) = rest.split_once('"').unwrap();
        let service = serve(&database, "127.0.0.1:0", settings);
        let address = service.address().to_owned();
        let browser = Browser::start();
        browser.open(&format!("http://{address}/sample/"));
        Self {
            browser,
            service: Some(service),
            address,
            password: password.to_owned(),
            database,
            settings,
        }
    }

    /// The service ends as it does at an update.
    pub(crate) fn stop_service(&mut self) {
        let mut service = self.service.take().unwrap();
        let pid = service.pid().to_string();
        assert!(Command::new("kill").arg(&pid).status().unwrap().success());
        assert_eq!(service.exit_within(PATIENCE), Some(0), "it does not end");
    }

    pub(crate) fn start_service(&mut self) {
        let service = serve(&self.database, &self.address, self.settings);
        self.service = Some(service);
    }

    pub(crate) fn sign_in(&self, username: &str) {
        self.browser.fill("[name=username]", username);
        self.browser.fill("[name=password]", &self.password);
        self.browser.click("#sign-in-form button");
        self.wait_for("#link", &format!("Signed in as {username}."));
        self.browser
            .wait("document.querySelector('#sign-in').hidden");
    }

    /// Waits until the element says just this.
    pub(crate) fn wait_for(&self, selector: &str, text: &str) {
        let text = serde_json::to_string(text).unwrap();
        self.browser.wait(&format!(
            "document.querySelector('{selector}').textContent === {text}"
        ));
    }

    /// Waits until what the element says begins so.
    pub(crate) fn wait_for_start(&self, selector: &str, text: &str) {
        let text = serde_json::to_string(text).unwrap();
        self.browser.wait(&format!(
            "document.querySelector('{selector}').textContent.startsWith({text})"
        ));
    }

    /// The cells of a table, its head first.
    pub(crate) fn rows(&self, section: &str) -> Vec<Vec<String>> {
        let rows = format!(
            "[...document.querySelectorAll('{section} tr')].map((row) => \
             [...row.cells].map((cell) => cell.textContent))"
        );
        serde_json::from_value(self.browser.value(&rows)).unwrap()
    }

    /// The frames that the page shows, in the order in which they went.
    pub(crate) fn frames(&self) -> Vec<String> {
        let frames = "[...document.querySelectorAll('#frame-list li')].reverse()\
                      .map((frame) => frame.textContent)";
        serde_json::from_value(self.browser.value(frames)).unwrap()
    }

    /// Nothing went wrong that the browser knows of, besides what is expected, and nobody else
    /// was asked.
    pub(crate) fn all_is_well(&self, expected: &[&str]) {
        let complaints = self.browser.complaints();
        let unexpected = complaints.iter().filter(|complaint| {
            let known = expected.iter().any(|part| complaint.contains(part));
            !known
        });
        assert_eq!(unexpected.collect::<Vec<_>>(), Vec::<&String>::new());
        let requests = self.browser.requests();
        assert!(requests.len() >= 4, "{requests:?}");
        let elsewhere = requests.iter().filter(|url| {
            let (scheme, rest) = url.split_once("://").unwrap_or_default();
            let is_ours = rest.starts_with(&format!("{}/", self.address));
            !(is_ours && ["http", "ws"].contains(&scheme))
        });
        assert_eq!(elsewhere.collect::<Vec<_>>(), Vec::<&String>::new());
    }
}

fn serve(database: &TestDatabase, bind: &str, settings: &[(&str, &str)]) -> Service {
    Service::spawn(
        program()
            .args(["serve", "--bind", bind])
            .env("DATABASE_URL", database.url_text())
            .envs(settings.iter().copied()),
    )
}
