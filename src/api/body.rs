//! JSON bodies: read within a limit, and told exactly where they are wrong.

use std::fmt;
use std::future::{Future, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::error::Error;

/// The largest body that is taken, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// How long a client may take to send a body. It holds a place in the service meanwhile.
const WHOLE: Duration = Duration::from_secs(5);

/// How much of a reason is told: it may repeat what was sent.
const TOLD: usize = 200;

/// A body of JSON. Among the arguments of a handler it stands behind who asks, so that nothing
/// is read for whoever may not.
#[derive(Clone, Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !is_plain_json(request.headers()) {
            return Box::pin(ready(Err(Error::MediaType)));
        }
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = timeout(WHOLE, bytes).await.map_err(|_| {
                let seconds = WHOLE.as_secs();
                Error::BadRequest(format!("The body did not come within {seconds} s."))
            })?;
            let bytes =
                bytes.map_err(
                    |error| match error.as_response_error().status_code().as_u16() {
                        413 => Error::TooLarge,
                        _ => Error::BadRequest("The body cannot be read to its end.".to_owned()),
                    },
                )?;
            parse(&bytes).map(Self)
        })
    }
}

fn is_plain_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE);
    let (Some(kind), None) = (types.next(), types.next()) else {
        return false;
    };
    let kind = kind.to_str().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let is_plain = headers
        .get_all(CONTENT_ENCODING)
        .all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    is_plain && essence.eq_ignore_ascii_case("application/json")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let Object(value) = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let place = match path.as_str() {
            _ if !error.inner().is_data() => "body".to_owned(),
            "." | "" => "body".to_owned(),
            path => path.chars().take(TOLD).collect(),
        };
        Error::parameter(&place, reason(error.inner()))
    })?;
    json.end()
        .map_err(|error| Error::parameter("body", reason(&error)))?;
    Ok(value)
}

/// An object of JSON. What serde derives would take a list as well, by the order of its fields.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// Reads a list of objects, for `#[serde(deserialize_with)]`.
pub(super) fn objects<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let objects: Vec<Object<T>> = Deserialize::deserialize(deserializer)?;
    Ok(objects.into_iter().map(|Object(one)| one).collect())
}

/// Reads what may be left out, for `#[serde(default, deserialize_with)]`. What is there is no
/// null.
pub(super) fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

fn reason(error: &serde_json::Error) -> String {
    let what = if error.is_data() { "" } else { "is no JSON: " };
    // The place is at the end of serde's text, which may be long.
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let place = format!(" at line {line} column {column}");
    let text = text.strip_suffix(&place).unwrap_or(&text);
    let short: String = text.chars().take(TOLD).collect();
    format!("{what}{short}{place}")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(default, deserialize_with = "objects")]
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        text: String,
        #[serde(default, deserialize_with = "given")]
        more: Option<String>,
    }

    fn fault(body: &[u8]) -> (String, String) {
        match parse::<Outer>(body).map(|outer| outer.list.len()) {
            Err(Error::Parameters(faults)) => {
                (faults[0].parameter.clone(), faults[0].reason.clone())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_fault_names_its_place() {
        let good = parse::<Outer>(br#"{"list": [{"text": "x"}]}"#).unwrap();
        assert_eq!(good.list[0].text, "x");
        assert_eq!(good.list[0].more, None);
        for (body, place, words) in [
            (&b""[..], "body", "EOF"),
            (b"{", "body", "no JSON"),
            (b"{\"list\": [\n}", "body", "line 2 column 1"),
            (b"{} {}", "body", "trailing"),
            (b"[]", "body", "an object"),
            (b"{\"list\": [[\"x\"]]}", "list[0]", "an object"),
            (b"{\"lost\": 1}", "lost", "unknown field"),
            (b"{\"list\": 1}", "list", "invalid type"),
            (b"{\"list\": [], \"list\": []}", "body", "duplicate"),
            (b"{\"list\": [{\"text\": 5}]}", "list[0].text", "string"),
            (
                b"{\"list\": [{\"text\": \"\", \"more\": null}]}",
                "list[0].more",
                "null",
            ),
            (b"{\"list\": [{}]}", "list[0]", "missing field `text`"),
            (b"{\"list\": [{\"text\": \"\xff\"}]}", "body", "unicode"),
        ] {
            let (found, reason) = fault(body);
            assert_eq!(found, place, "{reason}");
            assert!(reason.contains(words), "{reason}");
            assert!(reason.contains(" at line "), "{reason}");
        }
        let long = format!("{{\"{}\": 1}}", "x".repeat(10_000));
        let (place, reason) = fault(long.as_bytes());
        assert!(place.len() <= TOLD && reason.len() < TOLD + 60, "{reason}");
        let deep = "[".repeat(60_000);
        assert_eq!(fault(deep.as_bytes()).0, "body");
    }
}
