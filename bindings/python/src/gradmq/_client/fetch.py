"""
Parameters for a worker's caller: those that came, and those that are asked for
(PROTOCOL.md, sections 13 and 19.4).
"""

from __future__ import annotations

import secrets

import zmq

from .. import _limits
from .._wire import schema, topics
from ..errors import Code, GradMQError, error
from ..parameters import Parameters
from . import arrival, inbox
from .arrival import Described
from .link import Link
from .pool import Pool
from .rejoin import Rejoin
from .requester import refusal
from .waiting import now


class Fetch:
    """Joins the stream of updates, and asks where it does not tell."""

    def __init__(self, link: Link, rejoin: Rejoin, pool: Pool) -> None:
        self._link = link
        self._rejoin = rejoin
        self._pool = pool
        self._lock = link.session.waiter.lock()

    # ----------------------------------------------------------------------------------------------
    # Asking

    async def _describe(self, deadline: float) -> None:
        link = self._link
        answer = await link.control.call("describe", deadline=deadline)
        link.take_position(answer.message.position)
        if refused := refusal(answer.message):
            raise refused
        self._rejoin.described(answer.body("description"))

    async def _hold(self, described: Described, frames: list[zmq.Frame], deadline: float) -> None:
        """Decode what came and hold it, once the layout is that of the parameters."""
        link = self._link
        if link.layout is None or described.layout_id != link.layout.id:
            await self._describe(deadline)
        if link.layout is None or described.layout_id != link.layout.id:
            raise error(Code.LAYOUT, "the model is being replaced; ask again")
        link.stream.hold(arrival.read(described, link.layout, frames, self._pool))

    async def _take_pending(self, deadline: float) -> None:
        stream = self._link.stream
        if stream.pending is None:
            return
        described, frames = stream.pending
        stream.pending = None
        if stream.held is None or described.position > stream.held.position:
            await self._hold(described, frames, deadline)

    async def _get(self, deadline: float) -> None:
        link, stream = self._link, self._link.stream
        get = schema.Request().get_model_parameters
        if link.session.stream:
            get.stream = link.session.stream
        if stream.held is not None:
            get.newer_than.epoch, get.newer_than.version = stream.held.position
        answer = await link.control.call("get_model_parameters", get, deadline=deadline)
        reply = answer.message
        link.take_position(reply.position)
        stream.asked(now())
        if refused := refusal(reply):
            raise refused
        told = answer.body("model_parameters")
        if told.unchanged:
            return
        described = Described(
            reply.position.instance,
            reply.position.epoch,
            reply.position.version,
            told.layout_id,
            told.dtype,
            told.encoding,
        )
        await self._hold(described, answer.frames, deadline)

    # ----------------------------------------------------------------------------------------------
    # Joining the stream

    async def sync(self, deadline: float) -> None:
        """See that subscriptions hold: ask Sync until its mark was seen (rule U-4)."""
        link, stream = self._link, self._link.stream
        stream.begin_sync(secrets.randbits(64) or 1)
        topic = topics.sync(stream.nonce)
        sockets = [socket for socket in (link.events, link.updates) if socket is not None]
        for socket in sockets:
            socket.subscribe(topic)
        try:
            while not stream.marked:
                if now() >= deadline:
                    what = "updates" if stream.marked_events else "events"
                    raise error(
                        Code.TIMEOUT,
                        f"nothing of what {link.session.model} publishes arrives on "
                        f"{link.endpoints.get(what, what)}: is that endpoint reachable from here?",
                    )
                await self._sync_once(deadline)
        finally:
            for socket in sockets:
                if not socket.closed:
                    socket.unsubscribe(topic)
            stream.nonce = 0

    async def _sync_once(self, deadline: float) -> None:
        link, stream = self._link, self._link.stream
        body = schema.Request().sync
        body.nonce = stream.nonce
        answer = await link.control.call("sync", body, deadline=deadline)
        link.take_position(answer.message.position)
        if refused := refusal(answer.message):
            raise refused
        until = min(now() + _limits.SYNC_RETRY, deadline)
        while True:
            link.progress()
            inbox.read_updates(link)
            if stream.marked or now() >= until:
                return
            await link.doze(until)

    async def _join_stream(self, deadline: float) -> None:
        """The stream is joined, and something is held."""
        stream = self._link.stream
        while stream.join or stream.held is None:
            joining, stream.join = stream.join, False
            try:
                if joining and stream.subscribed:
                    stream.restart_count()
                    await self.sync(deadline)
                await self._get(deadline)
            except BaseException:
                # Also where it was cancelled: what is held is another process's still.
                stream.join = stream.join or joining
                raise
            if stream.held is None and now() >= deadline:
                raise error(Code.TIMEOUT, "no parameters came in time")

    # ----------------------------------------------------------------------------------------------
    # What callers ask for

    def _behind(self) -> bool:
        link = self._link
        return link.stream.behind(link.position, link.hearsay.heartbeat, now())

    def _passed(self) -> bool:
        """Rule O-7: the round that was answered is over, and its version is the newest."""
        link, given = self._link, self._link.stream.given
        return link.rounds.over and given is not None and link.position <= given

    def _next_ready(self) -> bool:
        stream = self._link.stream
        return (
            stream.pending is not None
            or stream.join
            or self._behind()
            or stream.news()
            or self._passed()
        )

    def _next_what(self) -> str:
        given = self._link.stream.given
        return f"a version newer than {given[1] if given else 0}"

    async def _next(self, deadline: float) -> None:
        link, stream = self._link, self._link.stream
        while stream.given is not None and not stream.news() and not self._passed():
            await link.wait_for(self._next_ready, self._next_what, deadline)
            if stream.join:
                await self._join_stream(deadline)
            await self._take_pending(deadline)
            if self._behind():
                await self._get(deadline)
        if not stream.news() and stream.given is not None:
            # The last heartbeat ends the round, too: that is not what was waited for.
            link.able()

    async def parameters(self, which: str, deadline: float) -> Parameters:
        """The newest, the next or those that are fetched now."""
        if which not in ("newest", "next", "fetch"):
            raise error(Code.ARGUMENT, f'which is "{which}"; it can be "newest", "next" or "fetch"')
        async with self._lock:
            try:
                return await self._parameters(which, deadline)
            except GradMQError as why:
                # While the coordinator ends it may no longer answer: what it said before counts.
                if why.code in (Code.TIMEOUT, Code.CONNECT):
                    self._link.able()
                raise

    async def _parameters(self, which: str, deadline: float) -> Parameters:
        link, stream = self._link, self._link.stream
        link.check_open()
        link.progress()
        inbox.read_updates(link)
        link.able_to_fetch()
        held = stream.held is not None and not stream.join  # else what is held was just got
        await self._join_stream(deadline)
        await self._take_pending(deadline)
        get = which == "fetch" or self._behind() or (which == "newest" and not stream.subscribed)
        if get and held:
            await self._get(deadline)
        if which == "next":
            await self._next(deadline)
        given = stream.give()
        link.rounds.take(*given.position)
        return given
