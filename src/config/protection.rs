//! What protects the service from its clients.

use clap::Args;

use crate::api::client::TrustedProxies;

/// How the service protects itself.
#[derive(Args, Clone, Debug, Default)]
pub struct ProtectionArgs {
    /// Proxies whose X-Forwarded-For counts, as addresses and networks: 10.0.0.0/8,::1
    /// [default: none]
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        value_name = "LIST",
        default_value = "",
        hide_default_value = true
    )]
    pub trusted_proxies: TrustedProxies,
}
