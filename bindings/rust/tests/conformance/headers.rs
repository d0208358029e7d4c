//! Vectors of the five kinds of header: read and compared; written, read again and compared.

use std::sync::OnceLock;

use gradmq::wire::header::{self, Header};
use gradmq::wire::payload;
use gradmq::{proto, Error};
use prost_reflect::prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value as Field,
};
use serde_json::Value;

use crate::{frames, numbers, text, Outcome};

/// Fields whose presence says something, by the name of their message (the vectors' README).
const PRESENCE: [&str; 12] = [
    "Gradient.based_on",
    "Gradient.clock",
    "Part.bytes",
    "Part.dtype",
    "Request.if_epoch",
    "Request.if_version",
    "GetModelParametersRequest.newer_than",
    "SetModelParametersRequest.bytes",
    "Heartbeat.deadline_ms",
    "StatusReport.deadline_ms",
    "Update.previous_published_epoch",
    "Update.previous_published_version",
];

/// Defaults other than 0.
const ONES: [&str; 7] = [
    "Gradient.kind",
    "Gradient.weight",
    "Gradient.loss_scale",
    "Gradient.low_water",
    "Part.encoding",
    "Metric.weight",
    "Group.rate_scale",
];

fn descriptor(name: &str) -> MessageDescriptor {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        let schema = include_bytes!(concat!(env!("OUT_DIR"), "/schema.bin"));
        DescriptorPool::decode(schema.as_slice()).expect("the schema")
    });
    pool.get_message_by_name(&format!("gradmq.v1.{name}")).expect("a message of the schema")
}

pub fn run(subject: &str, vector: &Value, layouts: &[Value]) -> Outcome {
    match subject {
        "gradient" => gradient(vector, layouts),
        "update" => message::<proto::Update>("Update", 1, vector).map(drop),
        "event" => message::<proto::Event>("Event", 1, vector).map(drop),
        "request" => request(vector),
        _ => message::<proto::Reply>("Reply", 0, vector).map(drop),
    }
}

fn message<M: Header>(name: &str, place: usize, vector: &Value) -> Result<Option<M>, String> {
    let frames = frames(vector);
    let read = M::read(&frames[place]);
    if let Some(code) = text(vector, "error") {
        let lenient = vector["may_take"].as_bool() == Some(true);
        return match read {
            Err(error) if error.name() == code => said(&error).map(|()| None),
            Err(error) => Err(format!("refused with {error}, not with {code}")),
            Ok(_) if lenient => Ok(None),
            Ok(_) => Err(format!("taken, not refused with {code}")),
        };
    }
    let read = read.map_err(|error| format!("refused: {error}"))?;
    let wanted = DynamicMessage::deserialize(descriptor(name), &vector["message"])
        .map_err(|error| format!("the vector's message: {error}"))?;
    same(&wanted, &dynamic(name, &read)).map_err(|words| format!("read: {words}"))?;
    let written = M::decode(wanted.encode_to_vec().as_slice()).map_err(|error| error.to_string())?.write();
    let again = M::read(&written).map_err(|error| format!("what was written is refused: {error}"))?;
    same(&wanted, &dynamic(name, &again)).map_err(|words| format!("written: {words}"))?;
    Ok(Some(read))
}

fn said(error: &Error) -> Outcome {
    if error.message().len() < 10 {
        return Err("refused without a sentence".to_owned());
    }
    Ok(())
}

fn dynamic<M: Header>(name: &str, message: &M) -> DynamicMessage {
    DynamicMessage::decode(descriptor(name), message.encode_to_vec().as_slice()).expect("what was just encoded")
}

fn request(vector: &Value) -> Outcome {
    message::<proto::Request>("Request", 0, vector)?;
    match vector.get("request_id").map(crate::number) {
        Some(id) if id != header::request_id(&frames(vector)[0]) => Err("the request id was not found".to_owned()),
        _ => Ok(()),
    }
}

fn gradient(vector: &Value, layouts: &[Value]) -> Outcome {
    let read = message::<proto::Gradient>("Gradient", 0, vector)?;
    let frames = frames(vector);
    if let (None, Some(attributable)) = (&read, vector["attributable"].as_bool()) {
        // The same header without what is wrong with it can be attributed, or cannot.
        let known = proto::Gradient::decode(frames[0].get(header::PREAMBLE_BYTES..).unwrap_or_default())
            .is_ok_and(|gradient| gradmq::wire::check::identity(&gradient).is_ok());
        let before = proto::Gradient::read(&frames[0]).err();
        let later = before.is_some_and(|error| !header_codes(&error) && known);
        if attributable != later {
            return Err(format!("attributable: {later}"));
        }
    }
    let (Some(code), Some(gradient)) = (text(vector, "check"), &read) else { return Ok(()) };
    let name = text(vector, "layout").expect("a layout's name");
    let layout = layouts.iter().find(|layout| text(layout, "name") == Some(name)).expect("the layout");
    let layout = numbers::layout_of(&layout["layout"]).map_err(|error| error.to_string())?;
    let checked = payload::check_gradient(&layout, gradient, &frames[1..]);
    let outcome = checked.as_ref().map_or_else(Error::name, |()| "OK");
    if outcome == code {
        return Ok(());
    }
    Err(format!("checked: {checked:?}, not {code}"))
}

/// Refusals that come before anything is known of who sent it.
fn header_codes(error: &Error) -> bool {
    ["MALFORMED", "PREAMBLE", "VERSION", "TOO_LARGE"].contains(&error.name())
        || error.message().contains("flags")
        || error.message().contains("must be understood")
}

fn same(wanted: &DynamicMessage, read: &DynamicMessage) -> Outcome {
    for field in wanted.descriptor().fields() {
        let path = format!("{}.{}", wanted.descriptor().name(), field.name());
        let presence = PRESENCE.contains(&path.as_str()) || field.containing_oneof().is_some();
        if presence && wanted.has_field(&field) != read.has_field(&field) {
            return Err(format!("{path} is there, or is not"));
        }
        if !same_value(&value(wanted, &field, &path), &value(read, &field, &path))? {
            return Err(format!("{path} is not what it should be"));
        }
    }
    Ok(())
}

fn value(of: &DynamicMessage, field: &FieldDescriptor, path: &str) -> Field {
    if of.has_field(field) || !ONES.contains(&path) {
        return of.get_field(field).into_owned();
    }
    match field.kind() {
        Kind::Double => Field::F64(1.0),
        Kind::Uint64 => Field::U64(1),
        _ => Field::U32(1),
    }
}

fn same_value(wanted: &Field, read: &Field) -> Result<bool, String> {
    Ok(match (wanted, read) {
        (Field::Message(wanted), Field::Message(read)) => same(wanted, read).map(|()| true)?,
        (Field::List(wanted), Field::List(read)) => {
            wanted.len() == read.len()
                && wanted
                    .iter()
                    .zip(read)
                    .map(|(wanted, read)| same_value(wanted, read))
                    .try_fold(true, |all, one| one.map(|one| all && one))?
        }
        (Field::F64(wanted), Field::F64(read)) => wanted.to_bits() == read.to_bits(),
        (wanted, read) => wanted == read,
    })
}
