//! A worker: pushes gradients, takes parameters.
//!
//! `mod` opens and closes; `progress` is everything that comes in meanwhile, and waiting; `rejoin` who answers for the
//! coordinator, and joining it again; `push` gradients out; `stream` parameters in; `updates` iterates over them.

mod close;
mod open;
mod progress;
mod push;
mod rejoin;
mod stream;
mod updates;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zmq::Socket;

use crate::buffer::Payload;
use crate::cancel::Cancel;
use crate::compress::{Compress, Compression};
use crate::error::{Code, Error, Result};
use crate::hearsay::Hearsay;
use crate::layout::Layout;
use crate::lease::Lease;
use crate::ledger::{Disposition, Ledger};
use crate::options::Options;
use crate::requester::Requester;
use crate::rounds::{Place, Rounds};
use crate::session::{Connector, Limit, Teller};

pub(crate) use open::{describe, layout_of, subscribe};
pub use updates::Updates;

/// What became of a gradient that was not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// The number that its push returned.
    pub sequence: u64,
    /// What became of it.
    pub disposition: Disposition,
    /// Why, where there is a code.
    pub code: Option<Code>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gradient {} was not applied but {}", self.sequence, self.disposition.name())?;
        self.code.map_or(Ok(()), |code| write!(f, ": {code}: {}", code.sentence()))
    }
}

/// Numbers about a worker: [`Worker::stats`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Gradients pushed.
    pub pushed: u64,
    /// Of these, settled.
    pub settled: u64,
    /// Of these, applied.
    pub applied: u64,
    /// Settled otherwise.
    pub refused: u64,
    /// Sendings beyond the first.
    pub resent: u64,
    /// Gradients kept now, and their payload bytes.
    pub unsettled: u64,
    /// Payload bytes of the gradients kept now.
    pub unsettled_bytes: u64,
    /// Most gradients that may be unsettled.
    pub credit_gradients: u64,
    /// Most payload bytes that may be unsettled.
    pub credit_bytes: u64,
    /// This life of the worker.
    pub incarnation: u64,
    /// Newest epoch that it heard of.
    pub epoch: u64,
    /// Newest version that it heard of.
    pub version: u64,
    /// Updates received.
    pub updates: u64,
    /// Gaps in the stream of updates; each update is whole, so the next one closes a gap.
    pub gaps: u64,
    /// The newest clock that this worker completed, or where it began.
    pub clock: u64,
    /// The least clock of all members, as heard last.
    pub min_clock: u64,
    /// The round in which a gradient from the parameters given last takes part; 0: not known.
    pub round: u64,
}

/// A gradient as it was sent, so that the same octets can go again.
struct Kept {
    header: Vec<u8>,
    payload: Option<Payload>,
    /// Generation of the compressor that made it.
    compressed: Option<u64>,
}

/// What the probe, the requester that never blocks, is asking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Probe {
    Describe,
    Join,
    Acknowledgement,
}

#[derive(Default)]
struct Endpoints {
    gradients: String,
    updates: String,
    events: String,
}

struct Compressing {
    how: Compression,
    feedback: bool,
    engine: Box<dyn Compress>,
    generation: u64,
}

type VerdictHandler = Box<dyn FnMut(&Verdict) + Send>;

/// A worker: it joins a coordinator, takes parameters and pushes gradients, which it keeps, and sends again where that
/// is needed, until they are settled.
///
/// It belongs to one thread at a time, and can be moved to another. It makes progress inside its calls; only its lease
/// is renewed from a thread of its own, so that a long computation does not cost the membership. Dropping it leaves
/// without waiting for settlement: [`Worker::close`] waits.
///
/// ```no_run
/// # fn gradient_of(parameters: &[f32]) -> Vec<f32> { parameters.to_vec() }
/// let mut worker = gradmq::Options::new("tcp://127.0.0.1:5570").worker()?;
/// for _ in 0..1000 {
///     let parameters = worker.next()?;
///     worker.push(&gradient_of(parameters.as_slice()?))?;
/// }
/// worker.close(std::time::Duration::from_secs(10))?;
/// # Ok::<(), gradmq::Error>(())
/// ```
pub struct Worker {
    control: Requester,
    probe: Requester,
    gradients: Socket,
    monitor: Socket,
    events: Socket,
    updates: Option<Socket>,
    lease: Option<Lease>,
    connector: Arc<Connector>,
    teller: Teller,
    timeout: Duration,
    cancel: Option<Cancel>,
    model: String,
    stream_name: &'static str,
    endpoints: Endpoints,
    probing: Option<Probe>,
    /// The instance as it was when the probe asked.
    asked_of: u64,
    ledger: Ledger<Kept>,
    /// The model's layout as it was last described.
    layout: Arc<Layout>,

    instance: u64,
    former: VecDeque<u64>,
    newest: Place,
    hearsay: Hearsay,
    heard: u64,
    asked: Instant,

    /// A newer incarnation has joined: this worker is over.
    fenced: bool,
    /// The coordinator said that it is closing.
    closed: bool,
    /// Another process answers, or the layout is another: ask what it is.
    describe: bool,
    /// Join again, then send everything again.
    join: bool,
    /// The gradients' connection went.
    lost: bool,
    /// The last gradient was not taken: no connection.
    blocked: bool,
    /// Joining again was refused.
    refused: Option<Error>,
    /// The probe rests until then.
    rest: Option<Instant>,
    /// Pushes until what came in is read.
    countdown: u64,
    /// When settlement or reception last grew, and to what.
    moved: (Instant, u64, u64),

    stream: stream::State,
    compressing: Option<Compressing>,
    generations: u64,
    rounds: Rounds,
    clock: u64,
    pushed: u64,
    on_verdict: Option<VerdictHandler>,
    left: bool,
}

impl Worker {
    /// Connects, joins, and waits until a model is there.
    ///
    /// # Errors
    /// `ARGUMENT`, `NAME`, `CONNECT`, `TIMEOUT`, `MODEL` (the coordinator owns another), `NO_MODEL` (none was loaded in
    /// time), `VERSION`, `CANCELLED`; of keys `IO`, `FORMAT`, `PERMISSION` (a file's mode; or what the key may not do).
    pub fn open(options: &Options) -> Result<Worker> {
        open::open(options)
    }

    /// The worker's name.
    pub fn name(&self) -> &str {
        &self.connector.client
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The model's layout as this worker knows it now.
    pub fn layout(&self) -> Arc<Layout> {
        Arc::clone(&self.layout)
    }

    /// Numbers about this worker.
    pub fn stats(&self) -> Stats {
        let ledger = &self.ledger;
        Stats {
            pushed: self.pushed,
            settled: ledger.settled,
            applied: ledger.applied,
            refused: ledger.refused,
            resent: ledger.resent,
            unsettled: ledger.outbox.count(),
            unsettled_bytes: ledger.outbox.bytes,
            credit_gradients: ledger.credit.gradients,
            credit_bytes: ledger.credit.bytes,
            incarnation: ledger.incarnation,
            epoch: self.newest.0,
            version: self.newest.1,
            updates: self.stream.updates,
            gaps: self.stream.gaps,
            clock: self.clock,
            min_clock: self.hearsay.min_clock,
            round: self.rounds.open(),
        }
    }

    /// What the last call that waited was waiting for: one sentence, empty if none has.
    pub fn waits(&self) -> &str {
        &self.teller.text
    }

    /// Longest wait of the calls from now on.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// What ends waits from now on; `None`: nothing but their time.
    pub fn set_cancel(&mut self, cancel: Option<&Cancel>) {
        self.cancel = cancel.cloned();
    }

    /// Has `handler` called, inside later calls and on the caller's thread, for each gradient that was settled without
    /// being applied. By default nobody is told; [`Stats::refused`] counts them.
    pub fn on_verdict(&mut self, handler: impl FnMut(&Verdict) + Send + 'static) {
        self.on_verdict = Some(Box::new(handler));
    }

    fn limit(&self) -> Limit {
        Limit::new(self.timeout, self.cancel.as_ref())
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("name", &self.name())
            .field("model", &self.model)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
