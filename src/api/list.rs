//! Lists of what the service keeps (keys, users, agents, queues): pages in the order of their
//! names.

use std::future::{Ready, ready};

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::header::LINK;
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use utoipa::IntoParams;

use super::error::Error;
use super::params::{LONGEST_PAGE, Reader, whole_number};

/// Which page of a list.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListParameters {
    /// Length of the page, 1 to 1000. When absent: 1000.
    #[param(value_type = u16, required = false, minimum = 1, maximum = 1000, example = 20)]
    pub size: Option<u16>,
    /// Only what comes after this name in the order of the list (that of the names' bytes);
    /// taken from the `Link` header of the page before.
    #[param(value_type = String, required = false)]
    pub after: Option<String>,
}

impl ListParameters {
    fn parse(query: &str) -> Result<Self, Error> {
        let mut reader = Reader::new(query);
        let asked = Self {
            size: reader.optional("size", |text| whole_number(text, LONGEST_PAGE)),
            after: reader.optional("after", |text| Ok(text.to_owned())),
        };
        reader.finish().map_err(Error::Parameters)?;
        Ok(asked)
    }

    /// The most items that the page may have.
    pub fn length(&self) -> usize {
        self.size.unwrap_or(LONGEST_PAGE).into()
    }

    /// Behind which name the page begins.
    pub fn after(&self) -> &str {
        self.after.as_deref().unwrap_or_default()
    }
}

impl FromRequest for ListParameters {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request.query_string()))
    }
}

/// A page of a list, and the name of its last item while there is more.
#[derive(Clone, Debug)]
pub struct ListPage<T> {
    items: Vec<T>,
    last: Option<String>,
    size: Option<u16>,
}

impl<T> ListPage<T> {
    /// The page of these items, of which the last may be one more than was asked for.
    pub fn of(mut items: Vec<T>, asked: &ListParameters, name: impl Fn(&T) -> &str) -> Self {
        let has_more = items.len() > asked.length();
        items.truncate(asked.length());
        let last = items.last().filter(|_| has_more);
        Self {
            last: last.map(|item| name(item).to_owned()),
            size: asked.size,
            items,
        }
    }
}

impl<T: Serialize> Responder for ListPage<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if let Some(last) = self.last {
            let mut query = form_urlencoded::Serializer::new(String::new());
            if let Some(size) = self.size {
                query.append_pair("size", &size.to_string());
            }
            let query = query.append_pair("after", &last).finish();
            let next = format!("<{}?{query}>; rel=\"next\"", request.path());
            response.insert_header((LINK, next));
        }
        response.json(self.items)
    }
}
