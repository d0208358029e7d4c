//! Everything that comes in while a worker does something else, and waiting (sections 19.7 and 19.11 of PROTOCOL.md).

use std::time::{Duration, Instant};

use super::Worker;
use crate::error::{refuse, Code, Result};
use crate::hearsay::State;
use crate::limits;
use crate::proto;
use crate::proto::event::Body;
use crate::rounds::Place;
use crate::session::{self, event, Limit, Sent};
use crate::wire::header::Header as _;

/// Most events that are read in one go, so that a flood of them does not keep the caller.
const EVENTS_MOST: usize = 4096;
/// A large gradient that ZeroMQ still holds is looked at again after this.
const LEAVING: Duration = Duration::from_millis(50);
/// Waits shorter than this are not told; longer ones are told again each second.
const TELL_AFTER: Duration = Duration::from_millis(10);
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Notices, as the protocol numbers them.
mod notice {
    pub const CLOSING: u32 = 3;
    pub const EXPIRED: u32 = 8;
    pub const FENCED: u32 = 9;
    pub const TURNED_AWAY: u32 = 11;
    pub const CLEARED: u32 = 12;
    pub const STEP_SKIPPED: u32 = 13;
}

impl Worker {
    /// Does everything that can be done without waiting: reads what came, asks what is to be asked, sends again what is
    /// due.
    pub(super) fn progress(&mut self) {
        self.read_monitor();
        self.read_events();
        self.look_at_probe();
        if self.blocked {
            self.blocked = !session::events_of(&self.gradients).contains(zmq::POLLOUT);
        }
        self.send_again();
        if let Some(lease) = &self.lease {
            lease.set_low_water(self.ledger.outbox.first);
        }
    }

    /// Connections of the gradients' socket: one that was lost may have taken gradients with it.
    fn read_monitor(&mut self) {
        while let Some(what) = session::monitored(&self.monitor) {
            if what == event::DISCONNECTED {
                self.lost = true;
            } else if what == event::UP && self.lost {
                self.lost = false;
                self.ledger.confirm.wanted |= self.ledger.outbox.count() > 0;
            }
        }
    }

    pub(super) fn note_heard(&mut self) {
        self.heard += 1;
        self.hearsay.heard = Instant::now();
    }

    fn read_events(&mut self) {
        for _ in 0..EVENTS_MOST {
            let Some(frames) = session::receive(&self.events) else { return };
            // What cannot be read is of no use; control answers everything.
            let Some(Ok(event)) = frames.get(1).map(|header| proto::Event::read(header)) else { continue };
            self.note_heard();
            if let Some(body) = event.body {
                self.take_event(body);
            }
        }
    }

    fn take_event(&mut self, body: Body) {
        let position = match &body {
            Body::Acknowledgement(ack) => ack.position,
            Body::Heartbeat(heartbeat) => heartbeat.position,
            Body::Notice(notice) => notice.position,
            Body::Announcement(announcement) => announcement.position,
            Body::Sync(mark) => mark.position,
            Body::Step(report) => report.position,
            Body::Malformed(_) => return,
        };
        let position = position.unwrap_or_default();
        // Only what is of the process that answers now counts.
        if !self.is_current(&position) {
            return;
        }
        match body {
            Body::Acknowledgement(ack) => self.acknowledged(&ack, false),
            Body::Heartbeat(heartbeat) => {
                self.hearsay.take(&heartbeat, Instant::now());
                self.closed = self.hearsay.state == Some(State::Closing);
                // Who closes ends its round, too, and no other begins.
                if !self.closed {
                    self.rounds.hear(place(&position), heartbeat.round());
                }
            }
            Body::Notice(notice) => self.take_notice(&notice, place(&position)),
            Body::Sync(mark) => self.stream.marked(mark.nonce(), false),
            _ => {}
        }
    }

    fn take_notice(&mut self, told: &proto::Notice, at: Place) {
        match told.notice() {
            notice::STEP_SKIPPED | notice::CLEARED => self.rounds.passed(at),
            notice::CLOSING => {
                self.closed = true;
                self.hearsay.state = Some(State::Closing);
            }
            _ => {}
        }
        if told.worker() != self.name() || told.incarnation() != self.ledger.incarnation {
            return;
        }
        match (told.notice(), Code::from_number(told.code())) {
            (notice::EXPIRED, _) | (notice::TURNED_AWAY, Code::NotJoined) => self.join = true,
            (notice::FENCED, _) | (notice::TURNED_AWAY, Code::Fenced) => self.ledger.confirm.wanted = true,
            _ => {}
        }
    }

    fn send_again(&mut self) {
        if !self.ledger.outbox.holds() || self.join || self.describe || self.closed {
            return;
        }
        let now = Instant::now();
        let mut from = 0;
        while let Some(sequence) = self.ledger.outbox.due(from, self.ledger.credit, now) {
            from = sequence + 1;
            let Some(kept) = self.ledger.outbox.item(sequence) else { return };
            if kept.payload.as_ref().is_some_and(|payload| session::is_leaving(&self.gradients, payload)) {
                self.ledger.outbox.defer(sequence, now + LEAVING);
                continue;
            }
            match session::send(&mut self.gradients, &kept.header, kept.payload.as_ref()) {
                Sent::Not => {
                    self.blocked = true;
                    return;
                }
                Sent::Broken => self.ledger.confirm.wanted = true,
                Sent::Whole => {}
            }
            self.ledger.outbox.resent(sequence, now);
            self.ledger.resent += 1;
        }
    }

    /// Refuses where the worker is over, or the coordinator closing, or joining again was refused.
    pub(super) fn able(&self) -> Result<()> {
        if self.fenced {
            return Err(refuse!(
                Fenced,
                "a newer incarnation of {} has joined; this worker is over: close it, and give each worker a name of \
                 its own",
                self.name()
            ));
        }
        if let Some(error) = &self.refused {
            let words = format!("cannot join again: {}", error.message());
            return Err(crate::Error::new(error.code(), words));
        }
        if self.closed {
            return Err(refuse!(Closed, "the coordinator of {} at {} is closing", self.model, self.connector.control));
        }
        Ok(())
    }

    /// What is known of the coordinator.
    fn known(&self) -> String {
        if self.describe || self.join {
            "joining again, because the coordinator does not know this worker".to_owned()
        } else if self.lost || self.blocked {
            format!("there is no connection to {}", self.endpoints.gradients)
        } else {
            self.hearsay.say(Instant::now())
        }
    }

    /// Waits for one thing to come in, not beyond `until`.
    pub(super) fn doze(&self, limit: &Limit, until: Instant) {
        let now = Instant::now();
        let mut until = until.min(now + limits::CONFIRM);
        if let Some(wake) = self.probe_wake(now) {
            until = until.min(wake);
        }
        if !self.join && !self.describe && !self.blocked {
            until = self.ledger.outbox.wake(now).map_or(until, |due| until.min(due));
        }
        let mut sockets = vec![(&self.monitor, zmq::POLLIN), (&self.events, zmq::POLLIN)];
        sockets.extend(self.updates.as_ref().map(|updates| (updates, zmq::POLLIN)));
        if self.probing.is_some() {
            sockets.push((&self.probe.socket, zmq::POLLIN));
        }
        if self.blocked {
            sockets.push((&self.gradients, zmq::POLLOUT));
        }
        limit.wait(&sockets, until);
    }

    /// Where settlement is waited for and nothing moves, look for what got lost.
    fn look_for_loss(&mut self, now: Instant) {
        let at = (self.ledger.outbox.first, self.ledger.received);
        if at != (self.moved.1, self.moved.2) {
            self.moved = (now, at.0, at.1);
        }
        if now.saturating_duration_since(self.moved.0) < limits::CONFIRM {
            return;
        }
        self.moved.0 = now;
        self.ledger.confirm.wanted |= self.ledger.outbox.count() > 0;
    }

    /// Where nothing is heard, ask: another process may be there by now, and control answers everything (rule K-6).
    fn look_for_life(&mut self, now: Instant) {
        let last = self.hearsay.heard.max(self.asked);
        if now.saturating_duration_since(last) >= 2 * self.hearsay.heartbeat {
            self.asked = now;
            self.ledger.confirm.wanted = true;
        }
    }

    /// Makes progress until `ready`, or the limit is over. `say` is what is waited for; `settlement`: it ends by
    /// settlement.
    pub(super) fn wait(
        &mut self,
        limit: &Limit,
        settlement: bool,
        ready: impl Fn(&mut Worker) -> bool,
        say: impl Fn(&Worker) -> String,
    ) -> Result<()> {
        let result = self.wait_until(limit, settlement, ready, say);
        self.teller.go();
        result
    }

    fn wait_until(
        &mut self,
        limit: &Limit,
        settlement: bool,
        ready: impl Fn(&mut Worker) -> bool,
        say: impl Fn(&Worker) -> String,
    ) -> Result<()> {
        let begun = Instant::now();
        let mut tell = begun + TELL_AFTER;
        let mut state = self.hearsay.state;
        self.moved.0 = begun;
        loop {
            self.progress();
            self.read_updates();
            if ready(self) {
                return Ok(());
            }
            self.able()?;
            let now = Instant::now();
            if settlement {
                self.look_for_loss(now);
            }
            self.look_for_life(now);
            let words = |worker: &Worker| format!("waiting for {}; {}", say(worker), worker.known());
            if now >= tell || state != self.hearsay.state {
                let text = words(self);
                self.teller.wait(text);
                state = self.hearsay.state;
                tell = now + TELL_EVERY;
            }
            if limit.cancel.as_ref().is_some_and(crate::Cancel::is_cancelled) {
                return Err(refuse!(Cancelled, "cancelled while {}", words(self)));
            }
            if limit.is_over(now) {
                let text = words(self);
                self.teller.wait(text.clone());
                return Err(refuse!(Timeout, "the time is over while {text}"));
            }
            self.doze(limit, tell);
        }
    }
}

/// Epoch and version of a position.
pub(super) fn place(position: &proto::Position) -> Place {
    (position.epoch(), position.version())
}
