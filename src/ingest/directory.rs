//! CSV files of the directory: users, agents, queues.

use std::collections::HashMap;
use std::io::Read;

use chrono_tz::Tz;

use crate::asterisk::file::BadLine;
use crate::asterisk::time;
use crate::model::{Agent, InvalidScope, Queue, User, Validity, Valued, check};

/// The longest text that a field, or a part of a list, may have, in characters.
const WIDEST: usize = check::WIDEST;

/// The longest list, in characters.
const LONGEST_LIST: usize = 8192;

/// The columns whose fields are lists, separated by `;`.
const LISTS: [&str; 3] = ["numbers", "endpoints", "scopes"];

/// What a file said: the good lines, and the bad ones.
#[derive(Debug)]
pub struct FileOf<T> {
    /// What the good lines say.
    pub items: Vec<T>,
    /// The bad lines.
    pub bad: Vec<BadLine>,
    /// Its columns.
    pub columns: Vec<String>,
}

impl<T> FileOf<T> {
    /// Whether it has this column.
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }
}

/// Reads users: `username,first_name,last_name,numbers,endpoints,agent_number,scopes`, several
/// numbers, endpoints and scopes separated by `;`. The optional columns `source`, `valid_from`
/// and `valid_until` hold for the numbers and endpoints of their line; lines with one username
/// are one user. Whose file has no column `scopes` says nothing about them.
pub fn users(file: impl Read, source: &str, zone: Tz) -> FileOf<User> {
    let lines = lines(file, &["username"], |line| user(line, source, zone));
    let mut users: Vec<User> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for user in lines.items {
        match places.get(&user.username) {
            Some(place) => {
                users[*place].numbers.extend(user.numbers);
                users[*place].endpoints.extend(user.endpoints);
                users[*place].scopes.extend(user.scopes);
            }
            None => {
                places.insert(user.username.clone(), users.len());
                users.push(user);
            }
        }
    }
    FileOf {
        items: users,
        bad: lines.bad,
        columns: lines.columns,
    }
}

/// Reads agents: `number,first_name,last_name`.
pub fn agents(file: impl Read) -> FileOf<Agent> {
    lines(file, &["number"], |line| {
        Ok(Agent {
            number: line.checked("number", check::name)?,
            first_name: line.checked("first_name", check::text)?,
            last_name: line.checked("last_name", check::text)?,
        })
    })
}

/// Reads queues: `name,display_name,number`.
pub fn queues(file: impl Read) -> FileOf<Queue> {
    lines(file, &["name"], |line| {
        Ok(Queue {
            name: line.checked("name", check::name)?,
            display_name: line.checked("display_name", check::text)?,
            number: line.optional("number", check::number)?.unwrap_or_default(),
        })
    })
}

fn user(line: &Line<'_>, source: &str, zone: Tz) -> Result<User, String> {
    let moment = |column: &str| {
        let parsed = time::parse(&line.text(column), zone, None);
        parsed
            .map(|stamp| stamp.map(|stamp| stamp.time))
            .map_err(|reason| format!("{column}: {reason}"))
    };
    let validity = Validity {
        from: moment("valid_from")?,
        until: moment("valid_until")?,
    };
    check::validity(validity).map_err(|reason| format!("valid_until: {reason}"))?;
    let source = line
        .optional("source", check::source)?
        .unwrap_or_else(|| source.to_owned());
    let valued = |value: &str| Valued {
        source: source.clone(),
        value: value.to_owned(),
        validity,
    };
    let [numbers, endpoints, scopes] = LISTS.map(|column| line.text(column));
    parts(&numbers)
        .try_for_each(check::number)
        .map_err(|reason| format!("numbers: {reason}"))?;
    parts(&endpoints)
        .try_for_each(check::endpoint)
        .map_err(|reason| format!("endpoints: {reason}"))?;
    let scopes: Result<_, InvalidScope> = parts(&scopes).map(str::parse).collect();
    Ok(User {
        username: line.checked("username", check::name)?,
        first_name: line.checked("first_name", check::text)?,
        last_name: line.checked("last_name", check::text)?,
        numbers: parts(&numbers).map(valued).collect(),
        endpoints: parts(&endpoints).map(valued).collect(),
        agent_number: line.optional("agent_number", check::name)?,
        scopes: scopes.map_err(|invalid| format!("scopes: {invalid}"))?,
        deleted_at: None,
    })
}

fn parts(field: &str) -> impl Iterator<Item = &str> {
    field
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// A line of a file with its header.
struct Line<'a> {
    header: &'a [String],
    values: &'a csv::StringRecord,
}

impl Line<'_> {
    fn text(&self, column: &str) -> String {
        let place = self.header.iter().position(|name| name == column);
        place
            .and_then(|place| self.values.get(place))
            .unwrap_or_default()
            .trim()
            .to_owned()
    }

    fn check_widths(&self) -> Result<(), String> {
        for (column, value) in self.header.iter().zip(self.values) {
            let is_list = LISTS.contains(&column.as_str());
            let widest = if is_list { LONGEST_LIST } else { WIDEST };
            check_width(column, value, widest)?;
            for part in value.split(';').filter(|_| is_list) {
                check_width(column, part, WIDEST)?;
            }
        }
        Ok(())
    }

    fn checked(
        &self,
        column: &str,
        check: fn(&str) -> Result<(), String>,
    ) -> Result<String, String> {
        let text = self.text(column);
        match check(&text) {
            Ok(()) => Ok(text),
            Err(reason) => Err(format!("{column}: {reason}")),
        }
    }

    /// The same of a column that may be empty.
    fn optional(
        &self,
        column: &str,
        check: fn(&str) -> Result<(), String>,
    ) -> Result<Option<String>, String> {
        if self.text(column).is_empty() {
            return Ok(None);
        }
        self.checked(column, check).map(Some)
    }
}

fn lines<T>(
    file: impl Read,
    required: &[&str],
    read: impl Fn(&Line<'_>) -> Result<T, String>,
) -> FileOf<T> {
    let mut result = FileOf {
        items: Vec::new(),
        bad: Vec::new(),
        columns: Vec::new(),
    };
    let mut csv = csv::Reader::from_reader(file);
    result.columns = match csv.headers() {
        Ok(header) => header
            .iter()
            .map(|name| name.trim().trim_start_matches('\u{feff}').to_lowercase())
            .collect(),
        Err(error) => return bad_header(result, format!("cannot be read: {error}")),
    };
    if let Some(missing) = required.iter().find(|name| !result.has(name)) {
        // Spreadsheets of many countries write a CSV with semicolons.
        return bad_header(
            result,
            format!("the header line has no column {missing} (commas separate columns)"),
        );
    }
    let mut values = csv::StringRecord::new();
    loop {
        let line = csv.position().line();
        let item = match csv.read_record(&mut values) {
            Ok(false) => return result,
            Ok(true) => {
                let line = Line {
                    header: &result.columns,
                    values: &values,
                };
                line.check_widths().and_then(|()| read(&line))
            }
            Err(error) => Err(error.to_string()),
        };
        match item {
            Ok(item) => result.items.push(item),
            Err(reason) => {
                let line = values
                    .position()
                    .map_or(line, |position| position.line().max(line));
                result.bad.push(BadLine { line, reason });
            }
        }
    }
}

fn check_width(column: &str, text: &str, widest: usize) -> Result<(), String> {
    match text.chars().count() {
        width if width > widest => Err(format!(
            "{column}: {width} characters are more than {widest}"
        )),
        _ => Ok(()),
    }
}

fn bad_header<T>(mut result: FileOf<T>, reason: String) -> FileOf<T> {
    result.bad.push(BadLine { line: 1, reason });
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_numbers_and_lines_make_one_user() {
        let file = "username,numbers,endpoints,agent_number,valid_until\n\
                    ann,1000; 1001,PJSIP/1000;SIP/1000,2501,\n\
                    ann,1002,,,2026-01-01 00:00:00\n";
        let read = users(file.as_bytes(), "default", chrono_tz::UTC);
        assert!(read.bad.is_empty(), "{:?}", read.bad);
        let user = &read.items[0];
        assert_eq!(read.items.len(), 1);
        assert_eq!(user.numbers.len(), 3);
        assert_eq!(user.endpoints.len(), 2);
        assert!(user.numbers[2].validity.until.is_some());
        assert_eq!(user.agent_number.as_deref(), Some("2501"));
    }

    #[test]
    fn a_file_with_other_separators_is_told_which_ones_count() {
        let read = users(
            &b"username;numbers\nann;1000\n"[..],
            "default",
            chrono_tz::UTC,
        );
        assert!(read.items.is_empty());
        assert!(
            read.bad[0].reason.contains("commas separate"),
            "{:?}",
            read.bad
        );
    }

    #[test]
    fn scopes_are_taken_from_every_line_and_a_word_that_is_none_makes_the_line_bad() {
        let file = "username,scopes\n\
                    ann,history:queue:blue; history:customer\n\
                    ann,history:queue:black\n\
                    bob,history:queue:blue;everything\n\
                    kim,\n";
        let read = users(file.as_bytes(), "default", chrono_tz::UTC);
        assert!(read.has("scopes") && !read.has("numbers"));
        let scopes = read.items.iter().map(|user| {
            let scopes: Vec<String> = user.scopes.iter().map(ToString::to_string).collect();
            (user.username.as_str(), scopes.join(" "))
        });
        let ann = "history:queue:black history:queue:blue history:customer";
        assert_eq!(
            scopes.collect::<Vec<_>>(),
            [("ann", ann.to_owned()), ("kim", String::new())]
        );
        let [bad] = read.bad.as_slice() else {
            panic!("{:?}", read.bad)
        };
        assert_eq!(bad.line, 4);
        assert!(
            bad.reason
                .starts_with("scopes: \"everything\" is no scope; scopes are history:self"),
            "{}",
            bad.reason
        );
    }

    #[test]
    fn a_list_may_be_long_but_not_its_parts() {
        let many: Vec<String> = (0..100).map(|n| format!("history:queue:q{n}")).collect();
        let file =
            |scopes: &str, name: &str| format!("username,first_name,scopes\nann,{name},{scopes}\n");
        let long = "x".repeat(256);
        for (file, good) in [
            (file(&many.join(";"), "Ann"), true),
            (file("", &many.join(";")), false),
            (file(&format!("history:queue:{long}"), "Ann"), false),
            (file(&many.join(";").repeat(5), "Ann"), false),
        ] {
            let read = users(file.as_bytes(), "default", chrono_tz::UTC);
            assert_eq!(read.bad.is_empty(), good, "{:?}", read.bad);
        }
    }

    #[test]
    fn bad_lines_are_named_and_the_rest_is_kept() {
        let file = "username,numbers,endpoints\n,1,\nann,x,\nbob,1,1000\nkim,1,PJSIP/1\n";
        let read = users(file.as_bytes(), "default", chrono_tz::UTC);
        let lines: Vec<u64> = read.bad.iter().map(|bad| bad.line).collect();
        assert_eq!(lines, [2, 3, 4]);
        assert_eq!(read.items.len(), 1);
        assert_eq!(
            users(&b"name\nx\n"[..], "default", chrono_tz::UTC).bad[0].line,
            1
        );
        assert_eq!(queues(&b""[..]).bad.len(), 1);
    }
}
