"""Whether an explorer keeps trying new things, or locks in on what it did before.

UltraHorizon (arXiv 2509.21766, section on in-context locking) finds that agents repeat themselves
more and more in long runs, and measures it by the entropy of what they do over time.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from math import log
from typing import Final

VERSION: Final = 1
WINDOW: Final = 50
"""Calls that an entropy is taken over."""


def action_entropies(calls: Sequence[Hashable], window: int = WINDOW) -> tuple[float, ...]:
    """Returns the entropy of the calls in each whole window, one after the other.

    In nats over the log of the window's length, so from 0 (always the same call) to 1 (never the
    same twice). Calls that do not fill a window at the end are left out.

    >>> action_entropies("aaaa" + "abcd", window=4)
    (0.0, 1.0)
    """
    whole = range(0, len(calls) - window + 1, window)
    return tuple(_entropy(calls[start : start + window]) / log(window) for start in whole)


def locking(entropies: Sequence[float]) -> float:
    """Returns how much of its variety an explorer lost from the first window to the last.

    0 where it does as many different things at the end as at the start, or more, and 1 where it
    only repeats one call; 0 where there are fewer than two windows.

    >>> locking((0.8, 0.5, 0.2))
    0.75
    """
    if len(entropies) < 2 or entropies[0] <= 0.0:
        return 0.0
    return max(0.0, round(1.0 - entropies[-1] / entropies[0], 9))


def _entropy(calls: Sequence[Hashable]) -> float:
    counts = Counter(calls).values()
    return sum(count / len(calls) * log(len(calls) / count) for count in counts)
