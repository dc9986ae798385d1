//! One request of a connection at a time: the next is read when the last is answered.
//!
//! actix makes requests of all that lies in its buffer of 128 KiB, and looks at its bound of 16
//! only before: 2,000 tiny ones are 13 MiB. So it is handed what a client sends up to the end of
//! one head. What follows is handed out as somebody wants the request's body, and else when the
//! request is answered. Up to then it waits with the system, which holds the client back.

mod lines;

use std::cell::Cell;
use std::future::{self, Future};
use std::io;
use std::mem::{self, MaybeUninit};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use actix_http::BoxedPayloadStream;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Extensions, Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap, UPGRADE};
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest};
use futures_util::Stream;
use futures_util::stream;
use tokio::io::{AsyncRead, Join, ReadBuf, join};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::task::yield_now;

use super::held::Held;
use lines::Lines;

/// Bytes that are taken from the system at once.
const AT_ONCE: usize = 4096;

/// What comes of a connection.
pub(super) struct Intake {
    stream: OwnedReadHalf,
    /// What has come and was not handed out yet.
    rest: Bytes,
    /// The end of a head was handed out last.
    was_head: bool,
    lines: Lines,
    gate: Rc<Gate>,
}

impl Intake {
    /// A connection that is read in this way.
    pub(super) fn of(stream: TcpStream) -> Join<Self, OwnedWriteHalf> {
        let (stream, sink) = stream.into_split();
        let intake = Self {
            stream,
            rest: Bytes::new(),
            was_head: false,
            lines: Lines::default(),
            gate: Rc::default(),
        };
        join(intake, sink)
    }

    /// Takes what has come; nothing: the client has ended its side.
    fn take(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = [MaybeUninit::uninit(); AT_ONCE];
        let mut taken = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut taken))?;
        self.rest = Bytes::copy_from_slice(taken.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Intake {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let was_head = mem::take(&mut this.was_head);
        if this.rest.is_empty() {
            // Also where nothing is handed out: it shows when the client is gone.
            ready!(this.take(context))?;
            if this.rest.is_empty() {
                this.gate.ended.set(true);
                wake(&this.gate.watching);
                return Poll::Ready(Ok(()));
            }
        }
        if was_head {
            // actix reads until there is nothing, and then looks at what it has.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let known = ready!(this.gate.poll_open(context));
        let fitting = this.rest.len().min(buffer.remaining());
        let end = known.or_else(|| {
            let head = this.lines.end_of_head(&this.rest[..fitting]);
            this.was_head = head.is_some();
            head
        });
        let piece = this.rest.split_to(end.unwrap_or(fitting).min(fitting));
        this.gate.gave(piece.len());
        buffer.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

/// What the request in progress tells its connection.
#[derive(Default)]
pub(super) struct Gate {
    opening: Cell<Opening>,
    /// Who waits for it to open.
    waiting: Cell<Option<Waker>>,
    /// The client has ended its side.
    ended: Cell<bool>,
    /// Who waits for that.
    watching: Cell<Option<Waker>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Opening {
    /// No request is in progress.
    #[default]
    Open,
    /// There is one, whose body has so many more bytes.
    Body(usize),
    /// There is one, and somebody waits for more of its body, whose end is found in itself.
    Once,
    /// There is one.
    Closed,
}

impl Gate {
    /// How many bytes may be handed out, where that is known.
    fn poll_open(&self, context: &Context<'_>) -> Poll<Option<usize>> {
        match self.opening.get() {
            Opening::Open | Opening::Once => Poll::Ready(None),
            Opening::Body(left @ 1..) => Poll::Ready(Some(left)),
            Opening::Body(0) | Opening::Closed => {
                self.waiting.set(Some(context.waker().clone()));
                Poll::Pending
            }
        }
    }

    /// Notes that so many were.
    fn gave(&self, bytes: usize) {
        match self.opening.get() {
            Opening::Body(left) => self.opening.set(Opening::Body(left - bytes)),
            Opening::Once => self.opening.set(Opening::Closed),
            Opening::Open | Opening::Closed => {}
        }
    }

    fn open(&self, opening: Opening) {
        self.opening.set(opening);
        wake(&self.waiting);
    }
}

fn wake(who: &Cell<Option<Waker>>) {
    if let Some(waker) = who.take() {
        waker.wake();
    }
}

/// While it is there, its request is in progress.
struct Turn(Rc<Gate>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.open(Opening::Open);
    }
}

/// Makes a connection's gate known to its requests.
pub(super) fn introduce(connection: &Join<Intake, OwnedWriteHalf>, known: &mut Extensions) {
    known.insert(Rc::clone(&connection.reader().gate));
}

/// Middleware that lets nothing in, but what is wanted of the body, until the answer is gone.
pub(super) async fn one_at_a_time(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(gate) = request.conn_data::<Rc<Gate>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    gate.opening.set(Opening::Closed);
    let turn = Turn(Rc::clone(&gate));
    match (request.take_payload(), length(request.headers())) {
        (Payload::None, _) => {}
        (body, Some(length)) => {
            gate.opening.set(Opening::Body(length));
            request.set_payload(body);
            // An answer before the body's end ends its connection. What has come of it is read
            // first: actix begins a request, and polls it once more, before it reads on.
            yield_now().await;
            yield_now().await;
        }
        (body, None) => request.set_payload(on_demand(body, gate)),
    }
    let response = next.call(request).await?.map_into_boxed_body();
    Ok(response.map_body(|_, body| Held::with(turn, body)))
}

/// Waits until the client has ended its side of the connection. actix itself goes on, since there
/// are clients that read on behind that; it is not for answers that end.
pub(super) fn gone(request: &HttpRequest) -> impl Future<Output = ()> + use<> {
    let gate = request.conn_data::<Rc<Gate>>().cloned();
    future::poll_fn(move |context| match &gate {
        Some(gate) if gate.ended.get() => Poll::Ready(()),
        Some(gate) => {
            gate.watching.set(Some(context.waker().clone()));
            Poll::Pending
        }
        None => Poll::Pending,
    })
}

/// The length of a body that says it, and is no WebSocket's.
fn length(headers: &HeaderMap) -> Option<usize> {
    if headers.contains_key(UPGRADE) {
        return None;
    }
    headers
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// A body that is let in as it is asked for.
fn on_demand(mut body: Payload, gate: Rc<Gate>) -> Payload {
    let bytes = stream::poll_fn(move |context| {
        let polled = Pin::new(&mut body).poll_next(context);
        if polled.is_pending() && gate.opening.get() == Opening::Closed {
            gate.open(Opening::Once);
        }
        polled
    });
    let bytes: BoxedPayloadStream = Box::pin(bytes);
    Payload::Stream { payload: bytes }
}
