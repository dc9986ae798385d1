//! That the service is about to stop: told to connections that stay open, which end themselves
//! so that their clients go elsewhere. The server waits for them, for a while.

use actix_web::rt;
use actix_web::rt::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// That the service is about to stop.
#[derive(Clone, Debug, Default)]
pub struct Stopping(watch::Sender<bool>);

impl Stopping {
    /// Waits until it is about to stop.
    pub async fn begun(&self) {
        // The sender lives as long as this.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }

    /// Says so as soon as the process is asked to end (SIGTERM), as the server does, which waits
    /// for requests in progress. To be called in a runtime.
    pub(super) fn listen(&self) -> std::io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let begun = self.0.clone();
        rt::spawn(async move {
            terminate.recv().await;
            begun.send_replace(true);
        });
        Ok(())
    }
}
