//! How many connections may be open: of one caller, and of all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::auth::CallerId;

/// Connections of all callers. They wait almost always, so these are not the places of requests.
const ALL: usize = 5000;

/// Connections of one caller: a few programs with a few windows each.
const EACH: usize = 20;

/// Who has how many connections.
#[derive(Clone, Debug, Default)]
pub struct Places(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<CallerId, usize>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// The caller has too many.
    OfThisCaller,
    /// There are too many.
    OfAll,
}

/// The place of one connection.
pub(super) struct Place {
    places: Places,
    caller: CallerId,
}

impl Places {
    /// A place for one more connection of this caller.
    pub(super) fn take(&self, caller: &CallerId) -> Result<Place, Full> {
        let mut taken = self.taken();
        if taken.all == ALL {
            return Err(Full::OfAll);
        }
        let of_caller = taken.of.get(caller).copied().unwrap_or(0);
        // Without access control everybody is the same caller.
        if of_caller == EACH && *caller != CallerId::Anybody {
            return Err(Full::OfThisCaller);
        }
        taken.all += 1;
        taken.of.insert(caller.clone(), of_caller + 1);
        Ok(Place {
            places: self.clone(),
            caller: caller.clone(),
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        if let Some(of_caller) = taken.of.get_mut(&self.caller) {
            *of_caller -= 1;
            if *of_caller == 0 {
                taken.of.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: usize) -> CallerId {
        CallerId::Key(id.to_string())
    }

    #[test]
    fn a_caller_has_so_many_and_gets_them_back() {
        let places = Places::default();
        let mut held: Vec<Place> = (0..EACH).map(|_| places.take(&key(1)).unwrap()).collect();
        assert_eq!(places.take(&key(1)).err(), Some(Full::OfThisCaller));
        assert!(places.take(&key(2)).is_ok());
        held.pop();
        assert!(places.take(&key(1)).is_ok());
        drop(held);
        let taken = places.taken();
        assert_eq!((taken.all, taken.of.len()), (0, 0));
    }

    #[test]
    fn all_together_have_so_many() {
        let places = Places::default();
        let held: Vec<Place> = (0..ALL).map(|n| places.take(&key(n)).unwrap()).collect();
        assert_eq!(places.take(&key(ALL)).err(), Some(Full::OfAll));
        drop(held);
        let held: Vec<_> = (0..ALL).map(|_| places.take(&CallerId::Anybody)).collect();
        assert!(held.iter().all(Result::is_ok));
    }
}
