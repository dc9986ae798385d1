//! Which tokens are believed.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use clap::Args;
use jsonwebtoken::Algorithm;

use super::read_secret;
use crate::auth::jwks::{KeySets, Source};
use crate::auth::jwt::{LEEWAY, Rules};
use crate::auth::tokens::Tokens;

/// HS256 needs a secret as long as its hash.
const SHORTEST_SECRET: usize = 32;

/// JSON Web Tokens, made elsewhere.
#[derive(Args, Clone, Debug, Default)]
pub struct TokenArgs {
    /// Secret that signs tokens with HS256, at least 32 bytes; better in JWT_SECRET_FILE
    #[arg(long, env = "JWT_SECRET", hide_env_values = true)]
    jwt_secret: Option<String>,

    /// File that holds the secret
    #[arg(long, env = "JWT_SECRET_FILE")]
    jwt_secret_file: Option<PathBuf>,

    /// Public keys that sign tokens: a JSON Web Key Set, as a file or a URL
    #[arg(long, env = "JWT_JWKS", value_name = "FILE|URL")]
    jwt_jwks: Option<String>,

    /// Algorithms that count: HS256 with a secret; RS256, ES256, EdDSA with a key set
    /// [default: all of those that the secret and the key set serve]
    #[arg(long, env = "JWT_ALGORITHMS", value_delimiter = ',', value_parser = algorithm)]
    jwt_algorithms: Vec<Algorithm>,

    /// Issuer that tokens must have
    #[arg(long, env = "JWT_ISSUER")]
    jwt_issuer: Option<String>,

    /// Audience that tokens must be for
    #[arg(long, env = "JWT_AUDIENCE")]
    jwt_audience: Option<String>,

    /// Claim that is the username
    #[arg(long, env = "JWT_USER_CLAIM", default_value = "sub")]
    jwt_user_claim: String,
}

impl TokenArgs {
    /// What is configured; None when tokens are not believed at all.
    ///
    /// # Errors
    /// A secret that cannot be read or is too short, algorithms that nothing serves.
    pub fn tokens(&self) -> anyhow::Result<Option<Tokens>> {
        let secret = secret(
            "JWT_SECRET",
            self.jwt_secret.as_deref(),
            self.jwt_secret_file.as_deref(),
        )?;
        if secret.is_none() && self.jwt_jwks.is_none() {
            let is_set = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
            let rules = [
                ("JWT_ISSUER", is_set(&self.jwt_issuer)),
                ("JWT_AUDIENCE", is_set(&self.jwt_audience)),
                ("JWT_ALGORITHMS", !self.jwt_algorithms.is_empty()),
            ];
            // Whoever sets one believes that tokens are believed.
            return match rules.into_iter().find(|(_, is_set)| *is_set) {
                Some((name, _)) => bail!("{name} needs JWT_SECRET, JWT_SECRET_FILE or JWT_JWKS"),
                None => Ok(None),
            };
        }
        let served = |algorithm: Algorithm| match algorithm {
            Algorithm::HS256 => secret.is_some(),
            _ => self.jwt_jwks.is_some(),
        };
        let mut algorithms = self.jwt_algorithms.clone();
        if algorithms.is_empty() {
            algorithms = KNOWN.into_iter().filter(|a| served(*a)).collect();
        }
        if let Some(algorithm) = algorithms.iter().find(|a| !served(**a)) {
            bail!("JWT_ALGORITHMS: {algorithm:?} needs JWT_SECRET (HS256) or JWT_JWKS (others)");
        }
        let rules = Rules {
            algorithms,
            issuer: self.jwt_issuer.clone(),
            audience: self.jwt_audience.clone(),
            user_claim: self.jwt_user_claim.clone(),
            leeway: LEEWAY,
        };
        let source = self.jwt_jwks.as_deref().map(Source::of);
        // A file that is missing is a mistake; who serves a URL may be away for a moment.
        if let Some(file @ Source::File(_)) = &source {
            file.read().map_err(|why| anyhow!("JWT_JWKS: {why}"))?;
        }
        Ok(Some(Tokens::new(rules, secret, KeySets::new(source))))
    }
}

/// The secret of a setting, or of the file that it names.
///
/// # Errors
/// It cannot be read or is too short.
pub(super) fn secret(
    setting: &str,
    value: Option<&str>,
    file: Option<&Path>,
) -> anyhow::Result<Option<Vec<u8>>> {
    let secret = match file {
        Some(file) => Some(read_secret(&format!("{setting}_FILE"), file)?),
        None => value.map(str::to_owned),
    };
    let secret = secret.map(|secret| secret.trim_end_matches(['\r', '\n']).as_bytes().to_vec());
    match secret {
        Some(secret) if secret.len() < SHORTEST_SECRET => bail!(
            "{setting} has {} bytes; at least {SHORTEST_SECRET} are needed, \
             such as openssl rand -base64 32 gives",
            secret.len()
        ),
        secret => Ok(secret),
    }
}

/// The algorithms that there are here.
const KNOWN: [Algorithm; 4] = [
    Algorithm::HS256,
    Algorithm::RS256,
    Algorithm::ES256,
    Algorithm::EdDSA,
];

fn algorithm(name: &str) -> Result<Algorithm, String> {
    let known = KNOWN
        .into_iter()
        .find(|known| format!("{known:?}") == name.trim());
    known.ok_or_else(|| "one of HS256, RS256, ES256, EdDSA".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_work_is_told_at_the_start() {
        assert!(TokenArgs::default().tokens().unwrap().is_none());
        let secret = |length: usize| TokenArgs {
            jwt_secret: Some("x".repeat(length)),
            ..TokenArgs::default()
        };
        let alone = TokenArgs {
            jwt_issuer: Some("crm".to_owned()),
            ..TokenArgs::default()
        };
        let error = alone.tokens().err().unwrap().to_string();
        assert!(error.starts_with("JWT_ISSUER needs JWT_SECRET"), "{error}");
        assert!(secret(31).tokens().is_err());
        assert!(secret(32).tokens().unwrap().is_some());
        let unserved = TokenArgs {
            jwt_algorithms: vec![Algorithm::RS256],
            ..secret(32)
        };
        assert!(unserved.tokens().is_err());
        let folder = tempfile::tempdir().unwrap();
        let set = |name: &str| TokenArgs {
            jwt_jwks: Some(folder.path().join(name).display().to_string()),
            ..TokenArgs::default()
        };
        std::fs::write(folder.path().join("jwks.json"), r#"{"keys":[]}"#).unwrap();
        assert!(set("jwks.json").tokens().unwrap().is_some());
        let missing = set("missing.json").tokens().err().unwrap().to_string();
        assert!(missing.starts_with("JWT_JWKS: "), "{missing}");
        assert!(algorithm("none").is_err() && algorithm("HS512").is_err());
        assert_eq!(algorithm("EdDSA"), Ok(Algorithm::EdDSA));
    }
}
