//! Scopes in a column: one on each line, since no scope has a control character.

use crate::model::Scope;

/// The text of these scopes.
pub(super) fn to_text<'a>(scopes: impl IntoIterator<Item = &'a Scope>) -> String {
    let lines: Vec<String> = scopes.into_iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The scopes in a text. Those of another version of the program open nothing.
pub(super) fn from_text<C: FromIterator<Scope>>(text: &str) -> C {
    text.lines().filter_map(|line| line.parse().ok()).collect()
}
