//! The inputs that fuzzing has kept (`fuzz/corpus`), and those that once found something
//! (`fuzz/findings`), run as a test. `make fuzz` looks for more.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its fixture is broken"
)]

#[path = "fuzz/mod.rs"]
mod drive;

use std::path::{Path, PathBuf};

#[test]
fn kept_files_are_read() {
    run("records", drive::records);
}

#[test]
fn kept_rows_are_folded() {
    run("fold", drive::fold);
}

fn run(target: &str, drive: fn(&[u8])) {
    let mut files = Vec::new();
    for folder in ["corpus", "findings"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        walk(&root.join(folder).join(target), &mut files);
    }
    assert!(files.len() > 10, "{target} has lost its inputs");
    let failed: Vec<&PathBuf> = files
        .iter()
        .filter(|file| {
            let data = std::fs::read(file).unwrap();
            std::panic::catch_unwind(|| drive(&data)).is_err()
        })
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for item in std::fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.push(path);
        }
    }
}
