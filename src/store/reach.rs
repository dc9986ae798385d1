//! Whether a database can be reached, found out without waiting for ever.
//!
//! The client library waits without end for a server that is silent after its greeting, so
//! everything here runs in a thread of its own, and whoever asked goes on when it takes long.

use std::io::Read;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use super::connection::{connect_for_service, ping};
use super::mysql::Server;
use super::url::{DatabaseUrl, Target};

/// How long a host may take to accept a connection.
const ACCEPT: Duration = Duration::from_secs(3);

/// How long a host may take to greet. Long, so that few connections are given up: a MySQL
/// server counts those, and locks out an address with too many.
const GREETING: Duration = Duration::from_secs(8);

/// The greeting of a server that speaks MySQL's protocol 10.
const PROTOCOL: u8 = 10;
/// The first byte of an error in place of the greeting.
const ERROR: u8 = 0xff;

/// Whether the database answers a first question within this time.
///
/// # Errors
/// Why not, in words, without the password.
pub fn reach(url: &DatabaseUrl, within: Duration) -> Result<(), String> {
    match ask(url).recv_timeout(within) {
        Ok(result) => result,
        Err(_) => Err(silent(within)),
    }
}

/// Asks in a thread; the answer comes through the channel. The thread may outlive the asker.
pub(super) fn ask(url: &DatabaseUrl) -> Receiver<Result<(), String>> {
    let (sender, receiver) = sync_channel(1);
    let url = url.clone();
    let work = move || {
        let _ = sender.send(question(&url));
    };
    // Without a thread there is no answer: the channel is closed.
    if let Err(error) = thread::Builder::new()
        .name("database-ask".into())
        .spawn(work)
    {
        log::error!("no thread to ask the database: {error}");
    }
    receiver
}

/// What is said of a database that takes longer than this.
pub(super) fn silent(within: Duration) -> String {
    format!("no answer within {} ms", within.as_millis())
}

fn question(url: &DatabaseUrl) -> Result<(), String> {
    if let Target::Mysql(mysql) = url.target() {
        greeted(mysql.server()).map_err(|error| error.to_string())?;
    }
    let mut connection = connect_for_service(url).map_err(|error| error.to_string())?;
    ping(&mut connection).map_err(|error| error.to_string())
}

/// Waits for the server's greeting, without the client library.
pub(super) fn greeted(server: &Server) -> std::io::Result<()> {
    match server {
        Server::Tcp(host, port) => {
            let mut last = std::io::Error::other("the host has no address");
            for address in (host.as_str(), *port).to_socket_addrs()? {
                match TcpStream::connect_timeout(&address, ACCEPT) {
                    Ok(stream) => {
                        stream.set_read_timeout(Some(GREETING))?;
                        return read_greeting(stream);
                    }
                    Err(error) => last = error,
                }
            }
            Err(last)
        }
        Server::Socket(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(GREETING))?;
            read_greeting(stream)
        }
        // Only the library knows where that socket is.
        Server::Local => Ok(()),
    }
}

/// A packet has three bytes of length, a number, and then what it says.
fn read_greeting(mut stream: impl Read) -> std::io::Result<()> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    match head[4] {
        PROTOCOL => Ok(()),
        ERROR => {
            let length = usize::from(head[0]) | usize::from(head[1]) << 8;
            let mut rest = vec![0; length.saturating_sub(1).min(512)];
            stream.read_exact(&mut rest)?;
            let text = String::from_utf8_lossy(rest.get(2..).unwrap_or_default());
            Err(std::io::Error::other(format!("the server says: {text}")))
        }
        _ => Err(std::io::Error::other("this is no MySQL server")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_an_error_and_another_protocol_are_told_apart() {
        assert!(read_greeting(&b"\x4a\0\0\0\x0a10.11"[..]).is_ok());
        let refused = read_greeting(&b"\x0b\0\0\0\xff\x10\x04Too many"[..]).unwrap_err();
        assert_eq!(refused.to_string(), "the server says: Too many");
        let other = read_greeting(&b"HTTP/1.1 400"[..]).unwrap_err();
        assert!(other.to_string().contains("no MySQL"), "{other}");
        assert!(read_greeting(&b"\x4a\0"[..]).is_err());
    }

    #[test]
    fn a_host_that_is_silent_takes_no_longer_than_asked() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("mysql://root@127.0.0.1:{port}/history")
            .parse()
            .unwrap();
        let reason = reach(&url, Duration::from_millis(100)).unwrap_err();
        assert_eq!(reason, "no answer within 100 ms");
    }
}
