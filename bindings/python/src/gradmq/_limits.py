"""Constants of the protocol (PROTOCOL.md, section 18) and names (section 4)."""

from __future__ import annotations

import re

from .errors import Code, GradMQError

FRAME_BYTES = 16 << 20
FRAME_BYTES_USUAL = 1 << 20
PAYLOAD_FRAMES = 65536
HEADER_BYTES = 1 << 20
TENSORS = 8192
RANK = 8
ELEMENTS = 1 << 40
NAME_BYTES = 64
TENSOR_NAME_BYTES = 128
METRICS = 32
GROUPS = 64
RECEIVE_WINDOW = 1024
LIST_WORKERS = 1024
SETTING_TEXT_BYTES = 127

# Seconds.
HEARTBEAT = 1.0
CONFIRM = 1.0
SYNC_RETRY = 0.1
RESYNC_JITTER = 0.1
REQUEST_TIMEOUT = 5.0
RETRY_FIRST = 0.1
RETRY_MOST = 10.0
LINGER = 2.0
HANDSHAKE_MS = 5000

CONTROL_PORT = 5570

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", re.ASCII)


def is_name(text: str) -> bool:
    """Rule A-1: names of models, workers, streams and clients."""
    return _NAME.fullmatch(text) is not None


def check_name(what: str, text: str) -> str:
    """The name itself, or NAME."""
    if not is_name(text):
        raise GradMQError(
            Code.NAME,
            f'{what} "{text[:80]}" is not a name: 1 to 64 ASCII letters, digits, "_", "-" and '
            f'".", not beginning with "-" or "."',
        )
    return text


def _is_text(text: str, most: int) -> bool:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return False
    return 1 <= size <= most and all(char >= " " and char != "\x7f" for char in text)


def is_tensor_name(text: str) -> bool:
    """Rule A-2."""
    return _is_text(text, TENSOR_NAME_BYTES) and text != "__metadata__"


def is_metric_name(text: str) -> bool:
    """Rule A-3."""
    return _is_text(text, NAME_BYTES)
