//! What docs/CTI.md says is what the program does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{capture, token};
use crate::support::cti::{Cti, PATH};
use crate::support::service::program;

const DOCUMENTED: &str = include_str!("../../../docs/CTI.md");

/// The frames that it shows, each with its answer, if there is one.
fn examples() -> Vec<(&'static str, Option<&'static str>)> {
    let mut examples = Vec::new();
    let mut rest = DOCUMENTED;
    while let Some((_, after)) = rest.split_once("\n```json\n") {
        let (block, others) = after.split_once("\n```\n").unwrap();
        let (said, answer) = match block.split_once('\n') {
            Some((said, answer)) => (said, Some(answer)),
            None => (block, None),
        };
        assert!(!answer.unwrap_or_default().contains('\n'), "{block}");
        examples.push((said, answer));
        rest = others;
    }
    examples
}

#[test]
fn every_frame_of_the_document_is_answered_as_it_says() {
    let (_database, service) = capture();
    let token = token("userb", "history:self history:queue:* history:customer");
    let mut cti = Cti::open(&service, &token);
    let ping = json!({"claz": "ping"}).to_string();
    let mut commands = BTreeSet::new();
    for (said, documented) in examples() {
        cti.say(said);
        if let Some(documented) = documented {
            let answer = cti.next_text();
            match documented.split_once('…') {
                Some((begin, "")) => assert!(answer.starts_with(begin), "{said}: {answer:.200}"),
                _ => assert_eq!(answer, documented, "{said}"),
            }
        }
        // And by no more than that.
        cti.say(&ping);
        assert_eq!(cti.next_text(), ping, "{said}");
        let frame: Value = serde_json::from_str(said).unwrap();
        commands.extend(frame["command"].as_str().map(str::to_owned));
    }
    // No command is left out.
    let unknown = cti.refused(&json!({"claz": "web", "command": ""}));
    let (_, known) = unknown.split_once("known are ").unwrap();
    for command in known.split(", ") {
        assert!(commands.contains(command), "docs/CTI.md lacks {command}");
    }
}

#[test]
fn the_first_frames_are_those_of_the_document() {
    let (_database, service) = capture();
    for token in [token("userb", "history:self"), "x".to_owned()] {
        let path = format!("{PATH}?token={token}");
        let first = Cti::connect(&service, &path, &[]).unwrap().next_text();
        assert!(DOCUMENTED.contains(&format!("\n{first}\n")), "{first}");
    }
}

#[test]
fn the_document_names_each_setting_of_the_manager_interface() {
    let help = program().args(["serve", "--help"]).output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    let names = help.split(|c: char| !c.is_ascii_uppercase() && c != '_');
    let names: BTreeSet<&str> = names.filter(|name| name.starts_with("AMI_")).collect();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        assert!(DOCUMENTED.contains(&format!("`{name}`")), "{name}");
    }
}
