//! A page of a history, and the same that has not changed.

use utoipa::IntoResponses;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Header, Ref, RefOr, ResponseBuilder};

use super::{Responses, text_header};
use crate::api::export::lines;
use crate::api::format::Format;
use crate::api::wire::CallHistory;

/// A page of a history.
#[derive(Debug)]
pub struct HistoryPage;

impl IntoResponses for HistoryPage {
    fn responses() -> Responses {
        let entries = ArrayBuilder::new().items(Ref::from_schema_name("CallHistory"));
        let content = ContentBuilder::new()
            .schema(Some(entries))
            .example(serde_json::to_value(example_page()).ok())
            .build();
        let link = text_header(
            "While there is more: the reference to the next page, `</history/…>; rel=\"next\"` \
             (RFC 8288).",
        );
        let total = text_header(
            "Of JSON, with `include=total`: how many entries there are on all pages together, up \
             to 10,000 exactly, else `10000+`.",
        );
        let file = text_header(
            "Of CSV and NDJSON: that the answer is a file, and what it is called, \
             `attachment; filename=\"call-history-user.csv\"`.",
        );
        let text = |example: &str| {
            ContentBuilder::new()
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                .example(Some(example.into()))
                .build()
        };
        let [csv, ndjson] = example_lines();
        let response = ResponseBuilder::new()
            .description(
                "The entries, newest first unless `order=asc`; none: an empty list. JSON is a \
                 page. CSV (a header line, RFC 4180) and NDJSON (an entry a line) are all entries \
                 that the parameters say, sent as they are read; when something fails on the way, \
                 the connection ends without the end of the encoding. In CSV, what spreadsheets \
                 would take for a formula has a `'` before it.",
            )
            .content("application/json", content)
            .content("text/csv", text(&csv))
            .content("application/x-ndjson", text(&ndjson))
            .header("Content-Disposition", file)
            .header("ETag", tag())
            .header("Link", link.clone())
            .header("X-Total-Count", total)
            .build();
        let same = ResponseBuilder::new()
            .description(
                "The page is what it was: `If-None-Match` named its tag. There is no body, and the \
                 database was not asked.",
            )
            .header("ETag", tag())
            .header("Link", link)
            .build();
        Responses::from([
            ("200".to_owned(), RefOr::T(response)),
            ("304".to_owned(), RefOr::T(same)),
        ])
    }
}

fn tag() -> Header {
    text_header(
        "Of a page: its tag. `If-None-Match` brings it back, and the page is sent only when it has \
         changed. A page with a call that goes on has none.",
    )
}

/// The example as CSV and as NDJSON.
fn example_lines() -> [String; 2] {
    let of = |format| {
        let mut text = match format {
            Format::Csv => lines::header().unwrap_or_default(),
            _ => Vec::new(),
        };
        text.extend(lines::of(format, example_page().into_iter()).unwrap_or_default());
        String::from_utf8(text).unwrap_or_default()
    };
    [of(Format::Csv), of(Format::Ndjson)]
}

fn example_page() -> [CallHistory; 2] {
    let text = |text: &str| Some(text.to_owned());
    let visit = CallHistory {
        start: "2022-09-08 10:32:50".to_owned(),
        duration: "00:00:25".to_owned(),
        status: "answered".to_owned(),
        call_id: "506388d2064b35a4817732f31e53e006".to_owned(),
        src_num: text("0699000012"),
        dst_num: text("3000"),
        started_at: "2022-09-08T10:32:50+02:00".to_owned(),
        wait_time: text("00:00:07"),
        queue_name: text("blue"),
        queue_display_name: text("Customer care"),
        agent_num: text("2501"),
        agent_name: text("User B"),
        queue_num: text("3000"),
        direction: "inbound".to_owned(),
        duration_seconds: 25,
        wait_seconds: Some(7),
        ..CallHistory::default()
    };
    let missed = CallHistory {
        start: "2022-09-08 09:15:02".to_owned(),
        duration: "00:00:00".to_owned(),
        status: "missed".to_owned(),
        call_id: "a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        src_num: text("1000"),
        dst_num: text("1001"),
        src_username: text("usera"),
        dst_username: text("userb"),
        src_first_name: text("User"),
        src_last_name: text("A"),
        dst_first_name: text("User"),
        dst_last_name: text("B"),
        started_at: "2022-09-08T09:15:02+02:00".to_owned(),
        direction: "internal".to_owned(),
        ..CallHistory::default()
    };
    [visit, missed]
}
