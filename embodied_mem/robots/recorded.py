"""Records any body: the brain sees exactly what a replay will show it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, final

import numpy as np

from embodied_mem.robots.body import Body
from embodied_mem.robots.forwarded import ForwardedBody
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.events import GateEvent
from embodied_mem.types import Command, Float32Array, Observation

if TYPE_CHECKING:
    from embodied_mem.recordings.lerobot.writer import WriterConfig
    from embodied_mem.robots.robot import Robot

_MM = np.float32(1000.0)
_FARTHEST_MM = np.float32(65535.0)


class Recorder(Protocol):
    """Keeps what a body sees and does, such as `LeRobotWriter`."""

    def begin(self, body: Body) -> None:
        """Takes down what kind of body it is; called once, before the first observation."""

    def observed(
        self, observation: Observation, measured: Mapping[str, float] | None = None
    ) -> None:
        """Keeps an observation, whose depth is whole millimetres, and other readings.

        Raises:
            RecordingError: If it cannot be kept.
        """

    def acted(self, asked: Command, sent: Command) -> None:
        """Keeps what was asked and what was really sent; raises as `observed`."""

    def happened(self, event: GateEvent) -> None:
        """Keeps what a safety gate did; raises as `observed`."""

    def close(self) -> None:
        """Makes the recording whole; safe to call twice; raises as `observed`."""


class Gate(Protocol):
    """What a recorder wants of a safety gate."""

    @property
    def events(self) -> Iterable[GateEvent]:
        """The newest events, oldest first."""


@final
class RecordedBody(ForwardedBody[Body]):
    """Any body, recorded. Implements `Body`.

    Depth is rounded to whole millimetres and numbers to what a file holds before anybody sees
    them, so that a brain which ran live and one that runs on the replay see the same.
    """

    def __init__(
        self,
        body: Body,
        writer: Recorder,
        *,
        gate: Gate | None = None,
        sense: Callable[[], Mapping[str, float]] | None = None,
    ) -> None:
        """Puts a recorder between a body and a brain.

        Args:
            body: What senses and acts.
            writer: What keeps it; closed with the body.
            gate: The safety gate whose events are kept too.
            sense: Returns readings that the brain does not see but a policy may learn from.
        """
        super().__init__(body)
        writer.begin(body)
        self._writer = writer
        self._gate = gate
        self._sense = sense
        self._newest: GateEvent | None = None
        self._finished = False

    def connect(self) -> None:
        """Connects the body."""
        self._body.connect()

    def close(self) -> None:
        """Stops the body, then makes the recording whole; safe to call twice.

        Raises:
            RecordingError: If something could not be written.
        """
        try:
            self._body.close()
        finally:
            self.finish()

    def finish(self) -> None:
        """Makes the recording whole and leaves the body as it is; safe to call twice.

        Raises:
            RecordingError: If something could not be written.
        """
        if not self._finished:
            self._finished = True
            try:
                self._record_events()
            finally:
                self._writer.close()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def observe(self) -> Observation:
        """Returns the newest observation as it will be replayed.

        Raises:
            RecordingError: If it cannot be recorded; the body stands still for want of commands.
        """
        observation = as_recorded(self._body.observe())
        self._writer.observed(observation, self._sense() if self._sense else None)
        return observation

    def act(self, command: Command) -> Command:
        """Carries out one tick of a command and returns what was really sent after limits.

        Raises:
            RecordingError: If it cannot be recorded.
        """
        sent = self._body.act(command)
        self._writer.acted(command, sent)
        self._record_events()
        return sent

    def _record_events(self) -> None:
        """Hands on what the gate did since the last time."""
        fresh: list[GateEvent] = []
        for event in reversed(tuple(self._gate.events) if self._gate else ()):
            if event is self._newest:
                break
            fresh.append(event)
        for event in reversed(fresh):
            self._writer.happened(event)
            self._newest = event


@contextmanager
def record(
    robot: "Robot",
    folder: Path | str,
    *,
    task: str = "explore",
    config: "WriterConfig | None" = None,
) -> Iterator[RecordedBody]:
    """Records a robot that is connected already, with what its gate does.

    At the end the recording is made whole; the robot stays connected.

    Args:
        robot: The robot; use what is yielded in its place.
        folder: Where the LeRobotDataset will lie; may hold other files.
        task: What the robot was told to do, in words.
        config: How it is kept.

    Raises:
        MissingExtraError: If the extra `record` is not installed.
        RecordingError: If the folder holds a recording already, or cannot be written to.
    """
    # Not at the top: whoever only drives a robot needs neither OpenCV nor pyarrow.
    from embodied_mem.recordings.lerobot.writer import LeRobotWriter

    writer = LeRobotWriter(folder, task=task, robot=robot.info.name, config=config)
    body = RecordedBody(
        robot,
        writer,
        gate=robot.gate,
        sense=lambda: measured_numbers(robot.readings, robot.info.joints),
    )
    try:
        yield body
    finally:
        body.finish()


def measured_numbers(readings: Readings, joints: tuple[str, ...]) -> dict[str, float]:
    """Returns the newest speeds (m/s, rad/s), joints (rad, rad/s) and opening (m) by name.

    >>> arm = Readings(time=0.0, forward=0.2, joints=np.array([0.5]))
    >>> measured_numbers(arm, ("wrist",))
    {'forward': 0.2, 'turn': 0.0, 'wrist': 0.5}
    """
    numbers = {"forward": readings.forward, "turn": readings.turn}
    if readings.joints is not None:
        numbers |= dict(zip(joints, readings.joints.tolist(), strict=True))
    if readings.joint_velocities is not None:
        names = (f"{joint}.velocity" for joint in joints)
        numbers |= dict(zip(names, readings.joint_velocities.tolist(), strict=True))
    if readings.opening is not None:
        numbers["opening"] = readings.opening
    return numbers


def as_recorded(observation: Observation) -> Observation:
    """Returns an observation as a recording holds it."""
    instance = observation.instance
    return replace(
        observation,
        depth=whole_millimetres(observation.depth),
        T_world_camera=observation.T_world_camera.astype(np.float64),
        T_world_body=observation.T_world_body.astype(np.float64),
        tick=int(observation.tick),
        seconds_per_tick=float(observation.seconds_per_tick),
        instance=None if instance is None else instance.astype(np.int32),
        labels={int(number): str(label) for number, label in observation.labels.items()},
        proprioception={str(k): float(v) for k, v in observation.proprioception.items()},
    )


def whole_millimetres(depth: Float32Array) -> Float32Array:
    """Rounds depth in metres to millimetres; what a 16-bit picture cannot hold is invalid.

    >>> whole_millimetres(np.array([[1.2345678, -1.0, 70.0, np.nan]], np.float32))
    array([[1.235, 0.   , 0.   , 0.   ]], dtype=float32)
    """
    millimetres = np.rint(depth * _MM)
    held = (millimetres > 0.0) & (millimetres <= _FARTHEST_MM)
    if not held.all():
        millimetres = np.where(held, millimetres, np.float32(0.0))
    rounded: Float32Array = millimetres / _MM
    return rounded
