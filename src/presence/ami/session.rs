//! One connection to a PBX, from the greeting to its end.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Settings;
use crate::asterisk::ami::{Action, Message, Reader, Report, is_no_hints, login_key, report};
use crate::presence::{Hint, MOST_HINTS, Presence};

/// How often everything is asked for again, in case something was not told: a hint that came
/// with a new dialplan is told only once it changes.
const ASK_AGAIN: Duration = Duration::from_secs(300);

/// What is read at once.
const PIECE: usize = 16 * 1024;

/// The events that are wanted: what a user's `read` leaves out of them is not sent.
const EVENTS: &str = "call,agent";

/// By which the answers to an action are known.
const HINTS: &str = "hints";

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// The connection failed.
    #[error("{0}")]
    Connection(String),
    /// Nothing was heard for too long.
    #[error("it is silent")]
    Silent,
    /// It closed the connection.
    #[error("it has closed the connection")]
    Closed,
    /// Something else listens there.
    #[error("no Asterisk Manager Interface answers there")]
    NotAsterisk,
    /// User or secret are not taken.
    #[error(
        "the login is refused: AMI_USER and AMI_SECRET must be those of manager.conf, and permit \
         there must allow this machine"
    )]
    Refused,
    /// Something that is to be sent cannot be.
    #[error("AMI_USER cannot be sent: it holds a line break")]
    Unsendable,
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Connection(error.to_string())
    }
}

/// A connection that is logged in.
pub(super) struct Session<'a> {
    settings: &'a Settings,
    stream: TcpStream,
    reader: Reader,
    inbox: VecDeque<Message>,
    piece: Box<[u8]>,
    /// The hints of the list that is being told.
    listed: Option<Vec<Hint>>,
}

impl<'a> Session<'a> {
    /// Connects and logs in.
    pub(super) async fn open(settings: &'a Settings) -> Result<Self, Trouble> {
        let address = (settings.address.host.as_str(), settings.address.port);
        let stream = in_time(settings.patience, TcpStream::connect(address)).await??;
        let mut session = Self {
            settings,
            stream,
            reader: Reader::default(),
            inbox: VecDeque::new(),
            piece: vec![0; PIECE].into_boxed_slice(),
            listed: None,
        };
        in_time(settings.patience, session.log_in()).await??;
        Ok(session)
    }

    async fn log_in(&mut self) -> Result<(), Trouble> {
        while self.reader.greeting().is_none() {
            self.read().await?;
        }
        let greeting = self.reader.greeting().unwrap_or_default();
        if !greeting.starts_with("Asterisk Call Manager") {
            return Err(Trouble::NotAsterisk);
        }
        // The secret itself is never sent, whoever it is that answers.
        let challenge = self.ask(Action::new("Challenge").with("AuthType", "MD5"));
        let challenge = challenge.await?.get("Challenge").to_owned();
        if challenge.is_empty() {
            return Err(Trouble::NotAsterisk);
        }
        let login = Action::new("Login")
            .with("AuthType", "MD5")
            .and_then(|login| login.with("Username", &self.settings.user))
            .and_then(|login| {
                login.with("Key", &login_key(&challenge, self.settings.secret.reveal()))
            })
            .and_then(|login| login.with("Events", EVENTS));
        match self.ask(login).await?.succeeded() {
            Some(true) => Ok(()),
            _ => Err(Trouble::Refused),
        }
    }

    /// The answer to an action, before anything else was asked.
    async fn ask(
        &mut self,
        action: Result<Action, impl std::error::Error>,
    ) -> Result<Message, Trouble> {
        self.send(action.map_err(|_| Trouble::Unsendable)?).await?;
        loop {
            let message = self.next().await?;
            if message.succeeded().is_some() {
                return Ok(message);
            }
        }
    }

    /// Passes on what the PBX tells, until the connection is lost, and why it is.
    pub(super) async fn listen(mut self, presence: &Presence) -> Trouble {
        match self.follow(presence).await {
            Ok(never) => match never {},
            Err(trouble) => trouble,
        }
    }

    async fn follow(&mut self, presence: &Presence) -> Result<std::convert::Infallible, Trouble> {
        let patience = self.settings.patience;
        let mut asked: Option<Instant> = None;
        loop {
            if asked.is_none_or(|asked| asked.elapsed() > ASK_AGAIN) {
                asked = Some(Instant::now());
                self.send_list("ExtensionStateList", HINTS).await?;
            }
            let message = match in_time(patience, self.next()).await {
                Ok(message) => message?,
                Err(Trouble::Silent) => {
                    self.send(Action::new("Ping")).await?;
                    in_time(patience, self.next()).await??
                }
                Err(trouble) => return Err(trouble),
            };
            self.take(&message, presence);
        }
    }

    fn take(&mut self, message: &Message, presence: &Presence) {
        let source = &self.settings.source;
        if message.succeeded().is_some() {
            return self.answered(message, presence);
        }
        if message.event() == "ExtensionStateListComplete" {
            if let Some(hints) = self.listed.take() {
                log::debug!("AMI of {source}: {} hints", hints.len());
                presence.set_hints(source, hints);
            }
            return;
        }
        if let Some(Report::Hint {
            exten,
            context,
            watched,
            status,
        }) = report(message, Utc::now())
        {
            let hint = Hint::new(&exten, &context, &watched, status);
            if let Some(listed) = &mut self.listed
                && listed.len() < MOST_HINTS
            {
                listed.push(hint.clone());
            }
            // An item of a list counts when the list is complete, so that readers see no hole.
            if message.get("ActionID").is_empty() {
                presence.set_hint(source, hint);
            }
        }
    }

    fn answered(&mut self, response: &Message, presence: &Presence) {
        let source = &self.settings.source;
        if response.get("ActionID") != HINTS {
            return;
        }
        if response.succeeded() == Some(true) {
            self.listed = Some(Vec::new());
        } else if is_no_hints(response) {
            presence.set_hints(source, Vec::new());
        } else {
            log::warn!(
                "AMI of {source}: the states of phones are not listed ({}): manager.conf must \
                 have write = reporting",
                response.get("Message")
            );
        }
    }

    async fn send_list(&mut self, name: &'static str, id: &str) -> Result<(), Trouble> {
        let action = Action::new(name).with("ActionID", id);
        self.send(action.map_err(|_| Trouble::Unsendable)?).await
    }

    async fn send(&mut self, action: Action) -> Result<(), Trouble> {
        let bytes = action.into_bytes();
        let patience = self.settings.patience;
        Ok(in_time(patience, self.stream.write_all(&bytes)).await??)
    }

    /// The next message.
    async fn next(&mut self) -> Result<Message, Trouble> {
        loop {
            if let Some(message) = self.inbox.pop_front() {
                return Ok(message);
            }
            self.read().await?;
        }
    }

    /// Whatever comes next. Given up at any moment, it has lost nothing.
    async fn read(&mut self) -> Result<(), Trouble> {
        let read = self.stream.read(&mut self.piece).await?;
        if read == 0 {
            return Err(Trouble::Closed);
        }
        let messages = self.reader.read(&self.piece[..read]);
        self.inbox.extend(messages);
        Ok(())
    }
}

async fn in_time<T>(patience: Duration, work: impl Future<Output = T>) -> Result<T, Trouble> {
    timeout(patience, work).await.map_err(|_| Trouble::Silent)
}
