"""The public checks pass our own parts, and name what is wrong with broken ones."""

from dataclasses import replace

import numpy as np
import pytest

from embodied_mem.allocation.registry import make_allocator
from embodied_mem.errors import BodyError, ContractError
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.record import Add, Delete, Noop
from embodied_mem.perception.geometric import GeometricSegmenter
from embodied_mem.perception.instance import InstanceSegmenter
from embodied_mem.testing import check_allocator, check_body, check_segmenter, check_store
from embodied_mem.types import Command
from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house


def make_body(**options):
    house = generate_house(7, HouseConfig(rooms=3))
    return HouseBody(house, CameraConfig(width=96, height=72), **options)


@pytest.mark.parametrize("seconds", [0.1, 1.0])
def test_the_house_body_passes(seconds):
    check_body(make_body(seconds_per_tick=seconds))


class Wrapped:
    """A body that does one thing wrong."""

    def __init__(self, **wrong):
        self.body, self.wrong = make_body(seconds_per_tick=0.1), wrong

    def __getattr__(self, name):
        return getattr(self.body, name)

    observation_features = property(lambda self: self.body.observation_features)
    action_features = property(lambda self: self.body.action_features)
    radius = property(lambda self: self.wrong.get("radius", self.body.radius))
    seconds_per_tick = property(lambda self: self.body.seconds_per_tick)

    def connect(self):
        self.body.connect()

    def close(self):
        if "observes_always" not in self.wrong:
            self.body.close()

    def observe(self):
        seen = self.body.observe()
        change = self.wrong.get("observe")
        return change(seen) if change else seen

    def act(self, command):
        change = self.wrong.get("act")
        return change(self.body, command) if change else self.body.act(command)


def as_opengl(seen):
    return replace(seen, T_world_camera=seen.T_world_camera @ np.diag([1.0, -1.0, -1.0, 1.0]))


def as_distance(seen):
    rows, columns = np.indices(seen.depth.shape)
    lens = seen.intrinsics
    rays = np.stack([(columns - lens.cx) / lens.fx, (rows - lens.cy) / lens.fy], axis=-1)
    length = np.sqrt(1.0 + (rays**2).sum(axis=-1))
    return replace(seen, depth=(seen.depth * length**3).astype(np.float32))


def to_the_right(body, command):
    sent = body.act(replace(command, turn=-command.turn))
    return replace(sent, turn=-sent.turn)


def unlimited(body, command):
    body.act(command)
    return command


def lenient(body, command):
    if not np.isfinite(command.turn):
        return Command()
    return body.act(command)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"radius": 0.0}, "radius"),
        ({"observe": lambda seen: replace(seen, tick=3)}, "tick"),
        ({"observe": lambda seen: replace(seen, depth=-seen.depth)}, "negative"),
        ({"observe": lambda seen: replace(seen, depth=0 * seen.depth)}, "no pixel"),
        ({"observe": as_opengl}, "differs|share only"),
        ({"observe": as_distance}, "differs"),
        ({"act": to_the_right}, "turn left"),
        ({"act": unlimited}, "limits"),
        ({"act": lenient}, "must raise BodyError"),
        ({"observes_always": True}, "after close"),
    ],
)
def test_broken_bodies_are_told_what_is_wrong(wrong, message):
    with pytest.raises(ContractError, match=message):
        check_body(Wrapped(**wrong))


def test_a_thing_that_is_no_body_is_told_so():
    with pytest.raises(ContractError, match="lacks a member"):
        check_body(object())


@pytest.mark.parametrize(
    "name", ["value", "learned", "linear", "fifo", "coverage_coarse", "weighted_reservoir"]
)
def test_our_allocators_pass(name):
    check_allocator(lambda: make_allocator(name))


class Greedy:
    """Takes everything and deletes the first record, protected or not."""

    def propose(self, view, candidate, context):
        first = [Delete(id=view.ids(view.slots[:1])[0])] if len(view.slots) > 3 else []
        return (*first, Add(record=candidate))


class Fickle:
    def __init__(self):
        self.calls = Fickle.made = getattr(Fickle, "made", 0) + 1

    def propose(self, view, candidate, context):
        return (Noop(),) if self.calls % 2 else (Add(record=candidate),)


class Refuser:
    def propose(self, view, candidate, context):
        return (Noop(),)


class Both:
    def propose(self, view, candidate, context):
        return (Noop(), Add(record=candidate))


class Lister:
    def propose(self, view, candidate, context):
        return [Add(record=candidate)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Greedy, "protected"),
        (Fickle, "different decisions"),
        (Refuser, "refused every"),
        (Both, "alone"),
        (Lister, "tuple"),
    ],
)
def test_broken_allocators_are_told_what_is_wrong(make, message):
    with pytest.raises(ContractError, match=message):
        check_allocator(make)


@pytest.mark.parametrize("make", [InstanceSegmenter, GeometricSegmenter])
def test_our_segmenters_pass(make):
    check_segmenter(make)


class WrongMasks:
    def __init__(self, **wrong):
        self.inner, self.wrong = InstanceSegmenter(), wrong

    def segment(self, frame):
        return replace(self.inner.segment(frame), **self.changed(frame))

    def changed(self, frame):
        found = self.inner.segment(frame)
        return {name: change(getattr(found, name)) for name, change in self.wrong.items()}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"mask": lambda mask: mask[::2]}, "the frame is"),
        ({"mask": lambda mask: mask.astype(np.int64)}, "int32"),
        ({"mask": lambda mask: mask + np.int32(1)}, "categories"),
        ({"confidence": lambda values: values + np.float32(1.0)}, "outside"),
        ({"categories": lambda names: ("",) * len(names)}, "words"),
        ({"mask": np.zeros_like}, "no pixel"),
    ],
)
def test_broken_segmenters_are_told_what_is_wrong(wrong, message):
    with pytest.raises(ContractError, match=message):
        check_segmenter(lambda: WrongMasks(**wrong))


def test_a_store_on_disk_passes(tmp_path):
    check_store(lambda: MemoryStore(tmp_path / "m.mem", budget_bytes=2 << 20))


def test_a_store_that_forgets_is_found_out():
    with pytest.raises(ContractError, match="opened again"):
        check_store(lambda: MemoryStore(budget_bytes=2 << 20))


def test_a_store_without_a_budget_is_told_so(tmp_path):
    with pytest.raises(ContractError, match="budget"):
        check_store(lambda: MemoryStore(tmp_path / "m.mem"))


def test_contract_errors_are_ours():
    assert issubclass(ContractError, BodyError.__mro__[1])
