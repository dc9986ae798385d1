//! The file that names several PBXs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;
use serde::Deserialize;
use toml::Spanned;

use super::database;
use crate::asterisk::Kind;
use crate::asterisk::table::Names;
use crate::config::ami::Manager;
use crate::config::{read_secret, source, zone};
use crate::ingest::follow::settings::{Settings, WINDOWS, Window, ZoneNames};
use crate::presence::ami;

/// The file's form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourcesFile {
    source: Vec<OneSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneSource {
    name: Spanned<String>,
    url: Option<Spanned<String>>,
    url_file: Option<Spanned<PathBuf>>,
    queue_log_file: Option<PathBuf>,
    zone: Option<Spanned<String>>,
    cdr_zone: Option<Spanned<String>>,
    queue_log_zone: Option<Spanned<String>>,
    cel_zone: Option<Spanned<String>>,
    windows: Option<Spanned<Vec<OneWindow>>>,
    ami: Option<Spanned<OneManager>>,
    #[serde(default)]
    cdr: OneTable,
    #[serde(default)]
    queue_log: OneTable,
    #[serde(default)]
    cel: OneTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneWindow {
    last_seconds: u64,
    every_seconds: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneManager {
    url: String,
    user: String,
    secret: Option<String>,
    secret_file: Option<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct OneTable {
    table: Option<String>,
    #[serde(default)]
    columns: BTreeMap<String, String>,
}

/// The sources of a file.
///
/// # Errors
/// The file, the line, and what is wrong there.
pub(super) fn read(path: &Path) -> Result<Vec<Settings>, String> {
    read_as(path, OneSource::settings)
}

/// The Manager Interfaces of a file's sources.
///
/// # Errors
/// The file, the line, and what is wrong there.
pub(super) fn managers(path: &Path, patience: Duration) -> Result<Vec<ami::Settings>, String> {
    let all = read_as(path, |source| source.manager(patience))?;
    Ok(all.into_iter().flatten().collect())
}

fn read_as<T>(
    path: &Path,
    understand: impl Fn(OneSource) -> Result<T, (usize, String)>,
) -> Result<Vec<T>, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("SOURCES_FILE: cannot read {shown}: {error}"))?;
    parse(&text, understand).map_err(|(line, reason)| format!("{shown}:{line}: {reason}"))
}

/// What is understood of each source of a file's text, or the line of a fault and what it is. The
/// reason never quotes a value, which may hold a password.
fn parse<T>(
    text: &str,
    understand: impl Fn(OneSource) -> Result<T, (usize, String)>,
) -> Result<Vec<T>, (usize, String)> {
    let line = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
    let file: SourcesFile = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(1, |span| line(span.start));
        (
            at,
            format!(
                "{}; an example is in README.md",
                without_value(error.message())
            ),
        )
    })?;
    if file.source.is_empty() {
        return Err((1, "no [[source]] in it".to_owned()));
    }
    file.source
        .into_iter()
        .map(|one| understand(one).map_err(|(offset, reason)| (line(offset), reason)))
        .collect()
}

/// A message without the value that it quotes, which may be a URL with its password.
fn without_value(message: &str) -> String {
    let Some((before, rest)) = message.split_once("string \"") else {
        return message.to_owned();
    };
    let after = rest.rsplit_once('"').map_or("", |(_, after)| after);
    format!("{before}a string{after}")
}

impl OneSource {
    fn settings(self) -> Result<Settings, (usize, String)> {
        let at = self.name.span().start;
        let name = source(self.name.get_ref()).map_err(|reason| (at, format!("name: {reason}")))?;
        let url = match (&self.url, &self.url_file) {
            (Some(_), Some(file)) => {
                return Err((
                    file.span().start,
                    "url and url_file: one of both is enough".to_owned(),
                ));
            }
            (Some(url), None) => Some((url.span().start, url.get_ref().clone())),
            (None, Some(file)) => {
                let at = file.span().start;
                let text = read_secret("url_file", file.get_ref());
                Some((at, text.map_err(|error| (at, format!("{error:#}")))?))
            }
            (None, None) => None,
        };
        let url = url
            .map(|(at, text)| database(&text).map_err(|reason| (at, format!("url: {reason}"))))
            .transpose()?;
        if url.is_none() && self.queue_log_file.is_none() && self.ami.is_none() {
            return Err((
                at,
                "a source needs url, url_file, queue_log_file or ami".to_owned(),
            ));
        }
        let tables = [
            (Kind::Cdr, self.cdr),
            (Kind::QueueLog, self.queue_log),
            (Kind::Cel, self.cel),
        ];
        let names = tables.into_iter().map(|(kind, table)| {
            let names = Names {
                table: table.table,
                columns: table.columns,
            };
            (kind, names)
        });
        Ok(Settings {
            name,
            url,
            queue_log_file: self.queue_log_file,
            zones: ZoneNames {
                all: named(self.zone, "zone")?,
                cdr: named(self.cdr_zone, "cdr_zone")?,
                queue_log: named(self.queue_log_zone, "queue_log_zone")?,
                cel: named(self.cel_zone, "cel_zone")?,
            },
            names: names.collect(),
            windows: windows(self.windows)?,
        })
    }

    fn manager(self, patience: Duration) -> Result<Option<ami::Settings>, (usize, String)> {
        let Some(manager) = self.ami else {
            return Ok(None);
        };
        let named = self.name.span().start;
        let name =
            source(self.name.get_ref()).map_err(|reason| (named, format!("name: {reason}")))?;
        let at = manager.span().start;
        let manager = manager.into_inner();
        let wanted = Manager {
            source: name,
            url: Some(manager.url),
            user: Some(manager.user),
            secret: manager.secret,
            secret_file: manager.secret_file,
            patience,
        };
        let names = ["ami.url", "ami.user", "ami.secret", "ami.secret_file"];
        wanted.settings(names).map_err(|reason| (at, reason))
    }
}

fn named(name: Option<Spanned<String>>, what: &str) -> Result<Option<Tz>, (usize, String)> {
    let Some(name) = name else {
        return Ok(None);
    };
    let found = zone(name.get_ref());
    found
        .map(Some)
        .map_err(|reason| (name.span().start, format!("{what}: {reason}")))
}

fn windows(windows: Option<Spanned<Vec<OneWindow>>>) -> Result<Vec<Window>, (usize, String)> {
    let Some(windows) = windows else {
        return Ok(WINDOWS.to_vec());
    };
    let at = windows.span().start;
    let is_right = |window: &OneWindow| {
        (60..=3_600 * 24 * 90).contains(&window.last_seconds)
            && (0.1..=86_400.0).contains(&window.every_seconds)
    };
    let windows = windows.into_inner();
    let grows = windows
        .windows(2)
        .all(|pair| pair[0].last_seconds < pair[1].last_seconds);
    if windows.is_empty() || !grows || !windows.iter().all(is_right) {
        return Err((
            at,
            "windows: from the shortest to the longest, last_seconds from 60 to 7776000, \
             every_seconds from 0.1 to 86400"
                .to_owned(),
        ));
    }
    let windows = windows.into_iter().map(|window| Window {
        last: Duration::from_secs(window.last_seconds),
        every: Duration::from_secs_f64(window.every_seconds),
    });
    Ok(windows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARIS: &str =
        "[[source]]\nname = \"paris\"\nurl = \"mysql://u:secret@pbx/asteriskcdrdb\"\n";

    #[test]
    fn a_file_names_sources_with_zones_tables_and_windows() {
        let text = format!(
            "{PARIS}zone = \"Europe/Paris\"\ncdr_zone = \"UTC\"\n\
             windows = [{{ last_seconds = 600, every_seconds = 0.5 }}]\n\
             [source.cdr]\ntable = \"my_cdr\"\ncolumns = {{ start = \"began\" }}\n\
             [[source]]\nname = \"lyon\"\nqueue_log_file = \"/var/log/asterisk/queue_log\"\n"
        );
        let all = parse(&text, OneSource::settings).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].zones.all, Some(Tz::Europe__Paris));
        assert_eq!(all[0].zones.cdr, Some(Tz::UTC));
        assert_eq!(all[0].names[&Kind::Cdr].table.as_deref(), Some("my_cdr"));
        assert_eq!(all[0].names[&Kind::Cdr].columns["start"], "began");
        assert_eq!(all[0].windows[0].every, Duration::from_millis(500));
        assert!(all[1].url.is_none());
        assert_eq!(all[1].windows, WINDOWS);
    }

    #[test]
    fn a_source_may_have_a_manager_interface_beside_its_tables_or_alone() {
        let patience = Duration::from_secs(10);
        let managers = |text: &str| parse(text, |source| source.manager(patience));
        let ami = "ami = { url = \"tcp://pbx\", user = \"history\", secret = \"hidden\" }\n";
        let text = format!("{PARIS}{ami}[[source]]\nname = \"lyon\"\n{ami}{PARIS}");
        let all: Vec<_> = managers(&text).unwrap().into_iter().flatten().collect();
        let sources: Vec<&str> = all.iter().map(|one| one.source.as_str()).collect();
        assert_eq!(sources, ["paris", "lyon"]);
        assert_eq!(all[1].secret, ami::Secret::new("hidden"));
        let followed = parse(&text, OneSource::settings).unwrap();
        assert!(followed[1].url.is_none() && followed[1].queue_log_file.is_none());
        for (fault, reason) in [
            (ami.replace("tcp", "http"), "ami.url must be tcp://"),
            (ami.replace("history", ""), "ami.url needs ami.user"),
            (
                ami.replace("hidden", ""),
                "ami.url needs ami.secret_file or ami.secret",
            ),
            (ami.replace("user", "name"), "unknown field"),
            (ami.replace("{", "{ secret_file = \"x\","), "one of both"),
        ] {
            let (line, said) = managers(&format!("{PARIS}{fault}")).unwrap_err();
            assert!(line == 4 && said.contains(reason), "{line}: {said}");
            assert!(!said.contains("hidden"), "{said}");
        }
    }

    #[test]
    fn a_fault_has_its_line_and_never_a_password() {
        for (text, line, reason) in [
            (format!("{PARIS}colour = 1\n"), 4, "colour"),
            (format!("{PARIS}zone = \"Mars\"\n"), 4, "zone: not an IANA"),
            ("[[source]]\nname = \"x\"\n".to_owned(), 2, "needs url"),
            (
                "[[source]]\nurl = \"mysql://u:secret@h/d\"\n".to_owned(),
                1,
                "name",
            ),
            (
                PARIS.replace("mysql", "pg"),
                3,
                "url: the database URL must be",
            ),
            (PARIS.replace("\"\n", "\n"), 2, ""),
            (format!("{PARIS}url_file = \"x\"\n"), 4, "one of both"),
            (format!("{PARIS}windows = []\n"), 4, "windows: from"),
            ("source = 1\n".to_owned(), 1, ""),
            (
                "source = \"mysql://u:secret@h/d\"\n".to_owned(),
                1,
                "invalid type: a string, expected",
            ),
            ("source = []\n".to_owned(), 1, "no [[source]]"),
        ] {
            let (at, said) = parse(&text, OneSource::settings).unwrap_err();
            assert_eq!(at, line, "{text}: {said}");
            assert!(said.contains(reason), "{text}: {said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
