//! Renewing a worker's lease from a thread of its own, so that a long computation does not cost the membership (section
//! 8 of PROTOCOL.md).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::cancel::Cancel;
use crate::error::{refuse, Code, Result};
use crate::proto;
use crate::proto::request::Body;
use crate::requester::{Question, Requester};
use crate::session::{later, Connector, Limit};

const LEAST: Duration = Duration::from_millis(30);

struct Shared {
    low_water: AtomicU64,
    lease_ms: AtomicU64,
    instance: AtomicU64,
    fenced: AtomicBool,
    /// How long to wait for an answer that is still to come when it is stopped.
    patience_ms: AtomicU64,
}

pub(crate) struct Lease {
    shared: Arc<Shared>,
    stop: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Lease {
    /// Joins again, with this incarnation, each third of the lease.
    pub fn start(connector: &Arc<Connector>, model: &str, incarnation: u64, lease_ms: u64) -> Result<Lease> {
        let shared = Arc::new(Shared {
            low_water: AtomicU64::new(1),
            lease_ms: AtomicU64::new(if lease_ms > 0 { lease_ms } else { 30_000 }),
            instance: AtomicU64::new(0),
            fenced: AtomicBool::new(false),
            patience_ms: AtomicU64::new(0),
        });
        let stop = Cancel::new()?;
        let mut renewer = Renewer {
            shared: Arc::clone(&shared),
            stop: stop.clone(),
            requester: Requester::open(connector)?,
            model: model.to_owned(),
            worker: connector.client.clone(),
            incarnation,
        };
        let thread = std::thread::Builder::new().name("gradmq-lease".to_owned()).spawn(move || renewer.run());
        let thread = thread.map_err(|error| refuse!(Memory, "no thread can be started for the lease: {error}"))?;
        Ok(Lease { shared, stop, thread: Some(thread) })
    }

    /// The oldest sequence that is not settled is this now.
    pub fn set_low_water(&self, low_water: u64) {
        self.shared.low_water.store(low_water, Ordering::Relaxed);
    }

    /// Whether a renewal was refused with FENCED: a newer incarnation has joined.
    pub fn is_fenced(&self) -> bool {
        self.shared.fenced.load(Ordering::SeqCst)
    }

    /// The instance that answered last; 0: none yet.
    pub fn instance(&self) -> u64 {
        self.shared.instance.load(Ordering::Relaxed)
    }
}

impl Lease {
    /// Ends the renewals, and waits so long for the answer to one that is on its way: a Join that comes after a Leave
    /// makes a member again.
    pub fn stop(self, patience: Duration) {
        self.shared.patience_ms.store(patience.as_millis() as u64, Ordering::SeqCst);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // It has nothing to say that would be heard any more.
            let _ = thread.join();
        }
    }
}

struct Renewer {
    shared: Arc<Shared>,
    stop: Cancel,
    requester: Requester,
    model: String,
    worker: String,
    incarnation: u64,
}

impl Renewer {
    fn run(&mut self) {
        while !self.stop.is_cancelled() && !self.shared.fenced.load(Ordering::SeqCst) {
            let third = Duration::from_millis(self.shared.lease_ms.load(Ordering::Relaxed) / 3).max(LEAST);
            let until = later(Instant::now(), third);
            while Instant::now() < until && !self.stop.is_cancelled() {
                self.limit(until).wait(&[], until);
            }
            if !self.stop.is_cancelled() {
                self.renew();
            }
        }
    }

    fn limit(&self, deadline: Instant) -> Limit {
        Limit { deadline, cancel: Some(self.stop.clone()) }
    }

    /// Asks once, until there is an answer.
    fn renew(&mut self) {
        let join = proto::JoinRequest {
            worker: Some(self.worker.clone()),
            incarnation: Some(self.incarnation),
            low_water: Some(self.shared.low_water.load(Ordering::Relaxed)),
            capabilities: Vec::new(),
        };
        let model = self.model.clone();
        if self.requester.ask(&Question::new(&model, Body::Join(join))).is_err() {
            return;
        }
        let mut end = None;
        loop {
            match self.requester.look() {
                Some(Ok(answer)) => return self.take(&answer.reply),
                Some(Err(_)) => return,
                None => {}
            }
            let now = Instant::now();
            if self.stop.is_cancelled() {
                let patience = Duration::from_millis(self.shared.patience_ms.load(Ordering::SeqCst));
                if now >= *end.get_or_insert_with(|| later(now, patience)) {
                    return;
                }
            }
            let Some(wake) = self.requester.wake(now) else { return };
            let limit = match end {
                Some(end) => Limit { deadline: end, cancel: None },
                None => self.limit(wake),
            };
            limit.wait(&[(&self.requester.socket, zmq::POLLIN)], wake);
        }
    }

    fn take(&self, reply: &proto::Reply) {
        if Code::from_number(reply.code()) == Code::Fenced {
            self.shared.fenced.store(true, Ordering::SeqCst);
        }
        let instance = reply.position.as_ref().map_or(0, proto::Position::instance);
        if instance != 0 {
            self.shared.instance.store(instance, Ordering::Relaxed);
        }
        if let Some(proto::reply::Body::Joined(joined)) = &reply.body {
            if joined.lease_ms() > 0 {
                self.shared.lease_ms.store(joined.lease_ms(), Ordering::Relaxed);
            }
        }
    }
}
