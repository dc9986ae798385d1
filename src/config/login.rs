//! How people log in.

use std::path::PathBuf;

use clap::Args;

use super::tokens::secret;
use crate::auth::login::Logins;

/// The longest that a token may hold, in seconds.
const LONGEST: u32 = 7 * 24 * 3600;

/// Logging in with username and password.
#[derive(Args, Clone, Debug)]
pub struct LoginArgs {
    /// Secret that signs the tokens of people who log in, at least 32 bytes; better in
    /// LOGIN_SECRET_FILE [default: one that is made once and kept in the database]
    #[arg(long, env = "LOGIN_SECRET", hide_env_values = true)]
    login_secret: Option<String>,

    /// File that holds the secret
    #[arg(long, env = "LOGIN_SECRET_FILE")]
    login_secret_file: Option<PathBuf>,

    /// How long such a token holds: 90s, 30m, 1h, at most 7d
    #[arg(long, env = "LOGIN_TTL", value_name = "TIME", default_value = "1h", value_parser = lifetime)]
    login_ttl: u32,
}

impl Default for LoginArgs {
    fn default() -> Self {
        Self {
            login_secret: None,
            login_secret_file: None,
            login_ttl: Logins::default().lifetime(),
        }
    }
}

impl LoginArgs {
    /// What makes and believes tokens.
    ///
    /// # Errors
    /// A secret that cannot be read or is too short.
    pub fn logins(&self) -> anyhow::Result<Logins> {
        let secret = secret(
            "LOGIN_SECRET",
            self.login_secret.as_deref(),
            self.login_secret_file.as_deref(),
        )?;
        Ok(Logins::new(secret.as_deref(), self.login_ttl))
    }
}

/// Reads a time in seconds.
fn lifetime(text: &str) -> Result<u32, String> {
    let (number, unit) =
        text.split_at(text.len() - usize::from(text.ends_with(|c: char| c.is_ascii_alphabetic())));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        _ => 0,
    };
    let seconds = number
        .parse::<u32>()
        .ok()
        .and_then(|n| n.checked_mul(seconds));
    seconds
        .filter(|seconds| (1..=LONGEST).contains(seconds))
        .ok_or_else(|| "a time is needed, such as 90s, 30m, 1h; at most 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_has_a_unit_and_an_end() {
        for (text, seconds) in [
            ("1s", 1),
            ("90s", 90),
            ("30m", 1800),
            ("1h", 3600),
            ("7d", LONGEST),
        ] {
            assert_eq!(lifetime(text), Ok(seconds));
        }
        for text in [
            "",
            "0s",
            "-1s",
            "1",
            "h",
            "8d",
            "1w",
            "1.5h",
            "99999999999h",
            "1é",
        ] {
            assert!(lifetime(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_short_secret_is_refused_and_none_is_made_by_the_database() {
        let logins = |secret: Option<&str>| {
            let args = LoginArgs {
                login_secret: secret.map(str::to_owned),
                ..LoginArgs::default()
            };
            args.logins()
        };
        assert!(!logins(None).unwrap().has_secret());
        assert!(logins(Some(&"x".repeat(32))).unwrap().has_secret());
        let error = logins(Some("short")).err().unwrap().to_string();
        assert!(error.starts_with("LOGIN_SECRET has 5 bytes"), "{error}");
    }
}
