//! Calls as a whole: the list of all of them, and each as it went.

mod list;

pub(crate) use list::list_calls;
