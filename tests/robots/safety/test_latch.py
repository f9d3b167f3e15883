"""The emergency stop's latch: what ends it, and what must not."""

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.robots.safety.latch import EstopLatch


def test_it_stays_closed_until_a_newer_reset() -> None:
    latch = EstopLatch()
    assert latch.stop("button", 5.0)
    assert latch.closed and latch.reason == "button"
    assert not latch.reset(4.9)  # a late joiner's old message
    assert not latch.reset(5.0)  # of the same moment: nobody knows which came first
    assert not latch.reset(nan)
    assert latch.closed
    assert latch.reset(5.1)
    assert not latch.closed and latch.reason == ""


def test_every_stop_counts_and_the_first_reason_is_kept() -> None:
    latch = EstopLatch()
    assert latch.stop("button", 5.0)
    assert not latch.stop("bumper", 9.0)
    assert latch.reason == "button"
    assert not latch.reset(6.0)
    latch.stop("an old one comes late", 1.0)
    assert not latch.reset(8.0)
    assert latch.reset(9.5)
    assert latch.stop("old, but a stop all the same", 3.0)
    assert latch.closed


@pytest.mark.parametrize("stamp", [None, nan])
def test_a_stop_from_here_is_ended_from_here(stamp: float | None) -> None:
    latch = EstopLatch()
    latch.stop("", stamp)
    assert latch.reason == "emergency stop"
    assert not latch.reset(1e12)
    assert latch.reset(None)
    assert latch.reset(0.0)  # nothing holds, so nothing is left to end


def test_a_wire_stop_is_ended_from_here_too() -> None:
    latch = EstopLatch()
    latch.stop("button", 1e12)  # its clock is wrong
    assert latch.reset(None)


@given(
    st.lists(
        st.tuples(st.sampled_from(["stop", "reset"]), st.one_of(st.none(), st.floats(0, 9))),
        max_size=30,
    )
)
def test_no_order_of_messages_lets_an_older_reset_win(
    messages: list[tuple[str, float | None]],
) -> None:
    latch = EstopLatch()
    stops: list[float | None] = []
    for kind, stamp in messages:
        if kind == "stop":
            latch.stop("stop", stamp)
            stops.append(stamp)
        elif latch.reset(stamp) and stops:
            assert stamp is None or all(stop is not None and stop < stamp for stop in stops)
            stops.clear()
        assert latch.closed == bool(stops)
