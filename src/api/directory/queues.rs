//! `/directory/queues`

use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bodies::Faults;
use crate::api::State;
use crate::api::body::{Body, given};
use crate::api::caller::DirectoryWriter;
use crate::api::error::Error;
use crate::api::list::{ListPage, ListParameters};
use crate::api::openapi::{BodyProblems, ForbiddenProblems, ListProblems, NotThereProblems};
use crate::api::segment::Segment;
use crate::model::{Queue, check};

const UNKNOWN: Error = Error::NotThere("There is no such queue in the directory.");

/// A queue of the directory.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryQueue {
    /// The name in Asterisk.
    #[schema(example = "blue")]
    pub name: String,
    /// The name that people see.
    #[schema(example = "Customer care")]
    pub display_name: String,
    /// The number that callers dial; absent when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "3000")]
    pub number: Option<String>,
}

/// What a queue is to be. What is left out is empty.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueueBody {
    /// As in the path; it can be left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, read_only, example = "blue")]
    name: Option<String>,
    /// The name that people see.
    #[serde(default)]
    #[schema(required = false, example = "Customer care", max_length = 255)]
    display_name: String,
    /// The number that callers dial.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, example = "3000", min_length = 1, max_length = 255)]
    number: Option<String>,
}

/// List the queues
///
/// The queues of the directory in the order of their names, without deleted ones. Queues
/// that are known by their calls alone are not among them.
#[utoipa::path(
    tag = "directory",
    operation_id = "listQueues",
    params(ListParameters),
    responses(
        (status = 200, description = "The queues of the page.", body = [DirectoryQueue],
         headers(("Link" = String, description = "While there is more: the reference to the next page, `</directory/queues?…>; rel=\"next\"` (RFC 8288)."))),
        ListProblems,
        ForbiddenProblems,
    )
)]
#[get("/directory/queues")]
pub(crate) async fn list_queues(
    state: web::Data<State>,
    _: DirectoryWriter,
    asked: ListParameters,
) -> Result<ListPage<DirectoryQueue>, Error> {
    super::page::<Queue, _>(&state, asked, |queue: &DirectoryQueue| &queue.name).await
}

/// Describe a queue
///
/// As in the list.
#[utoipa::path(
    tag = "directory",
    operation_id = "getQueue",
    params(("name" = String, Path, description = "The queue's name.", example = "blue")),
    responses(
        (status = 200, description = "The queue.", body = DirectoryQueue),
        NotThereProblems,
        ForbiddenProblems,
    )
)]
#[get("/directory/queues/{name}")]
pub(crate) async fn get_queue(
    state: web::Data<State>,
    _: DirectoryWriter,
    name: Segment,
) -> Result<web::Json<DirectoryQueue>, Error> {
    super::one::<Queue, _>(&state, name.0, UNKNOWN).await
}

/// Add or replace a queue
///
/// The queue is what the body says. The same body twice changes nothing. Where its number is
/// another, calls are folded again in the background.
#[utoipa::path(
    tag = "directory",
    operation_id = "putQueue",
    params(("name" = String, Path, description = "The queue's name.", example = "blue")),
    request_body(content = QueueBody, example = json!({"displayName": "Customer care", "number": "3000"})),
    responses(
        (status = 200, description = "The queue, replaced or the same as before.", body = DirectoryQueue),
        (status = 201, description = "The queue, which is new.", body = DirectoryQueue,
         headers(("Location" = String, description = "Where the queue is."))),
        BodyProblems,
        ForbiddenProblems,
    )
)]
#[put("/directory/queues/{name}")]
pub(crate) async fn put_queue(
    request: HttpRequest,
    state: web::Data<State>,
    _: DirectoryWriter,
    name: Segment,
    body: Body<QueueBody>,
) -> Result<HttpResponse, Error> {
    let wanted = body.0.checked(&name.0)?;
    let make = move |_: Option<&Queue>| Ok(wanted.clone());
    super::put::<Queue, DirectoryQueue>(&state, &request, name.0, make).await
}

/// Delete a queue
///
/// The queue is not listed any more. Its calls stay as they are, with its number and names.
/// Deleting again is no error.
#[utoipa::path(
    tag = "directory",
    operation_id = "deleteQueue",
    params(("name" = String, Path, description = "The queue's name.", example = "blue")),
    responses(
        (status = 204, description = "The queue is deleted."),
        NotThereProblems,
        ForbiddenProblems,
    )
)]
#[delete("/directory/queues/{name}")]
pub(crate) async fn delete_queue(
    state: web::Data<State>,
    _: DirectoryWriter,
    name: Segment,
) -> Result<HttpResponse, Error> {
    super::delete::<Queue>(&state, name.0, UNKNOWN).await
}

impl QueueBody {
    fn checked(self, name: &str) -> Result<Queue, Error> {
        let mut faults = Faults::default();
        faults.same_key("name", self.name.as_deref(), name);
        faults.note("displayName", check::text(&self.display_name));
        let number = self.number.as_deref();
        faults.note("number", number.map_or(Ok(()), check::number));
        faults.finish(Queue {
            name: name.to_owned(),
            display_name: self.display_name,
            number: self.number.unwrap_or_default(),
        })
    }
}

impl From<Queue> for DirectoryQueue {
    fn from(queue: Queue) -> Self {
        Self {
            name: queue.name,
            display_name: queue.display_name,
            number: Some(queue.number).filter(|number| !number.is_empty()),
        }
    }
}
