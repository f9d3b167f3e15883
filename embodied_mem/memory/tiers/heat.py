"""Which records are worth keeping ready: those whose reading again would cost most a byte."""

import math
from collections.abc import Container
from heapq import heapify, heappop, heappush
from typing import Protocol, final

from embodied_mem.errors import ConfigError


class Policy(Protocol):
    """Chooses what is hot. Keys are record ids; sizes are bytes, costs are in any one unit."""

    def read(self, key: str) -> None:
        """Notes that a record is read, whether it is hot or not."""
        ...

    def victims(self, key: str, size: int, cost: float, needed: int) -> list[str] | None:
        """Chooses what makes room for a record; None where all of that is worth more than it.

        Args:
            key: The record that is not hot.
            size: Its bytes.
            cost: Of reading it where it is not hot.
            needed: Bytes that have to be freed.
        """
        ...

    def add(self, key: str, size: int, cost: float) -> None:
        """Notes that a record is hot now."""
        ...

    def remove(self, key: str) -> None:
        """Notes that a record is no longer hot."""
        ...

    def forget(self, key: str) -> None:
        """Forgets a record altogether."""
        ...

    def heat(self, key: str) -> float:
        """Returns a number that `warm` of a new policy takes."""
        ...

    def warm(self, key: str, heat: float) -> None:
        """Takes over how hot a record was when this was asked last."""
        ...


@final
class AgedDensity:
    """Keeps the records with the most of reads, each worth less with age, times cost a byte.

    Reads count 2**(-age / half_life), as in LRFU (Lee et al., 2001, section 2), between LFU
    (endless) and LRU (short); times cost over size, as in GreedyDual-Size-Frequency (Cherkasova,
    1998). Other than there, a record that is not hot keeps its count, and comes in only where it
    is worth more than what would go. Ageing shifts all alike, so the order stays as it is and
    nothing is worked out anew.

    Args:
        half_life: Reads after which a read counts half.
    """

    def __init__(self, half_life: float = 2000.0) -> None:
        if half_life <= 0:
            raise ConfigError(f"half_life must be positive, not {half_life}")
        self.half_life = half_life
        self._now = 0.0
        """Half-lives that have gone by."""
        self._reads: dict[str, float] = {}
        """Logarithm to base 2 of the reads, each counted 2**time."""
        self._hot: dict[str, tuple[int, float]] = {}
        """Size and logarithm of cost a byte."""
        self._order: list[tuple[float, str]] = []
        """Heap of worth, which may be older and lower than it is now."""

    def read(self, key: str) -> None:
        """Notes that a record is read; see `Policy`."""
        self._now += 1 / self.half_life
        before = self._reads.get(key)
        self._reads[key] = self._now if before is None else _log_sum(before, self._now)

    def victims(self, key: str, size: int, cost: float, needed: int) -> list[str] | None:
        """Chooses what makes room; see `Policy`."""
        worth = self._worth(key, _density(size, cost))
        chosen: dict[str, float] = {}
        freed = 0
        while freed < needed and (least := self._pop(chosen)) is not None:
            chosen[least[1]] = least[0]
            if least[0] >= worth:
                break
            freed += self._hot[least[1]][0]
        for victim, its in chosen.items():
            heappush(self._order, (its, victim))
        return list(chosen) if freed >= needed else None

    def _pop(self, but: Container[str]) -> tuple[float, str] | None:
        """Takes the least worth one out of the heap."""
        while self._order:
            worth, key = heappop(self._order)
            held = self._hot.get(key)
            if held is None or key in but:
                continue  # no longer hot, or there twice
            now = self._worth(key, held[1])
            if now == worth:
                return worth, key
            heappush(self._order, (now, key))
        return None

    def _worth(self, key: str, density: float) -> float:
        return self._reads.get(key, -math.inf) + density

    def add(self, key: str, size: int, cost: float) -> None:
        """Notes that a record is hot now; see `Policy`."""
        density = _density(size, cost)
        self._hot[key] = size, density
        heappush(self._order, (self._worth(key, density), key))
        if len(self._order) > 4 * len(self._hot) + 64:
            self._order = [(self._worth(k, held[1]), k) for k, held in self._hot.items()]
            heapify(self._order)

    def remove(self, key: str) -> None:
        """Notes that a record is no longer hot; see `Policy`."""
        self._hot.pop(key, None)

    def forget(self, key: str) -> None:
        """Forgets a record altogether; see `Policy`."""
        self.remove(key)
        self._reads.pop(key, None)
        self._order = [each for each in self._order if each[1] != key]
        heapify(self._order)

    def heat(self, key: str) -> float:
        """Returns the logarithm of the aged reads, as of now."""
        return self._reads.get(key, -math.inf) - self._now

    def warm(self, key: str, heat: float) -> None:
        """Takes over how hot a record was; see `Policy`."""
        self._reads[key] = self._now + heat


def _density(size: int, cost: float) -> float:
    return math.log2(max(cost, 1e-9) / max(size, 1))


def _log_sum(one: float, other: float) -> float:
    """Returns log2(2**one + 2**other)."""
    low, high = sorted((one, other))
    return high + math.log2(1 + 2.0 ** (low - high))
