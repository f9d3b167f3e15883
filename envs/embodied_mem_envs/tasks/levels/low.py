"""The low level: every tick one motion, or an answer."""

from typing import Any, Final, final

import cv2
import gymnasium as gym
import numpy as np
from gymnasium import spaces

from embodied_mem.types import AnyArray, BoolArray, Command, Float64Array, Observation
from embodied_mem_envs.house.body import FORWARD_STEP, TILT_LIMIT, TURN_STEP, CameraConfig
from embodied_mem_envs.tasks.episode import Place, Reply
from embodied_mem_envs.tasks.levels.asked import AskedConfig, asked_observation, asked_spaces
from embodied_mem_envs.tasks.levels.level import Observed
from embodied_mem_envs.tasks.levels.play import Play

MAX_DEPTH: Final = 10.0
"""Depth beyond this is given as 0, metres."""
_TILT_STEP: Final = float(np.pi / 12)
_PLACE_LIMIT: Final = 100.0
_MOTIONS: Final = (
    Command(forward=FORWARD_STEP),
    Command(turn=TURN_STEP),
    Command(turn=-TURN_STEP),
    Command(tilt=_TILT_STEP),
    Command(tilt=-_TILT_STEP),
)
SUBMIT: Final = len(_MOTIONS)
"""The discrete action that replies; the options follow it."""


@final
class LowLevel:
    """Moves the body tick by tick; implements `Level`.

    While nothing is asked, every action only lets the next thing happen. Whoever moves where no
    tick is left gives up: the reply is empty.
    """

    def __init__(
        self, camera: CameraConfig, asked: AskedConfig, *, continuous: bool = False
    ) -> None:
        """Sets it up.

        Args:
            camera: Whose pictures are shown; others are scaled to its size.
            asked: How asks are shown.
            continuous: Speeds and a number to answer with, instead of discrete steps.
        """
        self._camera, self._asked, self._continuous = camera, asked, continuous
        self._play: Play | None = None
        self._T_world_start: Float64Array | None = None
        count = SUBMIT + 1 + asked.options
        self.action_space: spaces.Space[Any] = (
            spaces.Box(-1.0, 1.0, (4,), np.float32) if continuous else spaces.Discrete(count)
        )
        self._actions = count
        pixels = camera.width * camera.height
        reach = _pose_limit()
        own: dict[str, spaces.Space[Any]] = {
            "rgb": spaces.Box(0, 255, (camera.height, camera.width, 3), np.uint8),
            "depth": spaces.Box(0.0, MAX_DEPTH, (pixels,), np.float32),
            "instance": spaces.Box(0, np.iinfo(np.int32).max, (pixels,), np.int32),
            "pose": spaces.Box(-reach, reach, dtype=np.float32),
            "collided": spaces.Box(0.0, 1.0, (1,), np.float32),
            "action_mask": spaces.MultiBinary(count),
        }
        self.observation_space = spaces.Dict({**own, **asked_spaces(asked)})

    def begin(self, play: Play) -> None:
        """Takes the first happening."""
        self._play = play
        self._T_world_start = None
        play.advance()
        self._note_start()

    def act(self, action: Any) -> None:
        """Moves or replies; while nothing is asked, lets the next thing happen."""
        play = self._playing()
        if play.ended:
            return
        if play.ask is None:
            play.advance()
            self._note_start()
            return
        play.think()
        number, command = self._read(action)
        if number < SUBMIT and play.left > 0:
            play.act(command)
            return
        play.submit(self._reply(number))
        play.advance()

    def observe(self) -> Observed:
        """Returns the newest picture, the pose, and what is asked."""
        play = self._playing()
        return {
            **self._senses(play.seen),
            **asked_observation(play, self._asked),
            "action_mask": self.mask().astype(np.int8),
        }

    def mask(self) -> BoolArray:
        """Returns which discrete actions make sense now."""
        play = self._playing()
        mask = np.zeros(self._actions, bool)
        mask[SUBMIT] = True
        if play.ask is not None:
            mask[:SUBMIT] = play.body is not None
            mask[SUBMIT + 1 : SUBMIT + 1 + len(play.ask.options)] = True
        return mask

    def close(self) -> None:
        """Nothing is held."""

    # -- inside --------------------------------------------------------------------------------

    def _playing(self) -> Play:
        if self._play is None:
            raise gym.error.ResetNeeded("there is no episode yet; call reset() first")
        return self._play

    def _note_start(self) -> None:
        """Takes the pose of the first observation for the start."""
        seen = self._playing().seen
        if self._T_world_start is None and seen is not None:
            self._T_world_start = seen.T_world_body

    def _read(self, action: Any) -> tuple[int, Command]:
        """Returns the number of the discrete action (0 for any motion), and the motion."""
        if not self._continuous:
            number = int(action)
            return number, self._scaled(_MOTIONS[number]) if number < SUBMIT else Command()
        if float(action[3]) >= 0.0:
            options = self._asked.options + 1
            return SUBMIT + min(int(float(action[3]) * options), options - 1), Command()
        body = self._playing().body
        limits = body.action_features if body is not None else {}
        forward, turn, tilt = (
            float(value) * float(limits[name].high or 0.0) if name in limits else 0.0
            for value, name in zip(action[:3], ("forward", "turn", "tilt"), strict=True)
        )
        return 0, Command(forward=forward, turn=turn, tilt=tilt)

    def _scaled(self, step: Command) -> Command:
        """Makes a step of a fixed length out of a tick of any length."""
        body = self._playing().body
        seconds = 1.0 if body is None else body.seconds_per_tick
        return Command(
            forward=step.forward / seconds, turn=step.turn / seconds, tilt=step.tilt / seconds
        )

    def _reply(self, number: int) -> Reply:
        """Returns an option, the place where the body stands, or nothing."""
        play = self._playing()
        assert play.ask is not None
        option = number - SUBMIT - 1
        if 0 <= option < len(play.ask.options):
            return Reply(text=play.ask.options[option], choice=option)
        if number == SUBMIT and play.ask.form == "places" and play.seen is not None:
            x, y, z = play.seen.T_world_body[:3, 3].tolist()
            here: Place = (x, y, z)
            return Reply(text="here", places=(here,))
        return Reply()

    def _senses(self, seen: Observation | None) -> Observed:
        camera = self._camera
        size = (camera.width, camera.height)
        if seen is None:
            space = self.observation_space.spaces
            return {
                name: np.zeros(space[name].shape or (), space[name].dtype)
                for name in ("rgb", "depth", "instance", "pose", "collided")
            }
        assert self._T_world_start is not None
        here = np.linalg.inv(self._T_world_start) @ seen.T_world_body
        depth = np.where(seen.depth <= MAX_DEPTH, seen.depth, np.float32(0.0))
        instance = np.zeros(depth.shape, np.int32) if seen.instance is None else seen.instance
        tilt = seen.proprioception.get("tilt", 0.0)
        pose = [*here[:3, 3], here[0, 0], here[1, 0], tilt]
        limit = _pose_limit()
        return {
            "rgb": np.asarray(_fitted(seen.rgb, size, cv2.INTER_AREA), np.uint8),
            "depth": _fitted(np.maximum(depth, 0.0), size, cv2.INTER_NEAREST).reshape(-1),
            "instance": _fitted(instance, size, cv2.INTER_NEAREST).reshape(-1),
            "pose": np.clip(np.array(pose, np.float32), -limit, limit),
            "collided": np.array([seen.proprioception.get("collided", 0.0)], np.float32),
        }


def _fitted(picture: AnyArray, size: tuple[int, int], how: int) -> AnyArray:
    """Scales a picture to (width, height) where it has another size; always a new array."""
    if picture.shape[1::-1] == size:
        return picture.copy()
    return np.asarray(cv2.resize(picture, size, interpolation=how), picture.dtype)


def _pose_limit() -> AnyArray:
    return np.array([_PLACE_LIMIT] * 3 + [1.0, 1.0, TILT_LIMIT + 0.01], np.float32)
