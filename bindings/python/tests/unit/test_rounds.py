"""Rounds, and what is known of the coordinator."""

from __future__ import annotations

from gradmq._client.hearsay import Hearsay
from gradmq._client.rounds import Rounds
from gradmq._wire import schema


def test_a_version_ends_a_round_without_a_word() -> None:
    rounds = Rounds()
    rounds.hear(1, 0, 5)
    rounds.take(1, 0)
    assert rounds.open == 5
    rounds.take(1, 3)
    assert rounds.open == 8
    assert not rounds.over


def test_a_round_that_passed_is_told_once() -> None:
    rounds = Rounds()
    rounds.hear(1, 2, 5)
    rounds.take(1, 2)
    rounds.passed(1, 2)
    assert rounds.over
    rounds.take(1, 2)
    assert rounds.open == 6
    assert not rounds.over
    rounds.hear(1, 2, 6)  # the heartbeat behind the notice tells of the same round
    assert not rounds.over
    rounds.hear(1, 2, 7)
    assert rounds.over


def test_another_epoch_is_not_counted_on() -> None:
    rounds = Rounds()
    rounds.hear(1, 2, 5)
    rounds.take(2, 0)
    rounds.passed(1, 2)
    assert not rounds.over
    rounds.forget()
    assert rounds.open == 0


def heartbeat(**fields: object) -> object:
    return schema.Event(heartbeat=fields).heartbeat


def test_what_is_said_of_the_coordinator() -> None:
    hearsay = Hearsay(0.0)
    assert "nothing was heard" in hearsay.say(0.5)
    hearsay.take(heartbeat(state=2, why="stopped; 3 wait"), 1.0)
    hearsay.heard_at = 1.0
    assert hearsay.say(1.0) == "the coordinator is STOPPED: stopped; 3 wait"
    hearsay.take(
        heartbeat(
            state=3,
            why="a round is open",
            waiting_for=["a", "b"],
            waiting_total=9,
            deadline_ms=2500,
        ),
        1.0,
    )
    assert hearsay.say(2.0) == "a round is open: a, b (9 in all), no longer than 1.5 s"
    assert hearsay.say(7.2) == "nothing was heard of the coordinator for 6 s"
    hearsay.take(heartbeat(state=99), 7.0)
    hearsay.heard_at = 7.0
    assert hearsay.say(7.0) == "the coordinator is 99"
