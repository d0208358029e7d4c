#!/usr/bin/env python3
"""Stands between a client and a gradmqd and refuses what it is asked to refuse.

    refuser.py CONTROL    prints the endpoint at which it stands before that of a gradmqd

Every request goes on to gradmqd and its reply back, but a Record whose name is code-N: that one is answered
with the code N, so that a client meets the codes that a client in order is never given. BUSY is told once:
whoever asks again is not answered, and has that to tell when the time is over. It ends with its standard input.
"""

import ctypes
import ctypes.util
import pathlib
import re
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "schemas" / "vectors"))

import wire  # noqa: E402

ROUTER, DEALER = 6, 5
LAST_ENDPOINT, RCVMORE, LINGER = 32, 13, 17
SNDMORE = 2
POLLIN = 1
FRAME_BYTES = 16 << 20
BUSY = 3

zmq = ctypes.CDLL(ctypes.util.find_library("zmq") or "libzmq.so.5")
for name in ("zmq_ctx_new", "zmq_socket"):
    getattr(zmq, name).restype = ctypes.c_void_p


class PollItem(ctypes.Structure):
    _fields_ = [("socket", ctypes.c_void_p), ("fd", ctypes.c_int), ("events", ctypes.c_short),
                ("revents", ctypes.c_short)]


class Socket:
    def __init__(self, context, kind):
        self.handle = ctypes.c_void_p(zmq.zmq_socket(context, kind))
        self.space = ctypes.create_string_buffer(FRAME_BYTES)
        zmq.zmq_setsockopt(self.handle, LINGER, ctypes.byref(ctypes.c_int(0)), ctypes.sizeof(ctypes.c_int))

    def option(self, number, value):
        size = ctypes.c_size_t(ctypes.sizeof(value))
        if zmq.zmq_getsockopt(self.handle, number, ctypes.byref(value), ctypes.byref(size)) != 0:
            raise OSError(f"there is no option {number}")
        return value.value

    def receive(self):
        frames = []
        while not frames or self.option(RCVMORE, ctypes.c_int()):
            size = zmq.zmq_recv(self.handle, self.space, FRAME_BYTES, 0)
            if not 0 <= size <= FRAME_BYTES:
                raise OSError("a frame cannot be received")
            frames.append(ctypes.string_at(self.space, size))
        return frames

    def send(self, frames):
        for index, frame in enumerate(frames):
            more = SNDMORE if index + 1 < len(frames) else 0
            if zmq.zmq_send(self.handle, frame, ctypes.c_size_t(len(frame)), more) < 0:
                raise OSError("a frame cannot be sent")


def fields(octets):
    """Number -> value of each field that is a number or octets; of several the last."""
    found = {}
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            octet = octets[at]
            at += 1
            value |= (octet & 0x7F) << shift
            shift += 7
            if octet < 0x80:
                return value

    while at < len(octets):
        key = varint()
        number, kind = key >> 3, key & 7
        if kind == 0:
            found[number] = varint()
            continue
        size = varint() if kind == 2 else {1: 8, 5: 4}[kind]
        found[number] = octets[at : at + size]
        at += size
    return found


def wanted(octets):
    """The id of a request, and the code with which it wants to be refused; None for one that goes on."""
    numbers = wire.MESSAGES["Request"]
    request = fields(octets[8:])
    body = request.get(numbers["record"][0])
    name = None if body is None else fields(body).get(wire.MESSAGES["RecordRequest"]["name"][0])
    asked = re.fullmatch(rb"code-(\d+)", name or b"")
    return request[numbers["request_id"][0]], int(asked[1]) if asked else None


def refusal(number, code):
    reply = {"request_id": number, "code": code, "message": f"refused with the code {code}, as it was asked for"}
    return wire.frame(wire.REPLY, wire.encode("Reply", reply))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    context = ctypes.c_void_p(zmq.zmq_ctx_new())
    front, back = Socket(context, ROUTER), Socket(context, DEALER)
    if zmq.zmq_bind(front.handle, b"tcp://127.0.0.1:*") or zmq.zmq_connect(back.handle, sys.argv[1].encode()):
        sys.exit(f"refuser.py: cannot stand before {sys.argv[1]}")
    print(front.option(LAST_ENDPOINT, ctypes.create_string_buffer(256)).decode(), flush=True)
    items = (PollItem * 3)((front.handle, 0, POLLIN, 0), (back.handle, 0, POLLIN, 0), (None, 0, POLLIN, 0))
    busy = False
    while zmq.zmq_poll(items, 3, ctypes.c_long(-1)) > 0 and not items[2].revents:
        if items[1].revents:
            front.send(back.receive())
        if items[0].revents:
            frames = front.receive()
            header = frames.index(b"", 1) + 1
            number, code = wanted(frames[header])
            if code is None:
                back.send(frames)
            elif code != BUSY or not busy:
                front.send(frames[:header] + [refusal(number, code)])
            busy |= code == BUSY


main()
