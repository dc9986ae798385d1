//! Calls as a whole: the list of all of them, and each as it went.

mod asked;
mod convert;
mod detail;
mod list;
mod told;
mod wire;

pub use asked::{Asked, DetailParameters, Include};
pub(crate) use detail::get_call;
pub(crate) use list::list_calls;
pub use wire::CallDetail;
