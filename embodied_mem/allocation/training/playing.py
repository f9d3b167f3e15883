"""Plays a queue of episodes on all rows of a core, and says how well it went in each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from embodied_mem.allocation.policy import Policy
from embodied_mem.allocation.training.episodes import Core, EpisodeSet
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Float64Array, Int64Array

Act = Callable[[Float32Array, Float32Array, BoolArray, Int64Array], AnyArray]
"""Chooses actions from slots, context and mask of all rows, and (B,) the place in the queue of the
episode that each row plays; -1 where the row plays on uncounted, as nothing is left for it."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Scores:
    """What came of each episode of the queue."""

    accuracy: Float64Array
    """Mean outcome of all questions."""
    reward: Float64Array
    """Sum of the rewards."""
    compression: Float64Array
    """Sum of the compression terms."""
    validity: Float64Array
    """Sum of the validity terms."""
    steps: Float64Array
    """Operations."""

    def means(self) -> dict[str, float]:
        """Returns the mean of each over the episodes."""
        return {field.name: float(getattr(self, field.name).mean()) for field in fields(self)}


def joined(parts: Sequence[Scores]) -> Scores:
    """Returns the scores of queues that stood one behind the other."""
    names = [field.name for field in fields(Scores)]
    return Scores(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def play(core: Core, rows: int, queue: Int64Array, act: Act) -> Scores:
    """Plays each episode of a queue once, to its end.

    A row whose episode is over takes the next of the queue, so that few rows ever idle.

    Args:
        core: Of so many rows; what it was doing is given up.
        rows: B.
        queue: (N,) numbers of episodes, N >= B; one may come several times.
        act: Chooses the actions.
    """
    core.begin(np.arange(rows), queue[:rows])
    playing = np.arange(rows, dtype=np.int64)
    sums = np.zeros((len(queue), 6))
    following, left = rows, len(queue)
    while left:
        step = core.step(act(*core.observe(), playing))
        terms = (step.outcomes, step.asked, step.reward, step.compression, step.validity)
        active = playing >= 0
        sums[playing[active], :-1] += np.stack(terms, axis=1)[active]
        sums[playing[active], -1] += 1
        ended = np.flatnonzero(step.done)
        if len(ended):
            left -= int(active[ended].sum())
            places = following + np.arange(len(ended))
            following += len(ended)
            playing[ended] = np.where(places < len(queue), places, -1)
            core.begin(ended, queue[places % len(queue)])
    outcomes, asked, reward, compression, validity, steps = sums.T
    return Scores(
        accuracy=outcomes / np.maximum(asked, 1),
        reward=reward,
        compression=compression,
        validity=validity,
        steps=steps,
    )


def evaluate(
    policy: Policy,
    episodes: EpisodeSet,
    numbers: Int64Array | None = None,
    *,
    rng: np.random.Generator | None = None,
    batch: int = 512,
) -> Scores:
    """Plays each episode once with a rule or a network.

    Args:
        policy: Sees whole batches.
        episodes: Where they come from.
        numbers: Which of them, in which order; all where None.
        rng: For policies that draw; seeded with 0 where None.
        batch: Episodes played at a time.
    """
    queue = np.arange(episodes.count) if numbers is None else np.asarray(numbers, np.int64)
    rng = np.random.default_rng(0) if rng is None else rng
    rows = min(batch, len(queue))

    def act(slots: Float32Array, context: Float32Array, mask: BoolArray, _: Int64Array) -> AnyArray:
        return policy(slots, context, mask, rng)

    return play(episodes.make_core(rows), rows, queue, act)
