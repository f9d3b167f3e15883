"""The mean of a figure over training seeds, and how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean of a figure over seeds, and its 95 % interval by Student's t.

    >>> print(Spread.of([1.0, 2.0, 3.0]))
    2.000 [-0.484, 4.484] over seeds 1.000 2.000 3.000
    """

    mean: float
    low: float
    high: float
    values: tuple[float, ...]

    @staticmethod
    def of(values: Sequence[float]) -> "Spread":
        """Computes it from one figure a seed; of one seed, the interval is without bounds."""
        mean, count = float(np.mean(values)), len(values)
        half = np.inf
        if count > 1:
            half = float(stdtrit(count - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(count))
        return Spread(mean, mean - half, mean + half, tuple(map(float, values)))

    def __str__(self) -> str:
        seeds = " ".join(f"{value:.3f}" for value in self.values)
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}] over seeds {seeds}"
