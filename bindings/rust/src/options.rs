//! How to connect.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::cancel::Cancel;
use crate::error::Result;
use crate::worker::Worker;
use crate::Coordinator;

/// A form in which whole models are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// as binary32
    F32,
    /// as binary64
    F64,
    /// as binary16, half of F32's length
    F16,
    /// as bfloat16, half of F32's length
    Bf16,
    /// as octets with a scale for 256 of them, about a quarter of F32's length; given as `f32`
    Int8,
}

impl Stream {
    /// The stream's name in the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Stream::F32 => "f32",
            Stream::F64 => "f64",
            Stream::F16 => "f16",
            Stream::Bf16 => "bf16",
            Stream::Int8 => "int8",
        }
    }
}

/// Is told what a call waits for, one sentence; `None`: the wait is over.
pub(crate) type WaitHandler = Arc<dyn Fn(Option<&str>) + Send + Sync>;

/// Where the coordinator is and how it is talked to: made with [`Options::new`], refined by chaining, used by
/// [`Options::worker`] and [`Options::coordinator`].
///
/// ```no_run
/// use std::time::Duration;
///
/// let worker = gradmq::Options::new("tcp://127.0.0.1:5570")
///     .name("w1")
///     .timeout(Duration::from_secs(10))
///     .worker()?;
/// # Ok::<(), gradmq::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Options {
    pub(crate) control: String,
    pub(crate) model: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) stream: Option<Stream>,
    pub(crate) timeout: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) linger: Duration,
    pub(crate) window: Option<u32>,
    pub(crate) updates: bool,
    pub(crate) on_wait: Option<WaitHandler>,
    pub(crate) cancel: Option<Cancel>,
    pub(crate) keys: Option<(PathBuf, String)>,
    pub(crate) context: Option<zmq::Context>,
}

impl Options {
    /// Options for the coordinator with this control endpoint, such as `tcp://127.0.0.1:5570`.
    pub fn new(control: impl Into<String>) -> Options {
        Options {
            control: control.into(),
            model: None,
            name: None,
            stream: None,
            timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(5),
            linger: Duration::from_secs(2),
            window: None,
            updates: true,
            on_wait: None,
            cancel: None,
            keys: None,
            context: None,
        }
    }

    /// The model's name; by default the one that is there.
    pub fn model(mut self, model: impl Into<String>) -> Options {
        self.model = Some(model.into());
        self
    }

    /// The worker's or client's name; by default the host's and a random number. Two living workers cannot have one
    /// name.
    pub fn name(mut self, name: impl Into<String>) -> Options {
        self.name = Some(name.into());
        self
    }

    /// The stream of updates; by default that of the master dtype.
    pub fn stream(mut self, stream: Stream) -> Options {
        self.stream = Some(stream);
        self
    }

    /// Longest wait of one call; by default 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Options {
        self.timeout = timeout;
        self
    }

    /// Longest wait for one reply before the same request is sent again; by default 5 s.
    pub fn request_timeout(mut self, timeout: Duration) -> Options {
        self.request_timeout = timeout;
        self
    }

    /// How long sockets may outlive their close with what was not sent yet; by default 2 s, at least 1 ms.
    pub fn linger(mut self, linger: Duration) -> Options {
        self.linger = linger;
        self
    }

    /// Most gradients of a worker that are not settled; by default as many as there is credit for.
    pub fn window(mut self, gradients: u32) -> Options {
        self.window = Some(gradients);
        self
    }

    /// Do not subscribe to updates: parameters are asked for instead.
    pub fn without_updates(mut self) -> Options {
        self.updates = false;
        self
    }

    /// Has `handler` told whenever a call begins to wait, on the caller's thread: one sentence, again each second and
    /// when the coordinator's state changes; `None` when the wait is over. Waits of a few milliseconds are not told.
    pub fn on_wait(mut self, handler: impl Fn(Option<&str>) + Send + Sync + 'static) -> Options {
        self.on_wait = Some(Arc::new(handler));
        self
    }

    /// What ends waits from another thread.
    pub fn cancel(mut self, cancel: &Cancel) -> Options {
        self.cancel = Some(cancel.clone());
        self
    }

    /// Keys, where the coordinator asks for them: the file of the own secret certificate (as `gradmq keygen` makes it),
    /// and the coordinator's public certificate or that key as 40 characters of Z85.
    pub fn keys(mut self, secret: impl AsRef<Path>, server_key: impl Into<String>) -> Options {
        self.keys = Some((secret.as_ref().to_owned(), server_key.into()));
        self
    }

    /// A ZeroMQ context to make the sockets in: needed for `inproc` endpoints, useful where a process has very many
    /// workers. By default each worker and coordinator has one of its own.
    pub fn context(mut self, context: &zmq::Context) -> Options {
        self.context = Some(context.clone());
        self
    }

    /// Joins as a worker, as [`Worker::open`].
    ///
    /// # Errors
    /// Those of [`Worker::open`].
    pub fn worker(&self) -> Result<Worker> {
        Worker::open(self)
    }

    /// Connects to control, as [`Coordinator::open`].
    ///
    /// # Errors
    /// Those of [`Coordinator::open`].
    pub fn coordinator(&self) -> Result<Coordinator> {
        Coordinator::open(self)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("control", &self.control)
            .field("model", &self.model)
            .field("name", &self.name)
            .field("stream", &self.stream)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
