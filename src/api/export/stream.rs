//! The body of an export, which a task fills while the client takes it.
//!
//! The body ends well only when the task has said that this was all. Whatever else ends the task,
//! the body breaks, and the server closes the connection without the last piece of the encoding,
//! so that no client takes a part for the whole.

use std::time::Duration;

use actix_web::body::{BodyStream, BoxBody, MessageBody};
use actix_web::rt;
use actix_web::web::{self, Bytes};
use futures_util::stream;
use tokio::sync::mpsc;

use super::source::{Chunk, Source};
use crate::api::State;
use crate::api::audit::Reading;
use crate::api::blocking::with_connection;
use crate::api::error::Error;
use crate::api::limit::ExportPlace;

/// Bytes that are handed over at once: a client has to take so many within the patience that
/// the service has with clients.
const PIECE: usize = 32 * 1024;

/// What the task hands over.
enum Piece {
    Bytes(Bytes),
    End,
}

/// Why a task ends before its export does.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the client is gone")]
    Gone,
    #[error("the client has taken nothing for {} s", .0.as_secs())]
    Stalled(Duration),
    #[error(transparent)]
    Failed(#[from] Error),
}

/// What the server makes of a body that breaks.
#[derive(Debug, thiserror::Error)]
#[error("an export was broken off")]
struct BrokenOff;

/// A body as an export has it, without anything in it.
pub(super) fn nothing() -> BoxBody {
    BodyStream::new(stream::empty::<Result<Bytes, BrokenOff>>()).boxed()
}

/// Begins to give out an export.
pub(super) fn start(
    state: web::Data<State>,
    source: Source,
    first: Chunk,
    place: ExportPlace,
    reading: Reading,
) -> BoxBody {
    let (sender, receiver) = mpsc::channel(1);
    let task = async move {
        match give_out(&state, source, first, &sender, &reading).await {
            Ok(()) | Err(Broken::Gone) => {}
            Err(Broken::Failed(why)) => log::error!("an export was broken off: {why}"),
            Err(why) => log::info!("an export was broken off: {why}"),
        }
    };
    rt::spawn(place.carry(task));
    let body = stream::unfold(Some(receiver), |receiver| async {
        let mut receiver: mpsc::Receiver<Piece> = receiver?;
        match receiver.recv().await {
            Some(Piece::Bytes(bytes)) => Some((Ok(bytes), Some(receiver))),
            Some(Piece::End) => None,
            None => Some((Err(BrokenOff), None)),
        }
    });
    BodyStream::new(Box::pin(body)).boxed()
}

async fn give_out(
    state: &web::Data<State>,
    mut source: Source,
    mut chunk: Chunk,
    sender: &mpsc::Sender<Piece>,
    reading: &Reading,
) -> Result<(), Broken> {
    let patience = state.send_timeout;
    while !chunk.is_last {
        let sent = send(chunk, sender, reading, patience);
        ((), (source, chunk)) = tokio::try_join!(sent, read(state, source))?;
    }
    send(chunk, sender, reading, patience).await?;
    hand_over(Piece::End, sender, patience).await
}

/// The next chunk. A connection is held while it is read, and at no other time.
async fn read(state: &web::Data<State>, mut source: Source) -> Result<(Source, Chunk), Broken> {
    let _turn = state.limits.export_turn().await;
    let data = web::Data::clone(state);
    let read = with_connection(&state.pool, move |connection| {
        let chunk = source.chunk(connection, &data.presence)?;
        Ok((source, chunk))
    });
    Ok(read.await?)
}

async fn send(
    mut chunk: Chunk,
    sender: &mpsc::Sender<Piece>,
    reading: &Reading,
    patience: Duration,
) -> Result<(), Broken> {
    while !chunk.bytes.is_empty() {
        let piece = chunk.bytes.split_to(chunk.bytes.len().min(PIECE));
        hand_over(Piece::Bytes(piece), sender, patience).await?;
    }
    reading.gave(chunk.entries);
    Ok(())
}

async fn hand_over(
    piece: Piece,
    sender: &mpsc::Sender<Piece>,
    patience: Duration,
) -> Result<(), Broken> {
    match rt::time::timeout(patience, sender.send(piece)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Broken::Gone),
        Err(_) => Err(Broken::Stalled(patience)),
    }
}
