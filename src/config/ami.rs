//! Which PBXs are listened to while calls go on.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{SourceArgs, duration, read_secret, source};
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
    #[arg(long, env = "AMI_SECRET_FILE", value_name = "FILE")]
    ami_secret_file: Option<PathBuf>,

    /// Name of that PBX, as its calls have it
    #[arg(long, env = "AMI_SOURCE", default_value = DEFAULT_SOURCE, value_parser = source)]
    ami_source: String,

    /// How long it may be silent, and take for an answer: 100ms to 5m
    #[arg(long, env = "AMI_TIMEOUT", value_name = "TIME", default_value = "10s", value_parser = patience)]
    ami_timeout: Duration,
}

/// The names of the settings of a Manager Interface, as they are told: of the address, the user,
/// the secret, and the file that holds it.
type Names = [&'static str; 4];

/// The settings of a Manager Interface, as somebody has written them.
pub(super) struct Manager {
    pub(super) source: String,
    pub(super) url: Option<String>,
    pub(super) user: Option<String>,
    pub(super) secret: Option<String>,
    pub(super) secret_file: Option<PathBuf>,
    pub(super) patience: Duration,
}

impl Manager {
    /// What they mean; None when there is neither an address nor a user.
    ///
    /// # Errors
    /// What is wrong or missing, without any value.
    pub(super) fn settings(self, names: Names) -> Result<Option<Settings>, String> {
        let [url_name, user_name, secret_name, file_name] = names;
        let set = |text: Option<String>| text.filter(|text| !text.is_empty());
        let Some(url) = set(self.url) else {
            // Whoever names a user wants to listen.
            return match set(self.user) {
                Some(_) => Err(format!("{user_name} needs {url_name}")),
                None => Ok(None),
            };
        };
        let address = url.parse::<Address>();
        let address = address.map_err(|error| format!("{url_name} {error}"))?;
        let user = set(self.user).ok_or_else(|| format!("{url_name} needs {user_name}"))?;
        if user.chars().any(char::is_control) {
            return Err(format!("{user_name} must not hold a line break"));
        }
        let secret = match (set(self.secret), &self.secret_file) {
            (Some(_), Some(_)) => {
                return Err(format!(
                    "{secret_name} and {file_name}: one of both is enough"
                ));
            }
            (None, Some(file)) => {
                read_secret(file_name, file).map_err(|error| format!("{error:#}"))?
            }
            (secret, None) => secret.unwrap_or_default(),
        };
        let secret = secret.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(format!("{url_name} needs {file_name} or {secret_name}"));
        }
        Ok(Some(Settings {
            source: self.source,
            address,
            user,
            secret: Secret::new(secret),
            patience: self.patience,
        }))
    }
}

impl AmiArgs {
    /// The PBXs: the one of these settings, and those of the sources' file.
    ///
    /// # Errors
    /// What is wrong or missing.
    pub fn settings(&self, sources: &SourceArgs) -> Result<Vec<Settings>, String> {
        let own = Manager {
            source: self.ami_source.clone(),
            url: self.ami_url.clone(),
            user: self.ami_user.clone(),
            secret: self.ami_secret.clone(),
            secret_file: self.ami_secret_file.clone(),
            patience: self.ami_timeout,
        };
        let names = ["AMI_URL", "AMI_USER", "AMI_SECRET", "AMI_SECRET_FILE"];
        let mut all = sources.managers(self.ami_timeout)?;
        all.extend(own.settings(names)?);
        let mut known = BTreeSet::new();
        match all.iter().find(|one| !known.insert(&one.source)) {
            Some(twice) => Err(format!(
                "the source {} has two Manager Interfaces: their phones would mix",
                twice.source
            )),
            None => Ok(all),
        }
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
        let settings = |url: &str, user: &str, secret: &str| {
            args(url, user, secret).settings(&SourceArgs::default())
        };
        assert!(settings("", "", "").unwrap().is_empty());
        let all = settings("tcp://pbx", "history", "s3cret\n").unwrap();
        let [one] = &all[..] else { panic!("{all:?}") };
        assert_eq!(
            (one.source.as_str(), one.user.as_str()),
            ("paris", "history")
        );
        assert_eq!(one.secret, Secret::new("s3cret"));
        for (url, user, secret, fault) in [
            ("pbx", "u", "s", "AMI_URL must be tcp://"),
            ("tcp://pbx", "", "s", "AMI_URL needs AMI_USER"),
            ("", "u", "s", "AMI_USER needs AMI_URL"),
            ("tcp://pbx", "u", "", "AMI_URL needs AMI_SECRET_FILE"),
            ("tcp://pbx", "u\nx", "s", "AMI_USER must not"),
        ] {
            let error = settings(url, user, secret).unwrap_err();
            assert!(error.starts_with(fault), "{error}");
        }
    }
}
