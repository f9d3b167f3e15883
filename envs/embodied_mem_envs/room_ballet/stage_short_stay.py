"""Short-Stay as a game of the environment: watch, remember, and answer once."""

from typing import Any, final

import numpy as np
from gymnasium import spaces

from embodied_mem.errors import ConfigError
from embodied_mem.types import UInt8Array
from embodied_mem_envs.room_ballet.motions import MOTION_NAMES
from embodied_mem_envs.room_ballet.pictures import CENTRE, FRAMES, frame_of, pixels
from embodied_mem_envs.room_ballet.short_stay import Stay, Walks, draw_walks
from embodied_mem_envs.room_ballet.stage import Looks, Observed, Outcome

_ZOOM = 4


@final
class ShortStayStage:
    """Plays `Stay`.

    Args:
        stay: Settings.
        looks: How frames are observed.
    """

    options: tuple[str, ...] = ("room",)

    def __init__(self, stay: Stay, *, looks: Looks) -> None:
        self._stay, self._looks = stay, looks
        self.observation_space = spaces.Dict(
            {
                "picture": looks.space(),
                "place": spaces.Discrete(stay.rooms),
                "time": spaces.Box(0.0, float(stay.steps), (1,), np.float32),
                "asked": spaces.Discrete(2),
            }
        )
        self.action_space = spaces.Discrete(len(MOTION_NAMES))
        self._tick = 0
        self._target = 0
        self._walks: Walks

    def begin(self, rng: np.random.Generator, options: dict[str, Any]) -> Observed:
        """Draws a walk, and shows its first step."""
        self._walks = draw_walks(self._stay, 1, rng)
        drawn = int(rng.integers(self._stay.rooms))
        room = options.get("room", drawn)
        if room not in range(self._stay.rooms):
            raise ConfigError(f"room is {room!r}; expected a number, 0 to {self._stay.rooms - 1}")
        self._target = int(room)
        self._seen = FRAMES[self._walks.frames()[0]]
        self._tick = 0
        return self._observe()

    def step(self, action: int) -> Outcome:
        """Walks on whatever the action is; when it was asked, the action is the answer."""
        if self._tick < self._stay.steps:
            self._tick += 1
            return self._observe(), 0.0, False, {}
        motion = int(self._walks.motion[0, self._target])
        right = action == motion
        info = {"is_success": right, "motion": MOTION_NAMES[motion], "room": self._target}
        return self._observe(), float(right), True, info

    def picture(self) -> UInt8Array:
        """Draws what the agent sees."""
        picture: UInt8Array = pixels(self._frame).repeat(_ZOOM, axis=0).repeat(_ZOOM, axis=1)
        return picture

    @property
    def _frame(self) -> Any:
        if self._tick < self._stay.steps:
            return self._seen[self._tick]
        return FRAMES[frame_of(self._walks.looks[0, self._target], CENTRE)]

    def _observe(self) -> Observed:
        asked = self._tick == self._stay.steps
        return {
            "picture": self._looks.of(self._frame),
            "place": np.int64(0 if asked else self._walks.room[0, self._tick]),
            "time": np.array([self._tick], np.float32),
            "asked": np.int64(asked),
        }
