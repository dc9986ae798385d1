//! The committed OpenAPI document is the one that the code makes.

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");

#[test]
fn the_committed_document_has_not_drifted() {
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(
        committed == call_history::api::openapi::document(),
        "openapi/openapi.json is not what the code says: look at the difference and run\n\
         call-history openapi > openapi/openapi.json"
    );
}
