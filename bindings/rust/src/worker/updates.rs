//! Iterating over what is published.

use std::iter::FusedIterator;

use super::Worker;
use crate::error::{Code, Result};
use crate::parameters::Parameters;

/// Versions of the parameters as they arrive, each newer than the one before: [`Worker::updates`].
///
/// It ends when the worker's [`Cancel`](crate::Cancel) is triggered, and after an error that time cannot mend. A
/// `TIMEOUT` is an item, behind which iterating goes on.
#[derive(Debug)]
pub struct Updates<'a> {
    worker: &'a mut Worker,
    over: bool,
}

impl Worker {
    /// Iterates over updates: waits for each as [`Worker::next`] does. A slow reader gets the newest, not each.
    pub fn updates(&mut self) -> Updates<'_> {
        Updates { worker: self, over: false }
    }
}

impl Updates<'_> {
    /// The worker, to push with in between.
    pub fn worker(&mut self) -> &mut Worker {
        self.worker
    }
}

impl Iterator for Updates<'_> {
    type Item = Result<Parameters>;

    fn next(&mut self) -> Option<Result<Parameters>> {
        while !self.over {
            let before = self.worker.stream.given();
            match self.worker.next() {
                // A round that ended without a version gives the same ones again, which are no update.
                Ok(parameters) if before == Some((parameters.epoch(), parameters.version())) => {}
                Ok(parameters) => return Some(Ok(parameters)),
                Err(error) if error.code() == Code::Cancelled => self.over = true,
                Err(error) => {
                    self.over = error.code() != Code::Timeout;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

impl FusedIterator for Updates<'_> {}
