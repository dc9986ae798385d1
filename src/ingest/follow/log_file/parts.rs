//! The parts of a log: the file, and what was rotated away beside it.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// By so many bytes at its beginning a part is told from others.
const HEAD: usize = 256;

/// With fewer bytes than one line has, files that have just been begun look alike.
const TELLING: usize = 40;

/// A file that holds a part of the log. It stays the same file whatever its name becomes.
#[derive(Debug)]
pub(super) struct Part {
    file: File,
    pub(super) inode: u64,
    /// In seconds since 1970.
    pub(super) modified: i64,
    /// In bytes; of a gzipped file, of its packed form.
    pub(super) size: u64,
    is_packed: bool,
    pub(super) head: Head,
    beginning: Vec<u8>,
}

/// How a part begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    length: usize,
    hash: String,
}

impl Head {
    fn of(bytes: &[u8]) -> Self {
        let hash = Sha256::digest(bytes);
        Self {
            length: bytes.len(),
            hash: hash[..16]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        }
    }

    /// Whether hardly another file begins like that.
    pub(super) fn is_telling(&self) -> bool {
        self.length >= TELLING
    }
}

impl Part {
    /// Whether the part begins like that, whatever has been appended since.
    pub(super) fn begins_as(&self, head: &Head) -> bool {
        let beginning = self.beginning.get(..head.length);
        beginning.is_some_and(|bytes| Head::of(bytes) == *head || head.length == 0)
    }

    /// At most so many bytes from an offset on.
    pub(super) fn read(&mut self, offset: u64, most: usize) -> io::Result<Vec<u8>> {
        let mut block = Vec::new();
        let most = most as u64;
        if self.is_packed {
            self.file.rewind()?;
            let mut unpacked = MultiGzDecoder::new(&self.file);
            io::copy(&mut unpacked.by_ref().take(offset), &mut io::sink())?;
            unpacked.take(most).read_to_end(&mut block)?;
        } else {
            self.file.seek(SeekFrom::Start(offset))?;
            self.file.by_ref().take(most).read_to_end(&mut block)?;
        }
        Ok(block)
    }

    /// Whether it is not shorter than that.
    pub(super) fn reaches(&self, offset: u64) -> bool {
        self.is_packed || self.size >= offset
    }
}

/// The file itself.
pub(super) fn current(path: &Path) -> io::Result<Part> {
    part(path)
}

/// All parts, the oldest first, the file itself last.
pub(super) fn list(path: &Path) -> io::Result<Vec<Part>> {
    let current = part(path)?;
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut rotated = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name().to_string_lossy().into_owned();
        if other.strip_prefix(&name).is_some_and(is_rotated) {
            // One that has just been rotated on has another name by now.
            rotated.extend(part(&entry.path()).ok());
        }
    }
    rotated.sort_by_key(|part| part.modified);
    rotated.push(current);
    Ok(rotated)
}

/// Whether a name ends as rotated files' do: `.1`, `-20261123`, `.2026-11-23.gz`.
fn is_rotated(ending: &str) -> bool {
    let ending = ending.strip_suffix(".gz").unwrap_or(ending);
    let mut rest = ending.chars();
    matches!(rest.next(), Some('.' | '-'))
        && rest.clone().next().is_some()
        && rest.all(|c| c.is_ascii_digit() || c == '-' || c == '_')
}

fn part(path: &Path) -> io::Result<Part> {
    // Opening a pipe would wait for somebody to write into it.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("this is no file"));
    }
    let mut file = File::open(path)?;
    let data = file.metadata()?;
    let is_packed = path.extension().is_some_and(|ending| ending == "gz");
    let mut beginning = Vec::new();
    if is_packed {
        // Half a file while gzip is at work: it is looked at again.
        let unpacked = MultiGzDecoder::new(&file);
        unpacked.take(HEAD as u64).read_to_end(&mut beginning)?;
    } else {
        file.by_ref()
            .take(HEAD as u64)
            .read_to_end(&mut beginning)?;
    }
    Ok(Part {
        inode: data.ino(),
        modified: data.mtime(),
        size: data.len(),
        is_packed,
        head: Head::of(&beginning),
        beginning,
        file,
    })
}
