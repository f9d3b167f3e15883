"""A short walk through a painted room as a body, and recordings of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from embodied_mem.errors import BodyError
from embodied_mem.recordings.lerobot import LeRobotWriter, WriterConfig
from embodied_mem.robots.body import Feature
from embodied_mem.robots.recorded import RecordedBody
from embodied_mem.types import Command, Intrinsics, Observation
from painted_world import PaintedBox, PaintedWorld

CAMERA = Intrinsics(width=64, height=48, fx=51.3, fy=51.7, cx=31.4, cy=23.6)
ROOM = PaintedWorld(
    [
        PaintedBox((3.0, -2.0, 0.0), (3.1, 2.0, 2.5), (170, 170, 165)),
        PaintedBox((-2.0, 2.0, 0.0), (3.1, 2.1, 2.5), (160, 165, 170)),
        PaintedBox((1.5, -0.5, 0.70), (2.3, 0.5, 0.74), (150, 100, 60), instance=7),
        PaintedBox((1.8, 0.0, 0.74), (2.0, 0.2, 0.95), (190, 30, 30), instance=41),
    ]
)


class WalkBody:
    """Gives the views of a walk one after the other; half of what is asked is sent."""

    radius = 0.21
    seconds_per_tick = 0.1

    def __init__(self, views: Sequence[Observation]) -> None:
        self.views = views
        self.given = 0
        self.asked: list[Command] = []
        self.closed = 0

    @property
    def observation_features(self) -> Mapping[str, Feature]:
        names = {"instance": Feature(shape=(48, 64), dtype="int32", low=0)}
        return names if self.views[0].instance is not None else {}

    @property
    def action_features(self) -> Mapping[str, Feature]:
        return {
            "forward": Feature(shape=(), dtype="float64", unit="m/s", low=-0.3, high=0.7),
            "turn": Feature(shape=(), dtype="float64", unit="rad/s", low=-1.0, high=np.inf),
            "joints": Feature(shape=(2,), dtype="float64", unit="rad"),
        }

    def connect(self) -> None:
        self.given = 0

    def close(self) -> None:
        self.closed += 1

    def observe(self) -> Observation:
        if self.given == len(self.views):
            raise BodyError("the walk is over")
        self.given += 1
        return self.views[self.given - 1]

    def act(self, command: Command) -> Command:
        self.asked.append(command)
        return replace(command, forward=0.5 * command.forward)


def views(count: int, *, instances: bool = True) -> list[Observation]:
    """Returns views whose numbers have all their bits in use, at ticks that leave some out."""
    rng = np.random.default_rng(5)
    walked = []
    for index in range(count):
        seen = ROOM.observe(
            (0.05 * index, -0.4 + 0.01 * index, 1.4), (2.2, 0.1 * index, 0.6), intrinsics=CAMERA
        )
        walked.append(
            replace(
                seen,
                depth=(seen.depth * rng.normal(1.0, 0.002, seen.depth.shape)).astype(np.float32),
                tick=2 * index + index // 3,
                seconds_per_tick=0.1,
                instance=seen.instance if instances else None,
                labels={41: "Tasse “rot”", 7: "table"} if instances else {},
                proprioception={"battery": rng.random(), "tilt": -1e-300, "lost": np.nan},
                agent="walker",
            )
        )
    return walked


def commands(count: int) -> list[Command]:
    """Returns commands that no decimal of a few digits holds."""
    rng = np.random.default_rng(6)
    return [
        Command(
            forward=rng.random(),
            turn=float(-rng.random()),
            joints=(float(rng.random()), 0.1) if index % 2 else None,
            gripper=0.04 if index % 3 else None,
        )
        for index in range(count)
    ]


def record_walk(folder: Path, count: int = 12, **settings: object) -> list[Observation]:
    """Records a walk and returns what the brain saw of it."""
    instances = bool(settings.pop("instances", True))
    config = WriterConfig(**settings)  # type: ignore[arg-type]
    writer = LeRobotWriter(folder, task="walk along", robot="walker-3", config=config)
    seen = []
    with RecordedBody(WalkBody(views(count, instances=instances)), writer) as body:
        for command in commands(count):
            seen.append(body.observe())
            body.act(command)
    return seen


def assert_same(one: Observation, other: Observation) -> None:
    """Asserts that two observations agree in every bit of every field."""
    for name in ("rgb", "depth", "instance", "T_world_camera", "T_world_body"):
        mine, yours = getattr(one, name), getattr(other, name)
        assert (mine is None) == (yours is None), name
        if mine is not None:
            assert mine.dtype == yours.dtype, name
            np.testing.assert_array_equal(mine, yours, err_msg=name)
    assert one.proprioception.keys() == other.proprioception.keys()
    np.testing.assert_array_equal(
        list(one.proprioception.values()), list(other.proprioception.values())
    )
    assert list(one.labels.items()) == list(other.labels.items())
    for name in ("intrinsics", "tick", "seconds_per_tick", "agent", "camera"):
        assert getattr(one, name) == getattr(other, name), name
