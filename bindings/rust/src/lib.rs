#[cfg(target_endian = "big")]
compile_error!("payloads are little-endian, and are used where they lie: big-endian machines are not supported");
#[cfg(not(unix))]
compile_error!("certificates are checked by their owner and mode, and waits end by a descriptor: Unix is needed");

mod buffer;
mod dtype;
mod error;
mod layout;
pub mod limits;
mod names;
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod proto {
    //! The messages of the protocol, as they are generated from its schema. Every field may be absent; a method of its
    //! name gives the value, or the type's own default.
    include!(concat!(env!("OUT_DIR"), "/gradmq.v1.rs"));
}
mod sys;
pub mod wire;

pub use dtype::{convert, Bf16, Dtype, Element, F16};
pub use error::{Code, Error, Result};
pub use layout::{Layout, Tensor};
