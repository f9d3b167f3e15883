"""Where episodes are played: the seam behind which other processes and machines can be.

A queue of episodes is cut into shards, each with chance of its own that follows from the seed, the
update and the number of the shard. What comes of a shard is therefore the same wherever it is
played, and as often as it is: a shard that was lost with its worker is played again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Shard:
    """One piece of work, as plain data and arrays."""

    fixed: Any
    """What stays the same over a training, as its episodes: sent to other machines once."""
    policy: Any
    """What plays: sent once a call of `Rollouts.each`, however many shards it plays."""
    part: Any = None
    """What is this shard's own."""


class Rollouts(Protocol):
    """Carries out shards, wherever it likes."""

    def each(
        self, work: Callable[[Any, Any, Any], Result], shards: Sequence[Shard]
    ) -> list[Result]:
        """Returns what comes of each shard, in their order.

        Args:
            work: A function of a module, given `fixed`, `policy` and `part`, none of which it may
                change. It may be called more than once for a shard, and draws from nothing but what
                `part` seeds.
            shards: At least one.
        """
        ...


@final
class SerialRollouts:
    """Carries out one shard after the other in this process."""

    def each(
        self, work: Callable[[Any, Any, Any], Result], shards: Sequence[Shard]
    ) -> list[Result]:
        """See `Rollouts.each`."""
        return [work(shard.fixed, shard.policy, shard.part) for shard in shards]


def cut(queue: AnyArray, shards: int) -> list[AnyArray]:
    """Returns a queue in parts of nearly equal length, one behind the other.

    Raises:
        ConfigError: If a shard would have no episode.

    >>> [part.tolist() for part in cut(np.arange(5), 2)]
    [[0, 1, 2], [3, 4]]
    """
    if not 1 <= shards <= len(queue):
        raise ConfigError(f"{shards} shards of {len(queue)} episodes; expected 1 to {len(queue)}")
    return np.array_split(queue, shards)


def shard_seed(seed: int, update: int, shard: int) -> int:
    """Returns the seed of a shard's chance, below 2^63; no two shards of a training share one.

    >>> shard_seed(0, 1, 2) == shard_seed(0, 1, 2) != shard_seed(0, 2, 1)
    True
    """
    word = np.random.SeedSequence([seed, update, shard]).generate_state(1, np.uint64)[0]
    return int(word >> np.uint64(1))
