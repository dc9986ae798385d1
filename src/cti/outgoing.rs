//! What goes to the client: a queue that is bounded in bytes, and a client that reads so slowly
//! that it stays full is given up.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::time::timeout;
use actix_web::web::Bytes;
use actix_ws::{CloseCode, CloseReason, Session};
use bytestring::ByteString;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So many bytes may wait for a client; a longer frame waits alone.
pub(super) const WAITING: usize = 1 << 20;

/// The client does not read, or is gone.
#[derive(Debug)]
pub(super) struct Gone;

/// The way to the client.
pub(super) struct Outgoing {
    session: Session,
    room: Arc<Semaphore>,
    /// How long the client may leave unread what waits.
    patience: Duration,
}

/// A frame, which takes room until it is written.
struct Waiting {
    text: String,
    _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Waiting {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl Outgoing {
    pub(super) fn new(session: Session, patience: Duration) -> Self {
        Self {
            session,
            room: Arc::new(Semaphore::new(WAITING)),
            patience,
        }
    }

    /// Sends a frame of text.
    pub(super) async fn text(&mut self, text: String) -> Result<(), Gone> {
        let size = text.len().clamp(1, WAITING);
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(size);
        let room = timeout(self.patience, room).await.map_err(|_| Gone)?;
        let waiting = Waiting {
            text,
            _room: room.map_err(|_| Gone)?,
        };
        let text = ByteString::try_from(Bytes::from_owner(waiting)).map_err(|_| Gone)?;
        self.in_time(async |session| session.text(text).await).await
    }

    /// Asks whether the client is there.
    pub(super) async fn ping(&mut self) -> Result<(), Gone> {
        self.in_time(async |session| session.ping(b"").await).await
    }

    /// Answers the client's own question.
    pub(super) async fn pong(&mut self, question: &[u8]) -> Result<(), Gone> {
        self.in_time(async |session| session.pong(question).await)
            .await
    }

    /// Ends the connection.
    pub(super) async fn close(self, code: CloseCode, why: &str) {
        let reason = CloseReason::from((code, why));
        let _ = timeout(self.patience, self.session.close(Some(reason))).await;
    }

    async fn in_time(
        &mut self,
        send: impl AsyncFnOnce(&mut Session) -> Result<(), actix_ws::Closed>,
    ) -> Result<(), Gone> {
        let sent = timeout(self.patience, send(&mut self.session)).await;
        sent.map_err(|_| Gone)?.map_err(|_| Gone)
    }
}
