"""Tunes a linear head: the strongest of the rules that do not learn from what they did."""

from collections.abc import Callable
from typing import Final, final

import numpy as np

from embodied_mem.allocation.head import DROP, LOWER, MERGE, OPERATIONS, OVER
from embodied_mem.allocation.inputs import SLOT_FEATURES
from embodied_mem.allocation.linear import LinearHead
from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray, Float64Array

_AT: Final = {name: index for index, name in enumerate(SLOT_FEATURES)}
_WEIGHTS: Final = len(SLOT_FEATURES) * len(OPERATIONS)
_SPREAD: Final = 0.3
"""Standard deviation of the first weights that are tried."""
_LAST_SPREAD: Final = 0.25
"""Of the last ones, over that; at most."""


def tune_linear(
    evaluate: Callable[[LinearHead, int], float], seed: int, evaluations: int = 4000
) -> LinearHead:
    """Returns the head that does best, found by evolution.

    Separable CMA-ES over all weights at once, from `gentle_coverage`. What it returns is the mean
    centre of the last third of the search, which is far less a matter of luck than the best that
    was tried (Polyak averaging).

    Args:
        evaluate: Says how good a head is in a round, more being better. All heads of a round should
            meet the same episodes, and each round others: a few hundred weights soon fit what they
            are always tried on.
        seed: Of the search.
        evaluations: Heads that are tried.

    Raises:
        ConfigError: If there are too few evaluations for one round.
    """
    search = SeparableCMA(_vector(gentle_coverage()), _SPREAD, np.random.default_rng(seed))
    if evaluations < search.size:
        raise ConfigError(f"{evaluations} evaluations; a round alone takes {search.size}")
    rounds = evaluations // search.size
    centres = []
    for number in range(rounds):
        tried = search.ask()
        search.tell(tried, np.array([evaluate(_head(vector), number) for vector in tried]))
        # Chance in the scores keeps it from settling by itself.
        search.spread = min(search.spread, _SPREAD * _LAST_SPREAD ** ((number + 1) / rounds))
        centres.append(search.mean)
    return _head(np.mean(centres[-max(rounds // 3, 1) :], axis=0))


def gentle_coverage() -> LinearHead:
    """Returns where the search begins: what only one record shows stays, the old go first.

    With weights that are small enough to be searched from, and fidelity that falls before records
    are dropped.
    """
    weights = np.zeros((len(SLOT_FEATURES), len(OPERATIONS)))
    goes = (OVER, DROP, LOWER)
    weights[_AT["unique"], goes] = -2.0
    weights[_AT["objects"], goes] = -2.0
    weights[_AT["age"], goes] = 0.5
    weights[_AT["candidate"], OVER] = 4.0
    bias = np.zeros(len(OPERATIONS))
    bias[[MERGE, LOWER, DROP]] = -0.5, 0.5, -1.0
    return LinearHead(weights, bias)


def _vector(head: LinearHead) -> Float64Array:
    return np.concatenate([head.weights.ravel(), head.bias])


def _head(vector: AnyArray) -> LinearHead:
    return LinearHead(vector[:_WEIGHTS].reshape(-1, len(OPERATIONS)), vector[_WEIGHTS:])


@final
class SeparableCMA:
    """CMA-ES with a diagonal covariance, which learns the scales of hundreds of weights quickly.

    Ros and Hansen, "A simple modification in CMA-ES achieving linear time and space complexity"
    (PPSN 2008); constants as in Hansen's tutorial (arXiv 1604.00772), figure 6, with the rates of
    the covariance (n + 2) / 3 times as high.

    Args:
        mean: (n,) where the search begins.
        spread: Standard deviation of the first candidates.
        rng: Source of chance.

    Attributes:
        mean: (n,) centre of the search; what it has found.
        spread: Standard deviation of what is tried next, over that of each weight.
        size: Candidates of one round.
    """

    def __init__(self, mean: Float64Array, spread: float, rng: np.random.Generator) -> None:
        n = len(mean)
        self.mean = mean.copy()
        self.size = 2 * (4 + int(3 * np.log(n)))
        self._rng = rng
        self.spread = spread
        parents = self.size // 2
        weights = np.log((self.size + 1) / 2) - np.log(np.arange(1, parents + 1))
        self._weights = weights / weights.sum()
        effective = 1 / np.square(self._weights).sum()
        self._rate_spread = (effective + 2) / (n + effective + 5)
        self._damping = 1 + self._rate_spread
        self._damping += 2 * max(0.0, float(np.sqrt((effective - 1) / (n + 1))) - 1)
        self._rate_path = (4 + effective / n) / (n + 4 + 2 * effective / n)
        faster = (n + 2) / 3
        self._rate_one = min(1.0, faster * 2 / ((n + 1.3) ** 2 + effective))
        rate = 2 * (effective - 2 + 1 / effective) / ((n + 2) ** 2 + effective)
        self._rate_many = min(1 - self._rate_one, faster * rate)
        self._effective = effective
        self._variance = np.ones(n)
        self._path_spread = np.zeros(n)
        self._path = np.zeros(n)
        self._expected = np.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n))
        self._rounds = 0

    def ask(self) -> Float64Array:
        """Returns (size, n) what is to be tried next."""
        drawn = self._rng.standard_normal((self.size, len(self.mean)))
        return self.mean + self.spread * np.sqrt(self._variance) * drawn

    def tell(self, tried: Float64Array, scores: Float64Array) -> None:
        """Hears how good (size,) what was tried is, more being better, and moves on."""
        best = tried[np.argsort(-scores, kind="stable")[: len(self._weights)]]
        steps = (best - self.mean) / self.spread
        step = self._weights @ steps
        self.mean = self.mean + self.spread * step
        self._rounds += 1
        rate = self._rate_spread
        whitened = step / np.sqrt(self._variance)
        self._path_spread = (1 - rate) * self._path_spread + np.sqrt(
            rate * (2 - rate) * self._effective
        ) * whitened
        length = float(np.linalg.norm(self._path_spread))
        usual = np.sqrt(1 - (1 - rate) ** (2 * self._rounds))
        calm = length / usual < (1.4 + 2 / (len(self.mean) + 1)) * self._expected
        rate = self._rate_path
        self._path = (1 - rate) * self._path
        self._path += calm * np.sqrt(rate * (2 - rate) * self._effective) * step
        one, many = self._rate_one, self._rate_many
        lost = (1 - calm) * one * rate * (2 - rate)
        self._variance = (
            (1 - one - many + lost) * self._variance
            + one * np.square(self._path)
            + many * (self._weights @ np.square(steps))
        )
        change = self._rate_spread / self._damping * (length / self._expected - 1)
        self.spread *= float(np.exp(min(change, 1.0)))
