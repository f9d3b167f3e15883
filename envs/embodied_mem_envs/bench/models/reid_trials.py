"""Trials of knowing something again: one sight, and what it might be; the same for every way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from embodied_mem.types import Float32Array, Int64Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trial:
    """One question: which of the candidates shows the same as the sight?"""

    sight: int
    """Row of what is seen."""
    right: int
    """Row of the one candidate that shows the same."""
    wrong: Int64Array
    """Rows of the others."""
    alike: Int64Array
    """Those of the others that are of the same category; may be empty."""


@final
class Tally:
    """Counts what a way of describing gets right, group by group."""

    def __init__(self) -> None:
        self.hits: dict[str, list[float]] = {}

    def add(self, name: str, hits: Sequence[float]) -> None:
        """Takes the outcomes of a group (a house, a frame) as their mean; none where empty."""
        if hits:
            self.hits.setdefault(name, []).append(float(np.mean(hits)))

    def add_trials(
        self, trials: Sequence[Trial], vectors: Mapping[str, Float32Array], prefix: str
    ) -> None:
        """Judges the trials of a group by every way's vectors; chance is what guessing gets."""
        for way, rows in vectors.items():
            name = f"{prefix}_{way}"
            self.add(name, [_hit(rows, trial, trial.wrong) for trial in trials])
            self.add(
                f"{name}_same_category",
                [_hit(rows, trial, trial.alike) for trial in trials if trial.alike.size],
            )
        self.add(f"{prefix}_chance", [1.0 / (1 + trial.wrong.size) for trial in trials])


def _hit(rows: Float32Array, trial: Trial, others: Int64Array) -> float:
    """Returns 1 if the right candidate is the most alike, its share where several are, else 0."""
    asked = rows[trial.sight]
    right = float(rows[trial.right] @ asked)
    rest = rows[others] @ asked
    if (rest > right).any():
        return 0.0
    return 1.0 / (1.0 + float(np.count_nonzero(rest == right)))
