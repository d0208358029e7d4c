//! Memory for payloads: aligned for every element type, read by anybody, written by one, used again.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytemuck::Pod;

use crate::dtype::Element;
use crate::error::{refuse, Result};

/// Free memory is kept up to this many bytes, or twice the largest piece that was taken.
const KEPT_BYTES: usize = 64 << 20;

/// Where memory comes from and goes back to: pages that were touched are worth keeping.
#[derive(Default)]
pub(crate) struct Pool(Mutex<Free>);

#[derive(Default)]
struct Free {
    pieces: Vec<Vec<u64>>,
    words: usize,
    largest: usize,
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Free> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Memory of so many bytes; what stands in it is anything.
    pub fn take(self: &Arc<Pool>, bytes: usize) -> Result<Buffer> {
        let words = bytes.div_ceil(8);
        let mut free = self.lock();
        free.largest = free.largest.max(words);
        let fits = |piece: &Vec<u64>| piece.len() >= words && piece.len() / 2 <= words;
        let found = free.pieces.iter().position(fits);
        let found = found.map(|at| free.pieces.swap_remove(at));
        free.words -= found.as_ref().map_or(0, Vec::len);
        drop(free);
        let memory = match found {
            Some(memory) => memory,
            None => zeroed(words)?,
        };
        Ok(Buffer { memory: Memory::Own(memory, bytes), pool: Some(Arc::clone(self)) })
    }

    fn give(&self, memory: Vec<u64>) {
        let mut free = self.lock();
        if free.words + memory.len() <= (2 * free.largest).max(KEPT_BYTES / 8) {
            free.words += memory.len();
            free.pieces.push(memory);
        }
    }
}

/// Numbers that are 0, or an error where there is no memory for them.
pub(crate) fn zeroed<T: Pod>(count: usize) -> Result<Vec<T>> {
    let mut memory = Vec::new();
    if memory.try_reserve_exact(count).is_err() {
        return Err(refuse!(Memory, "there is no memory for {count} numbers"));
    }
    memory.resize(count, T::zeroed());
    Ok(memory)
}

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
pub(crate) struct Buffer {
    memory: Memory,
    pool: Option<Arc<Pool>>,
}

impl Buffer {
    /// A vector's memory, taken over.
    pub fn of<T: Element>(elements: Vec<T>) -> Buffer {
        Buffer { memory: Memory::Lent(Box::new(elements)), pool: None }
    }

    pub fn bytes(&self) -> &[u8] {
        match &self.memory {
            Memory::Own(words, bytes) => &bytemuck::cast_slice(words)[..*bytes],
            Memory::Lent(lent) => lent.bytes(),
        }
    }

    /// Nothing, of what was taken over.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.memory {
            Memory::Own(words, bytes) => &mut bytemuck::cast_slice_mut(words)[..*bytes],
            Memory::Lent(_) => &mut [],
        }
    }

    /// As elements, of which there is a whole number.
    pub fn elements<T: Element>(&self) -> &[T] {
        bytemuck::cast_slice(self.bytes())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let (Memory::Own(memory, _), Some(pool)) = (&mut self.memory, &self.pool) {
            pool.give(mem::take(memory));
        }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer of {} bytes", self.bytes().len())
    }
}

/// A payload as it is sent: its octets, and where its frames end.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    pub buffer: Arc<Buffer>,
    pub ends: Arc<[usize]>,
}

impl Payload {
    pub fn new(buffer: Buffer, ends: Vec<usize>) -> Payload {
        Payload { buffer: Arc::new(buffer), ends: ends.into() }
    }

    pub fn bytes(&self) -> usize {
        self.buffer.bytes().len()
    }

    /// Whether ZeroMQ has not let go of all of it, as far as it was asked: `session::is_leaving`.
    pub fn is_leaving(&self) -> bool {
        Arc::strong_count(&self.buffer) > 1
    }
}
