//! Following what a coordinator publishes about a model.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zmq::Socket;

use crate::cancel::Cancel;
use crate::error::{refuse, Code, Result};
use crate::options::Options;
use crate::proto;
use crate::proto::event::Body;
use crate::requester::{Question, Requester};
use crate::session::{self, later, Connector, Limit, Teller};
use crate::wire::header::Header as _;
use crate::wire::topic;
use crate::worker::{describe, subscribe};
use crate::{endpoint, limits};

/// Something to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Topic<'a> {
    /// heartbeats, notices to all, reports of steps
    Events,
    /// that a new version exists
    Announcements,
    /// what could not be attributed to a worker
    Malformed,
    /// notices to a worker, and its acknowledgements
    Worker(&'a str),
}

/// Follows events: an iterator over them, as they arrive.
///
/// It ends when the options' [`Cancel`] is triggered. A `TIMEOUT`, when nothing came in the options' time, is an item,
/// behind which iterating goes on.
pub struct Watch {
    events: Socket,
    model: String,
    timeout: Duration,
    cancel: Option<Cancel>,
}

impl Watch {
    /// Subscribes; nothing that is published afterwards is missed, but by overflow.
    ///
    /// # Errors
    /// As [`Coordinator::open`](crate::Coordinator::open); `ARGUMENT`: no topic.
    pub fn open(options: &Options, topics: &[Topic<'_>]) -> Result<Watch> {
        if topics.is_empty() {
            return Err(refuse!(Argument, "say what to watch"));
        }
        let connector = Arc::new(Connector::new(options)?);
        let mut requester = Requester::open(&connector)?;
        let mut teller = Teller::new(options);
        let limit = Limit::new(options.timeout, options.cancel.as_ref());
        let model = options.model.clone().unwrap_or_default();
        let described = describe(&mut requester, &connector.control, &model, &limit, &mut teller)?;
        let model = described.model;
        let events = connector.socket(zmq::SUB)?;
        for topic in topics {
            match topic {
                Topic::Events => subscribe(&events, &topic::everybody(&model))?,
                Topic::Announcements => subscribe(&events, &topic::announcements(&model))?,
                Topic::Malformed => subscribe(&events, &topic::malformed(&model))?,
                Topic::Worker(name) => {
                    subscribe(&events, &topic::worker(&model, name))?;
                    subscribe(&events, &topic::acknowledgements(&model, name))?;
                }
            }
        }
        let named = described.description.events_endpoints;
        session::connect(&events, &endpoint::choose(&named, &connector.control, "events")?)?;
        let watch = Watch { events, model, timeout: options.timeout, cancel: options.cancel.clone() };
        watch.sync(&mut requester, &limit, &mut teller)?;
        Ok(watch)
    }

    /// Sync until its mark was seen (rule U-4).
    fn sync(&self, requester: &mut Requester, limit: &Limit, teller: &mut Teller) -> Result<()> {
        let nonce = session::random().max(1);
        subscribe(&self.events, &topic::sync(nonce))?;
        while !limit.is_over(Instant::now()) {
            let ask = proto::request::Body::Sync(proto::SyncRequest { nonce: Some(nonce) });
            requester.call(&Question::new(&self.model, ask), limit, teller)?.accept()?;
            let until = later(Instant::now(), limits::SYNC_RETRY).min(limit.deadline);
            while Instant::now() < until {
                while let Some(body) = self.receive() {
                    if matches!(body, Body::Sync(mark) if mark.nonce() == nonce) {
                        return Ok(());
                    }
                }
                limit.check("waiting for what is published to arrive")?;
                limit.wait(&[(&self.events, zmq::POLLIN)], until);
            }
        }
        Err(refuse!(Timeout, "nothing of what {} publishes arrives here", self.model))
    }

    fn receive(&self) -> Option<Body> {
        while let Some(frames) = session::receive(&self.events) {
            if let Some(Ok(proto::Event { body: Some(body) })) = frames.get(1).map(|header| proto::Event::read(header))
            {
                return Some(body);
            }
        }
        None
    }

    /// The next event.
    ///
    /// # Errors
    /// `TIMEOUT`: nothing came in this time; `CANCELLED`.
    pub fn wait(&mut self, timeout: Duration) -> Result<Body> {
        let limit = Limit::new(timeout, self.cancel.as_ref());
        loop {
            match self.receive() {
                Some(Body::Sync(_)) => continue,
                Some(body) => return Ok(body),
                None => {}
            }
            limit.check("waiting for an event")?;
            if limit.is_over(Instant::now()) {
                return Err(refuse!(Timeout, "{} published nothing in {timeout:?}", self.model));
            }
            limit.wait(&[(&self.events, zmq::POLLIN)], limit.deadline);
        }
    }
}

impl Iterator for Watch {
    type Item = Result<Body>;

    fn next(&mut self) -> Option<Result<Body>> {
        match self.wait(self.timeout) {
            Err(error) if error.code() == Code::Cancelled => None,
            result => Some(result),
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("model", &self.model).finish_non_exhaustive()
    }
}
