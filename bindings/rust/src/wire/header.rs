//! Headers: the preamble and the message behind it (section 2 of PROTOCOL.md).

use prost::Message;

use super::{check, strict};
use crate::error::{refuse, Result};
use crate::{limits, proto};

mod schema {
    use crate::wire::strict::{Field, Kind, Schema};
    include!(concat!(env!("OUT_DIR"), "/schema.rs"));
}

/// Length of a preamble, in bytes.
pub const PREAMBLE_BYTES: usize = 8;
const MAGIC: [u8; 4] = [0x47, 0x4d, 0x51, 0xf1];
const MAJOR: u8 = 1;
const COMMANDS: std::ops::RangeInclusive<u32> = 10..=99;

/// What a header is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// from a worker to the coordinator
    Gradient = 1,
    /// published parameters
    Update = 2,
    /// everything else that is published
    Event = 3,
    /// to the control socket
    Request = 4,
    /// the answer from there
    Reply = 5,
}

/// A message that stands in a header frame, behind the preamble.
pub trait Header: Message + Default + sealed::Sealed {
    /// What the preamble says it is.
    const KIND: Kind;

    /// The header frame.
    fn write(&self) -> Vec<u8> {
        let mut frame = Vec::with_capacity(PREAMBLE_BYTES + self.encoded_len());
        frame.extend_from_slice(&MAGIC);
        frame.extend_from_slice(&[MAJOR, Self::KIND as u8, 0, 0]);
        frame.extend_from_slice(&self.encode_to_vec());
        frame
    }

    /// Reads a header frame, and checks all of it that can be checked without knowing the model.
    ///
    /// # Errors
    /// The codes of rules W-1 to W-8 and of those that the message's fields are under.
    fn read(frame: &[u8]) -> Result<Self>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::proto::Gradient {}
    impl Sealed for crate::proto::Update {}
    impl Sealed for crate::proto::Event {}
    impl Sealed for crate::proto::Request {}
    impl Sealed for crate::proto::Reply {}
}

/// The message's octets, when the preamble is that of this kind.
fn open(frame: &[u8], kind: Kind) -> Result<&[u8]> {
    strict::check_length(frame)?;
    if frame.len() < PREAMBLE_BYTES {
        return Err(refuse!(Malformed, "the header has {} bytes, and the preamble alone has 8", frame.len()));
    }
    let (preamble, message) = frame.split_at(PREAMBLE_BYTES);
    if preamble[..4] != MAGIC {
        return Err(refuse!(Preamble, "the message does not begin as those of GradMQ do"));
    }
    if preamble[4] != MAJOR {
        return Err(refuse!(
            Version,
            "the message is of version {} of the protocol; {MAJOR} is known here",
            preamble[4]
        ));
    }
    if preamble[5] != kind as u8 {
        return Err(refuse!(Preamble, "the message is of kind {}; {} belongs here", preamble[5], kind as u8));
    }
    if preamble[6..] != [0, 0] {
        return Err(refuse!(Unsupported, "the message has flags, and none is known here"));
    }
    Ok(message)
}

fn decode<M: Message + Default>(octets: &[u8]) -> Result<M> {
    M::decode(octets).map_err(|error| refuse!(Malformed, "the header cannot be decoded: {error}"))
}

fn read_plain<M: Header>(frame: &[u8], schema: &'static strict::Schema) -> Result<M> {
    let octets = open(frame, M::KIND)?;
    strict::scan(octets, schema, strict::Unknown::Ignored, None)?;
    decode(octets)
}

impl Header for proto::Gradient {
    const KIND: Kind = Kind::Gradient;
    fn read(frame: &[u8]) -> Result<Self> {
        let gradient: Self = read_plain(frame, &schema::GRADIENT)?;
        strict::understand(&schema::GRADIENT, &gradient.must_understand)?;
        check::identity(&gradient)?;
        check::gradient(&gradient)?;
        Ok(gradient)
    }
}

impl Header for proto::Update {
    const KIND: Kind = Kind::Update;
    fn read(frame: &[u8]) -> Result<Self> {
        let update: Self = read_plain(frame, &schema::UPDATE)?;
        check::form(update.dtype, update.encoding)?;
        Ok(update)
    }
}

impl Header for proto::Event {
    const KIND: Kind = Kind::Event;
    fn read(frame: &[u8]) -> Result<Self> {
        read_plain(frame, &schema::EVENT)
    }
}

impl Header for proto::Reply {
    const KIND: Kind = Kind::Reply;
    fn read(frame: &[u8]) -> Result<Self> {
        let reply: Self = read_plain(frame, &schema::REPLY)?;
        if let Some(proto::reply::Body::ModelParameters(told)) = &reply.body {
            check::form(told.dtype, told.encoding)?;
        }
        Ok(reply)
    }
}

impl Header for proto::Request {
    const KIND: Kind = Kind::Request;
    fn read(frame: &[u8]) -> Result<Self> {
        let octets = open(frame, Self::KIND)?;
        let scan = strict::scan(octets, &schema::REQUEST, strict::Unknown::Refused, Some(&schema::GRADIENT))?;
        let mut commands = 0;
        for &number in &scan.numbers {
            let known = schema::REQUEST.field(number).is_some();
            if COMMANDS.contains(&number) {
                commands += 1;
                if !known || commands > 1 {
                    return Err(refuse!(Command, "command {number} is not known here, or not the only one"));
                }
            } else if !known {
                return Err(refuse!(Unsupported, "field {number} of the request is not known here"));
            }
        }
        let request: Self = decode(octets)?;
        strict::understand(&schema::REQUEST, &request.must_understand)?;
        check::request(&request)?;
        if let Some(gradient) = check::gradient_of(&request) {
            strict::understand(&schema::GRADIENT, &gradient.must_understand)?;
            check::identity(gradient)?;
            check::gradient(gradient)?;
        }
        Ok(request)
    }
}

/// The id of a request whose header may be broken behind it; 0 where there is none (rule R-9).
pub fn request_id(frame: &[u8]) -> u64 {
    match open(frame, Kind::Request) {
        Ok(octets) => strict::find_varint(octets, 2),
        Err(_) => 0,
    }
}

/// Refuses a header that is longer than a coordinator takes.
pub(crate) fn check_written(what: &str, frame: &[u8]) -> Result<()> {
    if frame.len() <= limits::HEADER_BYTES {
        return Ok(());
    }
    Err(refuse!(TooLarge, "{what} has a header of {} bytes; {} can go", frame.len(), limits::HEADER_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply() -> proto::Reply {
        let worker = proto::Worker { name: Some("w1".to_owned()), incarnation: Some(7), ..Default::default() };
        let workers = proto::Workers { workers: vec![worker; 3], more: Some(true) };
        proto::Reply {
            request_id: Some(1 << 40),
            message: Some("so".to_owned()),
            position: Some(proto::Position { instance: Some(u64::MAX), epoch: Some(3), version: Some(4) }),
            body: Some(proto::reply::Body::Workers(workers)),
            ..Default::default()
        }
    }

    #[test]
    fn whatever_arrives_is_read_or_refused() {
        let good = reply().write();
        assert_eq!(proto::Reply::read(&good).unwrap(), reply());
        for at in 0..good.len() {
            let _ = proto::Reply::read(&good[..at]);
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                let _ = proto::Reply::read(&bad);
                let _ = proto::Event::read(&bad);
            }
        }
    }

    #[test]
    fn items_that_would_take_far_more_memory_than_octets_are_refused() {
        // 200,000 empty workers of two octets each.
        let inner: Vec<u8> = [0x0a, 0x00].repeat(200_000);
        let mut frame = reply().write()[..PREAMBLE_BYTES].to_vec();
        frame.extend_from_slice(&[0xa2, 0x01]);
        prost::encoding::encode_varint(inner.len() as u64, &mut frame);
        frame.extend_from_slice(&inner);
        assert_eq!(proto::Reply::read(&frame).unwrap_err().name(), "TOO_LARGE");
    }
}
