//! What comes from the client: messages of text, bounded, and what ends a connection.

use std::pin::Pin;
use std::str::Utf8Error;
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use actix_ws::{CloseCode, Item, Message, MessageStream, ProtocolError};
use futures_util::Stream;

use super::heads::Heads;

/// The longest frame, and the longest message in several frames, in bytes.
pub(super) const LONGEST: usize = 64 * 1024;

/// What came.
#[derive(Debug)]
pub(super) enum Received {
    /// A message.
    Text(String),
    /// The client asks whether we are there.
    Ping(Bytes),
    /// A sign of life, or the part of a message.
    Nothing,
    /// The client closes.
    Close,
    /// The connection is gone.
    End,
    /// Something that ends the connection: with which code, and why.
    Bad(CloseCode, &'static str),
}

/// The messages of a client.
pub(super) struct Incoming {
    messages: MessageStream,
    /// The message in several frames that is not complete.
    parts: Vec<u8>,
}

impl Incoming {
    pub(super) fn new(messages: MessageStream) -> Self {
        Self {
            messages: messages.max_frame_size(LONGEST),
            parts: Vec::new(),
        }
    }

    /// What comes next.
    pub(super) async fn next(&mut self) -> Received {
        match self.messages.recv().await {
            Some(Ok(message)) => self.received(message),
            Some(Err(error)) => bad(&error),
            None => Received::End,
        }
    }

    /// Takes what still comes until the connection is gone, and forgets it.
    pub(super) async fn drain(&mut self) {
        while let Some(Ok(_)) = self.messages.recv().await {}
    }

    fn received(&mut self, message: Message) -> Received {
        match message {
            Message::Text(text) => Received::Text(text.to_string()),
            Message::Continuation(Item::FirstText(part) | Item::Continue(part)) => self.part(&part),
            Message::Continuation(Item::Last(part)) => match self.part(&part) {
                Received::Nothing => match String::from_utf8(std::mem::take(&mut self.parts)) {
                    Ok(text) => Received::Text(text),
                    Err(_) => NOT_TEXT,
                },
                bad => bad,
            },
            Message::Binary(_) | Message::Continuation(Item::FirstBinary(_)) => {
                Received::Bad(CloseCode::Unsupported, "frames must be text")
            }
            Message::Ping(question) => Received::Ping(question),
            Message::Pong(_) | Message::Nop => Received::Nothing,
            Message::Close(_) => Received::Close,
        }
    }

    fn part(&mut self, part: &[u8]) -> Received {
        if self.parts.len() + part.len() > LONGEST {
            return TOO_LONG;
        }
        self.parts.extend_from_slice(part);
        Received::Nothing
    }
}

const TOO_LONG: Received = Received::Bad(CloseCode::Size, "a frame has more than 65536 bytes");
const NOT_TEXT: Received = Received::Bad(CloseCode::Invalid, "a frame is not UTF-8");

fn bad(error: &ProtocolError) -> Received {
    match error {
        ProtocolError::Overflow => TOO_LONG,
        ProtocolError::Io(error) => {
            let cause = error.get_ref();
            if cause.is_some_and(|cause| cause.is::<Utf8Error>()) {
                NOT_TEXT
            } else if let Some(cause) = cause.and_then(|c| c.downcast_ref::<PayloadError>()) {
                match cause {
                    PayloadError::Overflow => TOO_LONG,
                    _ => Received::End,
                }
            } else {
                BROKEN
            }
        }
        _ => BROKEN,
    }
}

const BROKEN: Received = Received::Bad(CloseCode::Protocol, "a frame is no WebSocket frame");

/// The bytes of a client, which end with [`PayloadError::Overflow`] where a frame says that it is
/// too long. The decoder looks at that only when all of the frame has come.
pub(super) struct Bounded<S> {
    bytes: S,
    heads: Heads,
}

impl<S> Bounded<S> {
    pub(super) fn new(bytes: S) -> Self {
        let heads = Heads::new(LONGEST);
        Self { bytes, heads }
    }
}

impl<S> Stream for Bounded<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.bytes).poll_next(cx);
        match polled {
            Poll::Ready(Some(Ok(bytes))) if !self.heads.are_short(&bytes) => {
                Poll::Ready(Some(Err(PayloadError::Overflow)))
            }
            other => other,
        }
    }
}
