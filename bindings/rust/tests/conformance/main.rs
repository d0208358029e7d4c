//! Runs every vector of `schemas/vectors`, and says of each whether it holds: `ok SUBJECT/NAME`.

mod headers;
mod numbers;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

pub(crate) type Outcome = Result<(), String>;

/// A vector's text member.
pub(crate) fn text<'a>(vector: &'a Value, member: &str) -> Option<&'a str> {
    vector.get(member).and_then(Value::as_str)
}

pub(crate) fn octets(hex: &str) -> Vec<u8> {
    let digit = |octet: u8| (octet as char).to_digit(16).expect("hex digits") as u8;
    hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// Frames as the vectors' README says they are written.
pub(crate) fn frames(vector: &Value) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for entry in vector["frames"].as_array().expect("frames") {
        match entry.get("times") {
            Some(times) => {
                let frame = frame(&entry["frame"]);
                all.extend((0..times.as_u64().expect("a number")).map(|_| frame.clone()));
            }
            None => all.push(frame(entry)),
        }
    }
    all
}

fn frame(entry: &Value) -> Vec<u8> {
    match entry {
        Value::String(hex) => octets(hex),
        Value::Array(pieces) => pieces.iter().flat_map(frame).collect(),
        piece => {
            octets(text(piece, "repeat").expect("hex")).repeat(piece["count"].as_u64().expect("a number") as usize)
        }
    }
}

/// A number, or the text that a 64-bit one is.
pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).expect("a number")
}

pub(crate) fn read(folder: &Path, subject: &str) -> Vec<Value> {
    let path = folder.join(format!("{subject}.json"));
    let words = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: Value = serde_json::from_str(&words).expect("JSON");
    file["vectors"].as_array().expect("vectors").clone()
}

fn run(subject: &str, vector: &Value, layouts: &[Value]) -> Outcome {
    match subject {
        "gradient" | "update" | "event" | "request" | "reply" => headers::run(subject, vector, layouts),
        "layout" => numbers::layout(vector),
        "payload" => numbers::payload(vector),
        "dtype" => numbers::dtype(vector),
        "topic" => numbers::topic(vector),
        other => Err(format!("no rule for the subject {other}")),
    }
}

fn main() -> ExitCode {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/vectors");
    let mut subjects: Vec<String> = std::fs::read_dir(&folder)
        .expect("the vectors are there")
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".json")?.to_owned()))
        .collect();
    subjects.sort();
    let layouts = read(&folder, "layout");
    let mut failed = false;
    for subject in &subjects {
        for vector in read(&folder, subject) {
            let name = text(&vector, "name").expect("a name").to_owned();
            match run(subject, &vector, &layouts) {
                Ok(()) => println!("ok {subject}/{name}"),
                Err(words) => {
                    failed = true;
                    println!("    {words}\nnot ok {subject}/{name}");
                }
            }
        }
    }
    ExitCode::from(u8::from(failed))
}
