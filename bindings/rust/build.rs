//! Generates, from the schema under `proto`, the protobuf messages and the table of their fields that the strict
//! reader (`src/wire/strict.rs`) goes by. It needs no `protoc`.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use prost_build::Config;
use protox::prost::Message as _;

const FILES: [&str; 4] =
    ["gradmq/v1/control.proto", "gradmq/v1/event.proto", "gradmq/v1/gradient.proto", "gradmq/v1/update.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=build.rs");
    let files = protox::compile(FILES, ["proto"])?;
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("schema.bin"), files.encode_to_vec())?;
    fs::write(Path::new(&out).join("schema.rs"), tables(&files)?)?;
    Config::new().compile_fds(files)?;
    Ok(())
}

/// One static table a message: number, kind and, of messages, the message's own table.
fn tables(files: &prost_types::FileDescriptorSet) -> Result<String, Box<dyn Error>> {
    use prost_types::field_descriptor_proto::Type;
    let mut text = String::new();
    let mut messages = BTreeMap::new();
    for file in &files.file {
        for message in &file.message_type {
            messages.insert(message.name(), message);
        }
    }
    for (name, message) in &messages {
        let mut rows = BTreeMap::new();
        for field in &message.field {
            let kind = match field.r#type() {
                Type::Double | Type::Fixed64 => "Kind::Fixed64".to_owned(),
                Type::Uint32 | Type::Uint64 | Type::Bool => "Kind::Varint".to_owned(),
                Type::String => "Kind::Text".to_owned(),
                Type::Bytes => "Kind::Octets".to_owned(),
                Type::Message => {
                    let of = field.type_name().rsplit('.').next().unwrap_or_default();
                    format!("Kind::Message(&{})", constant(of))
                }
                other => return Err(format!("{name}.{}: no rule for {other:?}", field.name()).into()),
            };
            let repeated = field.label() == prost_types::field_descriptor_proto::Label::Repeated;
            rows.insert(
                field.number(),
                format!("Field {{ number: {}, kind: {kind}, repeated: {repeated} }}", field.number()),
            );
        }
        let rows: Vec<_> = rows.into_values().collect();
        writeln!(text, "pub(crate) static {}: [Field; {}] = [{}];", array(name), rows.len(), rows.join(", "))?;
        writeln!(text, "pub(crate) static {}: Schema = Schema {{ fields: &{} }};", constant(name), array(name))?;
    }
    Ok(text)
}

fn constant(name: &str) -> String {
    let mut to = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !to.is_empty() {
            to.push('_');
        }
        to.push(letter.to_ascii_uppercase());
    }
    to
}

fn array(name: &str) -> String {
    format!("{}_FIELDS", constant(name))
}
