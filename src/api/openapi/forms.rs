//! What texts look like, said exactly, so that a client or a checker knows what will be refused:
//! the forms of names, numbers and times, and the names of the zones.

use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{
    AnyOfBuilder, Array, ArrayItems, KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, Type,
};
use utoipa::openapi::{OpenApi, Ref, RefOr};

use super::refine::operations;

/// The component that lists the zones.
const TIME_ZONE: &str = "TimeZone";

/// Not empty, not blank, no control character: what `model::check::name` takes.
const NAME: &str = concat!(
    r"^[^\u0000-\u001f\u007f-\u009f]*",
    r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]",
    r"[^\u0000-\u001f\u007f-\u009f]*$"
);
/// No control character: what `model::check::text` takes.
const TEXT: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
/// What `model::check::number` takes.
const NUMBER: &str = r"^\+?[0-9*#]+$";
/// What `model::check::endpoint` takes.
const ENDPOINT: &str = concat!(
    r"^[^\u0000-\u001f\u007f-\u009f]*/",
    r"[^\u0000-\u001f\u007f-\u009f]*$"
);
const SCOPE: &str = concat!(
    r"^(admin|directory:write|history:(self|all|customer|(user|agent|queue):",
    r"[^\u0000-\u001f\u007f-\u009f]*",
    r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]",
    r"[^\u0000-\u001f\u007f-\u009f]*))$"
);
/// A local date-time. Days that a month of that name never has are none.
const LOCAL: &str = concat!(
    r"^[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)",
    r"|02-(0[1-9]|1[0-9]|2[0-9]))[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?$"
);
/// A number, 0611*, or *3344: what [`NumberPattern`](crate::model::NumberPattern) reads.
const NUMBERS: &str = concat!(
    r"^[-\s./()]*(\+?[-\s./()]*([0-9][-\s./()]*){1,64}|\+?[-\s./()]*([0-9][-\s./()]*){2,63}\*[-\s./()]*",
    r"|\*[-\s./()]*([0-9][-\s./()]*){3,63})$"
);
/// One number, or a word for a withheld one: what `model::check_customer` takes.
const CUSTOMER: &str = concat!(
    r"^([-\s./()]*(\+[-\s./()]*)?(#[-\s./()0-9*#]*)?[0-9]([-\s./()0-9*#]*[0-9#])?[-\s./()]*",
    r"|anonymous|private|restricted|unavailable|unknown|withheld)$"
);
/// A text to be searched.
const SEARCHED: &str = r"\S[\s\S]*\S";
/// What [`CallId`](crate::model::CallId) reads.
const CALL_ID: &str = "^[0-9a-fA-F]{32}$";
const CURSOR: &str = "^[A-Za-z0-9_-]+$";

/// Says of every parameter and of every body what its texts look like.
pub(super) fn say_forms(openapi: &mut OpenApi) {
    for operation in openapi.paths.paths.values_mut().flat_map(operations) {
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter {
                of_parameter(parameter);
            }
        }
    }
    let Some(components) = openapi.components.as_mut() else {
        return;
    };
    for (name, schema) in &mut components.schemas {
        if let RefOr::T(Schema::Object(schema)) = schema {
            of_body(name, schema);
        }
    }
    components
        .schemas
        .insert(TIME_ZONE.to_owned(), RefOr::T(zones()));
}

fn of_parameter(parameter: &mut Parameter) {
    let schema = match (parameter.name.as_str(), &parameter.parameter_in) {
        ("tz", ParameterIn::Query) => RefOr::Ref(Ref::from_schema_name(TIME_ZONE)),
        ("from" | "until", ParameterIn::Query) => RefOr::T(moment()),
        (name, place) => {
            let schema = match &mut parameter.schema {
                Some(RefOr::T(Schema::Object(schema))) => schema,
                Some(RefOr::T(Schema::Array(list))) if *place == ParameterIn::Query => {
                    return of_list(name, list);
                }
                _ => return,
            };
            match (name, place) {
                ("id" | "name" | "number" | "username", ParameterIn::Path) => {
                    is_like(schema, NAME);
                    schema.max_length = Some(255);
                }
                ("callId", ParameterIn::Path) => is_like(schema, CALL_ID),
                ("cursor" | "since", ParameterIn::Query) => is_like(schema, CURSOR),
                ("q", ParameterIn::Query) => is_like(schema, SEARCHED),
                ("number", ParameterIn::Query) => is_like(schema, CUSTOMER),
                ("user" | "agent" | "name", ParameterIn::Query) => is_like(schema, r"\S"),
                _ => {}
            }
            return;
        }
    };
    parameter.schema = Some(schema);
}

/// A parameter that may be given several times.
fn of_list(name: &str, list: &mut Array) {
    if let ArrayItems::RefOrSchema(item) = &mut list.items
        && let RefOr::T(Schema::Object(item)) = item.as_mut()
        && name == "number"
    {
        is_like(item, NUMBERS);
    }
}

/// The bodies that are written; those that are read only say what they hold.
fn of_body(name: &str, body: &mut Object) {
    let is_written = name.ends_with("Body") || matches!(name, "KeyRequest" | "Number" | "Endpoint");
    if !is_written {
        return;
    }
    for (field, property) in &mut body.properties {
        if let RefOr::T(Schema::Array(list)) = property {
            if let ("scopes", ArrayItems::RefOrSchema(item)) = (field.as_str(), &mut list.items)
                && let RefOr::T(Schema::Object(item)) = item.as_mut()
            {
                is_like(item, SCOPE);
            }
            continue;
        }
        let RefOr::T(Schema::Object(property)) = property else {
            continue;
        };
        match field.as_str() {
            "firstName" | "lastName" | "displayName" => is_like(property, TEXT),
            "user" | "agent" | "agentNumber" | "source" => is_like(property, NAME),
            "number" if name != "AgentBody" => is_like(property, NUMBER),
            "endpoint" => is_like(property, ENDPOINT),
            "validFrom" | "validUntil" => {
                property.format = Some(SchemaFormat::KnownFormat(KnownFormat::DateTime));
            }
            _ => {}
        }
    }
}

fn is_like(text: &mut Object, pattern: &str) {
    text.pattern = Some(pattern.to_owned());
}

/// A time as RFC 3339, or local.
fn moment() -> Schema {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let known = |format| text().format(Some(SchemaFormat::KnownFormat(format)));
    let moment = AnyOfBuilder::new()
        .item(known(KnownFormat::DateTime))
        .item(known(KnownFormat::Date))
        .item(text().pattern(Some(LOCAL)));
    Schema::AnyOf(moment.build())
}

fn zones() -> Schema {
    let zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    let zones = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(
            "An IANA time zone. Upper and lower case are the same.",
        ))
        .examples(["Europe/Paris"])
        .enum_values(Some(zones));
    Schema::Object(zones.build())
}
