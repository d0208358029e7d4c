//! Checks of what headers say, in the order of the protocol (rules A, G-2, R-2, T-2).

use crate::dtype::Dtype;
use crate::error::{refuse, Error, Result};
use crate::proto::request::Body;
use crate::{limits, names, proto};

/// Kinds of gradients, by number.
pub const KIND_SKIP: u32 = 4;
/// Longest text among the settings, in bytes.
const SETTING_TEXT_BYTES: usize = 127;
const LIST_LIMIT: u32 = 1024;

/// Dtype and encoding of what carries a payload: neither 0 nor unknown (rule N-2).
pub(crate) fn form(dtype: Option<u32>, encoding: Option<u32>) -> Result<()> {
    check_dtype(dtype)?;
    match encoding {
        Some(code) if !(1..=5).contains(&code) => Err(refuse!(Unsupported, "encoding {code} is not known here")),
        _ => Ok(()),
    }
}

fn check_dtype(dtype: Option<u32>) -> Result<()> {
    match dtype {
        Some(code) if Dtype::from_code(code).is_none() => Err(refuse!(Unsupported, "dtype {code} is not known here")),
        _ => Ok(()),
    }
}

/// Who sent a gradient, and which one it is (checks 1 and 4 of G-2).
///
/// # Errors
/// `NAME`, `ARGUMENT`: nobody to attribute the gradient to.
pub fn identity(gradient: &proto::Gradient) -> Result<()> {
    names::check_name("model", gradient.model())?;
    names::check_name("worker", gradient.worker())?;
    let argument = |words: &str| Err(refuse!(Argument, "{words}"));
    if gradient.incarnation() == 0 {
        return argument("the gradient states no incarnation; Join gives one");
    }
    if gradient.sequence() == 0 {
        return argument("the gradient states no sequence; the first is 1");
    }
    if gradient.low_water() > gradient.sequence() {
        return argument("the gradient's low_water is above its own sequence");
    }
    Ok(())
}

fn positive(what: &str, value: f64) -> Result<()> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(refuse!(Argument, "{what} is {value}; it has to be finite and above 0"))
}

/// What a gradient says beside who sent it (check 9 of G-2, as far as it needs no layout).
///
/// # Errors
/// `UNSUPPORTED`, `ARGUMENT`, `NAME`.
pub fn gradient(gradient: &proto::Gradient) -> Result<()> {
    let kind = gradient.kind.unwrap_or(1);
    if !(1..=KIND_SKIP).contains(&kind) {
        return Err(refuse!(Unsupported, "kind {kind} is not known here"));
    }
    positive("weight", gradient.weight.unwrap_or(1.0))?;
    positive("loss_scale", gradient.loss_scale.unwrap_or(1.0))?;
    check_dtype(gradient.dtype)?;
    if gradient.parts.len() > limits::TENSORS {
        return Err(refuse!(
            Argument,
            "the gradient has {} parts; a layout has at most {} tensors",
            gradient.parts.len(),
            limits::TENSORS
        ));
    }
    let mut last = None;
    for part in &gradient.parts {
        let tensor = part.tensor.ok_or_else(|| refuse!(Argument, "a part names no tensor"))?;
        form(part.dtype, part.encoding)?;
        if last.is_some_and(|last| tensor <= last) {
            return Err(refuse!(Argument, "tensor {tensor} comes too late; parts ascend, one a tensor"));
        }
        last = Some(tensor);
    }
    if gradient.metrics.len() > limits::METRICS {
        return Err(refuse!(
            Argument,
            "the gradient has {} metrics; it can have {}",
            gradient.metrics.len(),
            limits::METRICS
        ));
    }
    gradient.metrics.iter().try_for_each(metric)
}

/// Rule G-7.
pub(crate) fn metric(metric: &proto::Metric) -> Result<()> {
    let name = metric.name();
    if !names::is_metric_name(name) {
        return Err(refuse!(Name, "{name:?} is not a metric's name: 1 to 64 bytes without control characters"));
    }
    if !metric.value().is_finite() {
        return Err(refuse!(Argument, "metric {name} is {}; send finite values only", metric.value()));
    }
    positive(&format!("the weight of metric {name}"), metric.weight.unwrap_or(1.0))
}

/// The gradient that a request carries.
pub(crate) fn gradient_of(request: &proto::Request) -> Option<&proto::Gradient> {
    match &request.body {
        Some(Body::AddGradients(add)) => add.gradient.as_ref(),
        Some(Body::AddModelParameters(add)) => add.gradient.as_ref(),
        _ => None,
    }
}

/// What a command needs and does not have, or has and may not (rule R-2).
///
/// # Errors
/// `COMMAND`, `NAME`, `ARGUMENT`, `UNSUPPORTED`.
pub fn request(request: &proto::Request) -> Result<()> {
    optional_name("client", request.client.as_deref())?;
    optional_name("model", request.model.as_deref())?;
    let Some(body) = &request.body else {
        return Err(refuse!(Command, "the request has no command"));
    };
    match body {
        Body::Join(join) => names::check_name("worker", join.worker()),
        Body::Leave(leave) => names::check_name("worker", leave.worker()),
        Body::Acknowledgement(ask) => names::check_name("worker", ask.worker()),
        Body::SetParameters(set) => set.settings.as_ref().map_or(Ok(()), settings),
        Body::SetModelParameters(set) => {
            check_dtype(set.dtype)?;
            check_dtype(set.layout.as_ref().and_then(|layout| layout.dtype))
        }
        Body::GetModelParameters(get) => optional_name("stream", get.stream.as_deref()),
        Body::AddGradients(add) if add.gradient.is_none() => Err(no_gradient()),
        Body::AddModelParameters(add) if add.gradient.is_none() => Err(no_gradient()),
        Body::ListWorkers(list) if list.limit() > LIST_LIMIT => {
            Err(refuse!(Argument, "limit is {}; it can be 1 to {LIST_LIMIT}", list.limit()))
        }
        Body::Sync(sync) if sync.nonce() == 0 => Err(refuse!(Argument, "Sync needs a nonce other than 0")),
        Body::Record(record) => match (record.stop(), record.name.as_deref()) {
            (true, Some(_)) => Err(refuse!(Argument, "Record with a name and stop; leave the name out")),
            (true, None) => Ok(()),
            (false, name) => names::check_name("recording", name.unwrap_or_default()),
        },
        _ => Ok(()),
    }
}

fn no_gradient() -> Error {
    refuse!(Argument, "the request has no gradient")
}

fn optional_name(what: &str, name: Option<&str>) -> Result<()> {
    name.map_or(Ok(()), |name| names::check_name(what, name))
}

/// Rules N-4, T-2 and T-6, as far as they need no table of settings.
pub(crate) fn settings(settings: &proto::Settings) -> Result<()> {
    for (name, value) in reals(settings) {
        if value.is_some_and(|value| !value.is_finite()) {
            return Err(refuse!(Argument, "{name} is not finite"));
        }
    }
    for (name, text) in texts(settings) {
        if text.is_some_and(|text| text.len() > SETTING_TEXT_BYTES) {
            return Err(refuse!(Argument, "{name} is longer than {SETTING_TEXT_BYTES} bytes"));
        }
    }
    let groups = settings.groups.as_ref().map_or(&[][..], |groups| &groups.groups);
    if groups.len() > limits::GROUPS {
        return Err(refuse!(Argument, "there are {} groups; {} are possible", groups.len(), limits::GROUPS));
    }
    for group in groups {
        if !names::is_plain_text(group.pattern()) || !(1..=limits::TENSOR_NAME_BYTES).contains(&group.pattern().len()) {
            return Err(refuse!(
                Argument,
                "a group's pattern has 1 to {} bytes, none of them a control character",
                limits::TENSOR_NAME_BYTES
            ));
        }
        let numbers = [group.rate_scale, group.weight_decay, group.l2];
        if numbers.iter().flatten().any(|value| !value.is_finite()) {
            return Err(refuse!(Argument, "a number of the group {} is not finite", group.pattern()));
        }
    }
    Ok(())
}

fn reals(settings: &proto::Settings) -> [(&'static str, Option<f64>); 20] {
    [
        ("learning_rate", settings.learning_rate),
        ("momentum", settings.momentum),
        ("dampening", settings.dampening),
        ("beta1", settings.beta1),
        ("beta2", settings.beta2),
        ("epsilon", settings.epsilon),
        ("rho", settings.rho),
        ("initial_accumulator", settings.initial_accumulator),
        ("momentum_decay", settings.momentum_decay),
        ("trust_coefficient", settings.trust_coefficient),
        ("rate_decay", settings.rate_decay),
        ("l2", settings.l2),
        ("weight_decay", settings.weight_decay),
        ("schedule_factor", settings.schedule_factor),
        ("schedule_final", settings.schedule_final),
        ("clip_norm", settings.clip_norm),
        ("clip_value", settings.clip_value),
        ("clip_global_norm", settings.clip_global_norm),
        ("trim_fraction", settings.trim_fraction),
        ("max_weight", settings.max_weight),
    ]
}

fn texts(settings: &proto::Settings) -> [(&'static str, Option<&str>); 8] {
    [
        ("mode", settings.mode.as_deref()),
        ("optimizer", settings.optimizer.as_deref()),
        ("schedule", settings.schedule.as_deref()),
        ("policy", settings.policy.as_deref()),
        ("staleness_scale", settings.staleness_scale.as_deref()),
        ("rule", settings.rule.as_deref()),
        ("streams", settings.streams.as_deref()),
        ("durability", settings.durability.as_deref()),
    ]
}
