//! Who asks: turns what a request brought into a [`Principal`](crate::model::Principal).
//!
//! Closed by default: a request that nothing here gave a principal has none, and the handlers
//! of histories, which cannot run without one, answer 401.

mod believed;
mod caller_id;
mod credential;
pub mod jwks;
pub mod jwt;
pub mod keys;
pub mod login;
pub mod new_key;
pub mod password;
pub mod throttle;
pub mod tokens;

pub use caller_id::CallerId;
pub use credential::Credential;

/// How the service finds out who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody is an administrator (`--no-auth`, on loopback only).
    Open,
    /// Who brings no credential is nobody, and reads nothing.
    Closed,
}
