//! Who answers for the coordinator, and joining it again (section 19.9 of PROTOCOL.md).

use std::time::Instant;

use super::open::layout_of;
use super::progress::place;
use super::{Endpoints, Probe, Verdict, Worker};
use crate::endpoint;
use crate::error::{Code, Error, Result};
use crate::ledger::{Confirm, Disposition, Settled};
use crate::proto;
use crate::proto::reply;
use crate::proto::request::Body;
use crate::requester::{refusal, Answer, Question};
use crate::session;
use crate::{error::refuse, limits};

const FORMER_MOST: usize = 8;

impl Worker {
    /// A header said where the coordinator stands.
    pub(super) fn note(&mut self, position: &proto::Position) {
        let instance = position.instance();
        if instance == 0 || self.former.contains(&instance) {
            return;
        }
        if instance != self.instance {
            self.new_instance(position);
        }
        self.newest = self.newest.max(place(position));
    }

    /// The same; true when it is of the process that answers now.
    pub(super) fn is_current(&mut self, position: &proto::Position) -> bool {
        self.note(position);
        position.instance() == 0 || position.instance() == self.instance
    }

    /// Another process answers for the coordinator (rules P-1, S-2). What the one before said and is still on its way
    /// must not bring it back.
    fn new_instance(&mut self, position: &proto::Position) {
        if self.instance != 0 {
            self.former.retain(|&former| former != position.instance());
            self.former.push_front(self.instance);
            self.former.truncate(FORMER_MOST);
            self.describe = true;
            self.join = true;
            self.rest = None;
            self.stream.another_instance();
            self.ledger.forget();
            self.rounds.forget();
        }
        self.closed = false;
        self.hearsay.state = None;
        self.instance = position.instance();
        self.newest = place(position);
    }

    /// Takes in an acknowledgement.
    pub(super) fn acknowledged(&mut self, ack: &proto::Acknowledgement, asked: bool) {
        let (settled, calls) = self.ledger.take(ack, asked, Instant::now(), limits::CONFIRM);
        for one in settled {
            self.settled(one);
        }
        self.join |= calls.join;
        self.ledger.confirm.wanted |= calls.fenced;
        self.closed |= calls.closed;
    }

    fn settled(&mut self, one: Settled<super::Kept>) {
        let code = (one.code != 0).then(|| Code::from_number(one.code));
        // What a gradient held goes with a later one. Not what a rule left out; not what would be refused for ever,
        // since it makes the sum too large.
        let comes_back = match one.disposition {
            Disposition::Skipped | Disposition::Discarded => true,
            Disposition::Refused => code != Some(Code::NonFinite),
            _ => false,
        };
        if let (true, Some(generation), Some(payload)) = (comes_back, one.item.compressed, &one.item.payload) {
            if let Some(compressing) = self.compressing.as_mut().filter(|it| it.generation == generation) {
                compressing.engine.give_back(payload.buffer.bytes());
            }
        }
        self.describe |= code == Some(Code::Layout);
        if matches!(one.disposition, Disposition::Applied | Disposition::Unknown) {
            return;
        }
        if let Some(handler) = &mut self.on_verdict {
            handler(&Verdict { sequence: one.sequence, disposition: one.disposition, code });
        }
    }

    /// Takes over layout and endpoints; connects what is not connected, or connected elsewhere.
    pub(super) fn take_description(&mut self, description: &proto::Description) -> Result<()> {
        if let Some(layout) = layout_of(description)? {
            if layout.id() != self.layout.id() {
                self.layout = layout;
            }
        }
        let control = &self.connector.control;
        let Endpoints { gradients, updates, events } = &mut self.endpoints;
        let to = |named: &[String], what| endpoint::choose(named, control, what);
        move_to(&self.events, events, to(&description.events_endpoints, "events")?)?;
        if let Some(socket) = &self.updates {
            move_to(socket, updates, to(&description.updates_endpoints, "updates")?)?;
        }
        move_to(&self.gradients, gradients, to(&description.gradients_endpoints, "gradients")?)?;
        if description.heartbeat_ms() > 0 {
            self.hearsay.heartbeat = std::time::Duration::from_millis(description.heartbeat_ms());
        }
        Ok(())
    }

    /// A Join was answered: clocks never go back, and go on where a coordinator does not know them.
    pub(super) fn joined(&mut self, position: &proto::Position, joined: &proto::Joined) {
        self.clock = self.clock.max(joined.start_clock());
        self.rounds.hear(place(position), joined.round());
    }

    /// Looks whether the probe was answered, and asks what is to be asked next.
    pub(super) fn look_at_probe(&mut self) {
        let Some(lease) = &self.lease else { return };
        self.fenced |= lease.is_fenced();
        if self.fenced {
            return;
        }
        let instance = lease.instance();
        self.note(&proto::Position { instance: Some(instance), epoch: None, version: None });
        if let Some(asked) = self.probing {
            let Some(answer) = self.probe.look() else { return };
            self.probing = None;
            match answer {
                Ok(answer) => {
                    self.note_heard();
                    self.answered(asked, answer);
                }
                Err(_) => self.rest = Some(Instant::now() + limits::CONFIRM),
            }
        }
        if let Some(next) = self.next_probe(Instant::now()) {
            self.ask_probe(next);
        }
    }

    /// Whether an answer counts: not that of an instance that was left before; then what it answers is asked again. But
    /// whoever answers what was asked of the present one is there now: of that one a word came late.
    fn counts(&mut self, position: &proto::Position) -> bool {
        if self.asked_of == self.instance && self.former.contains(&position.instance()) {
            self.new_instance(position);
        }
        self.is_current(position)
    }

    fn answered(&mut self, asked: Probe, answer: Answer) {
        let reply = answer.reply;
        let error = refusal(&reply);
        let position = reply.position.unwrap_or_default();
        if !self.counts(&position) {
            return;
        }
        match (error, asked, reply.body) {
            (Some(error), _, _) if error.code() == Code::Fenced => self.fenced = true,
            (Some(error), _, _) if error.code() == Code::NotJoined => self.join = true,
            (Some(error), _, _) if error.code() == Code::Permission => {
                // Its key was taken out. It may be put back: then there is a member to be again.
                self.join = true;
                self.not_joined(error);
            }
            (Some(error), Probe::Describe, _) => self.not_described(error),
            (Some(error), Probe::Join, _) => self.not_joined(error),
            (None, Probe::Describe, Some(reply::Body::Description(description))) => {
                self.describe = false;
                if let Err(error) = self.take_description(&description) {
                    self.refused = Some(error);
                }
            }
            (None, Probe::Join, Some(reply::Body::Joined(joined))) => self.joined_again(&position, &joined),
            (None, Probe::Acknowledgement, Some(reply::Body::Acknowledgement(ack))) => self.acknowledged(&ack, true),
            (_, Probe::Acknowledgement, _) => self.ledger.confirm = Confirm::default(),
            (None, _, _) => self.rest = Some(Instant::now() + limits::CONFIRM),
        }
    }

    fn not_described(&mut self, error: Error) {
        if passes(&error) {
            self.rest = Some(Instant::now() + limits::CONFIRM);
        } else {
            self.describe = false;
            self.refused = Some(error);
        }
    }

    fn joined_again(&mut self, position: &proto::Position, joined: &proto::Joined) {
        if joined.incarnation() != self.ledger.incarnation {
            self.rest = Some(Instant::now() + limits::CONFIRM);
            return;
        }
        self.join = false;
        self.refused = None;
        self.describe |= joined.layout_id() != 0 && joined.layout_id() != self.layout.id();
        self.joined(position, joined);
        if let Some(ack) = &joined.acknowledgement {
            self.acknowledged(ack, false);
        }
        // Whatever it remembers of us, the same octets are never applied twice (rule S-4).
        self.ledger.outbox.all_lost();
    }

    /// Not now, perhaps later; or never: those waiting are told.
    fn not_joined(&mut self, error: Error) {
        self.rest = Some(Instant::now() + limits::CONFIRM);
        match error.code() {
            Code::Closed => self.closed = true,
            _ if passes(&error) => {}
            _ => self.refused = Some(error),
        }
    }

    fn ask_probe(&mut self, what: Probe) {
        let worker = Some(self.name().to_owned());
        let incarnation = Some(self.ledger.incarnation);
        let outbox = &self.ledger.outbox;
        let body = match what {
            Probe::Describe => Body::Describe(proto::DescribeRequest {}),
            Probe::Join => {
                let low_water = Some(outbox.first);
                Body::Join(proto::JoinRequest { worker, incarnation, low_water, capabilities: Vec::new() })
            }
            Probe::Acknowledgement => {
                let sent_through = Some(outbox.next() - 1);
                Body::Acknowledgement(proto::AcknowledgementRequest { worker, incarnation, sent_through })
            }
        };
        let model = self.model.clone();
        if self.probe.ask(&Question::new(&model, body)).is_ok() {
            self.probing = Some(what);
            self.asked_of = self.instance;
        }
    }

    /// What to ask next, in the order in which one needs the other.
    fn next_probe(&self, now: Instant) -> Option<Probe> {
        if self.rest.is_some_and(|rest| now < rest) || self.ledger.incarnation == 0 {
            None
        } else if self.describe {
            Some(Probe::Describe)
        } else if self.join {
            Some(Probe::Join)
        } else {
            let wake = self.ledger.confirm.wake(now, limits::CONFIRM)?;
            (wake <= now).then_some(Probe::Acknowledgement)
        }
    }

    /// When there is something to look at or to ask, if no answer comes in before.
    pub(super) fn probe_wake(&self, now: Instant) -> Option<Instant> {
        if self.probing.is_some() {
            return self.probe.wake(now);
        }
        if self.fenced || self.ledger.incarnation == 0 {
            return None;
        }
        let wake = match self.describe || self.join {
            true => Some(now),
            false => self.ledger.confirm.wake(now, limits::CONFIRM),
        };
        wake.map(|wake| self.rest.map_or(wake, |rest| wake.max(rest)))
    }
}

/// Whether a refusal may be over by itself.
fn passes(error: &Error) -> bool {
    matches!(error.code(), Code::Busy | Code::State | Code::NoModel | Code::Internal | Code::Memory | Code::Closed)
}

/// Connects a socket where it is not connected already, and disconnects it from where it was.
fn move_to(socket: &zmq::Socket, kept: &mut String, to: String) -> Result<()> {
    if *kept == to {
        return Ok(());
    }
    session::connect(socket, &to)?;
    if !kept.is_empty() {
        socket.disconnect(kept).map_err(|error| refuse!(Connect, "cannot disconnect from {kept}: {error}"))?;
    }
    *kept = to;
    Ok(())
}
