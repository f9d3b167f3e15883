"""What a bound is."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Bound:
    """The highest mean outcome that valid operations could reach with what is known."""

    value: float
    """No policy with that knowledge has a higher (expected) accuracy."""
    exact: bool
    """Whether operations reach it (to the solver's relative gap of 1e-4); else it is only known
    that none are better."""
    kept: NDArray[np.int8] | None
    """(T, T) level at which candidate i is held after candidate t, [t, i], 0 if not; of a bound
    that was relaxed there is none."""
