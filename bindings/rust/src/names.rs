//! Names (section 4 of PROTOCOL.md).

use crate::error::{refuse, Result};
use crate::limits;

/// Rule A-1: models, workers, streams and clients.
pub(crate) fn is_name(name: &str) -> bool {
    let letter = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'_';
    let octets = name.as_bytes();
    (1..=limits::NAME_BYTES).contains(&octets.len())
        && letter(octets[0])
        && octets.iter().all(|&octet| letter(octet) || octet == b'-' || octet == b'.')
}

/// Rule A-2 without its length.
pub(crate) fn is_plain_text(text: &str) -> bool {
    !text.bytes().any(|octet| octet < 0x20 || octet == 0x7f)
}

/// Rule A-2: tensors.
pub(crate) fn is_tensor_name(name: &str) -> bool {
    (1..=limits::TENSOR_NAME_BYTES).contains(&name.len()) && is_plain_text(name) && name != "__metadata__"
}

/// Rule A-3: metrics.
pub(crate) fn is_metric_name(name: &str) -> bool {
    (1..=limits::NAME_BYTES).contains(&name.len()) && is_plain_text(name)
}

/// Refuses what is not a name; `what` it should be the name of.
pub(crate) fn check_name(what: &str, name: &str) -> Result<()> {
    if is_name(name) {
        return Ok(());
    }
    let shown: String = name.chars().take(80).collect();
    Err(refuse!(
        Name,
        "{what} {shown:?} is not a name: 1 to 64 ASCII letters, digits, \"_\", \"-\" and \".\", and the first is not \
         \"-\" or \".\""
    ))
}
