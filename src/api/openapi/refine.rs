//! What the derived document cannot say by itself: the words that a text takes, that nothing
//! is ever null, and the header that every response has.

use utoipa::IntoParams;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Header, HeaderBuilder, OpenApi, RefOr};

use super::responses::uri_too_long;
use crate::api::format::Format;
use crate::api::params::{
    AgentParameters, AllParameters, AnsweredElsewhere, CustomerParameters, Distinct, Filters,
    Include, ORDERS, OwnParameters, QueueParameters, UserParameters, status_words,
};
use crate::model::{Direction, LegClass, Outcome, OwnerKind, Status, Witness};

/// Adds the filters to each history that has no parameter of that name for itself.
pub(super) fn add_filters(openapi: &mut OpenApi) {
    for (path, _) in histories() {
        let item = openapi.paths.paths.get_mut(path);
        let Some(operation) = item.and_then(|item| item.get.as_mut()) else {
            continue;
        };
        let parameters = operation.parameters.get_or_insert_default();
        for filter in Filters::into_params(|| Some(ParameterIn::Query)) {
            let same =
                |own: &RefOr<Parameter>| matches!(own, RefOr::T(own) if own.name == filter.name);
            if !parameters.iter().any(same) {
                parameters.push(RefOr::T(filter));
            }
        }
    }
}

/// Lists the words that parameters take; those of `status` depend on the kind of owner.
pub(super) fn list_words_of_parameters(openapi: &mut OpenApi) {
    for (path, kind) in histories() {
        let item = openapi.paths.paths.get_mut(path);
        let Some(operation) = item.and_then(|item| item.get.as_mut()) else {
            continue;
        };
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter {
                list_words(parameter, kind);
            }
        }
    }
}

fn list_words(parameter: &mut Parameter, kind: OwnerKind) {
    let schema = match parameter.name.as_str() {
        "status" => list(status_words(kind)),
        "direction" => list(Direction::ALL.map(Direction::as_str).to_vec()),
        "include" => list(Include::WORDS.to_vec()),
        "distinct" => word(&Distinct::WORDS, None).into(),
        "order" => word(&ORDERS, Some(ORDERS[0])).into(),
        "answeredElsewhere" => {
            let [default, _] = AnsweredElsewhere::WORDS;
            word(&AnsweredElsewhere::WORDS, Some(default)).into()
        }
        "format" => word(&Format::WORDS, None).into(),
        _ => return,
    };
    parameter.schema = Some(RefOr::T(schema));
}

/// One of these words.
fn word(words: &[&str], default: Option<&str>) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words.iter().copied()))
        .default(default.map(Into::into))
}

/// Some of these words.
fn list(words: Vec<&str>) -> Schema {
    Schema::Array(ArrayBuilder::new().items(word(&words, None)).build())
}

fn histories() -> [(&'static str, OwnerKind); 5] {
    fn of<P: OwnParameters>() -> (&'static str, OwnerKind) {
        (P::PATH, P::KIND)
    }
    [
        of::<UserParameters>(),
        of::<AgentParameters>(),
        of::<QueueParameters>(),
        of::<CustomerParameters>(),
        of::<AllParameters>(),
    ]
}

/// Lists the words in bodies, and takes null away: what is unknown is absent.
pub(super) fn tighten_schemas(openapi: &mut OpenApi) {
    let schemas = openapi.components.as_mut().map(|c| c.schemas.iter_mut());
    for (schema_name, schema) in schemas.into_iter().flatten() {
        let RefOr::T(Schema::Object(schema)) = schema else {
            continue;
        };
        let is_entry = schema_name == "CallHistory";
        for (name, property) in &mut schema.properties {
            match property {
                RefOr::T(Schema::Object(property)) => {
                    never_null(&mut property.schema_type);
                    if is_entry {
                        list_words_of_entry(name, property);
                    }
                }
                RefOr::T(Schema::Array(property)) => never_null(&mut property.schema_type),
                _ => {}
            }
        }
    }
}

fn never_null(schema_type: &mut SchemaType) {
    if let SchemaType::Array(types) = &schema_type
        && let [only, Type::Null] | [Type::Null, only] = types.as_slice()
    {
        *schema_type = SchemaType::Type(only.clone());
    }
}

fn list_words_of_entry(name: &str, property: &mut Object) {
    let words: Vec<&str> = match name {
        "status" => Status::ALL.map(Status::as_str).to_vec(),
        "direction" => Direction::ALL.map(Direction::as_str).to_vec(),
        "outcome" => Outcome::ALL.map(Outcome::as_str).to_vec(),
        "class" => LegClass::ALL.map(LegClass::as_str).to_vec(),
        "witness" => Witness::ALL.map(Witness::as_str).to_vec(),
        _ => return,
    };
    property.enum_values = Some(words.into_iter().map(Into::into).collect());
}

/// All operations of a path.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let all = [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ];
    all.into_iter().flatten()
}

/// Whatever has parameters can be asked with too many of them.
pub(super) fn add_uri_too_long(openapi: &mut OpenApi) {
    for operation in openapi.paths.paths.values_mut().flat_map(operations) {
        if operation
            .parameters
            .as_ref()
            .is_some_and(|own| !own.is_empty())
        {
            operation.responses.responses.extend(uri_too_long());
        }
    }
}

/// Every response has the request's id.
pub(super) fn add_request_ids(openapi: &mut OpenApi) {
    let id = text_header("The request's id: the client's own, when it sent a plain one.");
    for operation in openapi.paths.paths.values_mut().flat_map(operations) {
        add_header(operation, "X-Request-Id", &id);
    }
}

/// Where a rate is held, every response tells it.
pub(super) fn add_rate_limits(openapi: &mut OpenApi) {
    let policy = text_header(
        "The rate: `\"client\";q=200;w=2` are 200 requests at once, and as many again within 2 s.",
    );
    let left = text_header(
        "What is left: `\"client\";r=199;t=1` are 199 requests at once, and all in 1 s; with a \
         429, a request in 1 s.",
    );
    for operation in openapi.paths.paths.values_mut().flat_map(operations) {
        if operation.responses.responses.contains_key("429") {
            add_header(operation, "RateLimit-Policy", &policy);
            add_header(operation, "RateLimit", &left);
        }
    }
}

fn add_header(operation: &mut Operation, name: &str, header: &Header) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            let header = RefOr::T(header.clone());
            response.headers.insert(name.to_owned(), header);
        }
    }
}

fn text_header(description: &str) -> Header {
    HeaderBuilder::new()
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}
