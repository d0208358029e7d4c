//! What can go wrong: one type, with the code's number and name and a sentence that says what to do.

use std::fmt;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($variant:ident $name:literal $number:literal $sentence:literal;)*) => {
        /// A kind of error. Those below 64 are the protocol's (section 17 of PROTOCOL.md) and never change; those from
        /// 64 on arise on this side of a socket only.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $sentence] $variant,)*
            /// A code of a later minor version of the protocol.
            Other(u32),
        }

        impl Code {
            /// Every code that this version knows, by number.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// The code's number.
            pub fn number(self) -> u32 {
                match self {
                    $(Code::$variant => $number,)*
                    Code::Other(number) => number,
                }
            }

            /// The code's name, such as `NOT_JOINED`; `?` for one of a later version.
            pub fn name(self) -> &'static str {
                match self {
                    $(Code::$variant => $name,)*
                    Code::Other(_) => "?",
                }
            }

            /// What the code means, in a sentence for people.
            pub fn sentence(self) -> &'static str {
                match self {
                    $(Code::$variant => $sentence,)*
                    Code::Other(_) => "an error of a later version of the protocol",
                }
            }

            /// The code with this number.
            pub fn from_number(number: u32) -> Code {
                match number {
                    $($number => Code::$variant,)*
                    other => Code::Other(other),
                }
            }
        }
    };
}

codes! {
    Internal "INTERNAL" 1 "the coordinator failed; its log says why";
    Memory "MEMORY" 2 "out of memory";
    Busy "BUSY" 3 "too much at once; ask again shortly";
    Malformed "MALFORMED" 4 "the message cannot be decoded";
    Preamble "PREAMBLE" 5 "the message is not GradMQ's, or belongs on another socket";
    Version "VERSION" 6 "another major version of the protocol";
    Unsupported "UNSUPPORTED" 7 "not known here, or not in this combination";
    Command "COMMAND" 8 "a request needs exactly one command that this coordinator knows";
    Argument "ARGUMENT" 9 "a value is missing or out of range";
    Name "NAME" 10 "not a valid name";
    Model "MODEL" 11 "this coordinator owns another model";
    NoModel "NO_MODEL" 12 "no model is loaded yet";
    State "STATE" 13 "not possible in this state";
    Closed "CLOSED" 14 "the coordinator is closing";
    Layout "LAYOUT" 15 "not the layout of the model";
    Shape "SHAPE" 16 "not a possible shape";
    Length "LENGTH" 17 "the payload is not as long as it should be";
    Alignment "ALIGNMENT" 18 "a frame ends inside an element";
    Frames "FRAMES" 19 "too many frames";
    TooLarge "TOO_LARGE" 20 "larger than the limit";
    NonFinite "NON_FINITE" 21 "a value is not finite, or too large to compute with";
    Epoch "EPOCH" 22 "made from parameters of another epoch";
    Base "BASE" 23 "a base is needed here and none was given";
    Stale "STALE" 24 "made from parameters that are too old";
    Late "LATE" 25 "its round is closed";
    NotJoined "NOT_JOINED" 26 "the worker is not a member; join first";
    Fenced "FENCED" 27 "a newer incarnation of this worker has joined";
    Window "WINDOW" 28 "too far ahead of what was received";
    QueueFull "QUEUE_FULL" 29 "beyond the credit; send again when there is credit";
    Condition "CONDITION" 30 "the model is not at the epoch or version asked for";
    RequestId "REQUEST_ID" 31 "this request id was used for another request";
    Permission "PERMISSION" 32 "the role of this key does not allow it";
    Timeout "TIMEOUT" 64 "no answer in time";
    Cancelled "CANCELLED" 65 "cancelled";
    Connect "CONNECT" 66 "cannot connect";
    Io "IO" 68 "cannot read or write";
    Format "FORMAT" 69 "not a file of the expected format";
    Disposed "DISPOSED" 72 "the gradient was not applied";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Code::Other(number) => write!(f, "{number}"),
            code => f.write_str(code.name()),
        }
    }
}

/// An error: its code, and a sentence that says what was wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: Code,
    message: Box<str>,
}

impl Error {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Error { code, message: message.into().into_boxed_str() }
    }

    /// The kind of error.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The code's number, as in section 17 of PROTOCOL.md.
    pub fn number(&self) -> u32 {
        self.code.number()
    }

    /// The code's name, such as `ARGUMENT`.
    pub fn name(&self) -> &'static str {
        self.code.name()
    }

    /// The sentence, without the code's name.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Error {}

/// Makes an error of a code and a formatted sentence.
macro_rules! refuse {
    ($code:ident, $($words:tt)+) => {
        $crate::error::Error::new($crate::error::Code::$code, format!($($words)+))
    };
}
pub(crate) use refuse;
