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

    /// The body of the answer to this path, which must be a 200 with a length.
    pub(crate) fn get(&mut self, path: &str) -> anyhow::Result<&[u8]> {
        self.request.clear();
        write!(
            self.request,
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        )?;
        self.stream.write_all(&self.request)?;
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
