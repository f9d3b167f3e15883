"""Memories of Room Ballet as what allocators are trained on: the head's inputs, and its actions."""

from collections.abc import Callable, Mapping
from typing import Final, Literal, final

import numpy as np

from embodied_mem.allocation.head import DROP, OPERATIONS, OVER, entry_and_operation
from embodied_mem.allocation.inputs import CONTEXT_FEATURES, ROOMS, SLOT_FEATURES
from embodied_mem.allocation.training.episodes import EpisodeSet
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Float64Array, Int64Array
from embodied_mem_envs.allocation.core import StepResult
from embodied_mem_envs.room_ballet.memories import Memories
from embodied_mem_envs.room_ballet.multi_task import TASKS, Episodes

Label = Literal["task", "same", "none"]
"""What is told of the task: which one it is; a label that is the same for all, for allocators that
cannot do without; nothing."""
Outcome = Callable[[Int64Array, Int64Array, Int64Array], Float64Array]
"""Returns (B,) what the memories (B, K) of the episodes (B,) are worth for the tasks (B,)."""
_AT: Final = {name: index for index, name in enumerate(SLOT_FEATURES)}
_CONTEXT_AT: Final = {name: index for index, name in enumerate(CONTEXT_FEATURES)}
_WIDTHS: Final[Mapping[Label, int]] = {"task": len(TASKS), "same": 1, "none": 0}


@final
class RoomBalletCore:
    """B full memories, each in an episode of its own; `allocation.training.episodes.Core`.

    A dance is one record, of one thing seen once; all dances are of one size. There is one task an
    episode and one question, after the last dance; its outcome is the reward.

    Args:
        episodes: The game and who dances where.
        tasks: (E,) index in `TASKS` of what is asked of each episode.
        rows: B.
        label: What the context tells of the task.
        outcome: What a memory is worth in the end; 1 where it holds the target if None.
    """

    def __init__(
        self,
        episodes: Episodes,
        tasks: Int64Array,
        rows: int,
        label: Label,
        outcome: Outcome | None = None,
    ) -> None:
        self._tasks = tasks
        self._target = episodes.targets[np.arange(len(episodes)), tasks]
        self._label: Label = label
        self._outcome = self._covered if outcome is None else outcome
        capacity = episodes.game.capacity
        self.memories = Memories(episodes.room, capacity, rows)
        self._rows = np.arange(rows)
        self._slots = np.zeros((rows, capacity + 1, len(SLOT_FEATURES)), np.float32)
        for name in ("held", "level", "bytes", "unique", "unique_now", "first", "latest"):
            self._slots[:, :, _AT[name]] = 1.0
        self._slots[:, :, _AT["quality"]] = 1.0
        self._slots[:, :, _AT["objects"]] = 1 / 8
        self._slots[:, -1, _AT["candidate"]] = 1.0
        self._context = np.zeros((rows, len(CONTEXT_FEATURES) + _WIDTHS[label]), np.float32)
        for name, value in (("fill_bytes", 1.0), ("fill_slots", 1.0)):
            self._context[:, _CONTEXT_AT[name]] = value
        self._context[:, _CONTEXT_AT["candidate_bytes"]] = 1 / capacity
        self._mask = np.zeros((rows, capacity + 1, len(OPERATIONS)), np.bool_)
        self._mask[:, :-1, OVER] = True
        self._mask[:, -1, DROP] = True

    def begin(self, rows: AnyArray, episodes: AnyArray) -> None:
        """Starts the episodes of these numbers in these rows."""
        self.memories.begin(rows, episodes)

    def observe(self) -> tuple[Float32Array, Float32Array, BoolArray]:
        """Returns slots (B, E, F), context (B, C) and mask (B, E, 4), in buffers used again."""
        memories, slots, context = self.memories, self._slots, self._context
        number = memories.number
        rooms = np.concatenate((memories.kept_room, memories.room[:, None]), axis=1)
        age = number[:, None] - np.concatenate((memories.kept, number[:, None]), axis=1)
        slots[:, :, _AT["age"]] = age / number[:, None]
        slots[:, :, _AT["log_age"]] = slots[:, :, _AT["log_idle"]] = np.log1p(age) / 5
        held = np.take_along_axis(memories.held, rooms, axis=1)
        slots[:, :, _AT["place_count"]] = held / memories.kept.shape[1]
        visits = np.take_along_axis(memories.seen, rooms, axis=1)
        slots[:, :, _AT["visits"]] = visits / memories.seen.max(axis=1)[:, None]
        first = _AT["room_0"]
        one_hot = np.minimum(rooms, ROOMS - 1)[:, :, None] == np.arange(ROOMS)
        slots[:, :, first : first + ROOMS] = one_hot
        context[:, _CONTEXT_AT["arrivals"]] = np.log1p(number + 1) / 6
        context[:, _CONTEXT_AT["known"]] = memories.kept.shape[1] / (number + 1)
        if self._label == "task":
            task = self._tasks[memories.episode]
            context[:, -len(TASKS) :] = task[:, None] == np.arange(len(TASKS))
        elif self._label == "same":
            context[:, -1] = 1.0
        return slots, context, self._mask

    def step(self, actions: AnyArray) -> StepResult:
        """Carries out one action in each row; one that is not valid refuses the dance."""
        entry, operation = entry_and_operation(actions)
        refused = self.memories.kept.shape[1]
        done = self.memories.put(np.where(operation == OVER, entry, refused))
        outcomes = np.zeros(len(done))
        if done.any():
            rows = np.flatnonzero(done)
            episode = self.memories.episode[rows]
            outcomes[rows] = self._outcome(self.memories.kept[rows], episode, self._tasks[episode])
        nothing = np.zeros(len(done))
        return StepResult(
            reward=outcomes,
            done=done,
            outcomes=outcomes,
            asked=done.astype(np.float64),
            compression=nothing,
            validity=nothing,
        )

    def state(self) -> dict[str, AnyArray]:
        """Returns all that changes, as arrays."""
        return self.memories.state()

    def restore(self, state: Mapping[str, AnyArray]) -> None:
        """Goes on from what `state` returned."""
        self.memories.restore(state)

    def _covered(self, kept: Int64Array, episode: Int64Array, task: Int64Array) -> Float64Array:
        found: BoolArray = (kept == self._target[episode][:, None]).any(axis=1)
        return found.astype(np.float64)


def as_set(
    episodes: Episodes, *, label: Label = "task", outcome: Outcome | None = None
) -> EpisodeSet:
    """Makes a set of episodes for trainers of allocators; the tasks take turns.

    Args:
        episodes: E of them, of which the memory does not hold all dances.
        label: What is told of the task.
        outcome: What a memory is worth in the end; 1 where it holds the target if None.
    """
    tasks = np.arange(len(episodes)) % len(TASKS)

    def make_core(rows: int) -> RoomBalletCore:
        return RoomBalletCore(episodes, tasks, rows, label, outcome)

    told = {"task": tuple(f"task_{name}" for name in TASKS), "same": ("task_any",), "none": ()}
    return EpisodeSet(
        make_core=make_core,
        count=len(episodes),
        slot_features=SLOT_FEATURES,
        context_features=(*CONTEXT_FEATURES, *told[label]),
        tasks=_WIDTHS[label],
        about={
            "generator": "room_ballet.multi_task",
            "visits": episodes.game.visits,
            "capacity": episodes.game.capacity,
            "label": label,
        },
    )
