//! What changed, for programs that keep a copy (`/changes`) and for those that look on
//! (`/events`): calls in the order of their last change, each whole, as far as the caller may
//! read it. Both have one cursor.

mod changes;
mod cursor;
mod events;
mod frames;
mod page;
mod parameters;
mod record;
mod stream;

pub use changes::ChangePage;
pub(crate) use changes::list_changes;
pub(crate) use events::stream_events;
pub use parameters::{ChangesParameters, EventsParameters, LastEventId};

use super::caller::Caller;
use super::error::Error;
use crate::model::Principal;

/// Somebody who may read some history.
fn reader(caller: Caller) -> Result<Principal, Error> {
    match caller.0.rights().is_empty() {
        true => Err(Error::Forbidden(
            "This needs a scope that reads some history.".to_owned(),
        )),
        false => Ok(caller.0),
    }
}
