//! Shows how far long work has come: a bar on a terminal, now and then a line elsewhere.

use std::io::{IsTerminal, Read};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a line is written where there is no terminal.
const LINES: Duration = Duration::from_secs(5);

/// Work of no more steps than this is done before a bar could be read.
const SMALL: u64 = 100;

/// The progress of one piece of work, on standard error.
pub struct Progress {
    name: String,
    bar: Option<ProgressBar>,
    total: Option<u64>,
    done: u64,
    last: Instant,
    is_hidden: bool,
}

impl Progress {
    /// Work that nobody watches.
    pub fn hidden() -> Self {
        Self {
            name: String::new(),
            bar: None,
            total: None,
            done: 0,
            last: Instant::now(),
            is_hidden: true,
        }
    }

    /// Work of this name, of so many steps (or bytes) if that is known.
    pub fn new(name: &str, total: Option<u64>) -> Self {
        let shown = total.is_none_or(|total| total > SMALL) && std::io::stderr().is_terminal();
        let bar = shown.then(|| {
            let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
            let style = ProgressStyle::with_template("{msg:24} {wide_bar} {percent:>3} % {eta}");
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar.set_message(name.to_owned());
            bar
        });
        Self {
            name: name.to_owned(),
            bar,
            total,
            done: 0,
            last: Instant::now(),
            is_hidden: false,
        }
    }

    /// So much more is done.
    pub fn advance(&mut self, steps: u64) {
        self.done += steps;
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        } else if !self.is_hidden && self.last.elapsed() >= LINES {
            self.last = Instant::now();
            match self.total.filter(|total| *total > 0) {
                Some(total) => eprintln!("{}: {} %", self.name, self.done * 100 / total),
                None => eprintln!("{}: {}", self.name, self.done),
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A reader whose bytes advance a progress.
pub struct Counted<'a, R> {
    inner: R,
    progress: &'a std::cell::RefCell<Progress>,
}

impl<'a, R: Read> Counted<'a, R> {
    /// Counts what is read from `inner`.
    pub fn new(inner: R, progress: &'a std::cell::RefCell<Progress>) -> Self {
        Self { inner, progress }
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.progress.borrow_mut().advance(read as u64);
        Ok(read)
    }
}
