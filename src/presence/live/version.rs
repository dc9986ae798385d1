//! What was told of a call up to some moment, and what came of it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::fold::{Rows, fold};
use crate::model::{Call, Directory};

/// The rows of a call in progress, which do not change while somebody reads them. What came of
/// them is kept with them, so it is never that of others; whoever wants it at the same time
/// waits for the one who folds.
#[derive(Debug, Default)]
pub(super) struct Version {
    /// What was told.
    pub(super) rows: Rows,
    /// More was told than is kept.
    pub(super) is_cut: bool,
    folded: Mutex<Option<Folded>>,
}

/// What came of the rows with this directory.
type Folded = (Arc<Directory>, Option<Arc<Call>>);

impl Version {
    /// Before anything is told.
    pub(super) fn new(source: &str) -> Self {
        let rows = Rows {
            source: source.to_owned(),
            ..Rows::default()
        };
        Self {
            rows,
            ..Self::default()
        }
    }

    /// This version if nobody reads it, else one that tells the same: to change it.
    pub(super) fn next(version: &mut Arc<Self>) -> &mut Self {
        let version = Arc::make_mut(version);
        version.folded = Mutex::default();
        version
    }

    /// The call, folded with this directory.
    pub(super) fn call(&self, directory: &Arc<Directory>) -> Option<Arc<Call>> {
        let mut folded = self.folded.lock().unwrap_or_else(PoisonError::into_inner);
        match &*folded {
            Some((with, call)) if Arc::ptr_eq(with, directory) => call.clone(),
            _ => {
                let call = fold(self.rows.clone(), directory).map(Arc::new);
                *folded = Some((Arc::clone(directory), call.clone()));
                call
            }
        }
    }
}

/// Told anew, so nothing has come of it yet.
impl Clone for Version {
    fn clone(&self) -> Self {
        Self {
            rows: self.rows.clone(),
            is_cut: self.is_cut,
            folded: Mutex::default(),
        }
    }
}
