"""What a bound is."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

GAP: Final = 1e-4
"""Relative gap at which the solver of an exact bound stops."""


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Bound:
    """The highest (expected) mean outcome that valid operations could reach with what is known."""

    value: float
    """No policy with that knowledge has a higher accuracy."""
    reached: float
    """Accuracy of the plan that was found; nan if the bound was relaxed and has none."""
    kept: NDArray[np.int8] | None
    """(T, T) level at which candidate i is to be held after candidate t, [t, i]; 0 if not. None if
    the bound was relaxed."""
    merged: NDArray[np.intp] | None
    """(T,) candidate into whose record each is to be merged; -1 for none. None if relaxed."""

    @property
    def exact(self) -> bool:
        """Whether the plan reaches the bound, to a relative 2e-4."""
        return self.reached >= self.value * (1 - 2 * GAP)
