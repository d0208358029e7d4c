//! Memory for payloads: aligned for every element type, read by anybody, written by one.

use std::fmt;

use bytemuck::{Pod, Zeroable};

use crate::dtype::Element;

enum Memory {
    /// 64 bits at a time, and how many bytes of it count.
    Own(Vec<u64>, usize),
    Lent(Box<dyn Lent>),
}

/// What somebody gave away: a vector of elements.
trait Lent: Send + Sync {
    fn bytes(&self) -> &[u8];
}

impl<T: Element> Lent for Vec<T> {
    fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }
}

/// Octets of a payload.
pub(crate) struct Buffer(Memory);

impl Buffer {
    /// Memory of 0s; `None`: there is not so much.
    pub fn zeroed(bytes: usize) -> Option<Buffer> {
        let words = bytes.div_ceil(8);
        let mut memory = Vec::new();
        memory.try_reserve_exact(words).ok()?;
        memory.resize(words, 0);
        Some(Buffer(Memory::Own(memory, bytes)))
    }

    /// A vector's memory, taken over.
    pub fn of<T: Element>(elements: Vec<T>) -> Buffer {
        Buffer(Memory::Lent(Box::new(elements)))
    }

    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Memory::Own(words, bytes) => &bytemuck::cast_slice(words)[..*bytes],
            Memory::Lent(lent) => lent.bytes(),
        }
    }

    /// Nothing, of what was taken over.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Memory::Own(words, bytes) => &mut bytemuck::cast_slice_mut(words)[..*bytes],
            Memory::Lent(_) => &mut [],
        }
    }

    pub fn elements<T: Pod + Zeroable>(&self) -> &[T] {
        bytemuck::cast_slice(self.bytes())
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer of {} bytes", self.bytes().len())
    }
}
