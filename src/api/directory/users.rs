//! `/directory/users`

use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};

use super::user::{DirectoryUser, UserBody};
use crate::api::State;
use crate::api::body::Body;
use crate::api::caller::DirectoryWriter;
use crate::api::error::Error;
use crate::api::list::{ListPage, ListParameters};
use crate::api::openapi::{BodyProblems, ForbiddenProblems, ListProblems, NotThereProblems};
use crate::api::problem::Fault;
use crate::api::segment::Segment;
use crate::model::User;

const UNKNOWN: Error = Error::NotThere("There is no such user in the directory.");

/// List the users
///
/// The users of the directory in the order of their names, without deleted ones.
#[utoipa::path(
    tag = "directory",
    operation_id = "listUsers",
    params(ListParameters),
    responses(
        (status = 200, description = "The users of the page.", body = [DirectoryUser],
         headers(("Link" = String, description = "While there is more: the reference to the next page, `</directory/users?…>; rel=\"next\"` (RFC 8288)."))),
        ListProblems,
        ForbiddenProblems,
    )
)]
#[get("/directory/users")]
pub(crate) async fn list_users(
    state: web::Data<State>,
    _: DirectoryWriter,
    asked: ListParameters,
) -> Result<ListPage<DirectoryUser>, Error> {
    super::page::<User, _>(&state, asked, |user: &DirectoryUser| &user.username).await
}

/// Describe a user
///
/// As in the list.
#[utoipa::path(
    tag = "directory",
    operation_id = "getUser",
    params(("username" = String, Path, description = "The username.", example = "usera")),
    responses(
        (status = 200, description = "The user.", body = DirectoryUser),
        NotThereProblems,
        ForbiddenProblems,
    )
)]
#[get("/directory/users/{username}")]
pub(crate) async fn get_user(
    state: web::Data<State>,
    _: DirectoryWriter,
    username: Segment,
) -> Result<web::Json<DirectoryUser>, Error> {
    super::one::<User, _>(&state, username.0, UNKNOWN).await
}

/// Add or replace a user
///
/// The user is what the body says, and nothing of what was before but `scopes` where the body
/// has none. The same body twice changes nothing. Calls that belong to other users by it are
/// moved in the background.
///
/// A number or phone that a deleted user had, without `validFrom`, is the user's from that
/// deletion on. A user who was deleted is there again: without `scopes`, keys and password, and
/// with the calls of the times in the body.
#[utoipa::path(
    tag = "directory",
    operation_id = "putUser",
    params(("username" = String, Path, description = "The username.", example = "usera")),
    request_body(content = UserBody, example = json!({
        "firstName": "User", "lastName": "A",
        "numbers": [{"number": "1000"}], "endpoints": [{"endpoint": "PJSIP/1000"}]
    })),
    responses(
        (status = 200, description = "The user, replaced or the same as before.", body = DirectoryUser),
        (status = 201, description = "The user, who is new.", body = DirectoryUser,
         headers(("Location" = String, description = "Where the user is."))),
        BodyProblems,
        ForbiddenProblems,
    )
)]
#[put("/directory/users/{username}")]
pub(crate) async fn put_user(
    request: HttpRequest,
    state: web::Data<State>,
    writer: DirectoryWriter,
    username: Segment,
    body: Body<UserBody>,
) -> Result<HttpResponse, Error> {
    let (wanted, scopes) = body.0.checked(&username.0)?;
    let may_give = writer.0.may_administer();
    let make = move |stored: Option<&User>| {
        let had = stored.map(|user| user.scopes.clone()).unwrap_or_default();
        let scopes = scopes.clone().unwrap_or_else(|| had.clone());
        if scopes != had && !may_give {
            let reason = "only admin may change what somebody may read; leave it out";
            return Err(Error::ForbiddenValues(vec![Fault::new("scopes", reason)]));
        }
        Ok(User {
            scopes,
            ..wanted.clone()
        })
    };
    super::put::<User, DirectoryUser>(&state, &request, username.0, make).await
}

/// Delete a user
///
/// The user is not listed any more and cannot log in; the user's keys are revoked for good.
/// Numbers and phones end now. Calls until now stay the user's history, for whoever may read it
/// (`history:all`, `admin`, `history:user:<name>`). Deleting again is no error.
#[utoipa::path(
    tag = "directory",
    operation_id = "deleteUser",
    params(("username" = String, Path, description = "The username.", example = "usera")),
    responses(
        (status = 204, description = "The user is deleted."),
        NotThereProblems,
        ForbiddenProblems,
    )
)]
#[delete("/directory/users/{username}")]
pub(crate) async fn delete_user(
    state: web::Data<State>,
    _: DirectoryWriter,
    username: Segment,
) -> Result<HttpResponse, Error> {
    super::delete::<User>(&state, username.0, UNKNOWN).await
}
