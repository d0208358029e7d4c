"""Keys from certificate files, as `gradmq keygen` makes them (PROTOCOL.md, section 20)."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import zmq
import zmq.utils.z85

from ..errors import Code, GradMQError, error

_CERTIFICATE_BYTES = 8192
_LINE = re.compile(
    r"""^((?:[ ]{4})*)([A-Za-z0-9$_@.&+/-]+)\s*(?:=\s*("[^"]*"|'[^']*'|[^#]*))?\s*(?:\#.*)?$"""
)


@dataclass(frozen=True)
class Keys:
    """A client's own pair and the coordinator's public key, all as Z85."""

    public: str
    secret: str = field(repr=False)
    server: str

    def set(self, socket: zmq.Socket[bytes]) -> None:
        """Make a socket speak CURVE."""
        if not zmq.has("curve"):
            raise error(Code.UNSUPPORTED, "this ZeroMQ was built without CURVE")
        socket.curve_serverkey = self.server.encode()
        socket.curve_publickey = self.public.encode()
        socket.curve_secretkey = self.secret.encode()


@dataclass(frozen=True)
class Certificate:
    """What stands in a file: keys as Z85; `secret` is empty in a public one."""

    public: str
    secret: str = field(repr=False)


def is_key(text: str) -> bool:
    """Is this the text of a key?"""
    if len(text) != 40:
        return False
    try:
        return len(zmq.utils.z85.decode(text.encode("ascii"))) == 32
    except Exception:  # whatever it says of a wrong character
        return False


def load(
    secret: str | os.PathLike[str] | None, server: str | os.PathLike[str] | None
) -> Keys | None:
    """Both or neither: the file of the own certificate; the coordinator's, or that key as Z85."""
    if not secret and not server:
        return None
    if not secret or not server:
        here, gone = ("secret", "server_key") if secret else ("server_key", "secret")
        raise error(
            Code.ARGUMENT,
            f"{here} is given without {gone}: CURVE needs both, this client's own certificate "
            "(`gradmq keygen NAME`) and the coordinator's public one",
        )
    own = read_certificate(Path(secret), secret=True)
    if not own.secret:
        raise error(
            Code.FORMAT,
            f"{os.fspath(secret)} has a public key only; what is needed here is the file that "
            "ends in .secret",
        )
    return Keys(own.public, own.secret, _server_key(server))


def _server_key(told: str | os.PathLike[str]) -> str:
    if isinstance(told, str) and is_key(told) and not Path(told).exists():
        return told
    return read_certificate(Path(told), secret=False).public


def read_certificate(path: Path, *, secret: bool) -> Certificate:
    """Read a file that nobody else can have read (secret) or changed."""
    text = _read_file(path, secret)
    found: dict[str, str] = {}
    try:
        for where, value in _items(text):
            if where in found and where.startswith("curve/"):
                raise error(Code.FORMAT, f"{where} is there twice")
            found[where] = value
        public, private = found.get("curve/public-key", ""), found.get("curve/secret-key", "")
        _check_certificate(public, private)
    except GradMQError as why:
        raise error(Code.FORMAT, f"{path}: {why.message}") from None
    return Certificate(public, private)


def _check_certificate(public: str, private: str) -> None:
    if not public:
        raise error(Code.FORMAT, "it has no curve/public-key; is it a certificate?")
    for name, value in (("public-key", public), ("secret-key", private)):
        # The value is not repeated: it may be a secret.
        if value and not is_key(value):
            raise error(Code.FORMAT, f"curve/{name} is not a key: 40 characters of Z85")
    if private and zmq.curve_public(private.encode()).decode() != public:
        raise error(Code.FORMAT, "its public key is not that of its secret key")


def _items(text: str) -> Iterator[tuple[str, str]]:
    """(path, value) of each line of ZeroMQ's property language that has a value."""
    levels: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.match(line.rstrip())
        if found is None or len(found[1]) // 4 > len(levels):
            raise error(Code.FORMAT, f"line {number} is not of a certificate's form")
        del levels[len(found[1]) // 4 :]
        levels.append(found[2])
        value = found[3]
        if value is not None:
            value = value.strip()
            if value[:1] in ('"', "'"):
                value = value[1:-1]
            yield "/".join(levels), value


def _read_file(path: Path, secret: bool) -> str:
    try:
        # A pipe of that name must not hold us up.
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
        handle = os.open(path, flags)
    except OSError as why:
        raise error(Code.IO, f"{path}: cannot open it: {why.strerror}") from None
    try:
        _check_mode(path, os.fstat(handle), secret)
        data = os.read(handle, _CERTIFICATE_BYTES)
    except OSError as why:
        raise error(Code.IO, f"{path}: cannot read it: {why.strerror}") from None
    finally:
        os.close(handle)
    if len(data) >= _CERTIFICATE_BYTES:
        raise error(
            Code.FORMAT, f"{path} is too long for a certificate: {_CERTIFICATE_BYTES} bytes or more"
        )
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise error(Code.FORMAT, f"{path} is not text") from None


def _check_mode(path: Path, found: os.stat_result, secret: bool) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise error(Code.FORMAT, f"{path} is not a file")
    if found.st_uid not in (os.geteuid(), 0):
        raise error(
            Code.PERMISSION,
            f"{path} belongs to another user, who could change it: chown it to the user that runs "
            "this, or to root",
        )
    denied, mend = (0o022, "go-w")
    if secret:
        denied, mend = (0o037 if _is_credential(path) else 0o077), "600"
    if found.st_mode & denied:
        does = "change" if found.st_mode & denied & 0o022 else "read"
        raise error(
            Code.PERMISSION,
            f"{path} has mode {stat.S_IMODE(found.st_mode):04o}, which lets others {does} it: "
            f"chmod {mend} {path}",
        )


def _is_credential(path: Path) -> bool:
    """Does it lie where the service manager puts what it was given for this service?"""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    text = os.fspath(path)
    return bool(folder) and text.startswith(folder + "/") and "/.." not in text[len(folder) :]


__all__ = ["Certificate", "Keys", "is_key", "load", "read_certificate"]
