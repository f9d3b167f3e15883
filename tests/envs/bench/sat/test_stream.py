"""The streams are what they say, and a small one is measured from end to end."""

import numpy as np

from embodied_mem.memory.stream import StreamBuffer
from embodied_mem_envs.bench.sat.places import purity, rand_index
from embodied_mem_envs.bench.sat.stream_process import long_stream
from embodied_mem_envs.bench.sat.streams import (
    LONGEST,
    SHORTEST,
    drifting_stream,
    event_times,
    walk_stream,
)


def test_events_are_short_and_never_touch() -> None:
    when = event_times(1000, 12, np.random.default_rng(0))
    for number in range(12):
        rows = np.flatnonzero(when == number)
        assert SHORTEST <= len(rows) <= LONGEST and np.ptp(rows) == len(rows) - 1
    changes = when[1:][when[1:] != when[:-1]]
    assert (changes[::2] >= 0).all() and (changes[1::2] == -1).all()


def test_adjacent_eviction_keeps_events_that_a_queue_loses() -> None:
    stream = drifting_stream(0, frames=1000, events=12, dimension=32)
    same = drifting_stream(0, frames=1000, events=12, dimension=32)
    assert np.array_equal(stream.vectors, same.vectors)
    kept = {}
    for evict in ("adjacent", "fifo"):
        buffer = StreamBuffer(13, 32, evict)  # type: ignore[arg-type]
        for tick, vector in enumerate(stream.vectors):
            buffer.push(vector, tick)
        kept[evict] = len(set(stream.event[buffer.ticks].tolist()) - {-1})
    assert kept["adjacent"] >= 5 > 1 >= kept["fifo"]


def test_a_walk_is_smooth_and_its_events_stand_out() -> None:
    stream = walk_stream(0, frames=80, events=2)
    units = stream.vectors / np.linalg.norm(stream.vectors, axis=1, keepdims=True)
    alike = (units[1:] * units[:-1]).sum(axis=1)
    quiet = (stream.event[1:] < 0) & (stream.event[:-1] < 0)
    begins = (stream.event[1:] >= 0) & (stream.event[:-1] < 0)
    assert np.median(alike[quiet]) > 0.9 > alike[begins].max()
    nearest = stream.event[(stream.looks @ units.T).argmax(axis=1)]
    assert nearest.tolist() == [0, 1]


def test_a_long_stream_is_told_at_its_marks() -> None:
    found = long_stream(1200, size=8)
    assert found["frames"][0] == 1000 and found["frames"][-1] == 1200
    assert (np.diff(found["cpu_s"]) > 0).all() and min(found["resident_mb"]) > 1


def test_agreement_of_places_with_rooms() -> None:
    rooms = [0, 0, 0, 1, 1, 1]
    assert rand_index(list("aaabbb"), rooms) == 1.0 == purity(list("aaabbc"), rooms)
    assert rand_index(["a"] * 6, rooms) == 0.0 and purity(["a"] * 6, rooms) == 0.5
    assert 0.0 < rand_index(list("aabbbb"), rooms) < 1.0
