//! Parameters in: updates that arrive, parameters that are asked for, and what the caller gets (sections 13 and 19.4 of
//! PROTOCOL.md).

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::open::describe;
use super::progress::place;
use super::{Endpoints, Worker};
use crate::error::{refuse, Result};
use crate::limits;
use crate::parameters::{self, Parameters};
use crate::proto;
use crate::proto::request::Body;
use crate::proto::{event, reply};
use crate::requester::Question;
use crate::rounds::Place;
use crate::session::{self, jitter, Limit};
use crate::wire::header::Header as _;
use crate::wire::topic;

/// After a Get that brought nothing newer the next one waits this long.
const GET_AGAIN: Duration = Duration::from_millis(100);
const UPDATES_MOST: usize = 100_000;

/// Whole parameters that came, as their header tells them; the payload is the frames from `first` on.
struct Came {
    at: Place,
    layout_id: u64,
    form: (Option<u32>, Option<u32>),
    frames: Vec<zmq::Message>,
    first: usize,
}

/// The parameters that a worker holds, and those that came since.
pub(super) struct State {
    held: Option<Parameters>,
    /// The newest that was given to the caller, and for which layout.
    given: Option<(Place, u64)>,
    /// What was given is of another instance (rule P-5).
    foreign: bool,
    /// An update that is newer than what is held.
    pending: Option<Came>,
    /// Position of the newest update that arrived.
    published: Option<Place>,
    /// The stream has to be joined (rule U-4) before it is used.
    join: bool,
    /// Of the Sync under way, and where its mark was seen.
    nonce: Option<u64>,
    marked_events: bool,
    marked_updates: bool,
    /// When a newer version has been known of for too long.
    behind: Option<Instant>,
    get_after: Instant,
    pub updates: u64,
    pub gaps: u64,
}

impl State {
    pub fn new(now: Instant) -> State {
        State {
            held: None,
            given: None,
            foreign: false,
            pending: None,
            published: None,
            join: false,
            nonce: None,
            marked_events: false,
            marked_updates: false,
            behind: None,
            get_after: now,
            updates: 0,
            gaps: 0,
        }
    }

    /// Position of the parameters that were given last.
    pub fn given(&self) -> Option<Place> {
        self.given.map(|(at, _)| at)
    }

    /// And the id of their layout.
    pub fn given_layout(&self) -> Option<u64> {
        self.given.map(|(_, layout)| layout)
    }

    pub fn another_instance(&mut self) {
        self.join = true;
        self.pending = None;
        self.foreign = true;
        // Whatever the numbers of what this one has, it is newer.
        self.held = None;
    }

    /// A SyncMark was seen.
    pub fn marked(&mut self, nonce: u64, updates: bool) {
        if self.nonce == Some(nonce) {
            if updates {
                self.marked_updates = true;
            } else {
                self.marked_events = true;
            }
        }
    }

    fn held_at(&self) -> Option<Place> {
        self.held.as_ref().map(|held| (held.epoch(), held.version()))
    }

    /// Whether what is held is newer than what was given. Epochs of two instances have no order.
    fn has_news(&self) -> bool {
        let (Some(held), Some(given)) = (self.held_at(), self.given()) else { return true };
        if self.foreign && held.0 != given.0 {
            return !self.join;
        }
        held > given
    }

    /// Rule U-2. Every update is a whole model, so that the one which shows a gap also closes it.
    fn count(&mut self, update: &proto::Update, at: Place) {
        self.updates += 1;
        let previous = update.previous_published_epoch.zip(update.previous_published_version);
        if let (Some(published), Some(previous)) = (self.published, previous) {
            self.gaps += u64::from(published != previous);
        }
        self.published = Some(at);
    }
}

impl Worker {
    /// The newest parameters that have arrived, without a request where there are some; gradients that are pushed
    /// afterwards state them as their base.
    ///
    /// # Errors
    /// `TIMEOUT`, `CONNECT`, `NO_MODEL`, `LAYOUT` (the model is being replaced), `FENCED`, `CANCELLED`, `MEMORY`.
    pub fn newest(&mut self) -> Result<Parameters> {
        let limit = self.limit();
        self.take(&limit, self.updates.is_none(), false)
    }

    /// Parameters that are newer than those given last: waits for them. Under bsp and ssp that is this worker's turn.
    /// Where the round or step ended without a version (nobody contributed, it was cleared, its result was not
    /// finite), the same ones again: there is nothing newer to wait for.
    ///
    /// # Errors
    /// Those of [`Worker::newest`]; `CLOSED`: the coordinator is closing.
    #[allow(clippy::should_implement_trait)] // `Worker::updates` is the iterator
    pub fn next(&mut self) -> Result<Parameters> {
        let limit = self.limit();
        self.take(&limit, false, true)
    }

    /// The newest parameters that the coordinator has: asks for them.
    ///
    /// # Errors
    /// Those of [`Worker::newest`].
    pub fn fetch(&mut self) -> Result<Parameters> {
        let limit = self.limit();
        self.take(&limit, true, false)
    }

    fn take(&mut self, limit: &Limit, fetch: bool, next: bool) -> Result<Parameters> {
        self.progress();
        self.read_updates();
        if self.fenced {
            self.able()?;
        }
        // Else what is held has just been got.
        let held = self.stream.held.is_some() && !self.stream.join;
        self.hold(limit)?;
        self.take_pending(limit)?;
        if held && (fetch || self.is_behind()) {
            self.get(limit)?;
        }
        if next {
            self.await_next(limit)?;
        }
        let Some(parameters) = self.stream.held.clone() else {
            return Err(refuse!(Timeout, "no parameters came in time"));
        };
        let at = (parameters.epoch(), parameters.version());
        self.stream.given = Some((at, parameters.layout().id()));
        self.stream.foreign &= self.stream.join;
        self.rounds.take(at);
        Ok(parameters)
    }

    /// Sees that the stream is joined, and something is held.
    fn hold(&mut self, limit: &Limit) -> Result<()> {
        while self.stream.join || self.stream.held.is_none() {
            if self.stream.join && self.updates.is_some() {
                self.stream.join = false;
                self.stream.published = None;
                if let Err(error) = self.sync(limit) {
                    self.stream.join = true;
                    return Err(error);
                }
            }
            self.stream.join &= self.updates.is_some();
            self.get(limit)?;
            if self.stream.held.is_none() && limit.is_over(Instant::now()) {
                return Err(refuse!(Timeout, "no parameters came in time"));
            }
        }
        Ok(())
    }

    fn await_next(&mut self, limit: &Limit) -> Result<()> {
        while self.stream.given.is_some() && !self.stream.has_news() && !self.has_passed() {
            self.wait(limit, false, Worker::may_have_next, |worker| {
                let version = worker.stream.given().map_or(0, |given| given.1);
                format!("a version newer than {version}")
            })?;
            if self.stream.join {
                self.hold(limit)?;
            }
            self.take_pending(limit)?;
            if self.is_behind() {
                self.get(limit)?;
            }
        }
        Ok(())
    }

    fn may_have_next(&mut self) -> bool {
        self.stream.pending.is_some()
            || self.stream.join
            || self.is_behind()
            || self.stream.has_news()
            || self.has_passed()
    }

    /// Rule O-7: the round that was answered is over, and its version is the newest. There is none to wait for.
    fn has_passed(&self) -> bool {
        self.rounds.over && self.stream.given().is_none_or(|given| self.newest <= given)
    }

    /// Rule U-5: something newer has been known of for longer than a heartbeat and a random wait.
    fn is_behind(&mut self) -> bool {
        let at = self.stream.pending.as_ref().map(|came| came.at).or(self.stream.held_at());
        if self.stream.held.is_none() || at.is_none_or(|at| self.newest <= at) {
            self.stream.behind = None;
            return false;
        }
        let now = Instant::now();
        if self.updates.is_none() {
            return now >= self.stream.get_after;
        }
        let patience = self.hearsay.heartbeat + jitter(limits::RESYNC_JITTER);
        now >= *self.stream.behind.get_or_insert_with(|| session::later(now, patience))
    }

    fn take_pending(&mut self, limit: &Limit) -> Result<()> {
        match self.stream.pending.take() {
            Some(came) if self.stream.held_at().is_none_or(|held| came.at > held) => self.take_came(came, limit),
            _ => Ok(()),
        }
    }

    fn get(&mut self, limit: &Limit) -> Result<()> {
        let newer_than = self.stream.held_at();
        let get = proto::GetModelParametersRequest {
            stream: Some(self.stream_name.to_owned()),
            newer_than: newer_than.map(|(epoch, version)| proto::Base { epoch: Some(epoch), version: Some(version) }),
        };
        let model = self.model.clone();
        let question = Question::new(&model, Body::GetModelParameters(get));
        let answer = self.control.call(&question, limit, &mut self.teller)?;
        let position = answer.reply.position.unwrap_or_default();
        self.note(&position);
        self.stream.get_after = Instant::now() + GET_AGAIN;
        self.stream.behind = None;
        let answer = answer.accept()?;
        match answer.reply.body {
            Some(reply::Body::ModelParameters(told)) if !told.unchanged() => {
                let form = (told.dtype, told.encoding);
                let (layout_id, at) = (told.layout_id(), place(&position));
                self.take_came(Came { at, layout_id, form, frames: answer.frames, first: 1 }, limit)
            }
            _ => Ok(()),
        }
    }

    /// Takes parameters over, once the layout is theirs.
    fn take_came(&mut self, came: Came, limit: &Limit) -> Result<()> {
        if came.layout_id != self.layout.id() {
            let control = self.connector.control.clone();
            let described = describe(&mut self.control, &control, &self.model, limit, &mut self.teller)?;
            self.note(&described.position);
            self.take_description(&described.description)?;
        }
        if came.layout_id != self.layout.id() {
            return Err(refuse!(Layout, "the model is being replaced; ask again"));
        }
        let into = self.stream.held.take().map(|held| held.buffer);
        let numbers =
            parameters::arrived(&self.connector.pool, &self.layout, came.form, &came.frames[came.first..], into)?;
        self.stream.held = Some(Parameters::new(Arc::clone(&self.layout), numbers, came.at.0, came.at.1));
        self.stream.behind = None;
        Ok(())
    }

    /// Reads all updates that came; the newest is kept.
    pub(super) fn read_updates(&mut self) {
        for _ in 0..UPDATES_MOST {
            let Some(frames) = self.updates.as_ref().and_then(session::receive) else { return };
            let [topic, header, ..] = frames.as_slice() else { continue };
            if topic.starts_with(b"sync/") {
                if let Ok(proto::Event { body: Some(event::Body::Sync(mark)) }) = proto::Event::read(header) {
                    self.stream.marked(mark.nonce(), true);
                }
            } else if let Ok(update) = proto::Update::read(header) {
                self.note_heard();
                self.take_update(&update, frames);
            }
        }
    }

    fn take_update(&mut self, update: &proto::Update, frames: Vec<zmq::Message>) {
        let position = update.position.unwrap_or_default();
        self.note(&position);
        if position.instance() != self.instance {
            return;
        }
        let at = place(&position);
        self.stream.count(update, at);
        let newest = self.stream.pending.as_ref().map(|came| came.at).or(self.stream.held_at());
        if newest.is_none_or(|newest| at > newest) {
            let form = (update.dtype, update.encoding);
            self.stream.pending = Some(Came { at, layout_id: update.layout(), form, frames, first: 2 });
        }
    }

    /// Sees that subscriptions hold on both sockets: Sync until its mark was seen (rule U-4).
    pub(super) fn sync(&mut self, limit: &Limit) -> Result<()> {
        let nonce = session::random().max(1);
        self.stream.nonce = Some(nonce);
        self.stream.marked_events = false;
        self.stream.marked_updates = self.updates.is_none();
        let topic = topic::sync(nonce);
        let sockets = || [Some(&self.events), self.updates.as_ref()].into_iter().flatten();
        let changed = sockets().try_for_each(|socket| socket.set_subscribe(topic.as_bytes()));
        changed.map_err(|error| refuse!(Memory, "cannot subscribe to {topic}: {error}"))?;
        let result = self.sync_until_marked(nonce, limit);
        for socket in [Some(&self.events), self.updates.as_ref()].into_iter().flatten() {
            // A subscription that stays does no harm: its topic is never used again.
            let _ = socket.set_unsubscribe(topic.as_bytes());
        }
        self.stream.nonce = None;
        self.teller.go();
        result
    }

    fn is_marked(&self) -> bool {
        self.stream.marked_events && self.stream.marked_updates
    }

    fn sync_until_marked(&mut self, nonce: u64, limit: &Limit) -> Result<()> {
        while !self.is_marked() {
            if limit.is_over(Instant::now()) {
                let Endpoints { events, updates, .. } = &self.endpoints;
                let endpoint = if self.stream.marked_events { updates } else { events };
                return Err(refuse!(
                    Timeout,
                    "nothing of what {} publishes arrives on {endpoint}: is that endpoint reachable from here?",
                    self.model
                ));
            }
            let model = self.model.clone();
            let question = Question::new(&model, Body::Sync(proto::SyncRequest { nonce: Some(nonce) }));
            let answer = self.control.call(&question, limit, &mut self.teller)?;
            self.note(&answer.reply.position.unwrap_or_default());
            answer.accept()?;
            let until = session::later(Instant::now(), limits::SYNC_RETRY).min(limit.deadline);
            while !self.is_marked() && Instant::now() < until {
                limit.check("waiting for what is published to arrive")?;
                self.progress();
                self.read_updates();
                if !self.is_marked() {
                    self.doze(limit, until);
                }
            }
        }
        Ok(())
    }
}
