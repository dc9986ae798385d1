//! Which PBXs are followed: one by flags and the environment, or several in a file.

mod file;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use clap::{Args, Parser};

use super::{read_secret, source, zone};
use crate::fold::DEFAULT_SOURCE;
use crate::ingest::follow::settings::{Settings, WINDOWS, ZoneNames};
use crate::presence::ami;
use crate::store::DatabaseUrl;

/// The PBXs that are followed.
#[derive(Args, Clone, Debug, Default)]
pub struct SourceArgs {
    /// A PBX's own database, which is only read: mysql://user:password@host/asteriskcdrdb
    #[arg(
        long,
        env = "SOURCE_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    source_database_url: Option<String>,

    /// File that holds that URL, for secrets
    #[arg(
        long,
        env = "SOURCE_DATABASE_URL_FILE",
        value_name = "FILE",
        conflicts_with = "source_database_url"
    )]
    source_database_url_file: Option<PathBuf>,

    /// The PBX's queue_log file, followed through rotation
    #[arg(long, env = "SOURCE_QUEUE_LOG_FILE", value_name = "FILE")]
    source_queue_log_file: Option<PathBuf>,

    /// Name of that PBX
    #[arg(long, env = "SOURCE_NAME", default_value = DEFAULT_SOURCE, value_parser = source)]
    source: String,

    /// Zone of the times in that PBX's tables [default: the source's own, else TIMEZONE, else UTC]
    #[arg(long, env = "SOURCE_TIMEZONE", value_parser = zone)]
    source_timezone: Option<Tz>,

    /// File (TOML) that names several PBXs
    #[arg(long, env = "SOURCES_FILE", value_name = "FILE")]
    sources_file: Option<PathBuf>,
}

impl SourceArgs {
    /// Whether any source is configured.
    pub fn any(&self) -> bool {
        let paths = [
            &self.source_database_url_file,
            &self.source_queue_log_file,
            &self.sources_file,
        ];
        self.source_database_url
            .as_ref()
            .is_some_and(|url| !url.is_empty())
            || paths
                .into_iter()
                .flatten()
                .any(|path| !path.as_os_str().is_empty())
    }

    /// The Manager Interfaces of the file's sources; none when there is no file.
    ///
    /// # Errors
    /// The file, the line, and what is wrong there.
    pub fn managers(&self, patience: Duration) -> Result<Vec<ami::Settings>, String> {
        let file = self.sources_file.as_deref();
        match file.filter(|file| !file.as_os_str().is_empty()) {
            Some(file) => file::managers(file, patience),
            None => Ok(Vec::new()),
        }
    }

    /// The sources; none when nothing is configured.
    ///
    /// # Errors
    /// A sentence that says what is wrong, where, and what would be right.
    pub fn settings(&self) -> Result<Vec<Settings>, String> {
        let mut all = Vec::new();
        let text = match &self.source_database_url_file {
            Some(file) => Some(
                read_secret("SOURCE_DATABASE_URL_FILE", file)
                    .map_err(|error| format!("{error:#}"))?,
            ),
            None => self
                .source_database_url
                .clone()
                .filter(|url| !url.is_empty()),
        };
        let url = text.as_deref().map(database).transpose();
        let url = url.map_err(|reason| format!("SOURCE_DATABASE_URL: {reason}"))?;
        let file = self.source_queue_log_file.clone();
        let file = file.filter(|file| !file.as_os_str().is_empty());
        if url.is_some() || file.is_some() {
            all.push(Settings {
                name: self.source.clone(),
                url,
                queue_log_file: file,
                zones: ZoneNames {
                    all: self.source_timezone,
                    ..ZoneNames::default()
                },
                names: BTreeMap::new(),
                windows: WINDOWS.to_vec(),
            });
        }
        if let Some(file) = self
            .sources_file
            .as_ref()
            .filter(|file| !file.as_os_str().is_empty())
        {
            all.extend(file::read(file)?);
        }
        let mut names: Vec<&str> = all.iter().map(|settings| settings.name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!(
                "two sources are named {}: their calls would mix; give each a name of its own",
                pair[0]
            )),
            None => Ok(all),
        }
    }
}

/// The sources of the environment alone.
#[derive(Parser)]
struct Environment {
    #[command(flatten)]
    sources: SourceArgs,
}

impl SourceArgs {
    /// The database of this text; of the environment's source of this name, when it is empty.
    ///
    /// # Errors
    /// A sentence that says what is wrong, or missing.
    pub fn url(text: &str, source: &str) -> Result<DatabaseUrl, String> {
        if !text.is_empty() {
            return database(text);
        }
        let environment = Environment::try_parse_from(["call-history"]);
        let environment = environment.map_err(|error| error.to_string())?;
        let all = environment.sources.settings()?;
        let named = all.into_iter().find(|settings| settings.name == source);
        named.and_then(|settings| settings.url).ok_or_else(|| {
            format!(
                "which database? Neither SOURCE_DATABASE_URL nor SOURCES_FILE has one for {source}"
            )
        })
    }
}

fn database(text: &str) -> Result<DatabaseUrl, String> {
    let url: DatabaseUrl = text.trim().parse().map_err(|error| format!("{error}"))?;
    match url.is_sqlite() {
        true => Err("a PBX's database is mysql://user:password@host/database".to_owned()),
        false => Ok(url),
    }
}
