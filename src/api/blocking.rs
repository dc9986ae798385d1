//! The one hop to a thread that may block, where everything that touches the database runs.
//!
//! The client libraries of the databases have no timeouts of their own, so a request does not
//! wait for its thread: it is answered 503 when the host is parked, and at the deadline in any
//! case. How few threads can hang, and how a host comes back, is the pool's affair.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::{rt, web};
use tokio::sync::OwnedSemaphorePermit;

use super::error::Error;
use super::limit::{Turn, turn};
use crate::store::pool::Lane;
use crate::store::{Connection, Pool, PoolError, in_time};

/// After this long the caller is answered 503, whatever the thread still waits for.
const DEADLINE: Duration = Duration::from_secs(5);

/// Work that takes longer than this has the host looked at.
const PATIENCE: Duration = Duration::from_millis(1500);

/// That a connection may be used: of the host, and of the client where there is one.
type Permits = (OwnedSemaphorePermit, Option<Turn>);

/// Runs `work` with a connection of the pool, where it may block. When a host is found to be
/// away before the work has begun, the next host is tried.
pub async fn with_connection<T, F>(pool: &Pool, work: F) -> Result<T, Error>
where
    F: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    T: Send + 'static,
{
    // Whoever takes the work out begins it.
    let work = Arc::new(Mutex::new(Some(work)));
    let tries = async {
        loop {
            let turn = turn().await;
            let lane = pool.lane().map_err(|why| unavailable(&why))?;
            let Ok(permit) = lane.permit().await else {
                continue;
            };
            match in_lane(&lane, (permit, turn), &work).await {
                Ok(result) => return result,
                Err(why) if is_taken(&work) => return Err(unavailable(&why)),
                Err(_) => {}
            }
        }
    };
    match rt::time::timeout(DEADLINE, tries).await {
        Ok(result) => result,
        Err(_) => Err(Error::Unavailable(format!(
            "no answer within {} s",
            DEADLINE.as_secs()
        ))),
    }
}

async fn in_lane<T, F>(
    lane: &Arc<Lane>,
    permits: Permits,
    work: &Arc<Mutex<Option<F>>>,
) -> Result<Result<T, Error>, PoolError>
where
    F: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    T: Send + 'static,
{
    let (used, work) = (Arc::clone(lane), Arc::clone(work));
    let hop = run(move || {
        // Held for as long as the connection, even when nobody waits for the result any more.
        let _permits = permits;
        let mut connection = used.get().inspect_err(|_| used.suspect())?;
        // Begun elsewhere: the host was parked while this thread waited.
        let work = take(&work).ok_or_else(|| used.reason())?;
        let result = in_time::within(DEADLINE, || work(&mut connection));
        if let Err(Error::Unavailable(_) | Error::NotReady(_)) = result {
            connection.distrust();
            used.suspect();
        }
        Ok(result)
    });
    let mut hop = std::pin::pin!(hop);
    let mut looked_at = false;
    loop {
        tokio::select! {
            biased;
            result = &mut hop => return result.unwrap_or_else(|panic| Ok(Err(panic))),
            () = lane.gone() => return Err(lane.reason()),
            () = rt::time::sleep(PATIENCE), if !looked_at => {
                looked_at = true;
                lane.suspect();
            }
        }
    }
}

fn take<F>(work: &Mutex<Option<F>>) -> Option<F> {
    work.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn is_taken<F>(work: &Mutex<Option<F>>) -> bool {
    let work = work.lock().unwrap_or_else(PoisonError::into_inner);
    work.is_none()
}

fn unavailable(why: &impl ToString) -> Error {
    Error::Unavailable(why.to_string())
}

/// Runs `work` where it may block. A panic in it is an internal error.
pub(super) async fn run<T, F>(work: F) -> Result<T, Error>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let panicked = |_| Error::Internal("blocking work panicked".to_owned());
    web::block(work).await.map_err(panicked)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;
    use crate::api::limit::{Client, Limits, RateLimit};
    use crate::store::DatabaseUrl;

    #[actix_web::test]
    async fn one_client_cannot_take_all_connections() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let url: DatabaseUrl = format!("sqlite://{}", path.display()).parse().unwrap();
        drop(crate::store::connect(&url).unwrap());
        let pool = Pool::new(&(&url).into(), Pool::DEFAULT_SIZE);
        let limits = Limits::new(RateLimit::OFF);
        let client = |address: [u8; 4]| limits.share(Client::at(IpAddr::from(address)));
        // Work that goes on until the sender is dropped.
        let begun = Arc::new(AtomicUsize::new(0));
        let greedy = client([192, 0, 2, 1]);
        let (senders, work): (Vec<_>, Vec<_>) = (0..20)
            .map(|_| {
                let (go_on, stop) = mpsc::channel::<()>();
                let (pool, begun) = (pool.clone(), Arc::clone(&begun));
                let place = greedy.place().unwrap();
                let work = rt::spawn(place.answer(async move {
                    with_connection(&pool, move |_| {
                        begun.fetch_add(1, Ordering::SeqCst);
                        let _ = stop.recv();
                        Ok(())
                    })
                    .await
                }));
                (go_on, work)
            })
            .unzip();
        while begun.load(Ordering::SeqCst) < 6 {
            rt::time::sleep(Duration::from_millis(1)).await;
        }
        // Others are served all the while.
        for last in [2, 3] {
            let place = client([192, 0, 2, last]).place().unwrap();
            let answer = place
                .answer(with_connection(&pool, move |_| Ok(last)))
                .await;
            assert_eq!(answer.unwrap(), last);
        }
        assert_eq!(begun.load(Ordering::SeqCst), 6);
        drop(senders);
        for one in work {
            let _ = one.await.unwrap();
        }
    }
}
