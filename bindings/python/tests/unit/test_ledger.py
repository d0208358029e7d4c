"""What acknowledgements say."""

from __future__ import annotations

from typing import Any

from gradmq import Code, Disposition
from gradmq._client.ledger import Calls, Ledger
from gradmq._client.outbox import Kept
from gradmq._wire import schema

Settled = list[tuple[int, int, int]]


def ledger(count: int, most: int | None = None) -> tuple[Ledger, Settled]:
    settled: Settled = []

    def on_settled(sequence: int, disposition: int, code: int, kept: Kept) -> None:
        settled.append((sequence, disposition, code))

    made = Ledger(7, most, on_settled)
    for _ in range(count):
        made.outbox.add(Kept(b"", (), 10))
    return made, settled


def ack(received: int, settled: int, **fields: Any) -> Any:
    made = schema.Acknowledgement(
        incarnation=fields.pop("incarnation", 7),
        received_through=received,
        settled_through=settled,
        dispositions_from=fields.pop("dispositions_from", 1),
    )
    for name, rows in fields.items():
        if isinstance(rows, list):
            for row in rows:
                getattr(made, name).add(**row)
        else:
            setattr(made, name, rows)
    return made


def take(of: Ledger, told: Any, *, asked: bool = False, at: float = 0.0) -> Calls:
    return of.take(told, asked=asked, at=at, apart=1.0)


def test_what_is_not_listed_is_applied() -> None:
    made, settled = ledger(3)
    refused = {"sequence": 2, "disposition": 4, "code": 21}
    take(made, ack(3, 3, dispositions=[refused]))
    assert settled == [(1, 1, 0), (2, 4, 21), (3, 1, 0)]
    assert made.counts == {Disposition.APPLIED: 2, Disposition.REFUSED: 1}


def test_each_is_settled_once_however_often_it_is_told() -> None:
    made, settled = ledger(2)
    for _ in range(3):
        take(made, ack(2, 1))
    take(made, ack(2, 2))
    assert [sequence for sequence, _, _ in settled] == [1, 2]


def test_older_ones_and_other_incarnations_are_left_alone() -> None:
    made, settled = ledger(3)
    take(made, ack(2, 2, credit_gradients=5))
    take(made, ack(1, 1, credit_gradients=9))
    take(made, ack(3, 3, incarnation=6))
    assert len(settled) == 2
    assert made.credit.gradients == 5


def test_more_settled_than_was_sent_settles_what_was_sent() -> None:
    made, settled = ledger(2)
    take(made, ack(99, 99))
    assert len(settled) == 2
    assert made.outbox.first == 3


def test_below_dispositions_from_only_their_number_is_known() -> None:
    made, settled = ledger(5)
    listed = [{"sequence": 5, "disposition": 3}]
    take(made, ack(5, 5, dispositions_from=4, dispositions=listed, applied=3))
    # 4 is applied and 5 is not; of 1 to 3 two were.
    assert made.counts == {
        Disposition.APPLIED: 3,
        Disposition.UNKNOWN: 1,
        Disposition.SKIPPED: 1,
    }
    assert [disposition for _, disposition, _ in settled] == [0, 0, 0, 1, 3]


def test_own_window_bounds_credit() -> None:
    made, _ = ledger(0, most=2)
    take(made, ack(0, 0, credit_gradients=9, credit_bytes=1000))
    assert (made.credit.gradients, made.credit.bytes) == (2, 1000)


def test_a_missing_range_with_a_code_is_held() -> None:
    made, _ = ledger(5)
    calls = take(made, ack(1, 1, missing=[{"first": 2, "last": 3, "code": Code.QUEUE_FULL}]))
    assert calls == Calls()
    assert made.outbox.held == 2


def test_codes_that_ask_for_more() -> None:
    for code, wanted in (
        (Code.NOT_JOINED, Calls(join=True)),
        (Code.FENCED, Calls(fenced=True)),
        (Code.CLOSED, Calls(closed=True)),
    ):
        made, _ = ledger(2)
        assert take(made, ack(0, 0, missing=[{"first": 1, "last": 2, "code": code}])) == wanted
        assert made.outbox.held == 0


def test_missing_without_a_code_is_sent_again_after_two_looks_only() -> None:
    made, _ = ledger(4)
    gap = [{"first": 2, "last": 3}]
    take(made, ack(1, 1, missing=gap))
    assert made.confirm.wanted
    assert made.outbox.held == 0
    take(made, ack(1, 1, missing=gap), asked=True, at=10.0)
    assert made.confirm.wait_seconds(10.5, 1.0) == 0.5
    take(made, ack(1, 1, missing=gap), asked=True, at=10.5)
    assert made.outbox.held == 0
    take(made, ack(1, 1, missing=[{"first": 3, "last": 4}]), asked=True, at=11.0)
    assert made.outbox.held == 1
    assert made.outbox.due(0, made.credit, 11.0) == 0  # 2 of 3 that fly are beyond the credit
    assert not made.confirm.wanted


def test_a_look_after_something_arrived_is_the_first_one() -> None:
    made, _ = ledger(4)
    take(made, ack(1, 1, missing=[{"first": 2, "last": 4}]), asked=True, at=10.0)
    take(made, ack(2, 1, missing=[{"first": 3, "last": 4}]), asked=True, at=11.0)
    assert made.outbox.held == 0
    take(made, ack(2, 1, missing=[{"first": 3, "last": 4}]), asked=True, at=12.0)
    assert made.outbox.held == 2


def test_nothing_missing_ends_the_suspicion() -> None:
    made, _ = ledger(2)
    made.confirm.want()
    take(made, ack(2, 1), asked=True)
    assert not made.confirm.wanted


def test_another_process_is_believed_from_its_own_beginning() -> None:
    made, settled = ledger(5)
    take(made, ack(3, 3, applied=3))
    made.forget()
    assert (made.credit.gradients, made.credit.bytes) == (1, 0)
    take(made, ack(3, 3, applied=0))
    assert len(settled) == 3
    take(made, ack(5, 5, applied=2))
    assert made.counts == {Disposition.APPLIED: 5}
