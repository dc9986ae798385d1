//! One connection to a PBX, from the greeting to its end.

use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Heard, Settings};
use crate::asterisk::ami::{
    Action, Message, Reader, Report, is_no_hints, listed_channel, login_key, report,
};
use crate::model::Time;
use crate::presence::live::Mark;
use crate::presence::{Hint, MOST_HINTS};

/// How often everything is asked for again, in case something was not told: a hint that came
/// with a new dialplan is told only once it changes.
const ASK_AGAIN: Duration = Duration::from_secs(300);

/// What is read at once.
const PIECE: usize = 16 * 1024;

/// The events that are wanted: what a user's `read` leaves out of them is not sent.
const EVENTS: &str = "call,agent";

/// The lists that are asked for, and the ids by which their parts are known.
const LISTS: [(&str, &str); 3] = [
    ("ExtensionStateList", HINTS),
    // Before the channels, which are in bridges.
    ("BridgeList", BRIDGES),
    ("CoreShowChannels", CHANNELS),
];
const HINTS: &str = "hints";
const BRIDGES: &str = "bridges";
const CHANNELS: &str = "channels";

/// More parts of a list are passed over.
const MOST_LISTED: usize = 100_000;

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

impl Trouble {
    /// The same in words for everybody.
    pub(super) fn summary(&self) -> &'static str {
        match self {
            Self::Connection(_) => "it cannot be reached",
            Self::Silent => "it is silent",
            Self::Closed => "it has closed the connection",
            Self::NotAsterisk => "no Asterisk Manager Interface answers there",
            Self::Refused | Self::Unsendable => "the login is refused",
        }
    }
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
    hints: Option<Vec<Hint>>,
    /// The bridges in which nobody hears the others.
    holding: HashSet<String>,
    /// When the list of channels was asked for, and those that were told since.
    channels: Option<(Mark, HashSet<String>)>,
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
            hints: None,
            holding: HashSet::new(),
            channels: None,
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
    pub(super) async fn listen(mut self, heard: &Heard) -> Trouble {
        match self.follow(heard).await {
            Ok(never) => match never {},
            Err(trouble) => trouble,
        }
    }

    async fn follow(&mut self, heard: &Heard) -> Result<Infallible, Trouble> {
        let patience = self.settings.patience;
        let mut asked: Option<Instant> = None;
        loop {
            if asked.is_none_or(|asked| asked.elapsed() > ASK_AGAIN) {
                asked = Some(Instant::now());
                let mark = heard.live.mark(&self.settings.source, now());
                self.channels = Some((mark, HashSet::new()));
                for (name, id) in LISTS {
                    let action = Action::new(name).with("ActionID", id);
                    self.send(action.map_err(|_| Trouble::Unsendable)?).await?;
                }
            }
            let message = match in_time(patience, self.next()).await {
                Ok(message) => message?,
                Err(Trouble::Silent) => {
                    self.send(Action::new("Ping")).await?;
                    in_time(patience, self.next()).await??
                }
                Err(trouble) => return Err(trouble),
            };
            self.take(&message, heard);
        }
    }

    fn take(&mut self, message: &Message, heard: &Heard) {
        if message.succeeded().is_some() {
            return self.answered(message, heard);
        }
        let source = &self.settings.source;
        match message.event() {
            "ExtensionStateListComplete" => {
                if let Some(hints) = self.hints.take() {
                    heard.presence.set_hints(source, hints);
                }
            }
            "BridgeListItem" => {
                let is_holding = message.get("BridgeTechnology") == "holding_bridge";
                if is_holding && self.holding.len() < MOST_LISTED {
                    self.holding
                        .insert(message.short("BridgeUniqueid").to_owned());
                }
            }
            "CoreShowChannel" => {
                let events = listed_channel(message, |b| self.holding.contains(b), now());
                if let Some((_, listed)) = &mut self.channels
                    && listed.len() < MOST_LISTED
                {
                    listed.extend(events.first().map(|event| event.uniqueid.clone()));
                }
                heard.live.list(source, events);
            }
            "CoreShowChannelsComplete" => {
                if let Some((asked, listed)) = &self.channels {
                    heard.live.end_list(source, listed, *asked);
                }
            }
            _ => match report(message, now()) {
                Some(Report::Hint {
                    exten,
                    context,
                    watched,
                    status,
                }) => {
                    let hint = Hint::new(&exten, &context, &watched, status);
                    self.hint(hint, !message.get("ActionID").is_empty(), heard);
                }
                Some(report) => heard.live.take(source, report),
                None => {}
            },
        }
    }

    /// A part of a list counts when the list is complete, so that readers see no hole.
    fn hint(&mut self, hint: Hint, is_listed: bool, heard: &Heard) {
        if let Some(hints) = &mut self.hints
            && hints.len() < MOST_HINTS
        {
            hints.push(hint.clone());
        }
        if !is_listed {
            heard.presence.set_hint(&self.settings.source, hint);
        }
    }

    fn answered(&mut self, response: &Message, heard: &Heard) {
        let id = response.get("ActionID");
        let Some((name, _)) = LISTS.iter().find(|(_, list)| *list == id) else {
            return;
        };
        let source = &self.settings.source;
        match (response.succeeded(), id) {
            (Some(true), HINTS) => self.hints = Some(Vec::new()),
            (Some(true), BRIDGES) => self.holding.clear(),
            (Some(true), _) => {}
            _ if id == HINTS && is_no_hints(response) => {
                heard.presence.set_hints(source, Vec::new());
            }
            _ => log::warn!(
                "AMI of {source}: {name} is refused ({}): manager.conf must have write = \
                 reporting",
                response.get("Message")
            ),
        }
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

/// With as much of the second as times of records have.
fn now() -> Time {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}
