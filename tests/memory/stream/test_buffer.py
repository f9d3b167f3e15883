"""The ring keeps what the plain reading of its rule keeps, in constant memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError
from embodied_mem.memory.stream import EVICTIONS, StreamBuffer

# Whole numbers below 2^12: their products and sums are exact, so that equal pairs tie in both.
vectors = st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=40)


def plain(stream: list[tuple[int, ...]], size: int, evict: str) -> list[int]:
    """Which ticks are held, by looking at everything every time."""
    held: list[int] = []
    units = [np.array(v, np.float32) / max(float(np.linalg.norm(v)), 1e-12) for v in stream]
    units = [np.asarray(unit, np.float32) for unit in units]
    for tick in range(len(stream)):
        held.append(tick)
        if len(held) <= size:
            continue
        pairs = range(len(held) - 1)
        if evict == "fifo":
            gone = 0
        elif evict == "uniform":
            gone = min(pairs[1:], key=lambda i: held[i + 1] - held[i - 1])
        else:
            gone = max(pairs, key=lambda i: float(units[held[i]] @ units[held[i + 1]]))
        del held[gone]
    return held


@settings(max_examples=80, deadline=None)
@given(stream=vectors, size=st.integers(3, 8), evict=st.sampled_from(EVICTIONS))
def test_it_keeps_what_the_rule_says(stream: list[tuple[int, ...]], size: int, evict: str) -> None:
    buffer = StreamBuffer(size, 3, evict)  # type: ignore[arg-type]
    for tick, vector in enumerate(stream):
        slot = buffer.push(vector, tick)
        assert buffer.slots[-1] == slot
        assert (np.diff(buffer.ticks) > 0).all()
    assert buffer.ticks.tolist() == plain(stream, size, evict)
    assert buffer.vectors.tolist() == [list(map(float, stream[t])) for t in buffer.ticks]
    assert buffer.arrived == len(stream) and len(buffer) == min(size, len(stream))


@pytest.mark.parametrize("evict", EVICTIONS)
def test_a_stream_of_any_length_takes_the_same_memory(evict: str) -> None:
    rng, buffer = np.random.default_rng(0), StreamBuffer(8, 4, evict)  # type: ignore[arg-type]
    before = buffer.nbytes
    for tick in range(500):
        buffer.push(rng.normal(size=4), tick)
    assert buffer.nbytes == before == 8 * (2 * 4 * 4 + 4 * 8)
    buffer.clear()
    assert len(buffer) == 0 and buffer.likeness(np.ones(4)) == -1.0
    buffer.push(np.ones(4), 3)
    assert buffer.ticks.tolist() == [3]


def test_a_short_event_outlasts_a_long_quiet_time_but_not_in_a_queue() -> None:
    rng = np.random.default_rng(1)
    quiet, event = rng.normal(size=(2, 16))
    held = {}
    for evict in ("adjacent", "fifo"):
        buffer = StreamBuffer(6, 16, evict)  # type: ignore[arg-type]
        for tick in range(400):
            shown = event if 50 <= tick < 53 else quiet
            buffer.push(shown + 0.1 * rng.normal(size=16), tick)
        held[evict] = [t for t in buffer.ticks.tolist() if 50 <= t < 53]
    assert held["adjacent"] and not held["fifo"]


@pytest.mark.parametrize(
    ("vector", "tick"), [((1.0,), 9), ((np.nan, 0.0), 9), ((1.0, 0.0), 4), ((1.0, 0.0), 3)]
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    vector: tuple[float, ...], tick: int
) -> None:
    buffer = StreamBuffer(3, 2)
    buffer.push((1.0, 2.0), 4)
    with pytest.raises(ConfigError):
        buffer.push(vector, tick)
    assert buffer.ticks.tolist() == [4]


@pytest.mark.parametrize("kwargs", [{"size": 2}, {"dimension": 0}, {"evict": "adjacnt"}])
def test_a_wrong_setting_is_named(kwargs: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        StreamBuffer(**kwargs)  # type: ignore[arg-type]
