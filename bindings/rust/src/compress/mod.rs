//! Compressed gradients with error feedback: what a push leaves out stays here and goes with a later one. No sockets.
//!
//! With p = residual + g, D = C (p) is sent, and residual = p - D remains (Seide et al. 2014; Karimireddy et al. 2019,
//! "Error Feedback Fixes SignSGD", algorithm 2).

mod int8;
mod low_rank;
mod top_k;

use std::mem;
use std::sync::Arc;

use crate::buffer::zeroed;
use crate::dtype::{Dtype, Element};
use crate::error::{refuse, Result};
use crate::layout::{Layout, Tensor};
use crate::wire::part::{Encoding, Part};

/// How whole gradients are compressed: [`Worker::compress`](crate::Worker::compress).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Compression {
    /// Signed octets, with a scale for 256 of them: about a quarter of F32's length.
    Int8,
    /// Of each tensor this share of its elements, above 0 and at most 1: those of the greatest magnitude.
    TopK(f64),
    /// Of each matrix two factors with so many columns, at least 1 (PowerSGD); other tensors go whole.
    LowRank(u32),
}

impl Compression {
    fn check(self) -> Result<()> {
        match self {
            Compression::TopK(share) if !(share > 0.0 && share <= 1.0) => {
                Err(refuse!(Argument, "a share of {share} of the elements; it has to be above 0 and at most 1"))
            }
            Compression::LowRank(0) => Err(refuse!(Argument, "rank 0; it has to be at least 1")),
            _ => Ok(()),
        }
    }

    /// Encoding and count of this tensor's part. One that would not become shorter goes as it is.
    fn plan(self, tensor: &Tensor, size: usize) -> (Encoding, u64) {
        let elements = tensor.elements();
        match self {
            Compression::Int8 => return (Encoding::Int8, 0),
            Compression::TopK(share) => {
                let count = ((share * elements as f64).ceil() as usize).max(1);
                if u32::try_from(elements).is_ok() && count * (4 + size) < elements * size {
                    return (Encoding::TopK, count as u64);
                }
            }
            Compression::LowRank(rank) => {
                let (m, n, r) = (tensor.rows(), tensor.row_elements(), rank as usize);
                if tensor.shape().len() >= 2 && r < m && r < n && r * (m + n) < elements {
                    return (Encoding::LowRank, u64::from(rank));
                }
            }
        }
        (Encoding::Dense, 0)
    }
}

/// A compressor for gradients of one layout, whatever their type.
pub(crate) trait Compress: Send {
    fn layout(&self) -> &Arc<Layout>;
    fn parts(&self) -> &[Part];
    /// Encodes residual + factor x `gradient` into `to`. Nothing is changed for good before [`Compress::sent`].
    fn encode(&mut self, gradient: &[u8], factor: f64, to: &mut [u8]) -> Result<()>;
    /// What was encoded last is on its way: what it left out remains.
    fn sent(&mut self);
    /// A payload was not used: what it held remains too.
    fn give_back(&mut self, payload: &[u8]);
}

/// A compressor for gradients of this layout, without a residual yet.
pub(crate) fn compressor(how: Compression, feedback: bool, layout: &Arc<Layout>) -> Result<Box<dyn Compress>> {
    how.check()?;
    Ok(match layout.dtype() {
        Dtype::F64 => Box::new(Compressor::<f64>::new(how, feedback, layout)?),
        _ => Box::new(Compressor::<f32>::new(how, feedback, layout)?),
    })
}

struct Compressor<R> {
    layout: Arc<Layout>,
    feedback: bool,
    parts: Vec<Part>,
    residual: Vec<R>,
    work: Vec<R>,
    /// Right factors of the last push, where the next one begins; of each part.
    warm: Vec<Vec<R>>,
}

impl<R: Element> Compressor<R> {
    fn new(how: Compression, feedback: bool, layout: &Arc<Layout>) -> Result<Self> {
        let mut parts = Vec::new();
        let mut warm = Vec::new();
        let mut at = 0;
        for (index, tensor) in layout.tensors().iter().enumerate() {
            let (encoding, count) = how.plan(tensor, R::DTYPE.size());
            let dtype = if encoding == Encoding::Int8 { Dtype::F32 } else { R::DTYPE };
            let part = Part::new(layout, index, encoding, dtype, count, at)?;
            at += part.bytes();
            warm.push(zeroed(if encoding == Encoding::LowRank { part.count * tensor.row_elements() } else { 0 })?);
            parts.push(part);
        }
        let elements = layout.elements();
        let (residual, work) = (zeroed(elements)?, zeroed(elements)?);
        Ok(Compressor { layout: Arc::clone(layout), feedback, parts, residual, work, warm })
    }
}

impl<R: Element> Compress for Compressor<R> {
    fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn encode(&mut self, gradient: &[u8], factor: f64, to: &mut [u8]) -> Result<()> {
        let gradient: &[R] = bytemuck::cast_slice(gradient);
        for ((work, rest), one) in self.work.iter_mut().zip(&self.residual).zip(gradient) {
            *work = R::from_f64(rest.to_f64() + factor * one.to_f64());
        }
        if !self.work.iter().all(|value| value.to_f64().is_finite()) {
            return Err(refuse!(
                NonFinite,
                "a value of the gradient is not finite, or too large to compute with; it was not pushed"
            ));
        }
        for (part, warm) in self.parts.iter().zip(&mut self.warm) {
            let tensor = &self.layout.tensors()[part.tensor];
            let numbers = &mut self.work[tensor.range()];
            let to = &mut to[part.offset..part.offset + part.bytes()];
            match part.encoding {
                Encoding::Int8 => int8::encode(numbers, to),
                Encoding::TopK => top_k::encode(numbers, part.count, to),
                Encoding::LowRank => low_rank::encode(numbers, tensor, part.count, warm, to),
                _ => to.copy_from_slice(bytemuck::cast_slice(numbers)),
            }
            add(part, tensor, to, -1.0, numbers);
        }
        Ok(())
    }

    fn sent(&mut self) {
        if self.feedback {
            mem::swap(&mut self.residual, &mut self.work);
        }
    }

    fn give_back(&mut self, payload: &[u8]) {
        if !self.feedback {
            return;
        }
        for part in &self.parts {
            let tensor = &self.layout.tensors()[part.tensor];
            let from = &payload[part.offset..part.offset + part.bytes()];
            add(part, tensor, from, 1.0, &mut self.residual[tensor.range()]);
        }
    }
}

/// Adds `factor` times what a part stands for.
fn add<R: Element>(part: &Part, tensor: &Tensor, from: &[u8], factor: f64, to: &mut [R]) {
    match part.encoding {
        Encoding::Int8 => int8::add(from, factor, to),
        Encoding::TopK => top_k::add(from, part.count, factor, to),
        Encoding::LowRank => low_rank::add(from, tensor, part.count, factor, to),
        _ => {
            for (value, one) in to.iter_mut().zip(numbers::<R>(from)) {
                *value = R::from_f64(value.to_f64() + factor * one);
            }
        }
    }
}

/// Packed numbers, wherever they lie in memory.
fn numbers<R: Element>(from: &[u8]) -> impl Iterator<Item = f64> + '_ {
    from.chunks_exact(R::DTYPE.size()).map(|one| bytemuck::pod_read_unaligned::<R>(one).to_f64())
}

#[cfg(test)]
mod tests;
