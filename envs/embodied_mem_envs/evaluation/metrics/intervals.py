"""Confidence intervals over episodes by the bootstrap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embodied_mem.errors import EvaluationError
from embodied_mem.types import Float64Array

LEVEL = 0.95
"""Of every interval, where nothing else is said."""
RESAMPLES = 4000
_CHUNK = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A mean over episodes, and where it lies with the confidence asked for."""

    mean: float
    lo: float
    """NaN where there is one episode only."""
    hi: float
    episodes: int


def mean_interval(
    values: Sequence[float], *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> Estimate:
    """Estimates the mean over episodes with its bias-corrected and accelerated interval.

    Efron 1987, "Better Bootstrap Confidence Intervals", section 3 (BCa); Efron and Tibshirani 1993,
    "An Introduction to the Bootstrap", section 14.3. Where all values are equal, nothing varies and
    the interval is that value. The same values give the same interval, whatever their order.

    Args:
        values: One number an episode.
        level: Between 0 and 1.
        resamples: How many samples are drawn.
        seed: Of the samples.

    Raises:
        EvaluationError: If there is no value, one is not finite, or a setting is out of range.
    """
    given = np.sort(np.asarray(values, np.float64))
    if given.size == 0 or not np.isfinite(given).all():
        raise EvaluationError("an interval needs at least one value, and all of them finite")
    if not 0.0 < level < 1.0 or resamples < 100:
        raise EvaluationError(
            f"level {level}, resamples {resamples}; expected between 0 and 1, and 100 or more"
        )
    mean = float(np.mean(given))
    if given.size == 1:
        return Estimate(mean=mean, lo=float("nan"), hi=float("nan"), episodes=1)
    if given[0] == given[-1]:
        value = float(given[0])
        return Estimate(mean=value, lo=value, hi=value, episodes=given.size)
    means = _resampled(given, resamples, np.random.default_rng([seed, given.size]))
    lo, hi = np.quantile(means, _levels(given, means, mean, level))
    return Estimate(mean=mean, lo=float(lo), hi=float(hi), episodes=given.size)


def paired_interval(
    own: Sequence[float], other: Sequence[float], *, level: float = LEVEL, seed: int = 0
) -> Estimate:
    """Estimates the mean difference `own - other` over the same episodes.

    Whole episodes are drawn, so that what makes one hard for both does not widen the interval.

    Raises:
        EvaluationError: If the two are not of one length, or `mean_interval` refuses them.
    """
    if len(own) != len(other):
        raise EvaluationError(f"{len(own)} values against {len(other)}; expected the same episodes")
    return mean_interval(
        [mine - theirs for mine, theirs in zip(own, other, strict=True)], level=level, seed=seed
    )


def _resampled(values: Float64Array, resamples: int, rng: np.random.Generator) -> Float64Array:
    means = []
    for start in range(0, resamples, _CHUNK):
        rows = min(_CHUNK, resamples - start)
        means.append(values[rng.integers(values.size, size=(rows, values.size))].mean(axis=1))
    return np.concatenate(means)


def _levels(
    values: Float64Array, means: Float64Array, mean: float, level: float
) -> tuple[float, float]:
    """Returns which quantiles of the resampled means are the ends of the interval."""
    from scipy.special import ndtr, ndtri

    # Half of what is equal counts as below, as the means of few discrete values are often equal.
    below = float(np.mean(means < mean) + 0.5 * np.mean(means == mean))
    bias = float(ndtri(np.clip(below, 1.0 / means.size, 1.0 - 1.0 / means.size)))
    # The jackknife's means lie as far from their own mean as the values do, the other way round.
    away = values - mean
    away /= np.max(np.abs(away))  # its unit does not matter, and tiny values must not vanish
    acceleration = float(np.sum(away**3) / (6.0 * np.sum(away**2) ** 1.5))

    def moved(tail: float) -> float:
        shifted = bias + float(ndtri(tail))
        return float(ndtr(bias + shifted / (1.0 - acceleration * shifted)))

    half = 0.5 * (1.0 - level)
    return moved(half), moved(1.0 - half)
