//! Which file is which, whatever rotation did to their names.

use std::fs;
use std::io::Write;

use tempfile::TempDir;

use super::parts::list;
use super::*;

fn lines(from: u32, count: u32) -> String {
    let line = |n: u32| {
        format!(
            "{}|1795393139.{n}|blue|NONE|ENTERQUEUE||0611223344|1\n",
            1_795_393_139 + n
        )
    };
    (from..from + count).map(line).collect()
}

/// A folder with the log file, and a position behind its first lines.
fn begun() -> (TempDir, PathBuf, Position) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue_log");
    fs::write(&path, lines(0, 10)).unwrap();
    let parts = list(&path).unwrap();
    let position = Position {
        head: parts[0].head.clone(),
        inode: parts[0].inode,
        modified: parts[0].modified,
        offset: lines(0, 4).len() as u64,
        line: 4,
    };
    (folder, path, position)
}

/// The rest of the part that the position is in.
fn rest(path: &std::path::Path, position: &Position) -> Option<String> {
    let mut parts = list(path).unwrap();
    let place = find(&parts, position)?;
    let bytes = parts[place].read(position.offset, BLOCK).unwrap();
    Some(String::from_utf8(bytes).unwrap())
}

#[test]
fn a_file_that_was_renamed_copied_or_gzipped_is_found_again() {
    let expected = Some(lines(4, 6));
    for name in ["queue_log.1", "queue_log-20261123", "queue_log.2"] {
        let (folder, path, position) = begun();
        fs::rename(&path, folder.path().join(name)).unwrap();
        fs::write(&path, lines(10, 50)).unwrap();
        assert_eq!(rest(&path, &position), expected, "{name}");
    }
    let (folder, path, position) = begun();
    fs::copy(&path, folder.path().join("queue_log.1")).unwrap();
    fs::write(&path, "").unwrap();
    assert_eq!(rest(&path, &position), expected, "truncated");
    // Even when the file has grown beyond what it was.
    fs::write(&path, lines(10, 50)).unwrap();
    assert_eq!(rest(&path, &position), expected, "grown again");

    let (folder, path, position) = begun();
    let packed = fs::File::create(folder.path().join("queue_log.1.gz")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
    packed.write_all(&fs::read(&path).unwrap()).unwrap();
    packed.finish().unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, lines(10, 50)).unwrap();
    assert_eq!(rest(&path, &position), expected, "gzipped");
}

#[test]
fn other_files_are_not_taken_for_it() {
    let (folder, path, position) = begun();
    fs::remove_file(&path).unwrap();
    fs::write(&path, lines(100, 50)).unwrap();
    for name in [
        "queue_log.bak",
        "queue_log_old",
        "queue_log2",
        "queue_log.1.swp",
    ] {
        fs::write(folder.path().join(name), lines(0, 10)).unwrap();
    }
    assert_eq!(rest(&path, &position), None);
}
