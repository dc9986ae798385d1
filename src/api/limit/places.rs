//! How many connections may be open: of one caller, and of all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::auth::CallerId;

/// Who has how many connections of a sort. They wait almost always, so these are not the places
/// of requests.
#[derive(Clone, Debug)]
pub struct Places {
    all: usize,
    each: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<CallerId, usize>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// The caller has too many.
    OfThisCaller,
    /// There are too many.
    OfAll,
}

/// The place of one connection.
pub(crate) struct Place {
    places: Places,
    caller: CallerId,
}

impl Places {
    /// Places for so many connections of all callers, and so many of each.
    pub fn new(all: usize, each: usize) -> Self {
        Self {
            all,
            each,
            taken: Arc::default(),
        }
    }

    /// How many each caller may have.
    pub(crate) fn of_each(&self) -> usize {
        self.each
    }

    /// A place for one more connection of this caller.
    pub(crate) fn take(&self, caller: &CallerId) -> Result<Place, Full> {
        let mut taken = self.taken();
        if taken.all == self.all {
            return Err(Full::OfAll);
        }
        let of_caller = taken.of.get(caller).copied().unwrap_or(0);
        // Without access control everybody is the same caller.
        if of_caller == self.each && *caller != CallerId::Anybody {
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
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
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

    const ALL: usize = 50;
    const EACH: usize = 3;

    fn key(id: usize) -> CallerId {
        CallerId::Key(id.to_string())
    }

    #[test]
    fn a_caller_has_so_many_and_gets_them_back() {
        let places = Places::new(ALL, EACH);
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
        let places = Places::new(ALL, EACH);
        let held: Vec<Place> = (0..ALL).map(|n| places.take(&key(n)).unwrap()).collect();
        assert_eq!(places.take(&key(ALL)).err(), Some(Full::OfAll));
        drop(held);
        let held: Vec<_> = (0..ALL).map(|_| places.take(&CallerId::Anybody)).collect();
        assert!(held.iter().all(Result::is_ok));
    }
}
