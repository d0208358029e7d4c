//! Gradients and parameters that are added over control, without a worker.

use std::time::{Duration, Instant};

use super::Coordinator;
use crate::dtype::Element;
use crate::error::{refuse, Code, Error, Result};
use crate::hearsay::Hearsay;
use crate::ledger::Disposition;
use crate::limits::{LEAVE, LEAVE_IN_VAIN};
use crate::proto;
use crate::proto::reply;
use crate::proto::request::Body;
use crate::push::{self, Draft, Part, Push};
use crate::requester::Question;
use crate::session::{later, Limit};

/// First and longest wait between two looks at whether it is settled.
const LOOK: Duration = Duration::from_millis(5);
const LOOK_MOST: Duration = Duration::from_millis(250);

/// What to do with a gradient.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Gradients,
    ModelParameters,
    DryRun,
}

/// What is added: whole, or in parts.
enum Numbers<'a, T> {
    Whole(&'a [T]),
    Parts(&'a [Part<'a, T>]),
}

impl Coordinator {
    /// addGradients, without joining by hand: joins under this client's name, adds a gradient of the whole model, waits
    /// until it is settled, and leaves. It states the parameters that were got last as its base.
    ///
    /// # Errors
    /// `DISPOSED`: it was not applied, and the sentence says why; the code of a refusal, such as `NON_FINITE`;
    /// `LENGTH`, `ARGUMENT`, `TIMEOUT`, and as [`Coordinator::describe`].
    pub fn add_gradients<T: Element>(&mut self, gradient: &[T], push: &Push) -> Result<()> {
        self.add(&Numbers::Whole(gradient), push, Way::Gradients)
    }

    /// The same of some tensors, or some rows of them.
    ///
    /// # Errors
    /// As [`Coordinator::add_gradients`].
    pub fn add_gradient_parts<T: Element>(&mut self, parts: &[Part<'_, T>], push: &Push) -> Result<()> {
        self.add(&Numbers::Parts(parts), push, Way::Gradients)
    }

    /// Has a gradient checked, and changes nothing.
    ///
    /// # Errors
    /// The code that it would be refused with; else as [`Coordinator::describe`].
    pub fn check_gradients<T: Element>(&mut self, gradient: &[T], push: &Push) -> Result<()> {
        self.add(&Numbers::Whole(gradient), push, Way::DryRun)
    }

    /// addModelParameters: the same for parameters, or a delta of them, under policy merge. Returns once they are
    /// received: they take part in the step that `merge_count` of them make. What changed is taken from the base, the
    /// parameters that were got last; without one, from the version that the step is made from.
    ///
    /// # Errors
    /// As [`Coordinator::add_gradients`].
    pub fn add_model_parameters<T: Element>(&mut self, parameters: &[T], push: &Push) -> Result<()> {
        self.add(&Numbers::Whole(parameters), &push.parameters(), Way::ModelParameters)
    }

    fn add<T: Element>(&mut self, numbers: &Numbers<'_, T>, push: &Push, way: Way) -> Result<()> {
        push.check()?;
        let condition = std::mem::take(&mut self.condition);
        let worker = Some(self.name().to_owned());
        let join = proto::JoinRequest { worker: worker.clone(), ..Default::default() };
        let joined = match self.ask(Body::Join(join))?.reply.body {
            Some(reply::Body::Joined(joined)) if joined.incarnation() > 0 => joined,
            _ => return Err(self.strange("Join")),
        };
        self.condition = condition;
        let result = self.add_joined(numbers, push, way, &joined);
        self.condition = Default::default();
        let last = u64::from(result.is_ok() && way != Way::DryRun);
        let leave = proto::LeaveRequest { worker, incarnation: joined.incarnation, last_sequence: Some(last) };
        // It is dropped when its lease is over where this does not get through.
        let patience = if result.is_ok() { LEAVE } else { LEAVE_IN_VAIN };
        let limit = Limit { deadline: later(Instant::now(), patience), cancel: None };
        let model = self.model.clone();
        let _ = self.requester.call(&Question::new(&model, Body::Leave(leave)), &limit, &mut self.teller);
        result
    }

    fn add_joined<T: Element>(
        &mut self,
        numbers: &Numbers<'_, T>,
        push: &Push,
        way: Way,
        joined: &proto::Joined,
    ) -> Result<()> {
        let layout = self.know_layout(joined.layout_id())?;
        let pool = &self.connector.pool;
        let Draft { dtype, parts, payload } = match numbers {
            Numbers::Whole(numbers) => push::whole(&layout, pool, numbers)?,
            Numbers::Parts(parts) => push::partial(&layout, pool, parts)?,
        };
        let base = self.base.filter(|_| !push.without_base);
        let mut gradient = proto::Gradient {
            model: Some(self.model.clone()),
            worker: Some(self.name().to_owned()),
            incarnation: joined.incarnation,
            sequence: Some(1),
            low_water: Some(1),
            based_on: base.map(|(epoch, version)| proto::Base { epoch: Some(epoch), version: Some(version) }),
            layout: Some(layout.id()),
            dtype,
            parts,
            ..Default::default()
        };
        push.fill(&mut gradient);
        let (gradient, dry_run) = (Some(gradient), (way == Way::DryRun).then_some(true));
        let body = if way == Way::ModelParameters {
            Body::AddModelParameters(proto::AddModelParametersRequest { gradient, dry_run })
        } else {
            Body::AddGradients(proto::AddGradientsRequest { gradient, dry_run })
        };
        let model = self.model.clone();
        let answer = self.put_changing(Question { payload: Some(payload), ..Question::new(&model, body) })?;
        let Some(reply::Body::Added(added)) = answer.reply.body else { return Err(self.strange("AddGradients")) };
        match (way, added.acknowledgement) {
            (Way::DryRun, _) => Ok(()),
            (_, None) => Err(self.strange("AddGradients")),
            (Way::Gradients, Some(ack)) => self.await_settled(joined.incarnation(), ack),
            (Way::ModelParameters, Some(ack)) if ack.settled_through() > 0 => verdict(&ack),
            (Way::ModelParameters, Some(_)) => Ok(()),
        }
    }

    /// Asks until the gradient is settled.
    fn await_settled(&mut self, incarnation: u64, mut ack: proto::Acknowledgement) -> Result<()> {
        let limit = self.limit();
        let name = self.name().to_owned();
        let mut wait = LOOK;
        let mut why = String::new();
        while ack.settled_through() == 0 {
            if limit.is_over(Instant::now()) {
                self.teller.go();
                return Err(refuse!(Timeout, "the gradient was received and is not applied yet{why}"));
            }
            if wait > LOOK_MOST {
                wait = LOOK_MOST;
                let now = Instant::now();
                why = format!("; {}", Hearsay::of_status(&self.status()?, now).say(now));
                self.teller.wait(format!("waiting for the gradient to be applied{why}"));
            }
            pause(&limit, wait, "waiting for the gradient to be applied")?;
            wait *= 2;
            ack = self.acknowledgement(&name, incarnation, Some(1))?;
        }
        self.teller.go();
        verdict(&ack)
    }
}

/// Waits so long, or until it is cancelled.
pub(super) fn pause(limit: &Limit, wait: Duration, what: &str) -> Result<()> {
    let until = later(Instant::now(), wait);
    while Instant::now() < until && !limit.is_over(Instant::now()) {
        limit.check(what)?;
        limit.wait(&[], until);
    }
    limit.check(what)
}

/// What became of the one gradient that an acknowledgement tells of.
fn verdict(ack: &proto::Acknowledgement) -> Result<()> {
    let Some(one) = ack.dispositions.iter().find(|one| one.sequence() == 1 && one.disposition() != 1) else {
        return Ok(());
    };
    let disposition = Disposition::from_code(one.disposition());
    let code = (one.code() != 0).then(|| Code::from_number(one.code()));
    let why = code.map(|code| format!(": {code}: {}", code.sentence())).unwrap_or_default();
    let words = format!("the gradient was not applied but {}{why}", disposition.name());
    let refused = code.filter(|_| disposition == Disposition::Refused);
    Err(Error::new(refused.unwrap_or(Code::Disposed), words))
}
