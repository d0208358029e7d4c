//! Vectors of layouts, payloads, dtypes and topics.

use gradmq::wire::part::{self, Part};
use gradmq::wire::payload;
use gradmq::wire::topic;
use gradmq::{proto, Code, Dtype, Error, Layout};
use serde_json::Value;

use crate::{frames, number, octets, text, Outcome};

pub fn layout_of(value: &Value) -> gradmq::Result<Layout> {
    let code = number(&value["dtype"]) as u32;
    // What has no name here cannot even be said; a layout that is read refuses it (Layout::new has a type for it).
    let Some(dtype) = Dtype::from_code(code) else { return Layout::new(Dtype::F16, [("", vec![])]) };
    let tensors = value["tensors"].as_array().expect("tensors");
    Layout::new(
        dtype,
        tensors.iter().map(|tensor| {
            let shape = tensor["shape"].as_array().map_or(Vec::new(), |shape| shape.iter().map(number).collect());
            (text(tensor, "name").unwrap_or_default(), shape)
        }),
    )
}

fn expect<T>(result: Result<T, Error>, vector: &Value) -> Result<Option<T>, String> {
    match (result, text(vector, "error")) {
        (Ok(value), None) => Ok(Some(value)),
        (Ok(_), Some(code)) => Err(format!("taken, not refused with {code}")),
        (Err(error), Some(code)) if error.name() == code => Ok(None),
        (Err(error), code) => Err(format!("refused with {error}, not {code:?}")),
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, is: T, should: T) -> Outcome {
    if is == should {
        return Ok(());
    }
    Err(format!("{what} is {is:?}, not {should:?}"))
}

pub fn layout(vector: &Value) -> Outcome {
    let Some(layout) = expect(layout_of(&vector["layout"]), vector)? else { return Ok(()) };
    equal("the canonical string", layout.canonical(), octets(text(vector, "canonical").expect("hex")))?;
    equal("the id", layout.id(), number(&vector["id"]))
}

fn part_of(value: &Value) -> proto::Part {
    let small = |member: &str| value.get(member).map(|value| number(value) as u32);
    proto::Part {
        tensor: small("tensor"),
        encoding: small("encoding"),
        dtype: small("dtype"),
        bytes: value.get("bytes").map(number),
        count: value.get("count").map(number),
    }
}

fn checked(vector: &Value, layout: &Layout) -> gradmq::Result<Vec<Part>> {
    let parts: Vec<_> = vector["parts"].as_array().expect("parts").iter().map(part_of).collect();
    let parts = part::plan(layout, vector.get("dtype").map(|code| number(code) as u32), &parts)?;
    payload::check(layout, &parts, &frames(vector))?;
    Ok(parts)
}

pub fn payload(vector: &Value) -> Outcome {
    let layout = layout_of(&vector["layout"]).map_err(|error| error.to_string())?;
    let Some(parts) = expect(checked(vector, &layout), vector)? else { return Ok(()) };
    let all = payload::join(&frames(vector));
    for (part, wanted) in parts.iter().zip(vector["values"].as_array().expect("values")) {
        let wanted: Vec<f64> = wanted.as_array().expect("values").iter().map(real).collect();
        equal("a tensor", payload::decode(&layout, part, &all), wanted)?;
    }
    // What is cut here may be read here.
    let ends = payload::cut(&parts, all.len());
    let mut begin = 0;
    let cut: Vec<_> = ends.iter().map(|&end| &all[std::mem::replace(&mut begin, end)..end]).collect();
    payload::check(&layout, &parts, &cut).map_err(|error| format!("cut anew: {error}"))
}

fn real(value: &Value) -> f64 {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).expect("a number")
}

fn named(name: &str) -> Dtype {
    (1..=4).filter_map(Dtype::from_code).find(|dtype| dtype.name() == name).expect("a dtype")
}

pub fn dtype(vector: &Value) -> Outcome {
    let member = |name: &str| text(vector, name).expect("a text");
    let out = gradmq::convert(named(member("from")), named(member("to")), &octets(member("input")));
    equal("the output", out, octets(member("output")))
}

pub fn topic(vector: &Value) -> Outcome {
    let of = |member: &str| text(&vector["of"], member);
    let made = match (of("model"), of("worker"), of("stream"), vector["of"].get("nonce")) {
        (None, None, None, Some(nonce)) => topic::sync(number(nonce)),
        (Some(model), None, Some(stream), None) => topic::parameters(model, stream),
        (Some(model), worker, None, None) => {
            let wanted = text(vector, "topic").unwrap_or_default();
            match (wanted.split('/').next(), worker) {
                (Some("ack"), Some(worker)) => topic::acknowledgements(model, worker),
                (Some("event"), Some(worker)) => topic::worker(model, worker),
                (Some("event"), None) => topic::everybody(model),
                (Some("announce"), None) => topic::announcements(model),
                (Some("malformed"), None) => topic::malformed(model),
                _ => return Err(format!("{}: no such topic", Code::Unsupported)),
            }
        }
        _ => return Err("no such topic".to_owned()),
    };
    equal("the topic", made.as_str(), text(vector, "topic").expect("a topic"))
}
