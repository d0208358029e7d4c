//! Constants of the protocol (section 18 of PROTOCOL.md).

use std::time::Duration;

/// Longest frame, in bytes.
pub const FRAME_BYTES: usize = 16 << 20;
/// How long payload frames usually are, in bytes.
pub const USUAL_FRAME_BYTES: usize = 1 << 20;
/// Most payload frames of a message.
pub const PAYLOAD_FRAMES: usize = 65536;
/// Longest header frame, in bytes.
pub const HEADER_BYTES: usize = 1 << 20;
/// Most tensors of a layout.
pub const TENSORS: usize = 8192;
/// Most dimensions of a tensor.
pub const RANK: usize = 8;
/// Most elements of a layout.
pub const ELEMENTS: u64 = 1 << 40;
/// Longest name of a model, worker or stream, in bytes.
pub const NAME_BYTES: usize = 64;
/// Longest name of a tensor, in bytes.
pub const TENSOR_NAME_BYTES: usize = 128;
/// Most metrics of a gradient.
pub const METRICS: usize = 32;
/// Most groups of the settings.
pub const GROUPS: usize = 64;
/// How far ahead of what is settled a sequence may be.
pub const RECEIVE_WINDOW: usize = 1024;

pub(crate) const HEARTBEAT: Duration = Duration::from_millis(1000);
pub(crate) const CONFIRM: Duration = Duration::from_millis(1000);
pub(crate) const SYNC_RETRY: Duration = Duration::from_millis(100);
pub(crate) const RESYNC_JITTER: Duration = Duration::from_millis(100);
pub(crate) const RETRY: Duration = Duration::from_millis(100);
pub(crate) const RETRY_MOST: Duration = Duration::from_secs(10);
pub(crate) const HANDSHAKE: Duration = Duration::from_millis(5000);

/// Of this client: a Leave is worth this wait when all is settled, and this when it is not.
pub(crate) const LEAVE: Duration = Duration::from_secs(2);
pub(crate) const LEAVE_IN_VAIN: Duration = Duration::from_millis(200);
