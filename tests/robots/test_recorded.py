from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embodied_mem.errors import RecordingError
from embodied_mem.robots import Body
from embodied_mem.robots.recorded import RecordedBody, as_recorded, whole_millimetres
from embodied_mem.robots.safety.events import GateEvent
from embodied_mem.types import Command, Float32Array, Observation
from recorded_walk import WalkBody, views


@dataclass
class Notes:
    """Keeps what it is told."""

    entries: list[tuple[object, ...]] = field(default_factory=list)
    fails: bool = False

    def begin(self, body: Body) -> None:
        self.entries.append(("begin", body))

    def observed(
        self, observation: Observation, measured: Mapping[str, float] | None = None
    ) -> None:
        if self.fails:
            raise RecordingError("the disk is full")
        self.entries.append(("observed", observation))

    def acted(self, asked: Command, sent: Command) -> None:
        self.entries.append(("acted", asked, sent))

    def happened(self, event: GateEvent) -> None:
        self.entries.append(("happened", event))

    def close(self) -> None:
        self.entries.append(("close",))


@dataclass
class Events:
    events: deque[GateEvent] = field(default_factory=lambda: deque(maxlen=4))

    def add(self, what: str) -> GateEvent:
        self.events.append(GateEvent(time=0.0, row=1, what=what))
        return self.events[-1]


def test_a_recorded_body_is_the_body(tmp_path: Path) -> None:
    inner = WalkBody(views(2))
    body = RecordedBody(inner, Notes())
    assert isinstance(body, Body)
    assert body.radius == inner.radius
    assert body.seconds_per_tick == inner.seconds_per_tick
    assert body.action_features == inner.action_features
    assert body.observation_features == inner.observation_features


def test_what_is_seen_is_what_is_recorded() -> None:
    notes = Notes()
    with RecordedBody(WalkBody(views(1)), notes) as body:
        seen = body.observe()
        sent = body.act(Command(forward=0.4))
    assert notes.entries[1] == ("observed", seen)
    assert notes.entries[2] == ("acted", Command(forward=0.4), Command(forward=0.2))
    assert sent == Command(forward=0.2)
    np.testing.assert_array_equal(whole_millimetres(seen.depth), seen.depth)
    assert np.abs(seen.depth - views(1)[0].depth).max() <= 0.0005001


def test_the_body_is_closed_before_the_recording_and_whatever_happens() -> None:
    notes, inner = Notes(fails=True), WalkBody(views(1))
    with pytest.raises(RecordingError, match="disk is full"), RecordedBody(inner, notes) as body:
        body.observe()
    assert inner.closed == 1
    assert notes.entries[-1] == ("close",)


def test_events_are_recorded_once_each_and_in_order() -> None:
    notes, gate = Notes(), Events()
    body = RecordedBody(WalkBody(views(4)), notes, gate=gate)
    told = [gate.add("before")]
    for number in range(3):
        body.observe()
        body.act(Command())
        told += [gate.add(f"a{number}"), gate.add(f"b{number}"), gate.add("again")]
    body.observe()
    body.act(Command())
    assert [entry[1] for entry in notes.entries if entry[0] == "happened"] == told


def test_the_last_events_are_recorded_too() -> None:
    notes, gate = Notes(), Events()
    with RecordedBody(WalkBody(views(1)), notes, gate=gate) as body:
        body.observe()
        told = gate.add("stopped in the end")
    body.close()
    assert notes.entries[2:] == [("happened", told), ("close",)]


def test_events_that_were_dropped_meanwhile_do_not_stop_the_others() -> None:
    notes, gate = Notes(), Events()
    body = RecordedBody(WalkBody(views(2)), notes, gate=gate)
    gate.add("first")
    body.observe()
    body.act(Command())
    for number in range(9):
        gate.add(f"{number}")
    body.observe()
    body.act(Command())
    told = [entry[1].what for entry in notes.entries if entry[0] == "happened"]  # type: ignore[attr-defined]
    assert told == ["first", "5", "6", "7", "8"]


@given(arrays(np.float32, (4, 5), elements=st.floats(width=32, allow_nan=True)))
def test_depth_is_whole_millimetres_or_invalid(depth: Float32Array) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = whole_millimetres(depth)
    assert rounded.dtype == np.float32
    held = np.rint(rounded * np.float32(1000.0)).astype(np.uint16)
    np.testing.assert_array_equal(held.astype(np.float32) / np.float32(1000.0), rounded)
    inside = (depth >= 0.001) & (depth <= 65.0)
    assert np.abs(rounded[inside] - depth[inside]).max(initial=0.0) < 0.00051
    assert not rounded[~np.isfinite(depth) | (depth <= 0.0) | (depth > 65.536)].any()


def test_every_depth_of_a_picture_is_kept_as_it_is() -> None:
    all_of_them = np.arange(65536, dtype=np.uint16).astype(np.float32) / np.float32(1000.0)
    np.testing.assert_array_equal(whole_millimetres(all_of_them), all_of_them)


def test_numbers_become_what_a_file_holds() -> None:
    view = replace(
        views(1)[0],
        tick=np.int64(3),
        labels={np.int32(41): "cup"},
        proprioception={"collided": True},
        instance=np.ones((48, 64), np.int64),
    )
    kept = as_recorded(view)
    assert [type(number) for number in (kept.tick, *kept.labels)] == [int, int]
    assert type(kept.proprioception["collided"]) is float
    assert kept.instance is not None
    assert kept.instance.dtype == np.int32
