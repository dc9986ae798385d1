//! A client that hardly reads.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use call_history::model::{Entry, Owner};
use call_history::store::calls::replace;
use serde_json::json;
use socket2::{Domain, Socket, Type};

use super::{SOON, key};
use crate::support::TestDatabase;
use crate::support::events::Events;
use crate::support::made_up::{call, entry};
use crate::support::mariadb::signal;
use crate::support::service::Service;

/// Entries of a call: more than the system keeps for a client that reads nothing.
const ENTRIES: i16 = 300;
/// Calls, each in a look of its own: far more than a stream may be behind.
const CALLS: usize = 250;

/// Memory of a process, in KiB.
fn memory(service: &Service) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.pid())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn open_slowly(service: &Service, key: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    // What the system takes in without being asked.
    socket.set_recv_buffer_size(4096).unwrap();
    let address: std::net::SocketAddr = service.address().parse().unwrap();
    socket.connect(&address.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    let head = format!(
        "GET /events HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {key}\r\n\r\n",
        service.address()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn many_entries() -> Vec<Entry> {
    let entries = (0..ENTRIES).map(|ordinal| {
        let mut entry = entry(Owner::queue("blue"), 1);
        entry.ordinal = ordinal;
        entry
    });
    entries.collect()
}

/// A byte now and then, as long as there is something; the system may have cut it off.
fn read_a_little(stream: &mut TcpStream) {
    if let Err(error) = stream.read_exact(&mut [0]) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}

/// All that comes until the answer has its end, or the connection is cut off.
fn read_to_end(stream: &mut TcpStream) -> String {
    stream
        .set_read_timeout(Some(Duration::from_secs(90)))
        .unwrap();
    let (mut all, mut piece) = (Vec::new(), vec![0; 1 << 16]);
    // The connection stays for further requests.
    while !all.ends_with(b"\r\n0\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => all.extend_from_slice(&piece[..read]),
            Err(error) => {
                assert_eq!(
                    error.kind(),
                    ErrorKind::ConnectionReset,
                    "it was not dropped"
                );
                break;
            }
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn who_hardly_reads_is_dropped_holds_nobody_up_and_costs_no_memory() {
    let database = TestDatabase::new();
    let service = Service::start_closed(&database);
    let all = key(&database, &["history:all"]);
    let mut slow: Vec<TcpStream> = (0..5).map(|_| open_slowly(&service, &all)).collect();
    slow.iter_mut().for_each(read_a_little);
    let mut quick = Events::open_as(&service, &all, "/events", None).begun();
    let before = memory(&service);
    let mut conn = database.connect();
    let entries = many_entries();
    for number in 0..CALLS {
        let call = call(&number.to_string(), 1, entries.clone());
        replace(&mut conn, std::slice::from_ref(&call), &[]).unwrap();
        // Told before the next one is there, however slow the others are.
        let event = quick.next().unwrap();
        assert_eq!(event.data["callId"], call.id.to_string().as_str());
        slow.iter_mut().for_each(read_a_little);
    }
    let grown = memory(&service).saturating_sub(before) / 1024;
    assert!(grown < 60, "{grown} MiB more");
    for mut stream in slow {
        let rest = read_to_end(&mut stream);
        let told = rest.matches("event: change").count();
        assert!(told < CALLS, "all was kept for it");
        // Cut off in the middle, or told why.
        let is_told = rest.contains("event: end\ndata: {\"reason\":\"behind\"}");
        assert_eq!(rest.ends_with("0\r\n\r\n"), is_told, "{told}");
    }
}

#[test]
fn who_reads_nothing_does_not_keep_the_service_from_stopping() {
    let database = TestDatabase::new();
    let mut service = Service::start_closed(&database);
    let all = key(&database, &["history:all"]);
    let mut silent = open_slowly(&service, &all);
    read_a_little(&mut silent);
    let mut quick = Events::open_as(&service, &all, "/events", None).begun();
    let mut conn = database.connect();
    let entries = many_entries();
    // More than the system takes for who does not read.
    for number in 0..CALLS / 4 {
        let call = call(&number.to_string(), 1, entries.clone());
        replace(&mut conn, std::slice::from_ref(&call), &[]).unwrap();
        assert_eq!(quick.next().unwrap().name, "change");
    }
    signal("TERM", service.pid());
    let event = quick.next().unwrap();
    assert_eq!(
        (event.name.as_str(), &event.data["reason"]),
        ("end", &json!("shutdown"))
    );
    drop(quick);
    assert!(service.exit_within(SOON).is_some());
    // It can tell that this was not the end.
    let rest = read_to_end(&mut silent);
    assert!(!rest.ends_with("0\r\n\r\n"), "all of it came");
}
