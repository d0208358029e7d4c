//! Layouts: which tensors a model has, in what order (section 5 of PROTOCOL.md).

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::dtype::Dtype;
use crate::error::{refuse, Result};
use crate::{limits, names, proto};

/// A tensor's name and shape, and where it stands among the packed parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    name: String,
    shape: Vec<u64>,
    range: Range<usize>,
}

impl Tensor {
    /// The tensor's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Dimensions, row-major; empty: a scalar.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.range.len()
    }

    /// Which elements of the packed parameters are this tensor's.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Number of rows: the first dimension; 1 of a scalar.
    pub fn rows(&self) -> usize {
        self.shape.first().map_or(1, |&rows| rows as usize)
    }

    /// Elements of a row.
    pub fn row_elements(&self) -> usize {
        self.elements() / self.rows()
    }
}

/// The tensors of a model in their order, and the type in which its coordinator keeps them.
#[derive(Clone, Debug)]
pub struct Layout {
    tensors: Vec<Tensor>,
    dtype: Dtype,
    id: u64,
    by_name: HashMap<String, usize>,
}

impl PartialEq for Layout {
    fn eq(&self, other: &Self) -> bool {
        self.dtype == other.dtype && self.tensors == other.tensors
    }
}

impl Eq for Layout {}

impl Layout {
    /// A layout of tensors, each a name and a shape, with a master dtype, [`Dtype::F32`] or [`Dtype::F64`].
    ///
    /// # Errors
    /// `NAME` (not a name, or twice the same), `SHAPE`, `UNSUPPORTED` (the dtype).
    pub fn new<N, S>(dtype: Dtype, tensors: impl IntoIterator<Item = (N, S)>) -> Result<Layout>
    where
        N: Into<String>,
        S: Into<Vec<u64>>,
    {
        if !dtype.is_master() {
            return Err(refuse!(Unsupported, "parameters are kept in F32 or F64, not in {dtype}"));
        }
        let mut list: Vec<Tensor> = Vec::new();
        let mut seen = HashSet::new();
        let mut total: u64 = 0;
        for (name, shape) in tensors {
            let (name, shape) = (name.into(), shape.into());
            if list.len() == limits::TENSORS {
                return Err(refuse!(Shape, "a layout has at most {} tensors", limits::TENSORS));
            }
            if !names::is_tensor_name(&name) {
                return Err(refuse!(
                    Name,
                    "tensor {} has no valid name: 1 to {} bytes without control characters, and not __metadata__",
                    list.len(),
                    limits::TENSOR_NAME_BYTES
                ));
            }
            if !seen.insert(name.clone()) {
                return Err(refuse!(Name, "two tensors have the name {name}"));
            }
            let elements = count(&name, &shape)?;
            let end = total + elements;
            if end > limits::ELEMENTS || usize::try_from(end).is_err() {
                return Err(refuse!(Shape, "the layout has more than {} elements", limits::ELEMENTS));
            }
            list.push(Tensor { name, shape, range: total as usize..end as usize });
            total = end;
        }
        if list.is_empty() {
            return Err(refuse!(Shape, "a layout has at least one tensor"));
        }
        let id = id_of(&canonical(dtype, &list));
        let by_name = list.iter().enumerate().map(|(at, tensor)| (tensor.name.clone(), at)).collect();
        Ok(Layout { tensors: list, dtype, id, by_name })
    }

    /// The layout that a message carries.
    pub(crate) fn from_proto(layout: &proto::Layout) -> Result<Layout> {
        let code = layout.dtype.unwrap_or(Dtype::F32.code());
        let dtype = Dtype::from_code(code)
            .ok_or_else(|| refuse!(Unsupported, "the layout's dtype is {code}, which is not known here"))?;
        let tensors = layout.tensors.iter().map(|tensor| (tensor.name().to_owned(), tensor.shape.clone()));
        Layout::new(dtype, tensors)
    }

    pub(crate) fn to_proto(&self) -> proto::Layout {
        let tensors = self
            .tensors
            .iter()
            .map(|tensor| proto::Tensor { name: Some(tensor.name.clone()), shape: tensor.shape.clone() });
        proto::Layout { tensors: tensors.collect(), dtype: Some(self.dtype.code()) }
    }

    /// The tensors, in the order in which they are packed.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// A tensor by its name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.index(name).map(|at| &self.tensors[at])
    }

    /// A tensor's place in the order, by its name.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The type in which the coordinator keeps parameters.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The layout id (rule L-2).
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Number of elements in all.
    pub fn elements(&self) -> usize {
        self.tensors.last().map_or(0, |tensor| tensor.range.end)
    }

    /// The string that the layout id is the hash of (rule L-2).
    pub fn canonical(&self) -> Vec<u8> {
        canonical(self.dtype, &self.tensors)
    }
}

fn count(name: &str, shape: &[u64]) -> Result<u64> {
    if shape.len() > limits::RANK {
        return Err(refuse!(Shape, "tensor {name} has {} dimensions; {} are possible", shape.len(), limits::RANK));
    }
    let mut elements: u64 = 1;
    for &size in shape {
        elements = elements.checked_mul(size).filter(|&sum| sum > 0 && sum <= limits::ELEMENTS).ok_or_else(|| {
            refuse!(Shape, "tensor {name}: each dimension is at least 1, and all elements at most {}", limits::ELEMENTS)
        })?;
    }
    Ok(elements)
}

fn canonical(dtype: Dtype, tensors: &[Tensor]) -> Vec<u8> {
    let mut text = b"gradmq.layout.v1\n".to_vec();
    let number = |value: u32, text: &mut Vec<u8>| text.extend_from_slice(&value.to_le_bytes());
    number(dtype.code(), &mut text);
    number(tensors.len() as u32, &mut text);
    for tensor in tensors {
        number(tensor.name.len() as u32, &mut text);
        text.extend_from_slice(tensor.name.as_bytes());
        number(tensor.shape.len() as u32, &mut text);
        for size in &tensor.shape {
            text.extend_from_slice(&size.to_le_bytes());
        }
    }
    text
}

fn id_of(canonical: &[u8]) -> u64 {
    let digest = Sha256::digest(canonical);
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(first)
}
