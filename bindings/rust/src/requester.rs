//! Requests and their answers, asked again until there is one (section 19.2 of PROTOCOL.md).

use std::sync::Arc;
use std::time::{Duration, Instant};

use zmq::Socket;

use crate::buffer::Payload;
use crate::error::{refuse, Code, Error, Result};
use crate::proto::request::Body;
use crate::session::{self, event, Connector, Limit, Teller};
use crate::wire::header::{check_written, Header as _};
use crate::{limits, proto, sys};

/// A lost connection shows on the socket's events only, and nothing wakes for it.
const LOOK: Duration = Duration::from_millis(50);

const HANDSHAKE_TEXT: &str = "the handshake fails: is server_key that coordinator's, and is this key among those that \
                              it has authorised:";

/// An answer: the reply, and the frames of which the first was its header.
pub(crate) struct Answer {
    pub reply: proto::Reply,
    pub frames: Vec<zmq::Message>,
}

impl Answer {
    /// The answer, unless it is a refusal.
    pub fn accept(self) -> Result<Answer> {
        match refusal(&self.reply) {
            None => Ok(self),
            Some(error) => Err(error),
        }
    }
}

/// What a reply refuses with.
pub(crate) fn refusal(reply: &proto::Reply) -> Option<Error> {
    let code = Code::from_number(reply.code.filter(|&code| code != 0)?);
    Some(Error::new(code, reply.message.clone().unwrap_or_else(|| code.sentence().to_owned())))
}

/// Something that is asked of control.
pub(crate) struct Question<'a> {
    pub model: Option<&'a str>,
    pub if_epoch: Option<u64>,
    pub if_version: Option<u64>,
    pub body: Body,
    pub payload: Option<Payload>,
}

impl<'a> Question<'a> {
    pub fn new(model: &'a str, body: Body) -> Question<'a> {
        let model = (!model.is_empty()).then_some(model);
        Question { model, if_epoch: None, if_version: None, body, payload: None }
    }
}

struct Asked {
    id: u64,
    what: &'static str,
    header: Vec<u8>,
    payload: Option<Payload>,
    /// It was sent over the connection that there is, and is to be sent again then.
    again: Option<Instant>,
    tries: u32,
}

pub(crate) struct Requester {
    connector: Arc<Connector>,
    pub socket: Socket,
    handshake: Option<Handshake>,
    next_id: u64,
    asked: Option<Asked>,
    reached: bool,
}

impl Requester {
    pub fn open(connector: &Arc<Connector>) -> Result<Requester> {
        let socket = connector.socket(zmq::REQ)?;
        let handshake = match &connector.keys {
            Some(_) => Some(Handshake::watch(connector, &socket)?),
            None => None,
        };
        session::connect(&socket, &connector.control)?;
        // Answers are remembered by (client, request_id): an earlier process of the same name must not have used ours.
        let next_id = session::random() >> 1 | 1;
        Ok(Requester { connector: Arc::clone(connector), socket, handshake, next_id, asked: None, reached: false })
    }

    /// Asks without waiting: [`Requester::look`] brings the answer.
    pub fn ask(&mut self, question: &Question<'_>) -> Result<()> {
        self.asked = None;
        let id = self.next_id;
        self.next_id += 1;
        let request = proto::Request {
            client: Some(self.connector.client.clone()),
            request_id: Some(id),
            model: question.model.map(str::to_owned),
            if_epoch: question.if_epoch,
            if_version: question.if_version,
            must_understand: Vec::new(),
            body: Some(question.body.clone()),
        };
        let what = name_of(&question.body);
        let header = request.write();
        check_written(what, &header)?;
        let payload = question.payload.clone();
        self.asked = Some(Asked { id, what, header, payload, again: None, tries: 0 });
        self.send();
        Ok(())
    }

    /// Sends it when there is a peer, and it was not sent to this one or not answered in time.
    fn send(&mut self) {
        let connected = session::events_of(&self.socket).contains(zmq::POLLOUT);
        let Some(asked) = &mut self.asked else { return };
        if !connected {
            asked.again = None;
            return;
        }
        self.reached = true;
        let now = Instant::now();
        if asked.again.is_some_and(|again| now < again) {
            return;
        }
        let sent = session::send(&mut self.socket, &asked.header, asked.payload.as_ref());
        asked.again = Some(now + LOOK);
        if sent == session::Sent::Whole {
            asked.again = Some(session::later(now, self.connector.request_timeout + backoff(asked.tries)));
            asked.tries += 1;
        }
    }

    /// The answer, when it is there. What cannot be read, or answers something else, is no answer.
    pub fn look(&mut self) -> Option<Result<Answer>> {
        let id = self.asked.as_ref()?.id;
        while let Some(frames) = session::receive(&self.socket) {
            let Some(header) = frames.first() else { continue };
            match proto::Reply::read(header) {
                // 0 is the answer to a request that could not be decoded (rule R-9).
                Ok(reply) if reply.request_id() == id || (reply.request_id() == 0 && reply.code() != 0) => {
                    self.asked = None;
                    return Some(Ok(Answer { reply, frames }));
                }
                Ok(_) => {}
                Err(error) => {
                    self.asked = None;
                    return Some(Err(error));
                }
            }
        }
        self.send();
        None
    }

    /// When to look again, if nothing comes in before.
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        let asked = self.asked.as_ref()?;
        Some(asked.again.map_or(now + LOOK, |again| again.min(now + LOOK)))
    }

    /// Asks, and waits for the answer, a refusal or not. One that says BUSY is asked for again; so is one that says
    /// MEMORY, where a worker needs it.
    pub fn call(&mut self, question: &Question<'_>, limit: &Limit, teller: &mut Teller) -> Result<Answer> {
        let mut busy = 0;
        let mut refused = None;
        loop {
            self.ask(question)?;
            let answer = match (self.wait(limit, teller), refused.take()) {
                // What was answered last says more than that the time is over.
                (Err(late), Some(refused)) if late.code() == Code::Timeout => Ok(refused),
                (answer, _) => answer,
            };
            // BUSY may be remembered as the answer to this request id: the next try is another request.
            busy += 1;
            let until = Instant::now() + backoff(busy);
            let again = answer.as_ref().is_ok_and(|answer| match Code::from_number(answer.reply.code()) {
                Code::Busy => true,
                Code::Memory => is_needed(&question.body),
                _ => false,
            });
            if !again || limit.is_over(until) {
                teller.go();
                return answer;
            }
            refused = answer.ok();
            teller.wait(format!("{} is busy with others: asking again", self.connector.control));
            while Instant::now() < until {
                limit.check("waiting for a coordinator that is busy")?;
                limit.wait(&[], until);
            }
        }
    }

    fn wait(&mut self, limit: &Limit, teller: &mut Teller) -> Result<Answer> {
        let begun = Instant::now();
        loop {
            if let Some(answer) = self.look() {
                return answer;
            }
            let now = Instant::now();
            let given_up = match limit.check(&format!("waiting for {}", self.connector.control)) {
                Err(error) => Some(error),
                Ok(()) if limit.is_over(now) => Some(self.timeout()),
                Ok(()) => None,
            };
            if let Some(error) = given_up {
                self.asked = None;
                return Err(error);
            }
            if now - begun >= 2 * LOOK {
                self.tell(teller);
            }
            let sent = self.asked.as_ref().is_some_and(|asked| asked.again.is_some());
            let events = if sent { zmq::POLLIN } else { zmq::POLLIN | zmq::POLLOUT };
            limit.wait(&[(&self.socket, events)], self.wake(now).unwrap_or(now));
        }
    }

    fn handshake_fails(&mut self) -> Option<&str> {
        let sent = self.asked.as_ref().is_some_and(|asked| asked.again.is_some());
        let failed = self.handshake.as_mut().is_some_and(Handshake::failed);
        match &self.connector.keys {
            Some(keys) if failed && !sent => Some(&keys.public),
            _ => None,
        }
    }

    fn timeout(&mut self) -> Error {
        let control = self.connector.control.clone();
        if let Some(key) = self.handshake_fails() {
            return refuse!(Connect, "{control} is there, but {HANDSHAKE_TEXT} {key}");
        }
        if !self.reached {
            let keys = match self.connector.keys {
                Some(_) => "",
                None => " One that asks for keys is silent to those who give none.",
            };
            return refuse!(
                Connect,
                "nobody answers at {control}: is the coordinator up, and is this its control endpoint?{keys}"
            );
        }
        let (what, tries) = self.asked.as_ref().map_or(("the request", 0), |asked| (asked.what, asked.tries));
        refuse!(Timeout, "{what} was not answered by {control} in time, asked {tries} times")
    }

    fn tell(&mut self, teller: &mut Teller) {
        let control = self.connector.control.clone();
        if let Some(key) = self.handshake_fails() {
            teller.wait(format!("waiting for {control}: {HANDSHAKE_TEXT} {key}"));
            return;
        }
        let Some(asked) = &self.asked else { return };
        let without = if asked.again.is_some() { "" } else { ": there is no connection" };
        teller.wait(format!("waiting for {control} to answer {}{without}", asked.what));
    }
}

impl Drop for Requester {
    fn drop(&mut self) {
        if self.handshake.is_some() {
            sys::stop_monitor(&mut self.socket);
        }
    }
}

/// Doubles up to ten seconds, with a random part of half of it.
fn backoff(tries: u32) -> Duration {
    let wait = (limits::RETRY * 2u32.pow(tries.min(8))).min(limits::RETRY_MOST);
    wait + session::jitter(wait / 2)
}

/// What a worker cannot go on without.
fn is_needed(body: &Body) -> bool {
    use Body::{Acknowledgement, Describe, GetModelParameters, Join, Leave, Sync};
    matches!(body, Describe(_) | Sync(_) | Join(_) | Leave(_) | Acknowledgement(_) | GetModelParameters(_))
}

fn name_of(body: &Body) -> &'static str {
    match body {
        Body::Describe(_) => "Describe",
        Body::Join(_) => "Join",
        Body::Leave(_) => "Leave",
        Body::SetParameters(_) => "SetParameters",
        Body::GetParameters(_) => "GetParameters",
        Body::SetModelParameters(_) => "SetModelParameters",
        Body::GetModelParameters(_) => "GetModelParameters",
        Body::AddGradients(_) => "AddGradients",
        Body::AddModelParameters(_) => "AddModelParameters",
        Body::ClearGradients(_) => "ClearGradients",
        Body::Start(_) => "Start",
        Body::Stop(_) => "Stop",
        Body::Reset(_) => "Reset",
        Body::Destroy(_) => "Destroy",
        Body::Status(_) => "Status",
        Body::ListWorkers(_) => "ListWorkers",
        Body::Acknowledgement(_) => "Acknowledgement",
        Body::Sync(_) => "Sync",
        Body::Checkpoint(_) => "Checkpoint",
        Body::Restore(_) => "Restore",
        Body::Record(_) => "Record",
    }
}

/// Whether handshakes fail. A peer that is not let in hears nothing and is cut off some time later: that it is
/// connected, and no more, is all that can be known. A handshake that comes to its end does so at once.
struct Handshake {
    monitor: Socket,
    failed: bool,
    up: bool,
}

impl Handshake {
    fn watch(connector: &Connector, socket: &Socket) -> Result<Handshake> {
        let events = event::CONNECTED | event::FAILED | event::UP | event::DISCONNECTED | event::CLOSED;
        Ok(Handshake { monitor: connector.monitor(socket, events)?, failed: false, up: false })
    }

    fn failed(&mut self) -> bool {
        while let Some(what) = session::monitored(&self.monitor) {
            self.failed = match what {
                event::DISCONNECTED => !self.up,
                what => what & (event::CONNECTED | event::FAILED) != 0,
            };
            self.up = what == event::UP;
        }
        self.failed
    }
}
