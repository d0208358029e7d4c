//! Gradients out (section 19.6 of PROTOCOL.md).

use std::sync::Arc;

use super::{Compressing, Kept, Worker};
use crate::buffer::{Buffer, Payload};
use crate::compress::{self, Compression};
use crate::dtype::Element;
use crate::error::{refuse, Result};
use crate::layout::Layout;
use crate::proto;
use crate::push::{self, Draft, Kind, Part, Push};
use crate::session::{self, Limit, Sent};
use crate::wire::check::KIND_SKIP;
use crate::wire::header::{check_written, Header as _};
use crate::wire::payload;

/// What came in is read after this many pushes, or an eighth of the credit where that is less.
const READ_EVERY: u64 = 64;

impl Worker {
    /// Pushes a gradient of the whole model: every tensor, packed in the layout's order, row-major. The numbers are
    /// copied. Returns its sequence once it is on its way, having waited for credit where it had to; it is kept, and
    /// sent again where that is needed, until it is settled.
    ///
    /// # Errors
    /// `TIMEOUT` (no credit, or no connection, in time), `LENGTH`, `LAYOUT` (the model was replaced by one of another
    /// layout: take its parameters), `FENCED`, `CLOSED`, `CANCELLED`, `MEMORY`; where gradients are compressed
    /// `ARGUMENT` (another type than the model's), `NON_FINITE`. The gradient then was not pushed.
    pub fn push<T: Element>(&mut self, gradient: &[T]) -> Result<u64> {
        self.push_with(gradient, &Push::default())
    }

    /// The same, with more to say.
    ///
    /// # Errors
    /// Those of [`Worker::push`]; `ARGUMENT`, `NAME` of what is said.
    pub fn push_with<T: Element>(&mut self, gradient: &[T], push: &Push) -> Result<u64> {
        let (layout, limit) = self.begin(push)?;
        push::check_whole::<T>(&layout, gradient.len())?;
        if self.compresses(push) {
            return self.push_compressed(&layout, gradient, push, &limit);
        }
        self.wait_for_room(std::mem::size_of_val(gradient), &limit)?;
        let draft = push::whole(&layout, &self.connector.pool, gradient)?;
        self.send(&layout, push, push.kind as u32, Some(draft), None, &limit)
    }

    /// The same without a copy: the vector's memory is kept until the gradient is settled.
    ///
    /// # Errors
    /// Those of [`Worker::push_with`]; the vector is then gone.
    pub fn push_vec<T: Element>(&mut self, gradient: Vec<T>, push: &Push) -> Result<u64> {
        let (layout, limit) = self.begin(push)?;
        push::check_whole::<T>(&layout, gradient.len())?;
        if self.compresses(push) {
            return self.push_compressed(&layout, &gradient, push, &limit);
        }
        let bytes = std::mem::size_of_val(gradient.as_slice());
        self.wait_for_room(bytes, &limit)?;
        let ends = payload::cut_pieces([(bytes, T::DTYPE.size())], bytes);
        let payload = Payload::new(Buffer::of(gradient), ends);
        let draft = Draft { dtype: push::dtype_of::<T>(&layout), parts: Vec::new(), payload };
        self.send(&layout, push, push.kind as u32, Some(draft), None, &limit)
    }

    /// Pushes a partial gradient: some tensors, or some rows of them. The numbers are copied. Tensors that it has no
    /// part for keep their parameters.
    ///
    /// # Errors
    /// Those of [`Worker::push_with`].
    pub fn push_parts<T: Element>(&mut self, parts: &[Part<'_, T>], push: &Push) -> Result<u64> {
        let (layout, limit) = self.begin(push)?;
        let draft = push::partial(&layout, &self.connector.pool, parts)?;
        self.wait_for_room(draft.payload.bytes(), &limit)?;
        self.send(&layout, push, push.kind as u32, Some(draft), None, &limit)
    }

    /// addModelParameters: pushes parameters that this worker has trained, for policy merge; a [`Kind::Delta`] where
    /// `push` says so. Its weight is their share, such as the number of examples.
    ///
    /// # Errors
    /// Those of [`Worker::push_with`].
    pub fn push_model_parameters<T: Element>(&mut self, parameters: &[T], push: &Push) -> Result<u64> {
        self.push_with(parameters, &push.parameters())
    }

    /// Pushes "nothing from me this time".
    ///
    /// # Errors
    /// Those of [`Worker::push_with`], as far as they are not about numbers.
    pub fn skip(&mut self, push: &Push) -> Result<u64> {
        let (layout, limit) = self.begin(push)?;
        self.wait_for_room(0, &limit)?;
        self.send(&layout, push, KIND_SKIP, None, None, &limit)
    }

    /// Compresses the whole gradients and deltas that are pushed from now on. What a gradient loses by it is kept in
    /// the worker, a residual of the model's size, and goes with the next ones; so does what was SKIPPED, DISCARDED or
    /// REFUSED (but with NON_FINITE). A tensor that would not become shorter goes as it is. A new call forgets the
    /// residual, and so does a model of another layout. `None`: not any more.
    ///
    /// Gradients then have the model's own type, and finite values.
    ///
    /// # Errors
    /// `ARGUMENT`, `MEMORY`; nothing is then changed.
    pub fn compress(&mut self, how: Option<Compression>) -> Result<()> {
        self.compress_as(how, true)
    }

    /// The same, but what is left out is forgotten: training then ends beside the optimum.
    ///
    /// # Errors
    /// Those of [`Worker::compress`].
    pub fn compress_without_feedback(&mut self, how: Compression) -> Result<()> {
        self.compress_as(Some(how), false)
    }

    fn compress_as(&mut self, how: Option<Compression>, feedback: bool) -> Result<()> {
        self.compressing = match how {
            Some(how) => Some(self.compressing_of(how, feedback)?),
            None => None,
        };
        Ok(())
    }

    fn compressing_of(&mut self, how: Compression, feedback: bool) -> Result<Compressing> {
        let engine = compress::compressor(how, feedback, &self.layout)?;
        self.generations += 1;
        Ok(Compressing { how, feedback, engine, generation: self.generations })
    }

    fn begin(&self, push: &Push) -> Result<(Arc<Layout>, Limit)> {
        push.check()?;
        let given = self.stream.given_layout().filter(|_| !push.without_base);
        if given.is_some_and(|given| given != self.layout.id()) {
            return Err(self.replaced());
        }
        Ok((Arc::clone(&self.layout), self.limit()))
    }

    fn replaced(&self) -> crate::Error {
        refuse!(
            Layout,
            "the model was replaced by one of another layout; the gradient was not pushed: take its parameters"
        )
    }

    /// Parameters are not compressed: what is left out of them would not come with the next ones.
    fn compresses(&self, push: &Push) -> bool {
        self.compressing.is_some() && push.kind != Kind::ModelParameters
    }

    fn push_compressed<T: Element>(
        &mut self,
        layout: &Arc<Layout>,
        gradient: &[T],
        push: &Push,
        limit: &Limit,
    ) -> Result<u64> {
        if T::DTYPE != layout.dtype() {
            return Err(refuse!(Argument, "gradients are compressed from the model's own type, {}", layout.dtype()));
        }
        if let Some(old) = self.compressing.take() {
            let same = old.engine.layout().id() == layout.id();
            self.compressing = Some(if same { old } else { self.compressing_of(old.how, old.feedback)? });
        }
        let bytes = self
            .compressing
            .as_ref()
            .map_or(0, |it| it.engine.parts().last().map_or(0, |part| part.offset + part.bytes()));
        self.wait_for_room(bytes, limit)?;
        // The numbers are divided here, so that what remains has no scale.
        let factor = push.loss_scale.map_or(1.0, |scale| 1.0 / scale);
        let mut buffer = self.connector.pool.take(bytes)?;
        let Some(compressing) = &mut self.compressing else { return Err(self.replaced()) };
        compressing.engine.encode(bytemuck::cast_slice(gradient), factor, buffer.bytes_mut())?;
        let parts = compressing.engine.parts();
        let ends = payload::cut(parts, bytes);
        let mut told: Vec<_> = parts.iter().map(crate::wire::part::Part::to_proto).collect();
        for (told, part) in told.iter_mut().zip(parts) {
            told.dtype = (part.dtype != layout.dtype()).then_some(part.dtype.code());
        }
        let generation = compressing.generation;
        let draft = Draft { dtype: None, parts: told, payload: Payload::new(buffer, ends) };
        let sequence = self.send(layout, &push.unscaled(), push.kind as u32, Some(draft), Some(generation), limit)?;
        if let Some(compressing) = &mut self.compressing {
            compressing.engine.sent();
        }
        Ok(sequence)
    }

    fn has_room(&self, bytes: usize) -> bool {
        let waits = self.join || self.describe || self.closed || self.fenced || self.blocked;
        !waits && self.ledger.outbox.has_room(bytes as u64, self.ledger.credit)
    }

    fn wait_for_room(&mut self, bytes: usize, limit: &Limit) -> Result<()> {
        if self.countdown > 0 && self.has_room(bytes) {
            self.countdown -= 1;
            return Ok(());
        }
        self.progress();
        let result = if self.has_room(bytes) {
            Ok(())
        } else {
            self.wait(limit, true, |worker| worker.has_room(bytes), |worker| worker.say_room(bytes))
        };
        self.countdown = (self.ledger.credit.gradients / 8).clamp(1, READ_EVERY);
        result
    }

    fn say_room(&self, bytes: usize) -> String {
        let (outbox, credit) = (&self.ledger.outbox, self.ledger.credit);
        let count = outbox.count();
        if outbox.has_room(bytes as u64, credit) {
            "a way to send a gradient".to_owned()
        } else if count < credit.gradients {
            format!("credit: {} of {} bytes are not settled, and {bytes} are to go", outbox.bytes, credit.bytes)
        } else {
            format!("credit: {count} of {} gradients are not settled", credit.gradients)
        }
    }

    /// Hands the next gradient over, when there is a connection.
    fn send(
        &mut self,
        layout: &Layout,
        push: &Push,
        kind: u32,
        draft: Option<Draft>,
        compressed: Option<u64>,
        limit: &Limit,
    ) -> Result<u64> {
        if layout.id() != self.layout.id() {
            return Err(self.replaced());
        }
        let (dtype, parts, payload) = match draft {
            Some(draft) => (draft.dtype, draft.parts, Some(draft.payload)),
            None => (None, Vec::new(), None),
        };
        let bytes = payload.as_ref().map_or(0, Payload::bytes);
        let sequence = self.ledger.outbox.next();
        let base = self.stream.given().filter(|_| !push.without_base);
        let mut gradient = proto::Gradient {
            model: Some(self.model.clone()),
            worker: Some(self.name().to_owned()),
            incarnation: Some(self.ledger.incarnation),
            sequence: Some(sequence),
            low_water: Some(self.ledger.outbox.first),
            based_on: base.map(|(epoch, version)| proto::Base { epoch: Some(epoch), version: Some(version) }),
            layout: Some(layout.id()),
            dtype,
            parts,
            ..Default::default()
        };
        push.fill(&mut gradient);
        gradient.kind = (kind != Kind::Gradient as u32).then_some(kind);
        let header = gradient.write();
        check_written("the gradient", &header)?;
        loop {
            match session::send(&mut self.gradients, &header, payload.as_ref()) {
                Sent::Whole => break,
                Sent::Broken => {
                    self.ledger.confirm.wanted = true;
                    break;
                }
                Sent::Not => {
                    self.blocked = true;
                    self.wait_for_room(bytes, limit)?;
                    if layout.id() != self.layout.id() {
                        return Err(self.replaced());
                    }
                }
            }
        }
        self.ledger.outbox.add(Kept { header, payload, compressed }, bytes as u64);
        self.pushed += 1;
        let (clock, last) = push.clock.unwrap_or((self.clock + 1, true));
        if last {
            self.clock = self.clock.max(clock);
        }
        if let Some(given) = self.stream.given() {
            self.rounds.take(given);
        }
        Ok(sequence)
    }
}
