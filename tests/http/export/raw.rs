//! An answer as it comes over the wire, piece by piece.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use crate::compression::unchunked;
use crate::support::service::Service;

/// An answer that is being read.
pub(super) struct Raw {
    stream: TcpStream,
    /// What came of it.
    pub(super) bytes: Vec<u8>,
}

impl Raw {
    /// Asks with these headers, and reads the beginning of the answer.
    pub(super) fn ask(service: &Service, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut stream = TcpStream::connect(service.address()).unwrap();
        let mut request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut raw = Self {
            stream,
            bytes: Vec::new(),
        };
        while !raw.bytes.windows(4).any(|four| four == b"\r\n\r\n") {
            assert!(raw.read(512), "no head: {}", raw.text());
        }
        raw
    }

    /// Reads a little more; false at the end.
    pub(super) fn read(&mut self, most: usize) -> bool {
        let mut buffer = vec![0; most];
        match self.stream.read(&mut buffer) {
            Ok(read) => {
                self.bytes.extend(&buffer[..read]);
                read > 0
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// Reads to the end. Whether it was the end of the answer as well.
    pub(super) fn ends_well(mut self) -> bool {
        while self.read(1 << 16) {}
        self.bytes.ends_with(b"\r\n0\r\n\r\n")
    }

    /// The status.
    pub(super) fn status(&self) -> u16 {
        self.text()[9..12].parse().unwrap()
    }

    /// What came, as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body of an answer in chunks, read to its end.
    pub(super) fn body(mut self) -> Vec<u8> {
        while self.read(1 << 16) {}
        let begin = self
            .bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap()
            + 4;
        unchunked(&self.bytes[begin..])
    }
}
