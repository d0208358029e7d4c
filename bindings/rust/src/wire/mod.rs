//! The protocol's octets: headers, topics, parts and payloads. No sockets, no state.
//!
//! A client hardly needs it: [`Worker`](crate::Worker) and [`Coordinator`](crate::Coordinator) stand on it. It is
//! public for tools that look at messages, and for tests that play a coordinator.

pub mod check;
pub mod header;
pub mod part;
pub mod payload;
mod strict;
pub mod topic;

pub use header::{Header, Kind};
