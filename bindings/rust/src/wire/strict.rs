//! Reads protobuf octets before the generated code does, and refuses what that would take (rules W-6 to W-8).

use crate::error::{refuse, Result};
use crate::limits;

/// What a field holds on the wire.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Varint,
    Fixed64,
    Text,
    Octets,
    Message(&'static Schema),
}

pub(crate) struct Field {
    pub number: u32,
    pub kind: Kind,
    pub repeated: bool,
}

/// The fields of a message, by number.
pub(crate) struct Schema {
    pub fields: &'static [Field],
}

impl Schema {
    pub fn field(&self, number: u32) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.number == number)
    }
}

/// What unpacked items may take: so many octets each, 64 times the message's length and a bit in all.
const MESSAGE_COST: usize = 256;
const TEXT_COST: usize = 32;

/// What is done about fields that the schema does not have.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Unknown {
    Ignored,
    Refused,
}

/// A message's outermost fields, in the order in which they came.
pub(crate) struct Scan {
    pub numbers: Vec<u32>,
}

/// Looks through `octets`; `free` is the message within which unknown fields are ignored all the same.
pub(crate) fn scan(
    octets: &[u8],
    schema: &'static Schema,
    unknown: Unknown,
    free: Option<&'static Schema>,
) -> Result<Scan> {
    let mut scanner = Scanner { free, budget: octets.len() * 64 + (64 << 10), top: Vec::new() };
    scanner.message(octets, schema, unknown, true)?;
    Ok(Scan { numbers: scanner.top })
}

struct Scanner {
    free: Option<&'static Schema>,
    budget: usize,
    top: Vec<u32>,
}

impl Scanner {
    fn message(&mut self, octets: &[u8], schema: &'static Schema, unknown: Unknown, top: bool) -> Result<()> {
        let mut reader = Reader { octets, at: 0 };
        let mut stranger = None;
        while let Some((number, wire)) = reader.tag()? {
            let field = schema.field(number);
            if top {
                self.top.push(number);
            }
            match field {
                Some(field) => self.field(&mut reader, field, wire, unknown)?,
                None => {
                    reader.skip(wire)?;
                    stranger = stranger.or(Some(number));
                }
            }
        }
        match stranger {
            // Which of a request's outermost fields are commands is looked at by whoever asked for the scan.
            Some(number) if unknown == Unknown::Refused && !top => {
                Err(refuse!(Unsupported, "field {number} of a message inside the request is not known here"))
            }
            _ => Ok(()),
        }
    }

    fn field(&mut self, reader: &mut Reader<'_>, field: &'static Field, wire: u8, unknown: Unknown) -> Result<()> {
        match (field.kind, wire) {
            (Kind::Varint, 0) => reader.varint().map(drop),
            (Kind::Fixed64, 1) => reader.take(8).map(drop),
            (Kind::Varint, 2) if field.repeated => {
                let mut packed = Reader { octets: reader.piece()?, at: 0 };
                while packed.at < packed.octets.len() {
                    packed.varint()?;
                }
                Ok(())
            }
            (Kind::Octets, 2) => reader.piece().map(drop),
            (Kind::Text, 2) => {
                let text = reader.piece()?;
                self.spend(TEXT_COST)?;
                match std::str::from_utf8(text) {
                    Ok(text) if !text.contains('\0') => Ok(()),
                    _ => Err(refuse!(Malformed, "the text in field {} is not UTF-8 without the octet 0", field.number)),
                }
            }
            (Kind::Message(schema), 2) => {
                let inner = reader.piece()?;
                self.spend(MESSAGE_COST)?;
                let free = self.free.is_some_and(|free| std::ptr::eq(free, schema));
                self.message(inner, schema, if free { Unknown::Ignored } else { unknown }, false)
            }
            _ => Err(refuse!(Malformed, "field {} has wire type {wire}, which is not its own", field.number)),
        }
    }

    fn spend(&mut self, cost: usize) -> Result<()> {
        self.budget = self
            .budget
            .checked_sub(cost)
            .ok_or_else(|| refuse!(TooLarge, "the header has too many items for its length"))?;
        Ok(())
    }
}

struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next field's number and wire type; `None` at the end.
    fn tag(&mut self) -> Result<Option<(u32, u8)>> {
        if self.at == self.octets.len() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok().filter(|&number| number > 0 && number < 1 << 29);
        match number {
            Some(number) => Ok(Some((number, (tag & 7) as u8))),
            None => Err(refuse!(Malformed, "the header has a field that no message can have")),
        }
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for place in 0..10 {
            let octet = self.take(1)?[0];
            value |= u64::from(octet & 0x7f).checked_shl(7 * place).unwrap_or(0);
            if octet & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(refuse!(Malformed, "a number in the header does not end"))
    }

    fn piece(&mut self) -> Result<&'a [u8]> {
        let length = self.varint()?;
        match usize::try_from(length) {
            Ok(length) => self.take(length),
            Err(_) => Err(refuse!(Malformed, "the header ends inside a field")),
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(length).filter(|&end| end <= self.octets.len());
        let Some(end) = end else {
            return Err(refuse!(Malformed, "the header ends inside a field"));
        };
        let piece = &self.octets[self.at..end];
        self.at = end;
        Ok(piece)
    }

    fn skip(&mut self, wire: u8) -> Result<()> {
        match wire {
            0 => self.varint().map(drop),
            1 => self.take(8).map(drop),
            2 => self.piece().map(drop),
            5 => self.take(4).map(drop),
            _ => Err(refuse!(Malformed, "the header has a field of wire type {wire}, which is not in use")),
        }
    }
}

/// Finds a number among the outermost fields of octets that may be broken behind it.
pub(crate) fn find_varint(octets: &[u8], wanted: u32) -> u64 {
    let mut reader = Reader { octets, at: 0 };
    let mut found = 0;
    while let Ok(Some((number, wire))) = reader.tag() {
        let value = if wire == 0 { reader.varint() } else { reader.skip(wire).map(|()| 0) };
        match value {
            Ok(value) if number == wanted && wire == 0 => found = value,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    found
}

/// A list of a few fields that the receiver has to know (rule W-8).
pub(crate) fn understand(schema: &Schema, numbers: &[u32]) -> Result<()> {
    match numbers.iter().find(|&&number| schema.field(number).is_none()) {
        None => Ok(()),
        Some(number) => Err(refuse!(Unsupported, "field {number} must be understood, and is not known here")),
    }
}

/// Refuses a header that is too long before anything of it is read.
pub(crate) fn check_length(header: &[u8]) -> Result<()> {
    if header.len() <= limits::HEADER_BYTES {
        return Ok(());
    }
    Err(refuse!(TooLarge, "the header has {} bytes; {} are possible", header.len(), limits::HEADER_BYTES))
}
