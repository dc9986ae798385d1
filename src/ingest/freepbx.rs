//! A FreePBX's users and queues, as the files that `directory import` reads: so the same is
//! checked, and said, whichever way they come.

use std::collections::HashMap;

use crate::store::pbx::FreePbx;

/// The files.
#[derive(Debug, PartialEq, Eq)]
pub struct Files {
    /// As `--users`.
    pub users: Vec<u8>,
    /// As `--queues`.
    pub queues: Vec<u8>,
}

/// The files of what FreePBX is configured with. A user is named by the extension, as is one that
/// the directory does not know.
///
/// # Errors
/// None that can be expected: the files are in memory.
pub fn files(pbx: &FreePbx) -> Result<Files, csv::Error> {
    let mut phones: HashMap<&str, Vec<&str>> = HashMap::new();
    for (dial, user) in &pbx.devices {
        // What is no phone of its own, such as a number outside, is nobody's endpoint.
        if is_endpoint(dial) {
            phones.entry(user).or_default().push(dial);
        }
    }
    let mut users = csv::Writer::from_writer(Vec::new());
    users.write_record([
        "username",
        "first_name",
        "last_name",
        "numbers",
        "endpoints",
    ])?;
    for (extension, name) in &pbx.users {
        // One name in FreePBX: its first word is the first name, unless it is the only one.
        let (first, last) = name.trim().split_once(' ').unwrap_or(("", name.trim()));
        let phones = phones.get(extension.as_str()).cloned().unwrap_or_default();
        let phones = phones.join(";");
        users.write_record([extension, first, last.trim(), extension, &phones])?;
    }
    let mut queues = csv::Writer::from_writer(Vec::new());
    queues.write_record(["name", "display_name", "number"])?;
    for (number, description) in &pbx.queues {
        queues.write_record([number, description, number])?;
    }
    let done =
        |writer: csv::Writer<Vec<u8>>| writer.into_inner().map_err(|error| error.into_error());
    Ok(Files {
        users: done(users)?,
        queues: done(queues)?,
    })
}

fn is_endpoint(dial: &str) -> bool {
    let Some((technology, name)) = dial.split_once('/') else {
        return false;
    };
    let is_plumbing = technology.eq_ignore_ascii_case("Local");
    !is_plumbing && !name.is_empty() && !name.contains(['/', '@', '&', ';'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::directory;

    #[test]
    fn users_have_their_phones_and_queues_their_names() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let files = files(&FreePbx {
            users: vec![
                pair("1000", "Ann Lee Roy"),
                pair("1001", "Reception"),
                pair("x\"1", ""),
            ],
            devices: vec![
                pair("PJSIP/1000", "1000"),
                pair("SIP/991000", "1000"),
                pair("Local/0611223344@from-internal", "1000"),
                pair("DAHDI/g0/0611223344", "1001"),
                pair("PJSIP/7", "none"),
            ],
            queues: vec![pair("600", "Sales, all")],
        })
        .unwrap();
        let users = directory::users(&files.users[..], "default", chrono_tz::UTC);
        assert_eq!(users.bad.len(), 1, "{:?}", users.bad);
        let ann = &users.items[0];
        assert_eq!(
            (ann.first_name.as_str(), ann.last_name.as_str()),
            ("Ann", "Lee Roy")
        );
        let phones: Vec<&str> = ann.endpoints.iter().map(|e| e.value.as_str()).collect();
        assert_eq!(phones, ["PJSIP/1000", "SIP/991000"]);
        assert_eq!(ann.numbers[0].value, "1000");
        assert_eq!(users.items[1].last_name, "Reception");
        assert!(users.items[1].endpoints.is_empty());
        let queues = directory::queues(&files.queues[..]);
        assert_eq!(queues.items[0].display_name, "Sales, all");
        assert_eq!(queues.items[0].number, "600");
    }
}
