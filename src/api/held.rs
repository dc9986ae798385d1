//! The body of an answer that holds something until it is gone, wherever it has come to.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

/// A body, and what goes with it.
pub(super) struct Held<T> {
    body: BoxBody,
    _held: T,
}

impl<T: Unpin + 'static> Held<T> {
    /// The same body, which holds this.
    pub(super) fn with(held: T, body: BoxBody) -> BoxBody {
        Self { body, _held: held }.boxed()
    }
}

impl<T: Unpin> MessageBody for Held<T> {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}
