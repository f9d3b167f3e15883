"""What a hot tier could be kept by: the usual policies, and bounds that nothing can exceed."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count
from typing import final

import numpy as np

from embodied_mem.memory.tiers import Policy
from embodied_mem.types import Float64Array


@dataclass(frozen=True, kw_only=True)
class Served:
    """What became of a trace of reads."""

    hits: float
    """Share of the reads that were served hot."""
    cost: float
    """Cost of the other reads over the cost of all."""


@final
class Scored:
    """Evicts what scores least; the score of a record is worked out when it is read.

    Args:
        score: Of a record, from how often it was read while hot, the number of the read, the
            score of what was evicted last, and its cost a byte.
    """

    def __init__(self, score: Callable[[int, int, float, float], float]) -> None:
        self._score = score
        self._clock = count(1)
        self._now = 0
        self._inflation = 0.0
        self._reads: dict[str, int] = {}
        self._held: dict[str, tuple[int, float]] = {}
        self._worth: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def read(self, key: str) -> None:
        """Notes that a record is read."""
        self._now = next(self._clock)
        self._reads[key] = self._reads.get(key, 0) + 1
        if key in self._held:
            self._rank(key)

    def _rank(self, key: str) -> None:
        density = self._held[key][1]
        self._worth[key] = self._score(self._reads[key], self._now, self._inflation, density)
        heappush(self._heap, (self._worth[key], key))

    def victims(self, key: str, size: int, cost: float, needed: int) -> list[str] | None:
        """Chooses what makes room; whatever is read is let in."""
        chosen: list[str] = []
        while needed > 0:
            worth, victim = heappop(self._heap)
            if victim in self._held and self._worth[victim] == worth and victim not in chosen:
                chosen.append(victim)
                needed -= self._held[victim][0]
                self._inflation = worth
        return chosen

    def add(self, key: str, size: int, cost: float) -> None:
        """Notes that a record is hot."""
        self._held[key] = size, cost / size
        self._rank(key)

    def remove(self, key: str) -> None:
        """Notes that a record is no longer hot, and forgets how often it was read."""
        self._held.pop(key, None)
        self._worth.pop(key, None)
        self._reads.pop(key, None)

    def forget(self, key: str) -> None:
        """Forgets a record."""
        self.remove(key)

    def heat(self, key: str) -> float:
        """Nothing lasts of it."""
        return 0.0

    def warm(self, key: str, heat: float) -> None:
        """Nothing lasts of it."""


def lru() -> Scored:
    """Evicts what was read longest ago."""
    return Scored(lambda reads, now, inflation, density: float(now))


def lfu() -> Scored:
    """Evicts what was read least often since it came in; of such, what was read longest ago."""
    return Scored(lambda reads, now, inflation, density: reads + 1e-9 * now)


def gdsf() -> Scored:
    """GreedyDual-Size-Frequency (Cherkasova, 1998): reads times cost a byte, and inflation."""
    return Scored(lambda reads, now, inflation, density: inflation + reads * density)


def serve(
    policy: Policy,
    trace: Sequence[str],
    sizes: Mapping[str, int],
    costs: Mapping[str, float],
    capacity: int,
) -> Served:
    """Plays a trace of reads against a policy."""
    held: OrderedDict[str, int] = OrderedDict()
    used, hits, missed, total = 0, 0, 0.0, 0.0
    for key in trace:
        policy.read(key)
        total += costs[key]
        if key in held:
            hits += 1
            continue
        missed += costs[key]
        size = sizes[key]
        if size > capacity:
            continue
        victims = policy.victims(key, size, costs[key], used + size - capacity)
        if victims is None:
            continue
        for victim in victims:
            used -= held.pop(victim)
            policy.remove(victim)
        held[key] = size
        used += size
        policy.add(key, size, costs[key])
    return Served(hits=hits / len(trace), cost=missed / total)


def clairvoyant(
    trace: Sequence[str],
    sizes: Mapping[str, int],
    costs: Mapping[str, float],
    capacity: int,
    *,
    by_cost: bool,
) -> Served:
    """Evicts by what will be read, as Belady does, with bytes: least worth over bytes times wait.

    With records of different sizes this is a good policy that nobody can have, and no bound.
    """
    following = _following(trace)
    held: dict[str, int] = {}
    upcoming: dict[str, int] = {}
    used, hits, missed, total = 0, 0, 0.0, 0.0
    for now, key in enumerate(trace):
        total += costs[key]
        upcoming[key] = following[now]
        if key in held:
            hits += 1
            continue
        missed += costs[key]
        if following[now] == len(trace) or sizes[key] > capacity:
            continue
        held[key] = sizes[key]
        used += sizes[key]
        if used > capacity:
            order = [
                ((costs[k] if by_cost else 1.0) / ((upcoming[k] - now) * size), k)
                for k, size in held.items()
                if upcoming[k] < len(trace)
            ]
            gone = [k for k in held if upcoming[k] == len(trace)]
            heapify(order)
            while used > capacity:
                victim = gone.pop() if gone else heappop(order)[1]
                used -= held.pop(victim)
    return Served(hits=hits / len(trace), cost=missed / total)


def bound(
    trace: Sequence[str],
    sizes: Mapping[str, int],
    costs: Mapping[str, float],
    capacity: int,
) -> Served:
    """Returns the most hits, and the least cost, that any policy could have; no policy may.

    To serve a read hot, its bytes must be held since the read before: bytes times waiting reads.
    There are capacity times the trace's length of these in all, filled with what is worth most
    of them (the relaxed optimum PFOO-U of Berger, Beckmann and Harchol-Balter, 2018, section 4).
    """
    last: dict[str, int] = {}
    held: list[tuple[float, float]] = []
    for now, key in enumerate(trace):
        if key in last and sizes[key] <= capacity:
            held.append((float(sizes[key]) * (now - last[key]), costs[key]))
        last[key] = now
    space, worth = np.array(held).T
    room, total = float(capacity) * len(trace), sum(costs[key] for key in trace)
    hits = _fill(space, np.ones(len(space)), room) / len(trace)
    return Served(hits=hits, cost=1 - _fill(space, worth, room) / total)


def _fill(space: Float64Array, worth: Float64Array, room: float) -> float:
    """Returns the most worth that fits, where a part of something is worth its part."""
    order = np.argsort(space / worth, kind="stable")
    before = np.concatenate(([0.0], np.cumsum(space[order])[:-1]))
    parts = np.clip((room - before) / space[order], 0, 1)
    return float((parts * worth[order]).sum())


def _following(trace: Sequence[str]) -> list[int]:
    """Returns when each read's record is read next; the trace's length where it is not."""
    following, seen = [len(trace)] * len(trace), dict[str, int]()
    for now in range(len(trace) - 1, -1, -1):
        following[now] = seen.get(trace[now], len(trace))
        seen[trace[now]] = now
    return following
