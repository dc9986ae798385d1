//! Writes the inputs that fuzzing starts from: `seeds FOLDER`. Pieces of the capture and files
//! made bad by hand for `records`, the golden cases for `fold`, and what clients and PBXs say for
//! `frames` and `ami`.

mod bad_files;
#[path = "../../tests/fuzz/mod.rs"]
mod drive;
mod golden;
mod said;

use std::io::{self, Write};
use std::path::Path;

use flate2::{Compression, write::GzEncoder};

/// Lines of a piece of the capture.
const LINES: usize = 6;

fn main() -> io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "corpus".into());
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (records, fold) = (
        Path::new(&folder).join("records"),
        Path::new(&folder).join("fold"),
    );
    std::fs::create_dir_all(&records)?;
    std::fs::create_dir_all(&fold)?;
    for (file, has_header, step) in [
        ("cdr.csv", true, 3),
        ("queue_log.csv", true, 2),
        ("queue_log", false, 2),
        ("cel.csv", true, 40),
    ] {
        let text = std::fs::read_to_string(repository.join("tests/fixtures/asterisk").join(file))?;
        for (n, piece) in pieces(&text, has_header).into_iter().enumerate() {
            if n % step == 0 {
                std::fs::write(records.join(format!("{file}-{n}")), &piece)?;
            }
            if n == 0 {
                std::fs::write(records.join(format!("{file}-{n}.gz")), gzipped(&piece)?)?;
            }
        }
    }
    for (name, bytes) in bad_files::FILES {
        std::fs::write(records.join(name), bytes)?;
    }
    let whole = gzipped(&String::from_utf8_lossy(bad_files::FILES[0].1))?;
    std::fs::write(records.join("cut.gz"), &whole[..whole.len() - 9])?;
    for cases in ["calls", "queues", "shapes", "catalogue", "channels"] {
        let file = repository.join("tests/golden").join(format!("{cases}.txt"));
        for (n, cells) in golden::cells(&std::fs::read_to_string(file)?)
            .iter()
            .enumerate()
        {
            std::fs::write(fold.join(format!("{cases}-{n}")), cells)?;
        }
    }
    say(Path::new(&folder))
}

/// What clients and PBXs say.
fn say(folder: &Path) -> io::Result<()> {
    let (frames, ami) = (folder.join("frames"), folder.join("ami"));
    std::fs::create_dir_all(&frames)?;
    std::fs::create_dir_all(&ami)?;
    for (name, text) in said::FRAMES {
        std::fs::write(frames.join(name), text)?;
    }
    for (name, bytes) in said::HEADS {
        std::fs::write(frames.join(name), bytes)?;
    }
    let all: String = said::PBX.iter().map(|(_, text)| *text).collect();
    for (name, text) in said::PBX.into_iter().chain([("all", all.as_str())]) {
        for (n, piece) in [("", '\0'), ("-in-pieces", '\n')] {
            let bytes = format!("{piece}Asterisk Call Manager/9.0.0\r\n{text}");
            std::fs::write(ami.join(format!("{name}{n}")), bytes)?;
        }
    }
    Ok(())
}

/// The text in pieces of a few lines, each with the header line if there is one.
fn pieces(text: &str, has_header: bool) -> Vec<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let header = if has_header {
        Some(lines.remove(0))
    } else {
        None
    };
    let piece = |lines: &[&str]| {
        header
            .iter()
            .chain(lines)
            .map(|line| format!("{line}\n"))
            .collect()
    };
    lines.chunks(LINES).map(piece).collect()
}

fn gzipped(text: &str) -> io::Result<Vec<u8>> {
    let mut file = GzEncoder::new(Vec::new(), Compression::best());
    file.write_all(text.as_bytes())?;
    file.finish()
}
