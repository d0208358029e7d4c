//! Connecting and joining (sections 19.3 to 19.5 of PROTOCOL.md).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zmq::Socket;

use super::{stream, Endpoints, Worker};
use crate::error::{refuse, Code, Error, Result};
use crate::hearsay::{Hearsay, State};
use crate::layout::Layout;
use crate::lease::Lease;
use crate::ledger::Ledger;
use crate::names;
use crate::options::Options;
use crate::proto;
use crate::proto::reply;
use crate::proto::request::Body;
use crate::requester::{Question, Requester};
use crate::rounds::Rounds;
use crate::session::{event, later, Connector, Limit, Teller};
use crate::wire::topic;

/// Updates that wait for a slow reader: as many as this has room for, at least 2.
const UPDATES_BYTES: usize = 64 << 20;
const UPDATES_MOST: usize = 1000;

/// A coordinator's answer to Describe, and where it stands.
pub(crate) struct Described {
    pub model: String,
    pub position: proto::Position,
    pub description: proto::Description,
}

pub(crate) fn describe(
    control: &mut Requester,
    endpoint: &str,
    model: &str,
    limit: &Limit,
    teller: &mut Teller,
) -> Result<Described> {
    let question = Question::new(model, Body::Describe(proto::DescribeRequest {}));
    let answer = control.call(&question, limit, teller)?.accept()?;
    let Some(reply::Body::Description(description)) = answer.reply.body else {
        return Err(refuse!(Malformed, "{endpoint} does not describe itself"));
    };
    let named = answer.reply.model.unwrap_or_default();
    let model = if model.is_empty() { named } else { model.to_owned() };
    names::check_name("the coordinator's model", &model)?;
    Ok(Described { model, position: answer.reply.position.unwrap_or_default(), description })
}

/// The layout that a description has, checked against the id beside it (section 19.3 of PROTOCOL.md).
pub(crate) fn layout_of(description: &proto::Description) -> Result<Option<Arc<Layout>>> {
    let Some(told) = &description.layout else { return Ok(None) };
    if told.tensors.is_empty() {
        return Ok(None);
    }
    let layout = Layout::from_proto(told)?;
    match description.layout_id {
        Some(id) if id != layout.id() => {
            Err(refuse!(Malformed, "the coordinator's layout has the id {:016x}, and states {id:016x}", layout.id()))
        }
        _ => Ok(Some(Arc::new(layout))),
    }
}

/// Asks until there is a model.
fn await_model(
    control: &mut Requester,
    connector: &Connector,
    options: &Options,
    limit: &Limit,
    teller: &mut Teller,
) -> Result<(Described, Arc<Layout>)> {
    let mut model = options.model.clone().unwrap_or_default();
    let mut wait = Duration::from_millis(100);
    let none = |model: &str| -> Error {
        refuse!(NoModel, "no model was loaded into {model} at {} in time: load one first", connector.control)
    };
    loop {
        let described = match describe(control, &connector.control, &model, limit, teller) {
            Err(error) if error.code() == Code::Timeout && !model.is_empty() => return Err(none(&model)),
            described => described?,
        };
        if let Some(layout) = layout_of(&described.description)? {
            teller.go();
            return Ok((described, layout));
        }
        model = described.model;
        teller.wait(format!("waiting for a model to be loaded into {model}"));
        let until = later(Instant::now(), wait);
        while Instant::now() < until {
            limit.check("waiting for a model to be loaded")?;
            if limit.is_over(Instant::now()) {
                teller.go();
                return Err(none(&model));
            }
            limit.wait(&[], until);
        }
        wait = (2 * wait).min(Duration::from_secs(1));
    }
}

pub(super) fn open(options: &Options) -> Result<Worker> {
    let connector = Arc::new(Connector::new(options)?);
    let limit = Limit::new(options.timeout, options.cancel.as_ref());
    let mut teller = Teller::new(options);
    let mut control = Requester::open(&connector)?;
    let probe = Requester::open(&connector)?;
    let (described, layout) = await_model(&mut control, &connector, options, &limit, &mut teller)?;
    let stream_name = options.stream.map_or(layout.dtype().stream(), |stream| stream.name());
    let gradients = connector.socket(zmq::PUSH)?;
    let monitor = connector.monitor(&gradients, event::DISCONNECTED | event::UP)?;
    let events = connector.socket(zmq::SUB)?;
    let (model, name) = (&described.model, &connector.client);
    for topic in [topic::acknowledgements(model, name), topic::everybody(model), topic::worker(model, name)] {
        subscribe(&events, &topic)?;
    }
    // A stream that is not published can be had by asking alone.
    let published = described.description.streams.iter().any(|stream| stream == stream_name);
    let updates = if options.updates && published {
        Some(open_updates(&connector, &layout, &topic::parameters(model, stream_name))?)
    } else {
        subscribe(&events, &topic::announcements(model))?;
        None
    };
    let now = Instant::now();
    let mut hearsay = Hearsay::new(now);
    hearsay.state = described.description.state.map(State::from_code);
    let mut worker = Worker {
        control,
        probe,
        gradients,
        monitor,
        events,
        updates,
        lease: None,
        connector,
        teller,
        timeout: options.timeout,
        cancel: options.cancel.clone(),
        model: described.model,
        stream_name,
        endpoints: Endpoints::default(),
        probing: None,
        asked_of: 0,
        ledger: Ledger::new(0, options.window),
        layout,
        instance: 0,
        former: VecDeque::new(),
        newest: (0, 0),
        hearsay,
        heard: 0,
        asked: now,
        fenced: false,
        closed: false,
        describe: false,
        join: false,
        lost: false,
        blocked: false,
        refused: None,
        rest: None,
        countdown: 0,
        moved: (now, 0, 0),
        stream: stream::State::new(now),
        compressing: None,
        generations: 0,
        rounds: Rounds::default(),
        clock: 0,
        pushed: 0,
        on_verdict: None,
        left: true,
    };
    worker.note(&described.position);
    worker.take_description(&described.description)?;
    // Nothing that is published about us is missed from here on (rule U-4).
    worker.sync(&limit)?;
    worker.join_first(options, &limit)?;
    Ok(worker)
}

pub(crate) fn subscribe(socket: &Socket, topic: &str) -> Result<()> {
    socket.set_subscribe(topic.as_bytes()).map_err(|error| refuse!(Memory, "cannot subscribe to {topic}: {error}"))
}

fn open_updates(connector: &Connector, layout: &Layout, topic: &str) -> Result<Socket> {
    let socket = connector.socket(zmq::SUB)?;
    let bytes = layout.elements().saturating_mul(layout.dtype().size());
    let most = (UPDATES_BYTES / bytes).clamp(2, UPDATES_MOST);
    socket.set_rcvhwm(most as i32).map_err(|error| refuse!(Memory, "a socket's options: {error}"))?;
    subscribe(&socket, topic)?;
    Ok(socket)
}

impl Worker {
    fn join_first(&mut self, options: &Options, limit: &Limit) -> Result<()> {
        let join = proto::JoinRequest { worker: Some(self.name().to_owned()), ..Default::default() };
        let model = self.model.clone();
        let question = Question::new(&model, Body::Join(join));
        let answer = self.control.call(&question, limit, &mut self.teller)?.accept()?;
        let position = answer.reply.position.unwrap_or_default();
        let joined = match answer.reply.body {
            Some(reply::Body::Joined(joined)) if joined.incarnation() > 0 => joined,
            _ => return Err(refuse!(Malformed, "{} answers Join with something else", self.connector.control)),
        };
        self.note(&position);
        self.describe = false;
        self.join = false;
        self.left = false;
        self.ledger = Ledger::new(joined.incarnation(), options.window);
        self.joined(&position, &joined);
        self.lease = Some(Lease::start(&self.connector, &self.model, joined.incarnation(), joined.lease_ms())?);
        if let Some(ack) = &joined.acknowledgement {
            self.acknowledged(ack, false);
        }
        Ok(())
    }
}
