"""A coordinator that does what a test tells it to, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import zmq

from gradmq._wire import header, schema, topics
from gradmq.layout import Layout

LAYOUT = Layout.make([("v", (3,))])
MODEL, INSTANCE, EPOCH, INCARNATION = "m", 77, 1000, 5

Answer = Callable[[Any, Any], "list[bytes] | None"]


class Fake:
    """Joins everybody, and keeps what was pushed; settles nothing by itself."""

    def __init__(self, *, lease_ms: int = 60000) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.pushed: list[list[bytes]] = []
        self.asked: list[str] = []
        self.instance, self.version = INSTANCE, 0
        self.acknowledgement: dict[str, Any] = {}
        self.credit = 8
        self.lease_ms = lease_ms
        # Called with request and reply; frames that it returns are sent instead.
        self.answer: Answer = lambda request, reply: None
        self._kinds = {"c": zmq.REP, "g": zmq.PULL, "u": zmq.XPUB, "e": zmq.XPUB}
        self._sockets = {name: self.context.socket(kind) for name, kind in self._kinds.items()}
        for name, socket in self._sockets.items():
            socket.setsockopt(zmq.LINGER, 1)
            socket.bind(f"inproc://{name}")
        self._published: list[tuple[str, list[bytes]]] = []
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Fake:
        self._thread.start()
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        self._end.set()
        self._thread.join()
        for socket in self._sockets.values():
            socket.close()
        if kind is None:
            # It returns when everything else that uses it is closed, too.
            self.context.term()

    @property
    def options(self) -> dict[str, Any]:
        return {"context": self.context, "name": "w1", "timeout": 30.0, "linger": 0.01}

    def publish(self, socket: str, frames: list[bytes]) -> None:
        """From any thread; socket "e" or "u"."""
        with self._lock:
            self._published.append((socket, frames))

    def publish_event(self, topic: bytes, event: Any) -> None:
        self.publish("e", [topic, header.write(header.FrameKind.EVENT, event)])

    def publish_ack(self, **fields: Any) -> None:
        event = schema.Event()
        self._fill(event.acknowledgement, fields)
        self.publish_event(topics.acknowledgements(MODEL, "w1"), event)

    def publish_update(self, version: int, values: list[float]) -> None:
        self.version = version
        update = schema.Update(model=MODEL, stream="f32", layout=LAYOUT.id, dtype=1, encoding=1)
        self._position(update.position)
        frame = header.write(header.FrameKind.UPDATE, update)
        topic = topics.parameters(MODEL, "f32")
        self.publish("u", [topic, frame, np.array(values, "<f4").tobytes()])

    def _position(self, to: Any) -> None:
        to.instance, to.epoch, to.version = self.instance, EPOCH, self.version

    def _fill(self, ack: Any, fields: dict[str, Any]) -> None:
        self._position(ack.position)
        ack.incarnation = INCARNATION
        ack.credit_gradients, ack.credit_bytes = self.credit, 1 << 20
        ack.dispositions_from = 1
        for name, value in fields.items():
            if isinstance(value, list):
                for row in value:
                    getattr(ack, name).add(**row)
            else:
                setattr(ack, name, value)

    def _run(self) -> None:
        poller = zmq.Poller()
        for name in ("c", "g"):
            poller.register(self._sockets[name], zmq.POLLIN)
        while not self._end.is_set():
            ready = dict(poller.poll(2))
            if self._sockets["g"] in ready:
                self.pushed.append(self._sockets["g"].recv_multipart())
            if self._sockets["c"] in ready:
                self._sockets["c"].send_multipart(self._reply(self._sockets["c"].recv_multipart()))
            with self._lock:
                published, self._published = self._published, []
            for name, frames in published:
                self._sockets[name].send_multipart(frames)
            for name in ("u", "e"):
                while self._sockets[name].poll(0):
                    self._sockets[name].recv()

    def _reply(self, frames: list[bytes]) -> list[bytes]:
        request = header.read(frames[0], header.FrameKind.REQUEST)
        what = request.WhichOneof("body")
        self.asked.append(what)
        reply = schema.Reply(request_id=request.request_id, model=MODEL)
        self._position(reply.position)
        payload: list[bytes] = []
        if what == "describe":
            self._describe(reply.description)
        elif what == "join":
            reply.joined.incarnation = INCARNATION
            reply.joined.layout_id = LAYOUT.id
            reply.joined.lease_ms = self.lease_ms
            self._fill(reply.joined.acknowledgement, self.acknowledgement)
        elif what == "sync":
            event = schema.Event()
            event.sync.nonce = request.sync.nonce
            self._position(event.sync.position)
            frame = header.write(header.FrameKind.EVENT, event)
            for name in ("u", "e"):
                self.publish(name, [topics.sync(request.sync.nonce), frame])
        elif what == "get_model_parameters":
            reply.model_parameters.layout_id = LAYOUT.id
            payload = [np.zeros(3, "<f4").tobytes()]
        elif what == "acknowledgement":
            self._fill(reply.acknowledgement, self.acknowledgement)
        elif what == "leave":
            reply.left.complete = True
        told = self.answer(request, reply)
        return told or [header.write(header.FrameKind.REPLY, reply), *payload]

    def _describe(self, description: Any) -> None:
        description.layout.dtype = LAYOUT.dtype
        for tensor in LAYOUT.tensors:
            description.layout.tensors.add(name=tensor.name, shape=tensor.shape)
        description.layout_id = LAYOUT.id
        description.gradients_endpoints.append("inproc://g")
        description.updates_endpoints.append("inproc://u")
        description.events_endpoints.append("inproc://e")
        description.heartbeat_ms = 1000
