//! As little of an HTTP client as possible: it shares the processors with the service.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::{Context, bail, ensure};

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// What came of reading a whole answer.
#[derive(Default)]
pub(crate) struct Whole {
    /// With its head, and the frames of its chunks.
    pub(crate) bytes: usize,
}

impl Connection {
    /// Connects to `host:port`.
    pub(crate) fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            request: Vec::new(),
            answer: vec![0; 256 * 1024],
        })
    }

    /// The tag of the page at this path.
    pub(crate) fn tag(&mut self, path: &str) -> anyhow::Result<String> {
        let length = self.get(path)?.len();
        let begin = self.answer.windows(4).position(|four| four == b"\r\n\r\n");
        let head = std::str::from_utf8(&self.answer[..begin.context("no head")?])?;
        let tag = head.lines().find_map(|line| line.strip_prefix("etag: "));
        let tag = tag.with_context(|| format!("{path}: {length} bytes without a tag"))?;
        Ok(tag.to_owned())
    }

    /// Asks for a page of which this is the tag, and which must be the same.
    pub(crate) fn is_same(&mut self, path: &str, tag: &str) -> anyhow::Result<()> {
        self.ask(path, &format!("If-None-Match: {tag}\r\n"))?;
        let mut filled = 0;
        while !self.answer[..filled].ends_with(b"\r\n\r\n") {
            let read = self.stream.read(&mut self.answer[filled..])?;
            ensure!(read > 0, "the service closed the connection");
            filled += read;
        }
        let is_same = self.answer.starts_with(b"HTTP/1.1 304 ");
        ensure!(
            is_same,
            "{}",
            String::from_utf8_lossy(&self.answer[..filled])
        );
        Ok(())
    }

    /// Reads a whole answer in chunks, which must end well.
    pub(crate) fn whole(mut self, path: &str, more: &str) -> anyhow::Result<Whole> {
        self.ask(path, more)?;
        let mut whole = Whole::default();
        let end = b"0\r\n\r\n";
        let mut last = [0; 5];
        while last != *end {
            let read = self.stream.read(&mut self.answer)?;
            ensure!(read > 0, "broken off after {} bytes", whole.bytes);
            let new = &self.answer[..read];
            if whole.bytes == 0 {
                ensure!(
                    new.starts_with(b"HTTP/1.1 200 "),
                    "{}",
                    String::from_utf8_lossy(new)
                );
            }
            whole.bytes += read;
            let behind: Vec<u8> = last.iter().chain(new).rev().take(5).copied().collect();
            for (place, byte) in last.iter_mut().rev().zip(behind) {
                *place = byte;
            }
        }
        Ok(whole)
    }

    fn ask(&mut self, path: &str, more: &str) -> anyhow::Result<()> {
        self.request.clear();
        write!(
            self.request,
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}\r\n"
        )?;
        Ok(self.stream.write_all(&self.request)?)
    }

    /// The body of the answer to this path, which must be a 200 with a length.
    pub(crate) fn get(&mut self, path: &str) -> anyhow::Result<&[u8]> {
        self.ask(path, "")?;
        let mut filled = 0;
        let mut body = None;
        loop {
            let read = self.stream.read(&mut self.answer[filled..])?;
            ensure!(read > 0, "the service closed the connection");
            filled += read;
            if body.is_none() {
                body = head(&self.answer[..filled])?;
            }
            if let Some((begin, length)) = body
                && filled >= begin + length
            {
                return Ok(&self.answer[begin..begin + length]);
            }
        }
    }
}

/// Where the body begins and how long it is, once the head is complete.
fn head(answer: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&answer[..end])?;
    if !head.starts_with("HTTP/1.1 200 ") {
        bail!("{head}");
    }
    let length = head
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse())
        })
        .context("an answer without a length")??;
    Ok(Some((end + 4, length)))
}
