//! The one hop to a thread that may block, where everything that touches the database runs.

use std::time::Duration;

use actix_web::{rt, web};

use super::error::Error;
use crate::store::{Connection, Pool};

/// After this long the caller is answered 503, whatever the thread still waits for: the
/// client libraries of the databases have no timeouts of their own.
const DEADLINE: Duration = Duration::from_secs(10);

/// Runs `work` with a connection of the pool, where it may block.
pub async fn with_connection<T, F>(pool: &Pool, work: F) -> Result<T, Error>
where
    F: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    T: Send + 'static,
{
    let pool = pool.clone();
    run(move || {
        let mut connection = pool
            .get()
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        work(&mut connection)
    })
    .await
}

/// Runs `work` where it may block. A panic in it is an internal error.
pub(super) async fn run<T, F>(work: F) -> Result<T, Error>
where
    F: FnOnce() -> Result<T, Error> + Send + 'static,
    T: Send + 'static,
{
    match rt::time::timeout(DEADLINE, web::block(work)).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Error::Internal("blocking work panicked".to_owned())),
        Err(_) => Err(Error::Unavailable(format!(
            "no answer within {} s",
            DEADLINE.as_secs()
        ))),
    }
}
