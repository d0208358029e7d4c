//! GradMQ for Rust: a worker that pushes gradients, and remote control of a coordinator.
//!
//! A coordinator owns a model's parameters. A [`Worker`] takes them, pushes gradients and learns what became of each; a
//! [`Coordinator`] loads models, changes settings, starts and stops. Both are made of [`Options`]:
//!
//! ```no_run
//! use std::time::Duration;
//! use gradmq::{Options, Push};
//!
//! let mut worker = Options::new("tcp://127.0.0.1:5570").name("w1").worker()?;
//! for _ in 0..1000 {
//!     let parameters = worker.next()?;                          // newer ones, when there are
//!     let weight: &[f32] = parameters.as_slice()?;              // or one tensor: parameters.tensor("w")?
//!     let gradient: Vec<f32> = weight.iter().map(|w| w - 1.0).collect();
//!     worker.push_vec(gradient, &Push::new().metric("loss", 0.5))?;
//! }
//! worker.close(Duration::from_secs(10))?;                       // waits until all is settled
//! # Ok::<(), gradmq::Error>(())
//! ```
//!
//! Every call that waits takes a time-out, tells what it waits for (see [`Options::on_wait`]), and ends when a
//! [`Cancel`] says so. Every error is an [`Error`]: a [`Code`] and a sentence that says what to do.
//!
//! The feature `ndarray` gives tensors as arrays: `Parameters::array`.

#[cfg(target_endian = "big")]
compile_error!("payloads are little-endian, and are used where they lie: big-endian machines are not supported");
#[cfg(not(unix))]
compile_error!("certificates are checked by their owner and mode, and waits end by a descriptor: Unix is needed");

mod buffer;
mod cancel;
mod compress;
mod coordinator;
mod dtype;
mod endpoint;
mod error;
mod hearsay;
mod keys;
mod layout;
mod lease;
mod ledger;
pub mod limits;
mod names;
mod options;
mod outbox;
mod parameters;
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod proto {
    //! The messages of the protocol, as they are generated from its schema. Every field may be absent; a method of its
    //! name gives the value, or the type's own default.
    include!(concat!(env!("OUT_DIR"), "/gradmq.v1.rs"));
}
mod push;
mod requester;
mod rounds;
mod session;
mod sys;
mod watch;
pub mod wire;
mod worker;

pub use cancel::Cancel;
pub use compress::Compression;
pub use coordinator::{Condition, Coordinator, InForce, Position};
pub use dtype::{convert, Bf16, Dtype, Element, F16};
pub use error::{Code, Error, Result};
pub use hearsay::State;
pub use layout::{Layout, Tensor};
pub use ledger::Disposition;
pub use options::{Options, Stream};
pub use parameters::Parameters;
#[doc(no_inline)]
pub use proto::{Description, Group, Groups, Settings, StatusReport};
pub use push::{Kind, Part, Push};
pub use watch::{Topic, Watch};
pub use worker::{Stats, Updates, Verdict, Worker};

/// The README's examples are compiled as those here are.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_one_thread_can_be_moved_to_another() {
        fn is_send<T: Send>() {}
        fn is_shared<T: Send + Sync + Clone>() {}
        is_send::<Worker>();
        is_send::<Coordinator>();
        is_send::<Watch>();
        is_shared::<Cancel>();
        is_shared::<Options>();
        is_shared::<Parameters>();
        is_shared::<Error>();
    }
}
