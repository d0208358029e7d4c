//! What a worker, a coordinator and their helpers have in common: sockets with every option that the protocol and
//! ZeroMQ's dangers ask for, and telling the caller what is waited for.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use zmq::{PollEvents, PollItem, Socket, SocketType};

use crate::buffer::{Payload, Pool};
use crate::cancel::Cancel;
use crate::error::{refuse, Result};
use crate::keys::Keys;
use crate::options::{Options, WaitHandler};
use crate::{limits, names, sys};

/// How the coordinator is reached, for all that reach it.
pub(crate) struct Connector {
    pub control: String,
    pub client: String,
    pub request_timeout: Duration,
    pub keys: Option<Keys>,
    pub pool: Arc<Pool>,
    linger: i32,
    context: zmq::Context,
}

impl Connector {
    pub fn new(options: &Options) -> Result<Connector> {
        if options.control.is_empty() {
            return Err(refuse!(Argument, "a control endpoint is needed, such as tcp://127.0.0.1:5570"));
        }
        if options.control.starts_with("inproc://") && options.context.is_none() {
            return Err(refuse!(
                Argument,
                "{} can be reached only from the ZeroMQ context that it was bound in: give that context",
                options.control
            ));
        }
        if let Some(model) = &options.model {
            names::check_name("model", model)?;
        }
        let client = match &options.name {
            Some(name) => name.clone(),
            None => made_up_name(),
        };
        names::check_name("name", &client)?;
        let keys = options.keys.as_ref().map(|(secret, server)| Keys::load(secret, server)).transpose()?;
        Ok(Connector {
            control: options.control.clone(),
            client,
            request_timeout: options.request_timeout,
            keys,
            pool: Arc::default(),
            linger: i32::try_from(options.linger.as_millis()).unwrap_or(i32::MAX).max(1),
            context: options.context.clone().unwrap_or_default(),
        })
    }

    /// A socket of this type with our options and keys, not connected.
    pub fn socket(&self, kind: SocketType) -> Result<Socket> {
        let socket = self.context.socket(kind).map_err(|error| refuse!(Memory, "no socket can be made: {error}"))?;
        self.set_options(&socket, kind).map_err(|error| refuse!(Memory, "a socket's options: {error}"))?;
        if let Some(keys) = &self.keys {
            keys.set(&socket).map_err(|error| refuse!(Unsupported, "this ZeroMQ cannot do CURVE: {error}"))?;
        }
        Ok(socket)
    }

    fn set_options(&self, socket: &Socket, kind: SocketType) -> zmq::Result<()> {
        socket.set_linger(self.linger)?;
        socket.set_immediate(true)?;
        socket.set_reconnect_ivl(100)?;
        socket.set_reconnect_ivl_max(1000)?;
        socket.set_handshake_ivl(limits::HANDSHAKE.as_millis() as i32)?;
        socket.set_heartbeat_ivl(2000)?;
        socket.set_heartbeat_timeout(10_000)?;
        socket.set_heartbeat_ttl(10_000)?;
        socket.set_tcp_keepalive(1)?;
        socket.set_tcp_keepalive_idle(30)?;
        socket.set_tcp_keepalive_intvl(10)?;
        socket.set_tcp_keepalive_cnt(3)?;
        // With the option on, ZeroMQ takes a name's IPv6 address only, so that "localhost" would not be found at
        // 127.0.0.1.
        socket.set_ipv6(self.control.contains("://["))?;
        socket.set_sndtimeo(0)?;
        socket.set_rcvtimeo(0)?;
        socket.set_sndhwm(2 * limits::RECEIVE_WINDOW as i32)?;
        socket.set_rcvhwm(100_000)?;
        socket.set_maxmsgsize(limits::FRAME_BYTES as i64)?;
        if kind == SocketType::REQ {
            socket.set_req_relaxed(true)?;
            socket.set_req_correlate(true)?;
        }
        Ok(())
    }

    /// A monitor of a socket's connections.
    pub fn monitor(&self, socket: &Socket, events: i32) -> Result<Socket> {
        let endpoint = format!("inproc://gradmq-monitor-{:016x}", random());
        let watch = || {
            let monitor = self.context.socket(SocketType::PAIR)?;
            monitor.set_linger(1)?;
            socket.monitor(&endpoint, events)?;
            monitor.connect(&endpoint)?;
            Ok(monitor)
        };
        watch().map_err(|error: zmq::Error| refuse!(Memory, "the connection cannot be watched: {error}"))
    }
}

pub(crate) fn connect(socket: &Socket, endpoint: &str) -> Result<()> {
    socket.connect(endpoint).map_err(|error| refuse!(Connect, "cannot connect to {endpoint}: {error}"))
}

/// What a monitor tells, as ZeroMQ numbers it.
pub(crate) mod event {
    pub const CONNECTED: i32 = 0x0001;
    pub const CLOSED: i32 = 0x0080;
    pub const DISCONNECTED: i32 = 0x0200;
    pub const FAILED: i32 = 0x0800 | 0x2000 | 0x4000;
    pub const UP: i32 = 0x1000;
}

/// The next thing that a monitor tells; `None`: nothing.
pub(crate) fn monitored(monitor: &Socket) -> Option<i32> {
    let frames = receive(monitor)?;
    let what = frames.first()?;
    Some(i32::from(u16::from_le_bytes([*what.first()?, *what.get(1)?])))
}

/// The host's name as far as it makes a name (rule A-1), and a random number.
fn made_up_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String = host
        .trim()
        .chars()
        .take(40)
        .map(|letter| if letter.is_ascii_alphanumeric() || "-.".contains(letter) { letter } else { '_' })
        .collect();
    let host = if host.is_empty() { "client".to_owned() } else { host };
    let first = if host.starts_with(['-', '.']) { "_" } else { "" };
    format!("{first}{host}-{:08x}", random() as u32)
}

/// A random number: the standard library seeds each of these anew.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A random share of a duration.
pub(crate) fn jitter(most: Duration) -> Duration {
    most.mul_f64((random() >> 11) as f64 / (1u64 << 53) as f64)
}

/// Frames of one message, without waiting; `None`: there is none. Of one with more frames than any has, the first are
/// kept.
pub(crate) fn receive(socket: &Socket) -> Option<Vec<zmq::Message>> {
    let mut frames = Vec::new();
    loop {
        match socket.recv_msg(zmq::DONTWAIT) {
            Ok(frame) => {
                let more = frame.get_more();
                if frames.len() < limits::PAYLOAD_FRAMES + 3 {
                    frames.push(frame);
                }
                if !more {
                    return Some(frames);
                }
            }
            Err(zmq::Error::EINTR) => {}
            Err(_) => return None,
        }
    }
}

/// What became of a message that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Whole,
    /// There is no connection, or no room: nothing was sent.
    Not,
    /// It was begun and dropped: it may be lost.
    Broken,
}

/// Sends a header and what belongs to it, without waiting and without a copy of the payload.
pub(crate) fn send(socket: &mut Socket, header: &[u8], payload: Option<&Payload>) -> Sent {
    let ends = payload.map_or(&[][..], |payload| &payload.ends);
    let more = if ends.is_empty() { 0 } else { zmq::SNDMORE };
    loop {
        match socket.send(header, zmq::DONTWAIT | more) {
            Ok(()) => break,
            Err(zmq::Error::EINTR) => {}
            Err(_) => return Sent::Not,
        }
    }
    let Some(payload) = payload else { return Sent::Whole };
    let mut begin = 0;
    for (at, &end) in ends.iter().enumerate() {
        let more = if at + 1 < ends.len() { zmq::SNDMORE } else { 0 };
        // ZeroMQ drops what it took of a message that is not finished.
        if sys::send_shared(socket, &payload.buffer, begin, end, zmq::DONTWAIT | more).is_err() {
            return Sent::Broken;
        }
        begin = end;
    }
    Sent::Whole
}

/// Whether ZeroMQ holds some of a payload that was sent on `socket`, which lets go of what a connection held that is gone
/// only when it is asked something.
pub(crate) fn is_leaving(socket: &Socket, payload: &Payload) -> bool {
    payload.is_leaving() && {
        events_of(socket);
        payload.is_leaving()
    }
}

pub(crate) fn events_of(socket: &Socket) -> PollEvents {
    socket.get_events().unwrap_or(PollEvents::empty())
}

/// How long a call may take, and what ends it early.
#[derive(Clone)]
pub(crate) struct Limit {
    pub deadline: Instant,
    pub cancel: Option<Cancel>,
}

impl Limit {
    pub fn new(timeout: Duration, cancel: Option<&Cancel>) -> Limit {
        Limit { deadline: later(Instant::now(), timeout), cancel: cancel.cloned() }
    }

    pub fn is_over(&self, now: Instant) -> bool {
        now >= self.deadline
    }

    /// `CANCELLED` once it is.
    pub fn check(&self, what: &str) -> Result<()> {
        match &self.cancel {
            Some(cancel) if cancel.is_cancelled() => Err(refuse!(Cancelled, "cancelled while {what}")),
            _ => Ok(()),
        }
    }

    /// Waits until one of the sockets is ready, it was cancelled, or `until`; never beyond the deadline.
    pub fn wait(&self, sockets: &[(&Socket, PollEvents)], until: Instant) {
        let now = Instant::now();
        let left = until.min(self.deadline).saturating_duration_since(now);
        let mut items: Vec<PollItem<'_>> =
            sockets.iter().map(|(socket, events)| socket.as_poll_item(*events)).collect();
        if let Some(cancel) = &self.cancel {
            items.push(PollItem::from_fd(cancel.descriptor(), zmq::POLLIN));
        }
        // A part of a millisecond counts as one: nobody wakes too early and comes again at once.
        let wait = left.as_micros().div_ceil(1000).min(60_000) as i64;
        if items.is_empty() {
            std::thread::sleep(left.min(Duration::from_secs(60)));
        } else {
            // An interrupted wait is like one that is over: whoever waits looks, and comes back.
            let _ = zmq::poll(&mut items, wait);
        }
    }
}

/// A time so much later; a century where there is no such time.
pub(crate) fn later(now: Instant, by: Duration) -> Instant {
    now.checked_add(by).unwrap_or(now + Duration::from_secs(100 * 365 * 24 * 3600))
}

/// Tells the caller what a call waits for.
pub(crate) struct Teller {
    handler: Option<WaitHandler>,
    pub text: String,
    waiting: bool,
}

impl Teller {
    pub fn new(options: &Options) -> Teller {
        Teller { handler: options.on_wait.clone(), text: String::new(), waiting: false }
    }

    /// Says what is waited for, where it changed.
    pub fn wait(&mut self, text: String) {
        if self.waiting && text == self.text {
            return;
        }
        self.text = text;
        self.waiting = true;
        if let Some(handler) = &self.handler {
            handler(Some(&self.text));
        }
    }

    /// The wait is over.
    pub fn go(&mut self) {
        if let (true, Some(handler)) = (self.waiting, &self.handler) {
            handler(None);
        }
        self.waiting = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::Buffer;

    #[test]
    fn what_a_connection_held_that_is_gone_is_let_go_of() {
        let context = zmq::Context::new();
        let mut from = context.socket(zmq::PAIR).unwrap();
        let to = context.socket(zmq::PAIR).unwrap();
        to.bind("inproc://held").unwrap();
        from.connect("inproc://held").unwrap();
        let payload = Payload::new(Buffer::of(vec![1f32; 4]), vec![16]);
        assert_eq!(send(&mut from, b"header", Some(&payload)), Sent::Whole);
        assert!(is_leaving(&from, &payload), "nobody has read it");
        drop(to);
        let end = Instant::now() + Duration::from_secs(20);
        while is_leaving(&from, &payload) {
            assert!(Instant::now() < end, "it is held for ever");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
