//! Where a request comes from, also behind proxies.
//!
//! Anybody can write `X-Forwarded-For`, so only what a trusted proxy has added to it counts: the
//! list is read from its right end, for as long as a trusted proxy is known to have written it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use actix_web::dev::RequestHead;
use actix_web::http::header::{HeaderMap, X_FORWARDED_FOR};
use ipnet::{IpNet, Ipv4Net};

/// The proxies whose word counts; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// The address of the client: the peer, unless it is a trusted proxy; then the right-most
    /// address of `X-Forwarded-For` that is not one. What cannot be understood ends the search,
    /// with the last address that somebody trusted has told.
    ///
    /// Without a peer (a request of a test) it is `::`.
    pub fn client(&self, head: &RequestHead) -> IpAddr {
        let peer = head
            .peer_addr
            .map_or(Ipv6Addr::UNSPECIFIED.into(), |a| a.ip());
        self.behind(peer, &head.headers)
    }

    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        // Several lines are one list, in their order.
        let lines: Vec<_> = headers.get_all(X_FORWARDED_FOR).collect();
        let entries = lines
            .iter()
            .rev()
            .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|entry| !entry.is_empty());
        for entry in entries {
            if !self.trusts(client) {
                break;
            }
            match address(entry) {
                Some(address) => client = address,
                None => break,
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    /// Reads addresses and networks, separated by commas.
    fn from_str(list: &str) -> Result<Self, String> {
        let words = list.split(',').map(str::trim);
        let networks = words.filter(|word| !word.is_empty()).map(network);
        networks.collect::<Result<_, _>>().map(Self)
    }
}

fn network(word: &str) -> Result<IpNet, String> {
    let network = match word.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => word.parse::<IpNet>().map_err(|_| {
            format!("{word:?} is no address or network; such are 10.0.0.0/8 and ::1")
        })?,
    };
    if network.trunc() != network {
        return Err(format!(
            "{word:?} may be the network {} or the address {}; say which",
            network.trunc(),
            network.addr()
        ));
    }
    Ok(canonical(network))
}

/// An IPv4 network that is written as IPv6 (`::ffff:10.0.0.0/104`) is that IPv4 network.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else {
        return network;
    };
    let mapped = v6
        .addr()
        .to_ipv4_mapped()
        .zip(v6.prefix_len().checked_sub(96));
    mapped
        .and_then(|(address, length)| Ipv4Net::new(address, length).ok())
        .map_or(network, IpNet::V4)
}

/// Reads an address, with or without a port.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?;
    let in_brackets = || {
        text.strip_prefix('[')?
            .strip_suffix(']')?
            .parse::<Ipv6Addr>()
            .ok()
    };
    let address = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| in_brackets().map(IpAddr::V6))
        .or_else(|| text.parse::<SocketAddr>().ok().map(|a| a.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn client(trusted: &str, peer: &str, lines: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
        }
        let trusted: TrustedProxies = trusted.parse().unwrap();
        trusted.behind(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_what_trusted_proxies_have_written_counts() {
        let proxies = "10.0.0.0/8, ::1,2001:db8::/32";
        let cases: [(&str, &str, &[&[u8]], &str); 22] = [
            // Nobody is trusted, or not this peer: its header is its own invention.
            ("", "10.0.0.1", &[b"192.0.2.1"], "10.0.0.1"),
            (proxies, "192.0.2.9", &[b"192.0.2.1"], "192.0.2.9"),
            // A proxy without the header is a client itself.
            (proxies, "10.0.0.1", &[], "10.0.0.1"),
            (proxies, "10.0.0.1", &[b""], "10.0.0.1"),
            (proxies, "10.0.0.1", &[b"192.0.2.1"], "192.0.2.1"),
            (proxies, "::1", &[b"192.0.2.1"], "192.0.2.1"),
            // What the client has written stands to the left.
            (proxies, "10.0.0.1", &[b"127.0.0.1, 192.0.2.1"], "192.0.2.1"),
            (proxies, "10.0.0.1", &[b"10.9.9.9,192.0.2.1"], "192.0.2.1"),
            (proxies, "10.0.0.1", &[b"192.0.2.1, 10.2.2.2"], "192.0.2.1"),
            (
                proxies,
                "10.0.0.1",
                &[b"192.0.2.1, 2001:db8::5 ,10.2.2.2"],
                "192.0.2.1",
            ),
            // Several lines are one list.
            (
                proxies,
                "10.0.0.1",
                &[b"198.51.100.7", b"192.0.2.1, 10.2.2.2"],
                "192.0.2.1",
            ),
            (
                proxies,
                "10.0.0.1",
                &[b"192.0.2.1", b"10.2.2.2"],
                "192.0.2.1",
            ),
            (proxies, "10.0.0.1", &[b"192.0.2.1", b" , "], "192.0.2.1"),
            // All are trusted: the first of them asks.
            (proxies, "10.0.0.1", &[b"10.3.3.3, 10.2.2.2"], "10.3.3.3"),
            // Nonsense ends the search with the last who was told by somebody trusted.
            (proxies, "10.0.0.1", &[b"192.0.2.1, unknown"], "10.0.0.1"),
            (
                proxies,
                "10.0.0.1",
                &[b"192.0.2.1, \xff\xfe, 10.2.2.2"],
                "10.2.2.2",
            ),
            (proxies, "10.0.0.1", &[b"192.0.2.1/24"], "10.0.0.1"),
            (proxies, "10.0.0.1", &[b"192.0.2.1:4711"], "192.0.2.1"),
            (proxies, "10.0.0.1", &[b"[2001:470::1]:4711"], "2001:470::1"),
            (proxies, "10.0.0.1", &[b"[2001:470::1]"], "2001:470::1"),
            // IPv4 in IPv6 is IPv4, on both sides.
            (
                "::ffff:10.0.0.0/104",
                "::ffff:10.1.1.1",
                &[b"::ffff:192.0.2.1"],
                "192.0.2.1",
            ),
            ("0.0.0.0/0", "10.0.0.1", &[b"192.0.2.1"], "192.0.2.1"),
        ];
        for (trusted, peer, lines, expected) in cases {
            let shown: Vec<_> = lines.iter().map(|l| String::from_utf8_lossy(l)).collect();
            let found = client(trusted, peer, lines);
            assert_eq!(found, expected, "{trusted:?} {peer} {shown:?}");
        }
    }

    #[test]
    fn a_list_that_is_not_understood_is_refused() {
        for good in ["", " ", "::1", "10.0.0.0/8,", "10.0.0.1/32 , fe80::/10"] {
            assert!(good.parse::<TrustedProxies>().is_ok(), "{good}");
        }
        for bad in [
            "x",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0.0/8;::1",
            "proxy.lan",
            "10.0.0",
        ] {
            let reason = bad.parse::<TrustedProxies>().unwrap_err();
            assert!(reason.contains("10.0.0."), "{bad}: {reason}");
        }
    }
}
