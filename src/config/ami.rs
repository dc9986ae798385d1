//! Which PBXs are listened to while calls go on.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{duration, read_secret, source};
use crate::fold::DEFAULT_SOURCE;
use crate::presence::ami::{Address, Secret, Settings};

/// A PBX's Manager Interface, which tells the states of phones.
#[derive(Args, Clone, Debug)]
pub struct AmiArgs {
    /// A PBX's Manager Interface, which tells the states of phones: tcp://host:5038
    #[arg(long, env = "AMI_URL", value_name = "URL")]
    ami_url: Option<String>,

    /// User there, of manager.conf
    #[arg(long, env = "AMI_USER", value_name = "NAME")]
    ami_user: Option<String>,

    /// The user's secret; better in AMI_SECRET_FILE
    #[arg(long, env = "AMI_SECRET", hide_env_values = true)]
    ami_secret: Option<String>,

    /// File that holds the secret
    #[arg(
        long,
        env = "AMI_SECRET_FILE",
        value_name = "FILE",
        conflicts_with = "ami_secret"
    )]
    ami_secret_file: Option<PathBuf>,

    /// Name of that PBX, as its calls have it
    #[arg(long, env = "AMI_SOURCE", default_value = DEFAULT_SOURCE, value_parser = source)]
    ami_source: String,

    /// How long it may be silent, and take for an answer: 100ms to 5m
    #[arg(long, env = "AMI_TIMEOUT", value_name = "TIME", default_value = "10s", value_parser = patience)]
    ami_timeout: Duration,
}

impl AmiArgs {
    /// The PBXs; none when nothing is configured.
    ///
    /// # Errors
    /// What is wrong or missing.
    pub fn settings(&self) -> Result<Vec<Settings>, String> {
        let set = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let Some(url) = set(&self.ami_url) else {
            return Ok(Vec::new());
        };
        let address = url.parse::<Address>();
        let address = address.map_err(|error| format!("AMI_URL {error}"))?;
        let user = set(&self.ami_user).ok_or("AMI_URL needs AMI_USER")?;
        let secret = match &self.ami_secret_file {
            Some(file) => {
                Some(read_secret("AMI_SECRET_FILE", file).map_err(|error| format!("{error:#}"))?)
            }
            None => self.ami_secret.clone(),
        };
        let secret = secret.unwrap_or_default();
        let secret = secret.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err("AMI_URL needs AMI_SECRET_FILE or AMI_SECRET".to_owned());
        }
        if user.chars().any(char::is_control) {
            return Err("AMI_USER must not hold a line break".to_owned());
        }
        Ok(vec![Settings {
            source: self.ami_source.clone(),
            address,
            user,
            secret: Secret::new(secret),
            patience: self.ami_timeout,
        }])
    }
}

fn patience(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if (Duration::from_millis(100)..=Duration::from_secs(300)).contains(&time) {
        Ok(time)
    } else {
        Err("a time of 100ms to 5m is needed".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(url: &str, user: &str, secret: &str) -> AmiArgs {
        AmiArgs {
            ami_url: Some(url.to_owned()),
            ami_user: Some(user.to_owned()),
            ami_secret: Some(secret.to_owned()),
            ami_secret_file: None,
            ami_source: "paris".to_owned(),
            ami_timeout: Duration::from_secs(10),
        }
    }

    #[test]
    fn a_pbx_has_an_address_a_user_and_a_secret() {
        assert!(args("", "", "").settings().unwrap().is_empty());
        let all = args("tcp://pbx", "history", "s3cret\n").settings().unwrap();
        let [one] = &all[..] else { panic!("{all:?}") };
        assert_eq!(
            (one.source.as_str(), one.user.as_str()),
            ("paris", "history")
        );
        assert_eq!(one.secret, Secret::new("s3cret"));
        for (url, user, secret, fault) in [
            ("pbx", "u", "s", "AMI_URL must be tcp://"),
            ("tcp://pbx", "", "s", "AMI_URL needs AMI_USER"),
            ("tcp://pbx", "u", "", "AMI_URL needs AMI_SECRET_FILE"),
            ("tcp://pbx", "u\nx", "s", "AMI_USER must not"),
        ] {
            let error = args(url, user, secret).settings().unwrap_err();
            assert!(error.starts_with(fault), "{error}");
        }
    }
}
