//! Who asks, as far as telling callers apart goes: what is counted, and what the audit names.

use serde::Serialize;

/// The holder of a credential, wherever it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CallerId {
    /// Everybody, where there is no access control.
    Anybody,
    /// An API key, by its public part.
    Key(String),
    /// A user who has logged in here.
    Login(String),
    /// The user of a token made elsewhere, and who says so.
    Token {
        /// The issuer, when the token names one.
        #[serde(skip_serializing_if = "Option::is_none")]
        issuer: Option<String>,
        /// The user.
        user: String,
    },
}
