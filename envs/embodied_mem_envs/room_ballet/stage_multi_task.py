"""Multi-Task as a game of the environment: what stays in memory is decided dance by dance."""

from typing import Any, Final, final

import numpy as np
from gymnasium import spaces

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.types import AnyArray, Int64Array, UInt8Array
from embodied_mem_envs.room_ballet.memories import Memories
from embodied_mem_envs.room_ballet.motions import MOTION_NAMES, MOTIONS, STEPS, TICKS
from embodied_mem_envs.room_ballet.multi_task import TASKS, Episodes, Game, draw_episodes
from embodied_mem_envs.room_ballet.pictures import CENTRE, FRAMES, frame_of, pixels
from embodied_mem_envs.room_ballet.reading import Answerer
from embodied_mem_envs.room_ballet.stage import Looks, Observed, Outcome

_GRID: Final = 4
"""Frames of a dance side by side in the picture."""
_GAP: Final = 5


@final
class MultiTaskStage:
    """Plays `Game`.

    Args:
        game: Settings; the memory does not hold all dances.
        task: One of `TASKS`, or None to draw it in each episode.
        task_label: Whether the task is observed.
        looks: How frames are observed.
        answerer: Whose answer counts; None where it counts whether the target was kept.

    Raises:
        ConfigError: If all dances fit, so that there is nothing to decide.
    """

    options: tuple[str, ...] = ("task",)

    def __init__(
        self,
        game: Game,
        *,
        task: str | None,
        task_label: bool,
        looks: Looks,
        answerer: Answerer | None,
    ) -> None:
        if game.capacity == game.dances:
            raise ConfigError(f"all {game.dances} dances fit into memory; lower the capacity")
        self._game, self._always, self._label = game, task, task_label
        self._looks, self._answerer = looks, answerer
        slots, rooms = game.capacity, game.rooms
        end = float(game.dances * TICKS)
        observed: dict[str, spaces.Space[Any]] = {
            "dance": looks.space(STEPS),
            "place": spaces.Discrete(rooms),
            "time": spaces.Box(0.0, end, (1,), np.float32),
            "memory_dance": looks.space(slots, STEPS),
            "memory_place": spaces.MultiDiscrete([rooms] * slots),
            "memory_time": spaces.Box(0.0, end, (slots,), np.float32),
        }
        if task_label:
            observed["task"] = spaces.MultiBinary(len(TASKS))
        self.observation_space = spaces.Dict(observed)
        self.action_space = spaces.Discrete(slots + 1)
        self._task = 0
        self._episodes: Episodes
        self._memories: Memories

    def begin(self, rng: np.random.Generator, options: dict[str, Any]) -> Observed:
        """Draws an episode; the first dances are in memory already."""
        drawn = TASKS[int(rng.integers(len(TASKS)))] if self._always is None else self._always
        task = options.get("task", drawn)
        if task not in TASKS:
            raise unknown_name("task", str(task), TASKS)
        self._task = TASKS.index(task)
        self._episodes = draw_episodes(self._game, 1, rng)
        self._memories = Memories(self._episodes.room, self._game.capacity, 1)
        self._memories.begin(np.zeros(1, np.int64), np.zeros(1, np.int64))
        return self._observe()

    def step(self, action: int) -> Outcome:
        """Writes the dance over a slot, or refuses it."""
        done = bool(self._memories.put(np.array([action]))[0])
        if not done:
            return self._observe(), 0.0, False, {}
        target = self._target
        info: dict[str, Any] = {
            "task": TASKS[self._task],
            "target": target,
            "kept": bool((self._memories.kept[0] == target).any()),
            "motion": MOTION_NAMES[self._episodes.motion[0, target]],
        }
        right = info["kept"]
        if self._answerer is not None:
            kept = np.sort(self._memories.kept, axis=1)
            answer = int(self._answerer(self._episodes, kept, np.array([[target]]))[0, 0])
            info["answer"] = MOTION_NAMES[answer]
            right = answer == int(self._episodes.motion[0, target])
        info["is_success"] = right
        return self._observe(), float(right), True, info

    def picture(self) -> UInt8Array:
        """Draws the frames of the new dance on the left, and each slot on the right.

        A slot shows where in its room its dancer has been, and the dancer in the centre.
        """
        left = _tiled(pixels(self._new_dance()), _GRID)
        frames = pixels(self._held_dances())
        trails = np.maximum(frames.max(axis=1) // 3, frames[:, -1])
        right = _tiled(trails, _GRID)
        height = max(len(left), len(right))
        gap = np.full((height, _GAP, 3), 255, np.uint8)
        return np.concatenate((_padded(left, height), gap, _padded(right, height)), axis=1)

    @property
    def _target(self) -> int:
        return int(self._episodes.targets[0, self._task])

    def _dances(self, numbers: AnyArray | int) -> Int64Array:
        """Returns (..., 16, 5, 5) the frames of dances, as squares."""
        looks, motion = self._episodes.looks[0, numbers], self._episodes.motion[0, numbers]
        frames: Int64Array = FRAMES[frame_of(looks[..., None], MOTIONS[motion])]
        return frames

    def _new_dance(self) -> Int64Array:
        number = int(self._memories.number[0])
        if number < self._game.dances:
            return self._dances(number)
        asked = FRAMES[frame_of(self._episodes.looks[0, self._target], CENTRE)]
        return np.broadcast_to(asked, (STEPS, *asked.shape))

    def _held_dances(self) -> Int64Array:
        return self._dances(self._memories.kept[0])

    def _observe(self) -> Observed:
        memories, number = self._memories, int(self._memories.number[0])
        observed: Observed = {
            "dance": self._looks.of(self._new_dance()),
            "place": np.int64(memories.room[0] if number < self._game.dances else 0),
            "time": np.array([number * TICKS], np.float32),
            "memory_dance": self._looks.of(self._held_dances()),
            "memory_place": memories.kept_room[0].copy(),
            "memory_time": (memories.kept[0] * TICKS).astype(np.float32),
        }
        if self._label:
            observed["task"] = (np.arange(len(TASKS)) == self._task).astype(np.int8)
        return observed


def _tiled(pictures: UInt8Array, columns: int) -> UInt8Array:
    """Puts pictures (N, H, W, 3) side by side, row by row."""
    count, height, width, _ = pictures.shape
    rows = -(-count // columns)
    tiles = np.zeros((rows * columns, height, width, 3), np.uint8)
    tiles[:count] = pictures
    tiled = tiles.reshape(rows, columns, height, width, 3).swapaxes(1, 2)
    return tiled.reshape(rows * height, columns * width, 3)


def _padded(picture: UInt8Array, height: int) -> UInt8Array:
    return np.pad(picture, ((0, height - len(picture)), (0, 0), (0, 0)))
