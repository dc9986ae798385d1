//! Writes lines to a file, or to standard output, without holding anybody up.
//!
//! Lines wait in a queue for one thread. While they cannot be written (a full disk) the thread
//! tries again each second, from where it stopped, so nothing is lost until the queue is full;
//! what is lost then is counted, and a line says so. The file may be rotated: one that was
//! renamed or removed is made anew, and one that was truncated goes on at its end.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use chrono::{SecondsFormat, Utc};

/// Lines that may wait, some three megabytes.
const WAITING: usize = 10_000;
/// Lines that are written at once.
const AT_ONCE: usize = 256;
/// After this long it is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// How long the end of the service waits for the last lines.
const FAREWELL: Duration = Duration::from_secs(3);

/// Where the lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Output,
    /// A file that is appended to.
    File(PathBuf),
}

impl From<&str> for Target {
    /// `-` is standard output, anything else the path of a file.
    fn from(text: &str) -> Self {
        match text {
            "-" => Self::Output,
            path => Self::File(path.into()),
        }
    }
}

/// A running writer. When it is dropped, what waits is still written.
pub struct Journal {
    queue: Option<SyncSender<String>>,
    lost: Arc<AtomicU64>,
    /// Disconnected when the thread has ended.
    ended: Mutex<Receiver<()>>,
}

impl Journal {
    /// Begins to write there.
    ///
    /// # Errors
    /// The file cannot be opened, or there is no thread.
    pub fn open(target: Target) -> io::Result<Self> {
        let sink = Sink::open(target)?;
        let (queue, lines) = sync_channel(WAITING);
        let (end, ended) = sync_channel(0);
        let lost = Arc::new(AtomicU64::new(0));
        let mut writer = Writer {
            sink,
            unwritten: Vec::new(),
            lost: Arc::clone(&lost),
            failing: false,
        };
        thread::Builder::new().name("audit".into()).spawn(move || {
            writer.run(&lines);
            drop(end);
        })?;
        Ok(Self {
            queue: Some(queue),
            lost,
            ended: Mutex::new(ended),
        })
    }

    /// Has a line written, soon.
    pub fn write(&self, line: String) {
        let queue = self.queue.as_ref();
        let taken = queue.is_some_and(|queue| queue.try_send(line).is_ok());
        if !taken && self.lost.fetch_add(1, Ordering::Relaxed) == 0 {
            log::error!("AUDIT_LOG: lines are lost: they cannot be written as fast as they come");
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        drop(self.queue.take());
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(FAREWELL) == Err(RecvTimeoutError::Timeout) {
            log::error!("AUDIT_LOG: the last lines are not written");
        }
    }
}

struct Writer {
    sink: Sink,
    unwritten: Vec<u8>,
    lost: Arc<AtomicU64>,
    failing: bool,
}

impl Writer {
    fn run(&mut self, lines: &Receiver<String>) {
        while let Ok(line) = lines.recv() {
            self.push(&line);
            for line in lines.try_iter().take(AT_ONCE) {
                self.push(&line);
            }
            let lost = self.lost.swap(0, Ordering::Relaxed);
            if lost > 0 {
                let time = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
                self.push(&format!(r#"{{"time":"{time}","lost":{lost}}}"#));
            }
            while let Err(error) = self.sink.write(&mut self.unwritten) {
                if !self.failing {
                    self.failing = true;
                    log::error!("AUDIT_LOG: cannot be written, and is tried again: {error}");
                }
                thread::sleep(AGAIN);
            }
            if self.failing {
                self.failing = false;
                log::info!("AUDIT_LOG: is written again");
            }
        }
    }

    fn push(&mut self, line: &str) {
        self.unwritten.extend_from_slice(line.as_bytes());
        self.unwritten.push(b'\n');
    }
}

enum Sink {
    Output,
    File { path: PathBuf, file: File },
}

impl Sink {
    fn open(target: Target) -> io::Result<Self> {
        Ok(match target {
            Target::Output => Self::Output,
            Target::File(path) => Self::File {
                file: append_to(&path)?,
                path,
            },
        })
    }

    /// Writes the bytes, and takes away those that are written.
    fn write(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        if let Self::File { path, file } = self
            && !is_still(path, file)?
        {
            *file = append_to(path)?;
        }
        while !bytes.is_empty() {
            let written = match self {
                Self::Output => {
                    let mut output = io::stdout().lock();
                    output.write_all(bytes)?;
                    output.flush()?;
                    bytes.len()
                }
                Self::File { file, .. } => match file.write(bytes) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(written) => written,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
                    Err(error) => return Err(error),
                },
            };
            bytes.drain(..written);
        }
        Ok(())
    }
}

/// Opens a file that only its owner may read, since it tells about people.
fn append_to(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).mode(0o600).open(path)
}

/// Whether the path still leads to this file.
fn is_still(path: &Path, file: &File) -> io::Result<bool> {
    let id = |data: std::fs::Metadata| (data.dev(), data.ino());
    let there = std::fs::metadata(path).ok().map(id);
    Ok(there == Some(id(file.metadata()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn what_waits_is_written_at_the_end_and_a_file_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        for round in ["a", "b"] {
            let journal = Journal::open(Target::File(path.clone())).unwrap();
            for n in 0..1000 {
                journal.write(format!("{round}{n}"));
            }
            drop(journal);
        }
        let all = text(&path);
        let lines: Vec<&str> = all.lines().collect();
        assert_eq!(lines.len(), 2000);
        assert_eq!([lines[0], lines[999], lines[1999]], ["a0", "a999", "b999"]);
        let mode = path.metadata().unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_moved_away_is_made_anew_and_a_truncated_one_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("audit"), folder.path().join("audit.1"));
        let mut sink = Sink::open(Target::File(path.clone())).unwrap();
        let mut write = |line: &str| sink.write(&mut line.as_bytes().to_vec()).unwrap();
        write("one\n");
        std::fs::rename(&path, &moved).unwrap();
        write("two\n");
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(0)
            .unwrap();
        write("three\n");
        assert_eq!(
            (text(&moved), text(&path)),
            ("one\n".into(), "three\n".into())
        );
    }

    #[test]
    fn what_is_lost_is_told_when_it_can_be_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit");
        let lost = Arc::new(AtomicU64::new(7));
        let mut writer = Writer {
            sink: Sink::open(Target::File(path.clone())).unwrap(),
            unwritten: Vec::new(),
            lost,
            failing: false,
        };
        let (queue, lines) = sync_channel(2);
        queue.send("a".to_owned()).unwrap();
        drop(queue);
        writer.run(&lines);
        let text = text(&path);
        assert!(
            text.starts_with("a\n{\"time\":") && text.ends_with("\"lost\":7}\n"),
            "{text}"
        );
    }

    #[test]
    fn a_place_that_cannot_be_opened_is_refused_at_once() {
        let target = Target::File("/no/such/folder/audit".into());
        assert!(Journal::open(target).is_err());
    }
}
