//! Waiting for settlement, and leaving (section 19.10 of PROTOCOL.md).

use std::time::{Duration, Instant};

use super::{Probe, Worker};
use crate::error::Result;
use crate::limits::{LEAVE, LEAVE_IN_VAIN};
use crate::proto;
use crate::proto::reply;
use crate::proto::request::Body;
use crate::requester::{Answer, Question};
use crate::session::{later, Limit};
use crate::sys;

const LEAVE_AGAIN: Duration = Duration::from_millis(20);

impl Worker {
    /// Waits until everything that was pushed is settled, but not longer than `timeout`.
    ///
    /// # Errors
    /// `TIMEOUT`: something is not settled yet, and stays kept; `FENCED`, `CLOSED`, `CANCELLED`.
    pub fn flush(&mut self, timeout: Duration) -> Result<()> {
        let limit = Limit::new(timeout, self.cancel.as_ref());
        self.wait(
            &limit,
            true,
            |worker| worker.ledger.outbox.count() == 0,
            |worker| format!("settlement: {} gradients are not settled", worker.ledger.outbox.count()),
        )
    }

    /// Reads what has arrived and sends again what has to be; waits at most `timeout` for something. Any other call
    /// does this too.
    ///
    /// # Errors
    /// `FENCED`, `CLOSED`, `CANCELLED`; why joining again was refused.
    pub fn poll(&mut self, timeout: Duration) -> Result<()> {
        let limit = Limit::new(timeout, self.cancel.as_ref());
        let heard = self.heard;
        loop {
            self.progress();
            self.read_updates();
            self.able()?;
            limit.check("waiting for something to arrive")?;
            if heard != self.heard || limit.is_over(Instant::now()) {
                return Ok(());
            }
            self.doze(&limit, limit.deadline);
        }
    }

    /// Waits until everything is settled, but not longer than `timeout`, and leaves.
    ///
    /// # Errors
    /// `TIMEOUT`: what is not settled is given up; `FENCED`, `CLOSED`, `CANCELLED`. The worker has left all the same.
    pub fn close(mut self, timeout: Duration) -> Result<()> {
        let result = if self.ledger.outbox.count() > 0 { self.flush(timeout) } else { Ok(()) };
        self.leave(if result.is_ok() { LEAVE } else { LEAVE_IN_VAIN });
        result
    }

    /// Whoever does not answer drops us when the lease is over.
    fn leave(&mut self, wait: Duration) {
        if let Some(lease) = self.lease.take() {
            lease.stop(wait);
        }
        if self.left || self.fenced {
            return;
        }
        self.left = true;
        self.await_probe(wait);
        let leave = proto::LeaveRequest {
            worker: Some(self.name().to_owned()),
            incarnation: Some(self.ledger.incarnation),
            last_sequence: Some(self.ledger.outbox.next() - 1),
        };
        let limit = Limit { deadline: later(Instant::now(), wait), cancel: None };
        let model = std::mem::take(&mut self.model);
        let question = Question::new(&model, Body::Leave(leave));
        loop {
            let answer = self.control.call(&question, &limit, &mut self.teller).and_then(Answer::accept);
            // Where something is not settled that was, there is time for another look.
            let again = matches!(
                answer.map(|answer| answer.reply.body),
                Ok(Some(reply::Body::Left(left))) if !left.complete()
            );
            if !again || limit.is_over(Instant::now() + LEAVE_AGAIN) {
                return;
            }
            limit.wait(&[], Instant::now() + LEAVE_AGAIN);
        }
    }

    /// A Join that is on its way must not come after the Leave.
    fn await_probe(&mut self, wait: Duration) {
        let limit = Limit { deadline: later(Instant::now(), wait), cancel: None };
        while self.probing == Some(Probe::Join) && !limit.is_over(Instant::now()) {
            match self.probe.look() {
                Some(_) => self.probing = None,
                None => limit.wait(
                    &[(&self.probe.socket, zmq::POLLIN)],
                    self.probe.wake(Instant::now()).unwrap_or(limit.deadline),
                ),
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.leave(LEAVE_IN_VAIN);
        sys::stop_monitor(&mut self.gradients);
    }
}
