"""What is kept, and what is sent again."""

from __future__ import annotations

import pytest

from gradmq._client.outbox import Credit, Kept, Outbox

CREDIT = Credit(4, 1000)


def kept(size: int = 10) -> Kept:
    return Kept(b"", (), size)


def filled(count: int, size: int = 10) -> Outbox:
    outbox = Outbox()
    for _ in range(count):
        outbox.add(kept(size))
    return outbox


def test_one_gradient_is_always_allowed() -> None:
    assert Outbox().room(10**12, Credit())
    assert not filled(1).room(1, Credit())


def test_room_is_within_count_and_bytes() -> None:
    assert filled(3).room(10, CREDIT)
    assert not filled(4).room(10, CREDIT)
    assert filled(2, 450).room(100, CREDIT)
    assert not filled(2, 450).room(101, CREDIT)


def test_sequences_begin_at_one_and_settle_in_order() -> None:
    outbox = Outbox()
    assert [outbox.add(kept()) for _ in range(3)] == [1, 2, 3]
    outbox.settle()
    assert (outbox.first, outbox.next, len(outbox), outbox.bytes) == (2, 4, 2, 20)


def test_what_was_not_sent_is_taken_back() -> None:
    outbox = filled(2)
    outbox.take_back()
    assert (outbox.next, outbox.bytes) == (2, 10)


def test_turned_away_once_is_due_at_once_and_later_with_growing_waits() -> None:
    outbox = filled(1)
    at = 100.0
    waits = []
    for _ in range(9):
        outbox.hold(1, 1)
        due = max(at, outbox[1].due_at)
        assert outbox.due(1, CREDIT, due - 0.001) == (0 if due > at else 1)
        assert outbox.due(1, CREDIT, due) == 1
        waits.append(round(due - at, 3))
        at = due
        outbox.resent(1, at)
    assert waits == [0.0, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0]


def test_lost_is_due_at_once_however_often_it_was_sent() -> None:
    outbox = filled(1)
    outbox.hold(1, 1)
    outbox.resent(1, 100.0)
    outbox.hold(1, 1)
    assert outbox.due(1, CREDIT, 100.0) == 0
    outbox.hold(1, 1, now=True)
    assert outbox.due(1, CREDIT, 100.0) == 1


def test_held_ones_go_in_order_within_credit() -> None:
    outbox = filled(4)
    outbox.hold(1, 4)
    credit = Credit(2, 1000)
    assert outbox.due(0, credit, 1.0) == 1
    outbox.resent(1, 1.0)
    assert outbox.due(2, credit, 1.0) == 2
    outbox.resent(2, 1.0)
    assert outbox.due(3, credit, 1.0) == 0
    outbox.settle()
    assert outbox.due(0, credit, 1.0) == 3


def test_a_later_one_never_overtakes_one_that_waits_for_credit() -> None:
    outbox = Outbox()
    for size in (10, 900, 10):
        outbox.add(kept(size))
    outbox.hold(2, 3)
    assert outbox.due(0, Credit(3, 500), 1.0) == 0


def test_received_is_not_sent_again() -> None:
    outbox = filled(3)
    outbox.hold(1, 3)
    outbox.received(2)
    assert outbox.held == 1
    assert outbox.due(0, CREDIT, 1.0) == 3


def test_settled_while_held() -> None:
    outbox = filled(2)
    outbox.hold(1, 2)
    outbox.settle()
    assert outbox.held == 1
    outbox.hold(1, 1)
    assert outbox.held == 1


def test_wait_until_the_next_is_due() -> None:
    outbox = filled(2)
    assert outbox.wait_seconds(0.0) == float("inf")
    outbox.hold(1, 1)
    outbox.resent(1, 50.0)
    outbox.hold(1, 1)
    assert outbox.wait_seconds(50.0) == pytest.approx(0.02)
