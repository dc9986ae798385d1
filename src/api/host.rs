//! The check of `Host` that a service without access control makes.
//!
//! Any web page can point a name of its own at 127.0.0.1 and let a browser ask us under that
//! name (DNS rebinding). So only loopback names are answered.

use std::net::{Ipv4Addr, Ipv6Addr};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HOST;
use actix_web::middleware::Next;
use actix_web::web;

use super::error::Error;
use crate::auth::Access;

/// Middleware that answers only loopback names where everybody is an administrator.
pub async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let access = request
        .app_data::<web::Data<Access>>()
        .map(|a| *a.get_ref());
    if access != Some(Access::Closed)
        && let Err(error) = allowed(&request)
    {
        return Ok(request.error_response(error));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

fn allowed(request: &ServiceRequest) -> Result<(), Error> {
    let mut hosts = request.headers().get_all(HOST);
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Error::BadRequest(
            "The request needs one Host header.".to_owned(),
        ));
    };
    // `GET http://name/ HTTP/1.1` names a host too, and that one counts.
    let target = request.uri().authority().map(|a| a.as_str());
    let is_loopback = host.to_str().is_ok_and(is_loopback) && target.is_none_or(is_loopback);
    if is_loopback {
        Ok(())
    } else {
        Err(Error::Host)
    }
}

/// Whether this `Host`, with or without a port, names this machine: `localhost`,
/// `127.0.0.0/8`, `[::1]`.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.find(']') {
        Some(end) => host.split_at(end + 1),
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_port = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    is_port && is_loopback_name(name)
}

fn is_loopback_name(name: &str) -> bool {
    if let Some(v6) = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
        return v6.parse::<Ipv6Addr>().is_ok_and(|a| a.is_loopback());
    }
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<Ipv4Addr>().is_ok_and(|a| a.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_this_machine() {
        for good in [
            "localhost",
            "LocalHost:8080",
            "localhost:",
            "127.0.0.1",
            "127.1.2.3:80",
            "[::1]",
            "[::1]:8080",
        ] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in [
            "",
            ":8080",
            "example.org",
            "example.org:8080",
            "localhost.example.org",
            "localhost@example.org",
            "localhost:80:80",
            "localhost:http",
            "127.0.0.1.example.org",
            "10.0.0.1",
            "0.0.0.0",
            "127.1",
            "::1",
            "[::1",
            "[::2]",
            "[::1]x",
            "[127.0.0.1]",
        ] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
