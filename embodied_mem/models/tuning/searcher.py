"""Searches a grid of settings for the best goodput in few measurements."""

import math
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from scipy.special import ndtr

from embodied_mem.errors import ConfigError
from embodied_mem.models.tuning.space import Space
from embodied_mem.models.tuning.surrogate import GaussianProcess
from embodied_mem.types import Float64Array

_DRAWN: Final = 32


@final
@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """How a grid is searched."""

    first: float = 0.2
    """Share of the measurements that are spread over the grid before the surrogate is asked."""
    again: float = 0.1
    """Share of the measurements, the last ones, that measure the best points again."""
    few: int = 3
    """How many points are measured again."""
    steps: int = 12
    """For how many steps the surrogate's hyperparameters are improved at a time."""
    every: int = 4
    """After how many measurements they are improved again."""

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            ConfigError: If one is out of range.
        """
        shares = 0 < self.first <= 1 and 0 <= self.again < 1
        if not shares or self.few < 1 or self.steps < 0 or self.every < 1:
            raise ConfigError(
                f"first is {self.first}, again {self.again}, few {self.few}, steps {self.steps} "
                f"and every {self.every}; expected shares, and counts of at least 1 (steps: 0)"
            )


@final
class Searcher:
    """Says which point to measure next: expected improvement over a Gaussian process.

    Jones et al. 1998 (Efficient Global Optimization), with the first points spread over the grid.
    The last measurements go to the best few points again, as the highest of many measurements is
    partly luck. What comes next depends on nothing but the space, the seed and what was told, so
    that a search that was cut off goes on as if it had not been.

    Args:
        space: What is searched.
        measurements: How many there will be; more can be asked for.
        seed: Of the first points.
    """

    def __init__(
        self,
        space: Space,
        *,
        measurements: int,
        seed: int = 0,
        config: SearchConfig | None = None,
    ) -> None:
        self.config = config or SearchConfig()
        self.measured: dict[int, list[float]] = {}
        """The measurements of each point, in the order of the points."""
        self._at = space.coordinates()
        self._surrogate = GaussianProcess(self._at.shape[1])
        count = min(max(2, math.ceil(self.config.first * measurements)), len(space))
        self._first = _spread(self._at, count, np.random.default_rng(seed))
        self._explore = measurements - math.floor(self.config.again * measurements)

    @property
    def done(self) -> int:
        """How many measurements there were."""
        return sum(map(len, self.measured.values()))

    def next(self) -> int:
        """Returns the point to measure next."""
        waiting = [point for point in self._first if point not in self.measured]
        if waiting:
            return waiting[0]
        left = np.array(sorted(set(range(len(self._at))) - set(self.measured)), np.int64)
        if not len(left) or self.done >= self._explore:
            return self._doubtful()
        mean, deviation = self._surrogate.predict(self._at[left])
        best = math.sqrt(max(map(_mean, self.measured.values())))
        return int(left[np.argmax(_improvement(mean, deviation, best))])

    def tell(self, point: int, goodput: float) -> None:
        """Takes what was measured at a point; 0 where nothing useful was done.

        Raises:
            ConfigError: If it is negative or not finite.
        """
        if not 0.0 <= goodput < math.inf:
            raise ConfigError(f"a goodput is {goodput}; expected a finite number from 0 on")
        self.measured.setdefault(point, []).append(goodput)
        since = self.done - len(self._first)
        if since >= 0 and self.done < self._explore:
            due = since % self.config.every == 0
            points = list(self.measured)
            values = np.sqrt([_mean(self.measured[each]) for each in points])
            self._surrogate.fit(self._at[points], values, steps=self.config.steps * due)

    def best(self) -> int | None:
        """Returns the point whose measurements are the highest on average; None if all are 0.

        Those measured again go before those measured once.
        """
        again = {point: each for point, each in self.measured.items() if len(each) > 1}
        known = again or self.measured
        point = max(known, key=lambda each: _mean(known[each]), default=None)
        return None if point is None or not any(known[point]) else point

    def _doubtful(self) -> int:
        """Returns which of the best few to measure again: the one measured the least."""
        order = sorted(self.measured, key=lambda point: -_mean(self.measured[point]))
        return min(order[: self.config.few], key=lambda point: len(self.measured[point]))


def _mean(measurements: list[float]) -> float:
    return sum(measurements) / len(measurements)


def _spread(at: Float64Array, count: int, rng: np.random.Generator) -> list[int]:
    """Returns points far from each other: each the one of a few dozen drawn that is farthest."""
    chosen = [int(rng.integers(len(at)))]
    while len(chosen) < count:
        left = np.setdiff1d(np.arange(len(at)), chosen)
        drawn = rng.choice(left, min(_DRAWN, len(left)), replace=False)
        away = ((at[drawn][:, None] - at[chosen][None]) ** 2).sum(axis=2).min(axis=1)
        chosen.append(int(drawn[np.argmax(away)]))
    return chosen


def _improvement(mean: Float64Array, deviation: Float64Array, best: float) -> Float64Array:
    """Returns by how much a point is expected to be better than the best, float64 (n,)."""
    away = (mean - best) / deviation
    density = np.exp(-0.5 * away**2) / math.sqrt(2.0 * math.pi)
    improvement: Float64Array = deviation * (away * ndtr(away) + density)
    return improvement
