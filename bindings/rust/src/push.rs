//! What is pushed: numbers of all tensors or of some, and what is said beside them.

use std::sync::Arc;

use crate::buffer::{Payload, Pool};
use crate::dtype::Element;
use crate::error::{refuse, Result};
use crate::layout::Layout;
use crate::wire::part::{Encoding, Part as Planned};
use crate::wire::{check, payload};
use crate::{limits, proto};

/// What a push is; the policy in force says which of them are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// a gradient (async, bsp, ssp)
    #[default]
    Gradient = 1,
    /// merge: parameters after training here, less those it began from
    Delta = 2,
    /// merge: the parameters themselves
    ModelParameters = 3,
}

/// What a push says beyond its numbers; [`Push::default`] is what most workers want.
///
/// ```
/// use gradmq::Push;
///
/// let push = Push::new().weight(32.0).metric("loss", 0.25);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Push {
    pub(crate) kind: Kind,
    weight: Option<f64>,
    pub(crate) loss_scale: Option<f64>,
    pub(crate) without_base: bool,
    pub(crate) clock: Option<(u64, bool)>,
    metrics: Vec<proto::Metric>,
}

impl Push {
    /// The same as [`Push::default`].
    pub fn new() -> Push {
        Push::default()
    }

    /// What it is; by default a gradient.
    pub fn kind(mut self, kind: Kind) -> Push {
        self.kind = kind;
        self
    }

    /// Its share where the policy or rule weighs, such as its number of examples: finite, above 0; by default 1.
    pub fn weight(mut self, weight: f64) -> Push {
        self.weight = Some(weight);
        self
    }

    /// What the loss was multiplied by: the coordinator divides the gradient by it. Finite, above 0; by default 1.
    pub fn loss_scale(mut self, scale: f64) -> Push {
        self.loss_scale = Some(scale);
        self
    }

    /// Do not state what parameters it was made from: it is then taken in any epoch that has its layout.
    pub fn without_base(mut self) -> Push {
        self.without_base = true;
        self
    }

    /// Which clock it belongs to (under bsp the round, under ssp 1 + `clock` of the worker's stats), and whether it is
    /// the last of it. Without this every gradient is a clock of its own.
    pub fn clock(mut self, clock: u64, last: bool) -> Push {
        self.clock = Some((clock, last));
        self
    }

    /// A number to report, such as a loss: a name of 1 to 64 bytes, a finite value. At most 32 of them.
    pub fn metric(self, name: impl Into<String>, value: f64) -> Push {
        self.weighted_metric(name, value, 1.0)
    }

    /// The same with a weight in means over workers: finite, above 0.
    pub fn weighted_metric(mut self, name: impl Into<String>, value: f64, weight: f64) -> Push {
        let weight = (weight != 1.0).then_some(weight);
        self.metrics.push(proto::Metric { name: Some(name.into()), value: Some(value), weight });
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        for (what, value) in [("weight", self.weight), ("loss_scale", self.loss_scale)] {
            if value.is_some_and(|value| !value.is_finite() || value <= 0.0) {
                return Err(refuse!(Argument, "{what} is {}; it has to be finite and above 0", value.unwrap_or(0.0)));
            }
        }
        if self.metrics.len() > limits::METRICS {
            return Err(refuse!(Argument, "{} metrics are given; {} can go", self.metrics.len(), limits::METRICS));
        }
        self.metrics.iter().try_for_each(check::metric)
    }

    /// Makes it say that it is parameters.
    pub(crate) fn parameters(&self) -> Push {
        let kind = if self.kind == Kind::Gradient { Kind::ModelParameters } else { self.kind };
        Push { kind, ..self.clone() }
    }

    /// The same without its loss scale.
    pub(crate) fn unscaled(&self) -> Push {
        Push { loss_scale: None, ..self.clone() }
    }

    /// Writes it into a gradient's header.
    pub(crate) fn fill(&self, gradient: &mut proto::Gradient) {
        gradient.kind = (self.kind != Kind::Gradient).then_some(self.kind as u32);
        gradient.weight = self.weight;
        gradient.loss_scale = self.loss_scale;
        gradient.clock = self.clock.map(|(clock, _)| clock);
        gradient.last_of_clock = self.clock.map(|(_, last)| last);
        gradient.metrics.clone_from(&self.metrics);
    }
}

/// One tensor's share of a partial gradient: all of its elements, or some of its rows.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a, T> {
    tensor: &'a str,
    rows: Option<&'a [u32]>,
    data: &'a [T],
}

impl<'a, T: Element> Part<'a, T> {
    /// All elements of a tensor, row-major.
    pub fn tensor(name: &'a str, data: &'a [T]) -> Part<'a, T> {
        Part { tensor: name, rows: None, data }
    }

    /// Some rows of a tensor: what has the same first index, of a vector one element. `rows` rises strictly; `data` are
    /// these rows one after the other.
    pub fn rows(name: &'a str, rows: &'a [u32], data: &'a [T]) -> Part<'a, T> {
        Part { tensor: name, rows: Some(rows), data }
    }
}

/// Numbers on their way: what the header says of them, and their octets.
pub(crate) struct Draft {
    pub dtype: Option<u32>,
    pub parts: Vec<proto::Part>,
    pub payload: Payload,
}

/// Refuses what is not a whole model.
pub(crate) fn check_whole<T: Element>(layout: &Layout, elements: usize) -> Result<()> {
    if elements == layout.elements() {
        return Ok(());
    }
    Err(refuse!(
        Length,
        "the model has {} elements, and {elements} of {} are given; it was not sent",
        layout.elements(),
        T::DTYPE
    ))
}

/// A whole gradient, copied.
pub(crate) fn whole<T: Element>(layout: &Layout, pool: &Arc<Pool>, data: &[T]) -> Result<Draft> {
    check_whole::<T>(layout, data.len())?;
    let octets: &[u8] = bytemuck::cast_slice(data);
    let mut buffer = pool.take(octets.len())?;
    buffer.bytes_mut().copy_from_slice(octets);
    let ends = payload::cut_pieces([(octets.len(), T::DTYPE.size())], octets.len());
    Ok(Draft { dtype: dtype_of::<T>(layout), parts: Vec::new(), payload: Payload::new(buffer, ends) })
}

/// The dtype, where it is not the master's.
pub(crate) fn dtype_of<T: Element>(layout: &Layout) -> Option<u32> {
    (T::DTYPE != layout.dtype()).then_some(T::DTYPE.code())
}

/// A partial gradient, copied.
pub(crate) fn partial<T: Element>(layout: &Layout, pool: &Arc<Pool>, parts: &[Part<'_, T>]) -> Result<Draft> {
    if parts.is_empty() {
        return Err(refuse!(Argument, "a partial gradient needs a part; to say \"nothing this time\", skip"));
    }
    let mut order = Vec::with_capacity(parts.len());
    for part in parts {
        let index = layout.index(part.tensor);
        order.push((index.ok_or_else(|| refuse!(Argument, "the model has no tensor {:?}", part.tensor))?, part));
    }
    order.sort_by_key(|(index, _)| *index);
    let mut planned: Vec<Planned> = Vec::with_capacity(parts.len());
    let mut at = 0;
    for (index, part) in &order {
        if planned.last().is_some_and(|last| last.tensor == *index) {
            return Err(refuse!(Argument, "tensor {} is given twice", part.tensor));
        }
        let plan = plan_one(layout, *index, part, at)?;
        at += plan.bytes();
        planned.push(plan);
    }
    let mut buffer = pool.take(at)?;
    for ((_, part), plan) in order.iter().zip(&planned) {
        let (head, body) = buffer.bytes_mut()[plan.offset..plan.offset + plan.bytes()].split_at_mut(plan.head);
        head.copy_from_slice(bytemuck::cast_slice(part.rows.unwrap_or_default()));
        body.copy_from_slice(bytemuck::cast_slice(part.data));
    }
    let ends = payload::cut(&planned, at);
    let parts = planned.iter().map(Planned::to_proto).collect();
    Ok(Draft { dtype: dtype_of::<T>(layout), parts, payload: Payload::new(buffer, ends) })
}

fn plan_one<T: Element>(layout: &Layout, index: usize, part: &Part<'_, T>, at: usize) -> Result<Planned> {
    let tensor = &layout.tensors()[index];
    let name = part.tensor;
    let (encoding, count) = match part.rows {
        Some(rows) => (Encoding::Rows, rows.len()),
        None => (Encoding::Dense, 0),
    };
    let plan = Planned::new(layout, index, encoding, T::DTYPE, count as u64, at)?;
    for pair in part.rows.unwrap_or_default().windows(2) {
        if pair[0] >= pair[1] {
            return Err(refuse!(Argument, "rows of tensor {name} rise: row {} follows row {}", pair[1], pair[0]));
        }
    }
    if let Some(&last) = part.rows.and_then(<[u32]>::last) {
        if last as usize >= tensor.rows() {
            return Err(refuse!(Argument, "tensor {name} has no row {last}: it has {}", tensor.rows()));
        }
    }
    let wanted = plan.body / T::DTYPE.size();
    if part.data.len() != wanted {
        return Err(refuse!(
            Length,
            "{wanted} elements of tensor {name} are needed, and {} are given",
            part.data.len()
        ));
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::Dtype;

    fn layout() -> Layout {
        Layout::new(Dtype::F32, [("a", vec![3, 2]), ("b", vec![4])]).unwrap()
    }

    fn refused(parts: &[Part<'_, f32>]) -> &'static str {
        partial(&layout(), &Arc::default(), parts).err().unwrap().name()
    }

    #[test]
    fn parts_go_in_the_order_of_the_layout() {
        let parts = [Part::tensor("b", &[1f32, 2.0, 3.0, 4.0]), Part::rows("a", &[0, 2], &[5f32, 6.0, 7.0, 8.0])];
        let draft = partial(&layout(), &Arc::default(), &parts).unwrap();
        assert_eq!(draft.parts[0].tensor, Some(0));
        assert_eq!((draft.parts[0].encoding, draft.parts[0].count), (Some(2), Some(2)));
        let numbers: &[f32] = draft.payload.buffer.elements();
        assert_eq!(numbers[2..], [5.0, 6.0, 7.0, 8.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(&draft.payload.buffer.bytes()[..8], &[0, 0, 0, 0, 2, 0, 0, 0]);
    }

    #[test]
    fn what_does_not_fit_is_refused_before_it_is_sent() {
        assert_eq!(refused(&[]), "ARGUMENT");
        assert_eq!(refused(&[Part::tensor("c", &[0.0])]), "ARGUMENT");
        assert_eq!(refused(&[Part::tensor("b", &[0.0; 3])]), "LENGTH");
        assert_eq!(refused(&[Part::tensor("b", &[0.0; 4]), Part::tensor("b", &[0.0; 4])]), "ARGUMENT");
        assert_eq!(refused(&[Part::rows("a", &[1, 1], &[0.0; 4])]), "ARGUMENT");
        assert_eq!(refused(&[Part::rows("a", &[3], &[0.0; 2])]), "ARGUMENT");
        assert_eq!(refused(&[Part::rows("a", &[], &[])]), "ARGUMENT");
        assert_eq!(whole(&layout(), &Arc::default(), &[0f64; 9]).err().unwrap().name(), "LENGTH");
    }

    #[test]
    fn numbers_that_say_nothing_sensible_are_refused() {
        for (push, name) in [
            (Push::new().weight(0.0), "ARGUMENT"),
            (Push::new().loss_scale(f64::NAN), "ARGUMENT"),
            (Push::new().metric("", 0.0), "NAME"),
            (Push::new().metric("loss", f64::INFINITY), "ARGUMENT"),
            (Push::new().weighted_metric("loss", 0.0, -1.0), "ARGUMENT"),
        ] {
            assert_eq!(push.check().unwrap_err().name(), name);
        }
        let many = (0..33).fold(Push::new(), |push, at| push.metric(format!("m{at}"), 0.0));
        assert_eq!(many.check().unwrap_err().name(), "ARGUMENT");
    }
}
