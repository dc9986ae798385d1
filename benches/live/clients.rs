//! Clients, all in one thread: they read what comes, look for the numbers of calls in it, and note
//! when each came. They parse nothing else, so that they need little of the processors.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use memchr::memmem::{Finder, find};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::arrivals::Arrival;
use crate::writer::PREFIX;

/// So many connect at once.
const AT_ONCE: usize = 32;

/// How often a WebSocket gives a sign of life.
const ALIVE: Duration = Duration::from_secs(15);

/// Without any arrival for so long, all has arrived.
const QUIET: Duration = Duration::from_millis(1500);

const DIGITS: usize = 8;

/// What a connection is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `GET /events`
    Events,
    /// The CTI WebSocket, with `subscribeToCallHistory`
    Cti,
}

/// What all clients share.
#[derive(Default)]
struct Shared {
    arrivals: Mutex<Vec<Arrival>>,
    ended: AtomicUsize,
}

/// Open connections.
pub(crate) struct Clients {
    shared: Arc<Shared>,
}

impl Clients {
    /// Opens a connection for each token, and returns when all are told what changes.
    pub(crate) fn open(address: &str, kind: Kind, tokens: Vec<String>) -> anyhow::Result<Self> {
        let shared = Arc::<Shared>::default();
        let (send, receive) = std::sync::mpsc::channel();
        let (of_thread, address) = (Arc::clone(&shared), address.to_owned());
        thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            let opened = runtime.map(|runtime| {
                runtime.block_on(async {
                    let opened = open_all(&address, kind, tokens).await;
                    let mut reading = JoinSet::new();
                    let opened = opened.map(|streams| {
                        for stream in streams {
                            reading.spawn(read(stream, kind, Arc::clone(&of_thread)));
                        }
                    });
                    let _ = send.send(opened);
                    while reading.join_next().await.is_some() {}
                });
            });
            drop(opened);
        });
        receive.recv()??;
        Ok(Self { shared })
    }

    /// Waits until nothing more arrives.
    ///
    /// # Errors
    /// A connection has ended.
    pub(crate) fn settle(&self) -> anyhow::Result<()> {
        let mut known = usize::MAX;
        loop {
            thread::sleep(QUIET);
            let ended = self.shared.ended.load(Ordering::SeqCst);
            ensure!(ended == 0, "{ended} connections have ended");
            let now = self.arrivals().len();
            if now == known {
                return Ok(());
            }
            known = now;
        }
    }

    /// What has arrived since this was last asked.
    pub(crate) fn take(&mut self) -> Vec<Arrival> {
        std::mem::take(&mut self.arrivals())
    }

    fn arrivals(&self) -> std::sync::MutexGuard<'_, Vec<Arrival>> {
        let arrivals = self.shared.arrivals.lock();
        arrivals.unwrap_or_else(PoisonError::into_inner)
    }
}

async fn open_all(
    address: &str,
    kind: Kind,
    tokens: Vec<String>,
) -> anyhow::Result<Vec<TcpStream>> {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut opening = JoinSet::new();
    for token in tokens {
        let (room, address) = (Arc::clone(&room), address.to_owned());
        opening.spawn(async move {
            let _turn = room.acquire().await?;
            open(&address, kind, &token).await
        });
    }
    let mut streams = Vec::new();
    while let Some(opened) = opening.join_next().await {
        streams.push(opened??);
    }
    Ok(streams)
}

async fn open(address: &str, kind: Kind, token: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let head = match kind {
        Kind::Events => format!(
            "GET /events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
        ),
        Kind::Cti => format!(
            "GET /xuc/api/2.0/cti?token={token} HTTP/1.1\r\nHost: {address}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ),
    };
    stream.write_all(head.as_bytes()).await?;
    match kind {
        Kind::Events => until(&mut stream, b"\nid: ").await?,
        Kind::Cti => {
            until(&mut stream, b"LoggedOn\"").await?;
            let subscribe = r#"{"claz":"web","command":"subscribeToCallHistory"}"#;
            stream.write_all(&frame(0x81, subscribe)).await?;
            let ping = r#"{"claz":"ping"}"#;
            stream.write_all(&frame(0x81, ping)).await?;
            until(&mut stream, ping.as_bytes()).await?;
        }
    }
    Ok(stream)
}

/// A short frame of a client, with a mask that changes nothing.
fn frame(kind: u8, text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap_or(0);
    let head = [kind, 0x80 | length, 0, 0, 0, 0];
    [&head, text.as_bytes()].concat()
}

/// Reads until this has come.
async fn until(stream: &mut TcpStream, what: &[u8]) -> anyhow::Result<()> {
    let mut all = Vec::new();
    while find(&all, what).is_none() {
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await? {
            0 => bail!("ended: {}", String::from_utf8_lossy(&all)),
            read => all.extend_from_slice(&piece[..read]),
        }
        ensure!(
            !all.starts_with(b"HTTP/1.1 4"),
            "{}",
            String::from_utf8_lossy(&all)
        );
    }
    Ok(())
}

async fn read(stream: TcpStream, kind: Kind, shared: Arc<Shared>) {
    // `settle` complains; at the end of the service it is none.
    let _ = notice(stream, kind, &shared).await;
    shared.ended.fetch_add(1, Ordering::SeqCst);
}

/// Notes the calls that come, until the connection ends.
async fn notice(stream: TcpStream, kind: Kind, shared: &Shared) -> anyhow::Result<()> {
    let before = format!("\"srcNum\":\"{PREFIX}");
    let finder = Finder::new(before.as_bytes());
    let longest = before.len() + DIGITS;
    let mut alive = interval(ALIVE);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The end of what came before, in which a number may begin.
    let mut rest: Vec<u8> = Vec::new();
    let mut last = None;
    loop {
        tokio::select! {
            ready = stream.readable() => ready?,
            _ = alive.tick(), if kind == Kind::Cti => {
                stream.try_write(&frame(0x8a, ""))?;
                continue;
            }
        }
        // On the stack of the thread: connections hold no buffers.
        let mut buffer = [0; 32 * 1024];
        buffer[..rest.len()].copy_from_slice(&rest);
        let read = match stream.try_read(&mut buffer[rest.len()..]) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error.into()),
        };
        let (at, filled) = (Instant::now(), &buffer[..rest.len() + read]);
        let mut arrivals = shared
            .arrivals
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for place in finder.find_iter(filled) {
            let digits = filled.get(place + before.len()..place + longest);
            let Some(digits) = digits.and_then(|digits| std::str::from_utf8(digits).ok()) else {
                continue;
            };
            let number: u32 = digits.parse()?;
            // All entries of a call have its number.
            if last.replace(number) != Some(number) {
                arrivals.push(Arrival { number, at });
            }
        }
        drop(arrivals);
        let kept = filled.len().min(longest - 1);
        rest.clear();
        rest.extend_from_slice(&filled[filled.len() - kept..]);
    }
}
