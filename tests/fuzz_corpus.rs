//! The inputs that fuzzing has kept (`fuzz/corpus`), and those that once found something
//! (`fuzz/findings`), run as a test. `make fuzz` looks for more.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its fixture is broken"
)]

#[path = "fuzz/mod.rs"]
mod drive;

use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

#[test]
fn kept_files_are_read() {
    run("records", drive::records);
}

#[test]
fn kept_rows_are_folded() {
    run("fold", drive::fold);
}

#[test]
fn kept_frames_are_understood_or_refused() {
    run("frames", drive::frames);
}

#[test]
fn what_is_kept_of_pbxs_is_heard() {
    run("ami", drive::ami);
}

/// Rows by chance, seeded: `ROWS_SEED` and `ROWS_RUNS` make a longer run.
#[test]
fn rows_by_chance_are_folded() {
    let setting = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
    };
    let (seed, runs) = (setting("ROWS_SEED", 1), setting("ROWS_RUNS", 300));
    for run in seed..seed + runs {
        let mut random = StdRng::seed_from_u64(run);
        let mut data: Vec<u8> = (0..random.random_range(20..400))
            .map(|_| random.random())
            .collect();
        // Mostly channel events, in few seconds.
        for cell in data.as_chunks_mut::<10>().0 {
            if random.random_range(0..4) > 0 {
                cell[0] = cell[0] | 128 | 7;
            }
            cell[1] %= 40;
        }
        let folded = std::panic::catch_unwind(|| drive::fold(&data));
        assert!(folded.is_ok(), "ROWS_SEED={run} ROWS_RUNS=1");
    }
}

fn run(target: &str, drive: fn(&[u8])) {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    walk(&root.join("corpus").join(target), &mut files);
    let findings = root.join("findings").join(target);
    // Nothing was found by some targets, and git keeps no empty folder.
    if findings.is_dir() {
        walk(&findings, &mut files);
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
