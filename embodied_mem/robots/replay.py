"""A recording as a body: the brain lives through it again."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Self, final

import msgspec

from embodied_mem.errors import BodyError
from embodied_mem.robots.body import Feature
from embodied_mem.types import Command, Observation

if TYPE_CHECKING:
    from embodied_mem.recordings.lerobot.recorded_frames import RecordedFrame


class EndOfRecording(BodyError):
    """Everything that was recorded has been replayed."""


@final
class ReplayBody:
    """Gives the observations of a recording one after the other. Implements `Body`.

    Nothing moves: what is asked is compared with what was asked then, and what was sent then is
    returned. A brain with the same seed and settings asks the same and remembers the same; drive
    it with `Brain.explore(len(body), until=lambda: body.finished)`.
    """

    def __init__(self, folder: Path | str) -> None:
        """Opens a recording; one that ended in a crash is repaired first.

        Raises:
            RecordingError: If it is no recording of `LeRobotWriter`, or cannot be read.
            MissingExtraError: If the extra `record` is not installed.
        """
        # Not at the top: whoever only drives a robot needs neither OpenCV nor pyarrow.
        from embodied_mem.recordings.lerobot.recorded_frames import RecordedFrames

        self._recording = RecordedFrames(folder)
        self.heading = self._recording.heading
        """What was recorded of the robot, its task and its camera."""
        self.differences = 0
        """Commands that were asked otherwise than they were then, so far."""
        self.first_difference = ""
        """The first of them in words; empty where there is none."""
        self._frames: Iterator[RecordedFrame] | None = None
        self._now: RecordedFrame | None = None
        self._given = self._acted = 0

    @property
    def observation_features(self) -> Mapping[str, Feature]:
        """As the recorded body had them."""
        return {k: v.feature for k, v in self.heading.observation_features.items()}

    @property
    def action_features(self) -> Mapping[str, Feature]:
        """As the recorded body had them."""
        return {k: v.feature for k, v in self.heading.action_features.items()}

    @property
    def radius(self) -> float:
        """As that of the recorded body."""
        return self.heading.radius

    @property
    def seconds_per_tick(self) -> float:
        """As that of the recorded body."""
        return self.heading.body_seconds_per_tick

    @property
    def finished(self) -> bool:
        """Whether the last observation was given."""
        return self._given == len(self)

    def __len__(self) -> int:
        """How many observations there are."""
        return len(self._recording)

    def connect(self) -> None:
        """Begins at the first observation."""
        self._frames = iter(self._recording)
        self._now, self._given, self._acted = None, 0, 0
        self.differences, self.first_difference = 0, ""

    def close(self) -> None:
        """Ends the replay; safe to call twice."""
        self._frames = None

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def observe(self) -> Observation:
        """Returns the next observation, every field as it was.

        Raises:
            EndOfRecording: If there is none any more.
            RecordingError: If the recording is damaged.
            BodyError: If it is not connected.
        """
        frames = self._require_connected()
        if self._now is not None:
            left = len(self._now.commands) - self._acted
            if left > 0:
                self._note(f"{left} fewer commands than then")
        self._now, self._acted = next(frames, None), 0
        if self._now is None:
            raise EndOfRecording(f"the recording ended after {len(self)} observations")
        self._given += 1
        return self._now.observation

    def act(self, command: Command) -> Command:
        """Returns what was sent then; nothing moves.

        Where nothing was sent then, since the recording had been cut off or its brain had only
        watched, that is a stop.

        Raises:
            BodyError: If it is not connected, or nothing was observed yet.
        """
        self._require_connected()
        if self._now is None:
            raise BodyError("act was called before observe; observe first, then act")
        commands = self._now.commands
        if self._acted >= len(commands):
            if not self.finished:
                self._note(f"asked {command}, where no command was recorded")
            return Command()
        asked, sent = commands[self._acted]
        self._acted += 1
        if not _same(command, asked):
            self._note(f"asked {command}, then {asked}")
        return sent

    def _require_connected(self) -> "Iterator[RecordedFrame]":
        if self._frames is None:
            raise BodyError("the replay is not connected; call connect() first")
        return self._frames

    def _note(self, what: str) -> None:
        self.differences += 1
        if not self.first_difference and self._now is not None:
            self.first_difference = f"at tick {self._now.observation.tick}: {what}"


def _same(one: Command, other: Command) -> bool:
    """Tells whether two commands are equal; numbers that are none equal each other."""
    return msgspec.msgpack.encode(_numbers(one)) == msgspec.msgpack.encode(_numbers(other))


def _numbers(command: Command) -> tuple[object, ...]:
    joints = None if command.joints is None else tuple(map(float, command.joints))
    gripper = None if command.gripper is None else float(command.gripper)
    # Adding zero makes the negative zero a positive one.
    base = (command.forward + 0.0, command.turn + 0.0, command.tilt + 0.0)
    return (*map(float, base), joints, gripper)
