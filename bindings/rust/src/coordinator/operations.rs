//! Slow work, which a reply begins and Status tells the end of (rule R-6).

use std::time::{Duration, Instant};

use super::gradients::pause;
use super::Coordinator;
use crate::error::{refuse, Code, Error, Result};
use crate::proto;
use crate::proto::reply;
use crate::proto::request::Body;

const LOOK: Duration = Duration::from_millis(5);
const LOOK_MOST: Duration = Duration::from_millis(250);

impl Coordinator {
    /// Writes a checkpoint, and returns once that is done.
    ///
    /// # Errors
    /// `UNSUPPORTED` without a folder, `STATE` while one is being written, `NO_MODEL`, `INTERNAL` where it failed, and
    /// as [`Coordinator::start`].
    pub fn checkpoint(&mut self) -> Result<()> {
        self.operate(Body::Checkpoint(proto::CheckpointRequest {}), "Checkpoint")
    }

    /// Puts a checkpoint's model, optimizer state and settings in force, and returns once that is done: the one with
    /// this name, which is its file's in the coordinator's folder, or the newest whole one. A new epoch begins.
    ///
    /// # Errors
    /// `ARGUMENT` where there is none, and as [`Coordinator::checkpoint`].
    pub fn restore(&mut self, checkpoint: Option<&str>) -> Result<()> {
        let checkpoint = checkpoint.map(str::to_owned);
        self.operate(Body::Restore(proto::RestoreRequest { checkpoint }), "Restore")
    }

    /// Begins to write what happens to the model to a new file of this name.
    ///
    /// # Errors
    /// `NAME`, `ARGUMENT` where such a file is there, `STATE` while another recording is made, `UNSUPPORTED` without a
    /// folder, and as [`Coordinator::start`].
    pub fn record(&mut self, name: &str) -> Result<()> {
        self.recording(proto::RecordRequest { name: Some(name.to_owned()), stop: None }).map(drop)
    }

    /// Ends the recording, and returns once it is whole.
    ///
    /// # Errors
    /// `STATE` where none is made, and as [`Coordinator::record`].
    pub fn stop_recording(&mut self) -> Result<()> {
        let operation = self.recording(proto::RecordRequest { name: None, stop: Some(true) })?;
        self.await_end(operation, "Record")
    }

    fn recording(&mut self, record: proto::RecordRequest) -> Result<proto::Operation> {
        match self.change(Body::Record(record))?.reply.body {
            Some(reply::Body::Operation(operation)) => Ok(operation),
            _ => Err(self.strange("Record")),
        }
    }

    fn operate(&mut self, body: Body, what: &str) -> Result<()> {
        match self.change(body)?.reply.body {
            Some(reply::Body::Operation(operation)) => self.await_end(operation, what),
            _ => Err(self.strange(what)),
        }
    }

    fn await_end(&mut self, mut operation: proto::Operation, what: &str) -> Result<()> {
        let limit = self.limit();
        let mut wait = LOOK;
        while !operation.done() {
            if limit.is_over(Instant::now()) {
                self.teller.go();
                return Err(refuse!(Timeout, "{what} is not done in time; it goes on"));
            }
            self.teller.wait(format!("waiting for {what} to be done"));
            pause(&limit, wait, "waiting for an operation to be done")?;
            wait = (2 * wait).min(LOOK_MOST);
            let id = operation.operation();
            let operations = self.status()?.operations;
            operation = operations.into_iter().find(|one| one.operation() == id).ok_or_else(|| {
                refuse!(Internal, "the coordinator tells nothing of {what} any more; it may have been started anew")
            })?;
        }
        self.teller.go();
        if operation.code() == 0 {
            return Ok(());
        }
        let code = Code::from_number(operation.code());
        Err(Error::new(code, operation.message.unwrap_or_else(|| code.sentence().to_owned())))
    }
}
