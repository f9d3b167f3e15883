"""What a trainer needs of an environment: many memories at once, as arrays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from embodied_mem.types import AnyArray, BoolArray, Float32Array


class Step(Protocol):
    """What came of an operation in every row; (B,) each."""

    @property
    def reward(self) -> AnyArray:
        """Outcomes + compression + validity."""
        ...

    @property
    def done(self) -> BoolArray:
        """Whether the row's episode is over."""
        ...

    @property
    def outcomes(self) -> AnyArray:
        """Sum of the outcomes of the questions that were asked."""
        ...

    @property
    def asked(self) -> AnyArray:
        """How many were asked."""
        ...

    @property
    def compression(self) -> AnyArray:
        """Part of the reward for bytes that are not in use."""
        ...

    @property
    def validity(self) -> AnyArray:
        """Part of the reward, below 0 where an action was not valid."""
        ...


class Core(Protocol):
    """B memories, each in an episode of its own; `embodied_mem_envs.allocation.AllocationCore`."""

    def begin(self, rows: AnyArray, episodes: AnyArray) -> None:
        """Starts the episodes of these numbers in these rows."""
        ...

    def observe(self) -> tuple[Float32Array, Float32Array, BoolArray]:
        """Returns slots (B, E, F), context (B, C) and mask (B, E, 4), in buffers used again."""
        ...

    def step(self, actions: AnyArray) -> Step:
        """Carries out one action in each row."""
        ...

    def state(self) -> dict[str, AnyArray]:
        """Returns all that changes, as arrays."""
        ...

    def restore(self, state: Mapping[str, AnyArray]) -> None:
        """Goes on from what `state` returned."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class EpisodeSet:
    """A fixed set of episodes, and how to play them."""

    make_core: Callable[[int], Core]
    """Returns a core of so many rows."""
    count: int
    """Episodes are numbered from 0 to below this."""
    slot_features: tuple[str, ...]
    context_features: tuple[str, ...]
    tasks: int = 0
    """The last so many inputs of the context are a one-hot label of the task; 0 where none is."""
    about: Mapping[str, object]
    """What the episodes are, for whoever reads the result: generator, version, hash, settings."""
    frozen_value: Callable[[Core], AnyArray] | None = None
    """Returns (B,) what the questions to come would bring if no memory were ever changed again;
    None where that is not known. It makes a reward tell at once what an operation was good for."""
