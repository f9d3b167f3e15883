"""Policies of the head that allocators of a store share, for the slots of any environment."""

from typing import Final, final

import numpy as np

from embodied_mem.allocation.head import DROP, OPERATIONS, OVER, entry_and_operation
from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.allocation.policy import Policy
from embodied_mem.types import AnyArray, BoolArray, Float32Array
from embodied_mem_envs.wrappers.view import MemoryView

_SLOT_AT: Final = {name: index for index, name in enumerate(SLOT_FEATURES)}
_CONTEXT_AT: Final = {name: index for index, name in enumerate(CONTEXT_FEATURES)}


@final
class HeadPolicy:
    """Lets a policy of the head, fixed rule or trained network, decide about a `Memory`.

    What an environment's observations lack is the same for all entries: they lie in one place, are
    of one size and show one thing each, which is the same thing where two are equal. What is first
    and what latest is told as far as the memory itself tells. Nothing is ever asked of the memory,
    so what is known of questions is 0.

    ```python
    >>> import gymnasium as gym
    >>> from embodied_mem.allocation.rules import RULES
    >>> from embodied_mem_envs.wrappers import HeadPolicy, Memory
    >>> env = Memory(gym.make("CartPole-v1"), slots=4, allocator=HeadPolicy(RULES["hedge"]()))

    ```
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def __call__(self, view: MemoryView, rng: np.random.Generator, /) -> int:
        """Returns the slot to write over, or `view.slots` to refuse; see `SlotPolicy`."""
        if view.slots == 0:
            return 0
        slots, context = head_inputs(view)
        actions = self.policy(slots[None], context[None], head_mask(view)[None], rng)
        entry, operation = entry_and_operation(int(actions[0]))
        if int(operation) == DROP:
            return view.slots
        return 0 if int(entry) == view.slots else int(entry)


def head_mask(view: MemoryView) -> BoolArray:
    """Returns (K + 1, 4) what can be done: write over a slot, take free room, or refuse."""
    mask = np.zeros((view.slots + 1, len(OPERATIONS)), np.bool_)
    mask[:-1, OVER] = view.held[:-1]
    mask[-1, OVER] = view.has_room
    mask[-1, DROP] = True
    return mask


def head_inputs(view: MemoryView) -> tuple[Float32Array, Float32Array]:
    """Returns (K + 1, F) inputs of the entries, and (C,) that they share; K is 1 or more."""
    held = view.held.astype(np.float32)
    values: dict[str, AnyArray] = {
        **{name: held for name in ("held", "level", "bytes", "quality", "place_count", "visits")},
        "objects": held / 8,
        "age": view.age / max(view.arrivals - 1, 1),
        "log_age": np.log1p(view.age) / 5,
        "log_idle": np.log1p(view.age) / 5,
        **_repetition(view),
        **_likeness(view),
    }
    slots = np.zeros((view.slots + 1, len(SLOT_FEATURES)), np.float32)
    for name, value in values.items():
        slots[:, _SLOT_AT[name]] = held * value
    slots[-1, _SLOT_AT["candidate"]] = 1.0
    return slots, _context(view)


def _context(view: MemoryView) -> Float32Array:
    fill = float(view.held[:-1].mean())
    context = np.zeros(len(CONTEXT_FEATURES), np.float32)
    for name, value in {
        "fill_bytes": fill,
        "fill_slots": fill,
        "candidate_bytes": 1 / view.slots,
        "arrivals": np.log1p(view.arrivals) / 6,
        "known": fill * view.slots / view.arrivals,
    }.items():
        context[_CONTEXT_AT[name]] = value
    return context


def _repetition(view: MemoryView) -> dict[str, AnyArray]:
    """Returns the inputs that tell which entries hold the same."""
    _, numbers = np.unique(view.content, axis=0, return_inverse=True)
    numbers = numbers.reshape(-1)
    equal = (numbers == numbers[:, None]) & view.held & view.held[:, None]
    alone = np.append(equal[:-1, :-1].sum(axis=1) == 1, not equal[-1, :-1].any())
    return {
        "unique": alone,
        "unique_now": alone,
        "first": ~np.tril(equal, -1).any(axis=1),
        "latest": ~np.triu(equal, 1).any(axis=1),
        "overlap": np.append(equal[-1, :-1], equal[-1, :-1].any()),
    }


def _likeness(view: MemoryView) -> dict[str, AnyArray]:
    """Returns the inputs that tell how alike entries are: cosines of what they hold."""
    content: AnyArray = view.content.astype(np.float64)
    length = np.linalg.norm(content, axis=1)
    content = content / np.where(length > 0, length, 1.0)[:, None]
    other = view.held & view.held[:, None] & ~np.eye(len(content), dtype=np.bool_)
    cosine = np.where(other, content @ content.T, -1.0)
    nearest = np.append(cosine[:-1, :-1].max(axis=1), cosine[-1].max())
    return {
        "similarity": nearest,
        "candidate_similarity": np.append(cosine[-1, :-1], 0.0),
    }
