//! `/history/customer`

use actix_web::{get, web};
use chrono::Utc;

use super::page::{Page, read};
use crate::api::State;
use crate::api::caller::Caller;
use crate::api::error::Error;
use crate::api::openapi::{HistoryPage, HistoryProblems};
use crate::api::params::{Asked, Common, CustomerParameters};
use crate::model::{Owner, customer_key};

/// Calls with an outside number
///
/// Calls from the number and to it, newest first. A number without calls is no error: the list
/// is empty. Withheld and anonymous callers are nobody's history.
#[utoipa::path(
    tag = "history",
    operation_id = "customerHistory",
    params(CustomerParameters, Common),
    responses(HistoryPage, HistoryProblems)
)]
#[get("/history/customer")]
pub(crate) async fn customer_history(
    state: web::Data<State>,
    caller: Caller,
    asked: Asked<CustomerParameters>,
) -> Result<Page, Error> {
    let request = asked.request(&asked.own.number, state.zone, Utc::now())?;
    let customer = customer_key(&asked.own.number).map(Owner::customer);
    read(&state, request, move |_| {
        caller.0.readable(customer.clone())
    })
    .await
}
