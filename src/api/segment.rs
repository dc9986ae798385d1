//! The name in the last segment of a path.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use percent_encoding::percent_decode_str;

use super::error::Error;
use crate::model::check;

/// The name in the last segment of the path, which stands for one parameter.
///
/// It is decoded here, strictly: actix's own `Path` would turn bytes that are no UTF-8 into
/// other characters, and so one name into another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment(pub String);

impl FromRequest for Segment {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parameter = request.match_info().iter().next();
        let parameter = parameter.map_or("path", |(name, _)| name);
        let segment = request.uri().path().rsplit('/').next().unwrap_or_default();
        ready(
            decode(segment)
                .map(Self)
                .map_err(|reason| Error::parameter(parameter, reason)),
        )
    }
}

fn decode(segment: &str) -> Result<String, String> {
    let name = percent_decode_str(segment).decode_utf8();
    let name = name.map_err(|_| "is no UTF-8".to_owned())?;
    check::name(&name)?;
    Ok(name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_decoded_as_it_was_meant() {
        assert_eq!(decode("a%2Fb%20c+d%25").unwrap(), "a/b c+d%");
        assert_eq!(decode("%C3%A9").unwrap(), "é");
        for bad in ["%FF", "", "%20", "%00", "%0A", &"x".repeat(256)] {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }
}
