"""What can go wrong: one exception type, which carries a code of the protocol's table."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

__all__ = ["Code", "ConnectError", "GradMQError", "WaitTimeout", "code_name", "code_sentence"]


class Code(IntEnum):
    """Every code there is. Those below 64 go over the wire; the others arise on this side."""

    sentence: str

    def __new__(cls, number: int, sentence: str) -> Code:
        """A number with its sentence."""
        code = int.__new__(cls, number)
        code._value_ = number
        code.sentence = sentence
        return code

    INTERNAL = 1, "the coordinator failed; its log says why"
    MEMORY = 2, "out of memory"
    BUSY = 3, "too much at once; ask again shortly"
    MALFORMED = 4, "the message cannot be decoded"
    PREAMBLE = 5, "the message is not GradMQ's, or belongs on another socket"
    VERSION = 6, "another major version of the protocol"
    UNSUPPORTED = 7, "not known here, or not in this combination"
    COMMAND = 8, "a request needs exactly one command that this coordinator knows"
    ARGUMENT = 9, "a value is missing or out of range"
    NAME = 10, "not a valid name"
    MODEL = 11, "this coordinator owns another model"
    NO_MODEL = 12, "no model is loaded yet"
    STATE = 13, "not possible in this state"
    CLOSED = 14, "the coordinator is closing"
    LAYOUT = 15, "not the layout of the model"
    SHAPE = 16, "not a possible shape"
    LENGTH = 17, "the payload is not as long as it should be"
    ALIGNMENT = 18, "a frame ends inside an element"
    FRAMES = 19, "too many frames"
    TOO_LARGE = 20, "larger than the limit"
    NON_FINITE = 21, "a value is not finite, or too large to compute with"
    EPOCH = 22, "made from parameters of another epoch"
    BASE = 23, "a base is needed here and none was given"
    STALE = 24, "made from parameters that are too old"
    LATE = 25, "its round is closed"
    NOT_JOINED = 26, "the worker is not a member; join first"
    FENCED = 27, "a newer incarnation of this worker has joined"
    WINDOW = 28, "too far ahead of what was received"
    QUEUE_FULL = 29, "beyond the credit; send again when there is credit"
    CONDITION = 30, "the model is not at the epoch or version asked for"
    REQUEST_ID = 31, "this request id was used for another request"
    PERMISSION = 32, "the role of this key does not allow it"

    TIMEOUT = 64, "no answer in time"
    CONNECT = 66, "cannot connect"
    IO = 68, "cannot read or write"
    FORMAT = 69, "not a file of the expected format"
    DISPOSED = 72, "the gradient was not applied"


_KNOWN = {int(code): code for code in Code}


def known(code: int) -> Code | None:
    """The code of a number; None: it is of a later minor version."""
    return _KNOWN.get(code)


def code_name(code: int) -> str:
    """The name of a code; of one that a later minor version brought, its number."""
    found = known(code)
    return f"CODE_{code}" if found is None else found.name


def code_sentence(code: int) -> str:
    """The sentence beside a code."""
    found = known(code)
    if found is None:
        return f"code {code} is not known to this version of the library"
    return found.sentence


class GradMQError(Exception):
    """
    Something was refused, failed or took too long.

    `code` is the number (a `Code` where it is a known one), `name` its name, and `message` one
    sentence that says what was wrong and what to do.
    """

    def __init__(self, code: int, message: str) -> None:
        """`code` of section 17 of the protocol, or of this library."""
        Exception.__init__(self, message)
        self.code: int = known(code) or code
        self.message = message

    @property
    def name(self) -> str:
        """The code's name, such as "ARGUMENT"."""
        return code_name(self.code)

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (int(self.code), self.message)


class WaitTimeout(GradMQError, TimeoutError):
    """TIMEOUT: the time was over. The message says what was waited for."""


class ConnectError(WaitTimeout, ConnectionError):
    """CONNECT: nobody was there in time, or cannot be reached at all."""


def error(code: int, message: str) -> GradMQError:
    """The exception for a code."""
    if code == Code.TIMEOUT:
        return WaitTimeout(code, message)
    if code == Code.CONNECT:
        return ConnectError(code, message)
    return GradMQError(code, message)
