//! Remote control of a coordinator: every request that PROTOCOL.md has.
//!
//! `mod` asks; `settings` and `model` are what concerns those; `gradients` adds gradients without a worker; `operations`
//! waits for slow work.

mod gradients;
mod model;
mod operations;
mod settings;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::cancel::Cancel;
use crate::error::{refuse, Result};
use crate::hearsay::State;
use crate::layout::Layout;
use crate::options::Options;
use crate::proto;
use crate::proto::reply;
use crate::proto::request::Body;
use crate::requester::{Answer, Question, Requester};
use crate::session::{Connector, Limit, Teller};
use crate::worker::describe;

pub use settings::InForce;

/// Where a model stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Random, one a process start of the coordinator.
    pub instance: u64,
    /// A line of versions without a break.
    pub epoch: u64,
    /// 0 when the model was loaded, one more each step.
    pub version: u64,
}

impl From<&proto::Position> for Position {
    fn from(position: &proto::Position) -> Position {
        Position { instance: position.instance(), epoch: position.epoch(), version: position.version() }
    }
}

/// Where the model has to be for a command to be carried out: [`Coordinator::only_if`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// In this epoch; `None`: in any.
    pub epoch: Option<u64>,
    /// At this version; `None`: at any.
    pub version: Option<u64>,
}

/// The control commands of a coordinator.
///
/// It belongs to one thread at a time, and can be moved to another. A request that is not answered is sent again with
/// the same number, so that it is done once.
///
/// ```no_run
/// use gradmq::{Options, Settings};
///
/// let mut coordinator = Options::new("tcp://127.0.0.1:5570").coordinator()?;
/// let settings = Settings { learning_rate: Some(0.01), ..Settings::default() };
/// println!("revision {}", coordinator.set_parameters(&settings, &[])?.revision);
/// coordinator.start()?;
/// # Ok::<(), gradmq::Error>(())
/// ```
pub struct Coordinator {
    requester: Requester,
    connector: Arc<Connector>,
    options: Options,
    teller: Teller,
    model: String,
    position: Position,
    layout: Option<Arc<Layout>>,
    /// Parameters that were given last: what gradients are made from.
    base: Option<(u64, u64)>,
    condition: Condition,
}

impl Coordinator {
    /// Connects and asks what is there.
    ///
    /// # Errors
    /// `ARGUMENT`, `NAME`, `CONNECT`, `TIMEOUT`, `MODEL` (the coordinator owns another), `VERSION`, `CANCELLED`; of
    /// keys `IO`, `FORMAT`, `PERMISSION`.
    pub fn open(options: &Options) -> Result<Coordinator> {
        let connector = Arc::new(Connector::new(options)?);
        let mut requester = Requester::open(&connector)?;
        let mut teller = Teller::new(options);
        let limit = Limit::new(options.timeout, options.cancel.as_ref());
        let model = options.model.clone().unwrap_or_default();
        let described = describe(&mut requester, &connector.control, &model, &limit, &mut teller)?;
        Ok(Coordinator {
            requester,
            connector,
            options: options.clone(),
            teller,
            model: described.model,
            position: Position::from(&described.position),
            layout: None,
            base: None,
            condition: Condition::default(),
        })
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The name under which this client asks, and adds gradients.
    pub fn name(&self) -> &str {
        &self.connector.client
    }

    /// The position that the newest reply told.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Longest wait of the calls from now on.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.options.timeout = timeout;
    }

    /// What ends waits from now on; `None`: nothing but their time.
    pub fn set_cancel(&mut self, cancel: Option<&Cancel>) {
        self.options.cancel = cancel.cloned();
    }

    /// Holds the next command that changes something back unless the model is there: it is then refused with
    /// `CONDITION`.
    ///
    /// ```no_run
    /// # let mut coordinator = gradmq::Options::new("tcp://127.0.0.1:5570").coordinator()?;
    /// let condition = gradmq::Condition { epoch: Some(coordinator.position().epoch), version: None };
    /// coordinator.only_if(condition).clear_gradients(false)?;
    /// # Ok::<(), gradmq::Error>(())
    /// ```
    pub fn only_if(&mut self, condition: Condition) -> &mut Coordinator {
        self.condition = condition;
        self
    }

    /// Model, layout, endpoints, limits, and what the coordinator can do.
    ///
    /// # Errors
    /// `CONNECT`, `TIMEOUT`, `CANCELLED`, as of every call here; `MALFORMED` of an answer that is none.
    pub fn describe(&mut self) -> Result<proto::Description> {
        match self.ask(Body::Describe(proto::DescribeRequest {}))?.reply.body {
            Some(reply::Body::Description(description)) => Ok(description),
            _ => Err(self.strange("Describe")),
        }
    }

    /// State, position, counters, queue, and what is waited for.
    ///
    /// # Errors
    /// As [`Coordinator::describe`].
    pub fn status(&mut self) -> Result<proto::StatusReport> {
        match self.ask(Body::Status(proto::StatusRequest {}))?.reply.body {
            Some(reply::Body::Status(status)) => Ok(status),
            _ => Err(self.strange("Status")),
        }
    }

    /// All members by name, asked for in pages.
    ///
    /// # Errors
    /// As [`Coordinator::describe`].
    pub fn workers(&mut self) -> Result<Vec<proto::Worker>> {
        let mut all: Vec<proto::Worker> = Vec::new();
        loop {
            let after = all.last().map(|worker| worker.name().to_owned());
            let page = self.workers_page(after.as_deref().unwrap_or_default(), 256)?;
            let more = page.more() && page.workers.last().is_some_and(|last| Some(last.name()) > after.as_deref());
            all.extend(page.workers);
            if !more {
                return Ok(all);
            }
        }
    }

    /// At most `limit` (1 to 1024) members whose names are greater than `after`.
    ///
    /// # Errors
    /// As [`Coordinator::describe`]; `ARGUMENT`.
    pub fn workers_page(&mut self, after: &str, limit: u32) -> Result<proto::Workers> {
        let after = (!after.is_empty()).then(|| after.to_owned());
        match self.ask(Body::ListWorkers(proto::ListWorkersRequest { after, limit: Some(limit) }))?.reply.body {
            Some(reply::Body::Workers(workers)) => Ok(workers),
            _ => Err(self.strange("ListWorkers")),
        }
    }

    /// Lets gradients be applied.
    ///
    /// # Errors
    /// `STATE` where it is running already, `NO_MODEL`, `CONDITION`, `PERMISSION`, and as [`Coordinator::describe`].
    pub fn start(&mut self) -> Result<State> {
        self.state(Body::Start(proto::StartRequest {}), "Start")
    }

    /// Lets no gradient be applied any more; they are queued.
    ///
    /// # Errors
    /// As [`Coordinator::start`].
    pub fn stop(&mut self) -> Result<State> {
        self.state(Body::Stop(proto::StopRequest {}), "Stop")
    }

    /// Ends the coordinator; with `without_checkpoint` nothing is kept of what came after the last one.
    ///
    /// # Errors
    /// As [`Coordinator::start`].
    pub fn destroy(&mut self, without_checkpoint: bool) -> Result<()> {
        let without_checkpoint = without_checkpoint.then_some(true);
        self.state(Body::Destroy(proto::DestroyRequest { without_checkpoint }), "Destroy").map(drop)
    }

    /// Drops what is queued, and returns how many gradients that were. With `new_epoch` what is on its way is refused,
    /// too.
    ///
    /// # Errors
    /// As [`Coordinator::start`].
    pub fn clear_gradients(&mut self, new_epoch: bool) -> Result<u64> {
        let new_epoch = new_epoch.then_some(true);
        self.cleared(Body::ClearGradients(proto::ClearGradientsRequest { new_epoch }), "ClearGradients")
    }

    /// Drops the contributions to the open step, and returns how many those were.
    ///
    /// # Errors
    /// `UNSUPPORTED` where each gradient is a step, and as [`Coordinator::start`].
    pub fn reset(&mut self) -> Result<u64> {
        self.cleared(Body::Reset(proto::ResetRequest {}), "Reset")
    }

    /// How many contributions the open step has, and how many make one; 0 there: that depends on the members.
    ///
    /// # Errors
    /// As [`Coordinator::describe`].
    pub fn contributions(&mut self) -> Result<(u64, u64)> {
        let status = self.status()?;
        Ok((status.contributions(), status.needed()))
    }

    /// What has become of a worker's gradients; with `sent_through` what was sent and did not arrive is missing, too.
    ///
    /// # Errors
    /// `NOT_JOINED`, `FENCED`, `PERMISSION`, and as [`Coordinator::describe`].
    pub fn acknowledgement(
        &mut self,
        worker: &str,
        incarnation: u64,
        sent_through: Option<u64>,
    ) -> Result<proto::Acknowledgement> {
        let (worker, incarnation) = (Some(worker.to_owned()), Some(incarnation));
        let ask = proto::AcknowledgementRequest { worker, incarnation, sent_through };
        match self.ask(Body::Acknowledgement(ask))?.reply.body {
            Some(reply::Body::Acknowledgement(ack)) => Ok(ack),
            _ => Err(self.strange("Acknowledgement")),
        }
    }

    /// Has a mark with this nonce, which is not 0, published on updates and on events.
    ///
    /// # Errors
    /// `ARGUMENT`, and as [`Coordinator::describe`].
    pub fn sync(&mut self, nonce: u64) -> Result<()> {
        self.ask(Body::Sync(proto::SyncRequest { nonce: Some(nonce) })).map(drop)
    }

    fn state(&mut self, body: Body, what: &str) -> Result<State> {
        match self.change(body)?.reply.body {
            Some(reply::Body::State(state)) => Ok(State::from_code(state.state())),
            _ => Err(self.strange(what)),
        }
    }

    fn cleared(&mut self, body: Body, what: &str) -> Result<u64> {
        match self.change(body)?.reply.body {
            Some(reply::Body::Cleared(cleared)) => Ok(cleared.cleared()),
            _ => Err(self.strange(what)),
        }
    }

    fn strange(&self, what: &str) -> crate::Error {
        refuse!(Malformed, "{} answers {what} with something else", self.connector.control)
    }

    fn limit(&self) -> Limit {
        Limit::new(self.options.timeout, self.options.cancel.as_ref())
    }

    fn ask(&mut self, body: Body) -> Result<Answer> {
        let model = self.model.clone();
        self.put(&Question::new(&model, body))
    }

    /// Asks for something that changes something.
    fn change(&mut self, body: Body) -> Result<Answer> {
        let model = self.model.clone();
        let question = Question::new(&model, body);
        self.put_changing(question)
    }

    fn put_changing(&mut self, question: Question<'_>) -> Result<Answer> {
        let Condition { epoch, version } = std::mem::take(&mut self.condition);
        self.put(&Question { if_epoch: epoch, if_version: version, ..question })
    }

    fn put(&mut self, question: &Question<'_>) -> Result<Answer> {
        let limit = self.limit();
        let answer = self.requester.call(question, &limit, &mut self.teller)?;
        if let Some(position) = &answer.reply.position {
            self.position = Position::from(position);
        }
        answer.accept()
    }
}

impl fmt::Debug for Coordinator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coordinator")
            .field("control", &self.connector.control)
            .field("model", &self.model)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
