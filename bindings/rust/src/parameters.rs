//! Parameters at one version, by tensor.

use std::fmt;
use std::sync::Arc;

use crate::buffer::{Buffer, Pool};
use crate::dtype::{self, Dtype, Element};
use crate::error::{refuse, Result};
use crate::layout::{Layout, Tensor};
use crate::limits;
use crate::wire::part::{Encoding, HEAD_UNIT, INT8_BLOCK};

/// A model's parameters at one version: all tensors, packed in the layout's order, row-major.
///
/// It is a view: cloning it copies no numbers, and it stays what it is while newer versions arrive. A worker that has
/// dropped it before it takes the next ones saves memory, since they then come to lie in the same place.
#[derive(Clone)]
pub struct Parameters {
    layout: Arc<Layout>,
    pub(crate) buffer: Arc<Buffer>,
    dtype: Dtype,
    epoch: u64,
    version: u64,
}

impl Parameters {
    pub(crate) fn new(layout: Arc<Layout>, numbers: Numbers, epoch: u64, version: u64) -> Parameters {
        Parameters { layout, buffer: numbers.buffer, dtype: numbers.dtype, epoch, version }
    }

    /// The line of versions that this one belongs to.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The version: 0 when the model was loaded, one more each step.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Type of the elements: the stream's, of int8 F32.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Which tensors there are.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Number of elements in all.
    pub fn len(&self) -> usize {
        self.layout.elements()
    }

    /// Never: a layout has at least one element.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// All elements as octets, little-endian.
    pub fn as_bytes(&self) -> &[u8] {
        self.buffer.bytes()
    }

    /// All elements, packed.
    ///
    /// # Errors
    /// `UNSUPPORTED`: they are of another type; [`Parameters::to_vec`] converts.
    pub fn as_slice<T: Element>(&self) -> Result<&[T]> {
        if T::DTYPE == self.dtype {
            return Ok(self.buffer.elements());
        }
        Err(refuse!(Unsupported, "the parameters are in {}, and {} is asked for", self.dtype, T::DTYPE))
    }

    /// All elements, packed, converted where that is needed.
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        let octets = self.as_bytes();
        octets.chunks_exact(self.dtype.size()).map(|one| T::from_f64(dtype::read(self.dtype, one))).collect()
    }

    /// One tensor's elements, row-major.
    ///
    /// # Errors
    /// `ARGUMENT`: there is no such tensor; `UNSUPPORTED`: its elements are of another type.
    pub fn tensor<T: Element>(&self, name: &str) -> Result<&[T]> {
        let range = self.find(name)?.range();
        Ok(&self.as_slice()?[range])
    }

    /// One tensor as an array of its shape.
    ///
    /// # Errors
    /// Those of [`Parameters::tensor`].
    #[cfg(feature = "ndarray")]
    pub fn array<T: Element>(&self, name: &str) -> Result<ndarray::ArrayViewD<'_, T>> {
        let shape: Vec<usize> = self.find(name)?.shape().iter().map(|&size| size as usize).collect();
        ndarray::ArrayViewD::from_shape(shape, self.tensor(name)?)
            .map_err(|error| refuse!(Shape, "tensor {name}: {error}"))
    }

    fn find(&self, name: &str) -> Result<&Tensor> {
        self.layout.tensor(name).ok_or_else(|| refuse!(Argument, "the model has no tensor {name:?}"))
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameters")
            .field("epoch", &self.epoch)
            .field("version", &self.version)
            .field("dtype", &self.dtype)
            .field("elements", &self.len())
            .finish_non_exhaustive()
    }
}

/// Numbers as they are shown, and of what type.
#[derive(Clone)]
pub(crate) struct Numbers {
    pub buffer: Arc<Buffer>,
    pub dtype: Dtype,
}

/// Puts together what arrived: a model in this dtype and encoding, in frames. `into` is memory that may be used, if
/// nobody looks at it any more.
pub(crate) fn arrived(
    pool: &Arc<Pool>,
    layout: &Layout,
    form: (Option<u32>, Option<u32>),
    frames: &[zmq::Message],
    into: Option<Arc<Buffer>>,
) -> Result<Numbers> {
    let code = form.0.unwrap_or(layout.dtype().code());
    let encoding = form.1.unwrap_or(1);
    let (Some(dtype), Some(encoding)) = (Dtype::from_code(code), Encoding::from_code(encoding)) else {
        return Err(refuse!(Unsupported, "the parameters came in dtype {code} and encoding {encoding}"));
    };
    let wanted = match encoding {
        Encoding::Dense => layout.elements().checked_mul(dtype.size()),
        Encoding::Int8 if dtype == Dtype::F32 => {
            let of = |tensor: &Tensor| tensor.elements().div_ceil(INT8_BLOCK) * HEAD_UNIT + tensor.elements();
            Some(layout.tensors().iter().map(of).sum())
        }
        _ => {
            return Err(refuse!(
                Unsupported,
                "no stream carries {encoding:?} in {dtype}; this library reads f32, f64, f16, bf16 and int8"
            ))
        }
    };
    let came: usize = frames.iter().map(|frame| frame.len()).sum();
    if wanted != Some(came) || frames.len() > limits::PAYLOAD_FRAMES {
        return Err(refuse!(
            Length,
            "the parameters came with {came} bytes in {} frames, which is not what {} elements have",
            frames.len(),
            layout.elements()
        ));
    }
    let bytes = layout.elements() * dtype.size();
    let mut buffer = match into.and_then(Arc::into_inner) {
        Some(buffer) if buffer.bytes().len() == bytes => buffer,
        _ => pool.take(bytes)?,
    };
    if encoding == Encoding::Dense {
        join(frames, buffer.bytes_mut());
    } else {
        let mut raw = pool.take(came)?;
        join(frames, raw.bytes_mut());
        decode_int8(layout, raw.bytes(), bytemuck::cast_slice_mut(buffer.bytes_mut()));
    }
    Ok(Numbers { buffer: Arc::new(buffer), dtype })
}

fn join(frames: &[zmq::Message], to: &mut [u8]) {
    let mut at = 0;
    for frame in frames {
        to[at..at + frame.len()].copy_from_slice(frame);
        at += frame.len();
    }
}

fn decode_int8(layout: &Layout, mut from: &[u8], to: &mut [f32]) {
    for tensor in layout.tensors() {
        let blocks = tensor.elements().div_ceil(INT8_BLOCK);
        let (scales, rest) = from.split_at(blocks * HEAD_UNIT);
        let (octets, rest) = rest.split_at(tensor.elements());
        from = rest;
        let out = to[tensor.range()].chunks_mut(INT8_BLOCK);
        for ((scale, octets), out) in scales.chunks_exact(HEAD_UNIT).zip(octets.chunks(INT8_BLOCK)).zip(out) {
            let scale = dtype::read(Dtype::F32, scale) as f32;
            for (octet, value) in octets.iter().zip(out) {
                *value = scale * f32::from(*octet as i8);
            }
        }
    }
}
