//! All that the compiler cannot check, in one place.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use libc::c_int;

use crate::buffer::Buffer;
use crate::dtype::{Bf16, F16};

// SAFETY: both are one u16, transparently: no padding, no bits that they may not have.
unsafe impl Zeroable for F16 {}
unsafe impl Pod for F16 {}
unsafe impl Zeroable for Bf16 {}
unsafe impl Pod for Bf16 {}

/// The user whose rights this process has.
pub(crate) fn effective_user() -> u32 {
    // SAFETY: the call takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}

/// Has a socket tell its monitor nothing more: to be called before the monitor is closed, which ZeroMQ would wait for.
pub(crate) fn stop_monitor(socket: &mut zmq::Socket) {
    // SAFETY: the socket is ours alone while it is borrowed mutably; no endpoint means no monitor.
    unsafe { zmq_sys::zmq_socket_monitor(socket.as_mut_ptr(), std::ptr::null(), 0) };
}

/// Lets go of the reference that a message had; called by ZeroMQ, on any of its threads.
unsafe extern "C" fn let_go(_data: *mut c_void, hint: *mut c_void) {
    // SAFETY: `hint` is what `Arc::into_raw` gave for exactly this message, and ZeroMQ calls once a message.
    drop(unsafe { Arc::from_raw(hint as *const Buffer) });
}

/// Sends `buffer[from..to]` as one frame, without a copy and without waiting. The buffer lives until ZeroMQ has let go
/// of the frame, and nobody can change it before: an `Arc` that is shared gives no mutable access.
pub(crate) fn send_shared(
    socket: &mut zmq::Socket,
    buffer: &Arc<Buffer>,
    from: usize,
    to: usize,
    flags: i32,
) -> zmq::Result<()> {
    let frame = &buffer.bytes()[from..to];
    let mut message = zmq_sys::zmq_msg_t::default();
    let hint = Arc::into_raw(Arc::clone(buffer)) as *mut c_void;
    // SAFETY: `frame` lies in memory that the reference behind `hint` keeps where it is; ZeroMQ only reads it.
    let made = unsafe {
        zmq_sys::zmq_msg_init_data(&mut message, frame.as_ptr() as *mut c_void, frame.len(), Some(let_go), hint)
    };
    if made != 0 {
        // SAFETY: no message was made, so that `let_go` is never called with it.
        drop(unsafe { Arc::from_raw(hint as *const Buffer) });
        return Err(zmq::Error::ENOMEM);
    }
    loop {
        // SAFETY: the message was made above, and the socket is ours alone while it is borrowed mutably.
        let sent = unsafe { zmq_sys::zmq_msg_send(&mut message, socket.as_mut_ptr(), flags as c_int) };
        if sent >= 0 {
            return Ok(());
        }
        // SAFETY: the call takes nothing.
        let error = zmq::Error::from_raw(unsafe { zmq_sys::zmq_errno() });
        if error != zmq::Error::EINTR {
            // SAFETY: a message that was not sent is still ours to close, which calls `let_go`.
            unsafe { zmq_sys::zmq_msg_close(&mut message) };
            return Err(error);
        }
    }
}
