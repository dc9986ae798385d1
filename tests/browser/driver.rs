//! A real browser: headless Chromium, told what to do by chromedriver over HTTP (WebDriver).

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The keys that tests press, as WebDriver writes them.
pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";
pub(crate) const SPACE: &str = " ";

/// A browser with one page; both end with this value.
pub(crate) struct Browser {
    driver: Child,
    session: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser that can reach this machine and no other.
    pub(crate) fn start() -> Self {
        let (driver, base) = start_driver();
        let profile = TempDir::new().unwrap();
        let mut browser = Self {
            driver,
            session: base,
            _profile: profile,
        };
        let profile = format!("--user-data-dir={}", browser._profile.path().display());
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--window-size=1200,900",
            &profile,
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}});
        let session = browser.post("session", &wanted)["sessionId"].clone();
        let session = session.as_str().unwrap();
        browser.session = format!("{}/session/{session}", browser.session);
        browser
    }

    pub(crate) fn open(&self, url: &str) {
        self.post("url", &json!({"url": url}));
    }

    /// The value of an expression of JavaScript in the page.
    pub(crate) fn value(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.post("execute/sync", &json!({"script": script, "args": []}))
    }

    /// Waits until the expression is true in the page.
    pub(crate) fn wait(&self, expression: &str) {
        let begun = Instant::now();
        while self.value(expression) != Value::Bool(true) {
            if begun.elapsed() > PATIENCE {
                let page = self.value("document.body.innerText");
                panic!("not so after {PATIENCE:?}: {expression}\n{page}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// Puts this text in place of what the field has.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.post(&format!("element/{element}/clear"), &json!({}));
        let keys = json!({"text": text});
        self.post(&format!("element/{element}/value"), &keys);
    }

    /// Presses these keys, wherever the focus is.
    pub(crate) fn press(&self, keys: &str) {
        let strokes = keys.chars().flat_map(|key| {
            let stroke = |kind: &str| json!({"type": kind, "value": key.to_string()});
            [stroke("keyDown"), stroke("keyUp")]
        });
        let actions: Vec<Value> = strokes.collect();
        let keyboard = json!([{"type": "key", "id": "keyboard", "actions": actions}]);
        self.post("actions", &json!({"actions": keyboard}));
    }

    /// A command of Chromium's own protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.post("goog/cdp/execute", &body)
    }

    pub(crate) fn resize(&self, width: u32, height: u32) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
    }

    /// What was written to the console since the last time, and is no mere information.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let said = self.log("browser");
        let said = said.iter().filter(|entry| entry["level"] != "INFO");
        said.map(|entry| entry["message"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Where the page asked since the last time, WebSockets included.
    pub(crate) fn requests(&self) -> Vec<String> {
        let events = self.log("performance").into_iter().map(|entry| {
            let event: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            event["message"].clone()
        });
        let urls = events.filter_map(|event| match event["method"].as_str()? {
            // The browser begins with a page of its own.
            "Network.requestWillBeSent" => Some(&event["params"])
                .filter(|sent| !sent["documentURL"].as_str().unwrap().starts_with("chrome:"))
                .map(|sent| sent["request"]["url"].clone()),
            "Network.webSocketCreated" => Some(event["params"]["url"].clone()),
            _ => None,
        });
        urls.map(|url| url.as_str().unwrap().to_owned()).collect()
    }

    fn log(&self, kind: &str) -> Vec<Value> {
        let entries = self.post("se/log", &json!({"type": kind}));
        entries.as_array().unwrap().clone()
    }

    /// A picture of the page, for people to look at: a file in the folder that `SCREENSHOTS`
    /// names, where it names one.
    pub(crate) fn picture(&self, name: &str) {
        let Ok(folder) = std::env::var("SCREENSHOTS") else {
            return;
        };
        let parameters = json!({"captureBeyondViewport": true});
        let picture = self.devtools("Page.captureScreenshot", &parameters)["data"].clone();
        let picture = BASE64_STANDARD.decode(picture.as_str().unwrap()).unwrap();
        std::fs::write(format!("{folder}/{name}.png"), picture).unwrap();
    }

    fn element(&self, selector: &str) -> String {
        let found = self.post(
            "element",
            &json!({"using": "css selector", "value": selector}),
        );
        let (_, id) = found.as_object().unwrap().iter().next().unwrap();
        id.as_str().unwrap().to_owned()
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(2 * PATIENCE))
            .build()
            .into();
        let url = format!("{}/{command}", self.session);
        let mut answer = agent.post(&url).send_json(body).unwrap();
        let status = answer.status();
        let answer: Value = answer.body_mut().read_json().unwrap();
        assert!(status.is_success(), "{command} {body}: {answer}");
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser when it is asked to, and not when it is killed.
        let _ = ureq::delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Starts chromedriver on a free port, which it says.
fn start_driver() -> (Child, String) {
    let mut driver = Command::new("chromedriver")
        .args(["--port=0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("chromedriver: {error}; on Debian: apt-get install chromium-driver")
        });
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| {
        let line = line.unwrap();
        let (_, port) = line.split_once("successfully on port ")?;
        Some(port.trim_end_matches('.').to_owned())
    });
    let port = port.expect("chromedriver says its port");
    std::thread::spawn(move || lines.for_each(drop));
    (driver, format!("http://127.0.0.1:{port}"))
}
