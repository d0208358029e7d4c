//! Parts of a payload: encodings and what they make long (section 5 of PROTOCOL.md).

use crate::dtype::Dtype;
use crate::error::{refuse, Result};
use crate::layout::{Layout, Tensor};
use crate::proto;

/// Elements that share a scale in INT8.
pub(crate) const INT8_BLOCK: usize = 256;
/// Bytes of an index or a scale.
pub(crate) const HEAD_UNIT: usize = 4;

/// How a part's elements are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// all elements of the tensor
    Dense = 1,
    /// some rows, behind their indices
    Rows = 2,
    /// some elements, behind their indices
    TopK = 3,
    /// signed octets, behind a scale for 256 of them
    Int8 = 4,
    /// two thin matrices whose product it is
    LowRank = 5,
}

impl Encoding {
    /// The encoding with this number.
    pub fn from_code(code: u32) -> Option<Encoding> {
        Some(match code {
            1 => Encoding::Dense,
            2 => Encoding::Rows,
            3 => Encoding::TopK,
            4 => Encoding::Int8,
            5 => Encoding::LowRank,
            _ => return None,
        })
    }

    /// The encoding's number.
    pub fn code(self) -> u32 {
        self as u32
    }
}

/// One part of a payload, checked against the layout.
#[derive(Clone, Debug)]
pub struct Part {
    /// Index of the tensor in the layout.
    pub tensor: usize,
    /// How its elements are written.
    pub encoding: Encoding,
    /// In what type; of INT8 that of the scales.
    pub dtype: Dtype,
    /// Rows, elements or rank; 0 where the encoding has none.
    pub count: usize,
    /// Where the part begins in the payload.
    pub offset: usize,
    /// Bytes of indices or scales.
    pub head: usize,
    /// Bytes behind them.
    pub body: usize,
}

impl Part {
    /// A part of this tensor that begins at `offset`.
    ///
    /// # Errors
    /// `ARGUMENT`, `UNSUPPORTED`, `LENGTH`: rules L-5, L-6 and L-9.
    pub fn new(
        layout: &Layout,
        tensor: usize,
        encoding: Encoding,
        dtype: Dtype,
        count: u64,
        offset: usize,
    ) -> Result<Part> {
        let of = layout.tensors().get(tensor).ok_or_else(|| {
            refuse!(Argument, "there is no tensor {tensor}; the layout has {}", layout.tensors().len())
        })?;
        let (head, body) = lengths(of, encoding, dtype, count)?;
        Ok(Part { tensor, encoding, dtype, count: count as usize, offset, head, body })
    }

    /// Bytes of the part.
    pub fn bytes(&self) -> usize {
        self.head + self.body
    }

    /// Bytes of what a frame may not end inside of, behind the head.
    pub fn element(&self) -> usize {
        if self.encoding == Encoding::Int8 {
            1
        } else {
            self.dtype.size()
        }
    }

    /// As a header says it.
    pub(crate) fn to_proto(&self) -> proto::Part {
        proto::Part {
            tensor: Some(self.tensor as u32),
            encoding: (self.encoding != Encoding::Dense).then(|| self.encoding.code()),
            dtype: None,
            bytes: Some(self.bytes() as u64),
            count: (self.count > 0).then_some(self.count as u64),
        }
    }
}

fn lengths(tensor: &Tensor, encoding: Encoding, dtype: Dtype, count: u64) -> Result<(usize, usize)> {
    let elements = tensor.elements();
    match encoding {
        Encoding::Dense | Encoding::Int8 if count > 0 => {
            Err(refuse!(Argument, "the part of tensor {} has a count, and its encoding has none", tensor.name()))
        }
        Encoding::Dense => Ok((0, times(tensor, elements, dtype.size())?)),
        Encoding::Rows => {
            counted(tensor, "rows", tensor.rows(), count)?;
            let count = count as usize;
            Ok((count * HEAD_UNIT, times(tensor, count * tensor.row_elements(), dtype.size())?))
        }
        Encoding::TopK => {
            counted(tensor, "elements", elements, count)?;
            Ok((count as usize * HEAD_UNIT, times(tensor, count as usize, dtype.size())?))
        }
        Encoding::Int8 if dtype != Dtype::F32 => {
            Err(refuse!(Unsupported, "the scales of tensor {} are in {dtype}; they can only be in F32", tensor.name()))
        }
        Encoding::Int8 => Ok((elements.div_ceil(INT8_BLOCK) * HEAD_UNIT, elements)),
        Encoding::LowRank => {
            if tensor.shape().len() < 2 {
                return Err(refuse!(Unsupported, "tensor {} is no matrix, and cannot be factored", tensor.name()));
            }
            let (m, n) = (tensor.rows(), tensor.row_elements());
            if count == 0 || count > m.min(n) as u64 {
                return Err(refuse!(
                    Argument,
                    "rank {count} for tensor {}; it can be 1 to {}",
                    tensor.name(),
                    m.min(n)
                ));
            }
            Ok((0, times(tensor, (m + n) * count as usize, dtype.size())?))
        }
    }
}

fn counted(tensor: &Tensor, things: &str, most: usize, count: u64) -> Result<()> {
    if u32::try_from(most).is_err() {
        return Err(refuse!(Unsupported, "tensor {} has more than 2^32 - 1 {things}; send all of it", tensor.name()));
    }
    if count == 0 || count > most as u64 {
        return Err(refuse!(
            Argument,
            "{count} {things} of tensor {}, which has {most}; send 1 to all of them",
            tensor.name()
        ));
    }
    Ok(())
}

fn times(tensor: &Tensor, elements: usize, size: usize) -> Result<usize> {
    elements
        .checked_mul(size)
        .ok_or_else(|| refuse!(Length, "the part of tensor {} is too long for this machine", tensor.name()))
}

/// The parts of a gradient, checked against the layout; without any, every tensor whole.
///
/// # Errors
/// `ARGUMENT`, `UNSUPPORTED`, `LENGTH`.
pub fn plan(layout: &Layout, dtype: Option<u32>, parts: &[proto::Part]) -> Result<Vec<Part>> {
    let code = |code: u32| Dtype::from_code(code).ok_or_else(|| refuse!(Unsupported, "dtype {code} is not known here"));
    let message = dtype.map_or(Ok(layout.dtype()), code)?;
    let mut planned: Vec<Part> = Vec::new();
    let mut at = 0usize;
    let mut add = |tensor, encoding, dtype, count, stated: Option<u64>| -> Result<()> {
        let part = Part::new(layout, tensor, encoding, dtype, count, at)?;
        if stated.is_some_and(|bytes| bytes != part.bytes() as u64) {
            return Err(refuse!(Length, "a part has {} bytes, and its header says something else", part.bytes()));
        }
        at = at.checked_add(part.bytes()).ok_or_else(|| refuse!(Length, "the parts are too long"))?;
        planned.push(part);
        Ok(())
    };
    if parts.is_empty() {
        (0..layout.tensors().len()).try_for_each(|tensor| add(tensor, Encoding::Dense, message, 0, None))?;
    }
    let mut next = 0;
    for part in parts {
        let number = part.encoding.unwrap_or(1);
        let encoding =
            Encoding::from_code(number).ok_or_else(|| refuse!(Unsupported, "encoding {number} is not known here"))?;
        let tensor = part.tensor.ok_or_else(|| refuse!(Argument, "a part names no tensor"))? as usize;
        if tensor < next {
            return Err(refuse!(Argument, "tensor {tensor} comes too late; parts ascend, one a tensor"));
        }
        next = tensor + 1;
        let dtype = part.dtype.map_or(Ok(message), code)?;
        add(tensor, encoding, dtype, part.count.unwrap_or(0), part.bytes)?;
    }
    Ok(planned)
}
