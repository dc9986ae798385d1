//! How the entries that pass are listed: in which order, each or each party once, and counted.

use super::reader::Reader;
use crate::store::history::Order;

/// The words of `order`.
pub(in crate::api) const ORDERS: [&str; 2] = ["desc", "asc"];

/// What is listed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distinct {
    /// Each other party, by its number.
    Peer,
}

/// What a page has beside its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Include {
    /// How many entries there are on all pages.
    Total,
}

impl Distinct {
    /// The words in the API.
    pub const WORDS: [&str; 1] = ["peer"];
}

impl Include {
    /// The words in the API.
    pub const WORDS: [&str; 1] = ["total"];
}

/// Reads the three.
pub(super) fn read(reader: &mut Reader) -> (Order, Option<Distinct>, Vec<Include>) {
    let order = reader.optional("order", order).unwrap_or_default();
    let distinct = reader.optional("distinct", |text| match text {
        "peer" => Ok(Distinct::Peer),
        _ => Err(one_of(&Distinct::WORDS)),
    });
    let include = reader.repeated("include", |text| match text {
        "total" => Ok(Include::Total),
        _ => Err(one_of(&Include::WORDS)),
    });
    if distinct.is_some() && order == Order::Ascending {
        reader.fault(
            "distinct",
            "lists the newest call of each party: leave out order=asc",
        );
        reader.fault("order", "cannot be asc together with distinct");
    }
    (order, distinct, include)
}

fn order(text: &str) -> Result<Order, String> {
    match text {
        "desc" => Ok(Order::Descending),
        "asc" => Ok(Order::Ascending),
        _ => Err(one_of(&ORDERS)),
    }
}

fn one_of(words: &[&str]) -> String {
    match words {
        [only] => format!("must be {only}"),
        several => format!("must be one of {}", several.join(", ")),
    }
}
