"""A ring of constant size that an unbounded stream of vectors goes through."""

from typing import Final, Literal, final

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.types import Float32Array, Float64Array, Int64Array

Eviction = Literal["adjacent", "fifo", "uniform"]
EVICTIONS: Final[tuple[Eviction, ...]] = ("adjacent", "fifo", "uniform")
_NONE: Final = -1
_NEVER: Final = -np.inf


@final
class StreamBuffer:
    """Keeps some of the vectors of a stream, oldest first, in memory that never grows.

    What makes room for a new vector where all slots are taken:

    - `adjacent`: of the two neighbours in time that are most alike the earlier, as in VideoScan
      (Li et al. 2025, arXiv 2503.09387, the memory mechanism of section 3). What lasted becomes
      one vector, what was short and different stays.
    - `fifo`: the oldest.
    - `uniform`: the one whose neighbours in time are closest to each other, of equal ones the
      earlier, so that what is held stays spread over the whole stream.

    A push costs O(size + dimension): neighbours are linked, and only the pairs that an eviction
    changes are compared anew.

    Args:
        size: Slots, 3 or more.
        dimension: Of the vectors.
        evict: What makes room, see above.

    Raises:
        ConfigError: If a value is out of its range or names something unknown.

    >>> buffer = StreamBuffer(size=3, dimension=2)
    >>> for tick, vector in enumerate([(1, 0), (0, 1), (1, 0.1), (1, 0)]):
    ...     _ = buffer.push(vector, tick)
    >>> buffer.ticks.tolist()
    [0, 1, 3]
    """

    def __init__(self, size: int = 64, dimension: int = 256, evict: Eviction = "adjacent") -> None:
        if size < 3 or dimension < 1:
            raise ConfigError(
                f"size is {size} and dimension {dimension}; expected at least 3 and at least 1"
            )
        if evict not in EVICTIONS:
            raise unknown_name("eviction", evict, EVICTIONS)
        self.evict: Eviction = evict
        self._vectors: Float32Array = np.zeros((size, dimension), np.float32)
        self._units: Float32Array = np.zeros((size, dimension), np.float32)
        self._ticks: Int64Array = np.zeros(size, np.int64)
        self._next: Int64Array = np.full(size, _NONE)
        self._before: Int64Array = np.full(size, _NONE)
        self._urgency: Float64Array = np.full(size, _NEVER)
        self._first = self._last = _NONE
        self._count = 0
        self.arrived = 0
        """Vectors that were pushed so far."""

    # -- reading -------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """How many vectors are held at most."""
        return len(self._ticks)

    @property
    def dimension(self) -> int:
        """Of the vectors."""
        return int(self._vectors.shape[1])

    @property
    def slots(self) -> Int64Array:
        """Slots that hold a vector, in the order of arrival; a slot keeps its vector."""
        order = np.empty(self._count, np.int64)
        slot = self._first
        for position in range(self._count):
            order[position] = slot
            slot = int(self._next[slot])
        return order

    @property
    def ticks(self) -> Int64Array:
        """(n,) when what is held arrived, ascending."""
        return self._ticks[self.slots]

    @property
    def vectors(self) -> Float32Array:
        """(n, dimension) what is held, oldest first."""
        return self._vectors[self.slots]

    def likeness(self, vector: ArrayLike) -> float:
        """Returns the largest cosine between a vector and any that is held; -1 where none is."""
        if not self._count:
            return -1.0
        return float((self._units[: self._count] @ self._unit(vector)).max())

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays, the same at any time."""
        arrays = (self._vectors, self._units, self._ticks, self._next, self._before, self._urgency)
        return sum(array.nbytes for array in arrays)

    # -- writing -------------------------------------------------------------------------------

    def push(self, vector: ArrayLike, tick: int) -> int:
        """Takes a vector in.

        Args:
            vector: (dimension,), finite.
            tick: When, later than all before.

        Returns:
            The slot that it lies in, which may be that of a vector which had to go.

        Raises:
            ConfigError: If the vector has another dimension or is not finite, or the tick is not
                later than the last one.
        """
        unit = self._unit(vector)
        if self._count and tick <= int(self._ticks[self._last]):
            raise ConfigError(
                f"tick {tick} does not come after {int(self._ticks[self._last])}; a stream goes on"
            )
        slot = self._count if self._count < self.size else self._make_room(unit, tick)
        self._count = min(self._count + 1, self.size)
        self._vectors[slot] = np.asarray(vector, np.float32)
        self._units[slot] = unit
        self._ticks[slot] = tick
        self._next[slot], self._before[slot] = _NONE, self._last
        self._urgency[slot] = _NEVER
        if self._last == _NONE:
            self._first = slot
        else:
            self._next[self._last] = slot
            self._judge(self._last)
        self._last = slot
        self.arrived += 1
        return slot

    def clear(self) -> None:
        """Forgets everything."""
        self._count = self.arrived = 0
        self._first = self._last = _NONE

    # -- inside --------------------------------------------------------------------------------

    def _unit(self, vector: ArrayLike) -> Float32Array:
        given = np.asarray(vector, np.float32)
        if given.shape != (self.dimension,) or not np.isfinite(given).all():
            raise ConfigError(
                f"a vector of shape {given.shape} came; expected {(self.dimension,)}, all finite"
            )
        unit: Float32Array = given / max(float(np.linalg.norm(given)), 1e-12)
        return unit

    def _make_room(self, unit: Float32Array, tick: int) -> int:
        """Unlinks the vector that goes and returns its slot; the newcomer counts as a neighbour."""
        if self.evict == "adjacent":
            self._urgency[self._last] = float(self._units[self._last] @ unit)
        elif self.evict == "uniform":
            self._urgency[self._last] = -float(tick - self._ticks[self._before[self._last]])
        slot = self._first if self.evict == "fifo" else self._most_urgent()
        before, after = int(self._before[slot]), int(self._next[slot])
        if before == _NONE:
            self._first = after
        else:
            self._next[before] = after
        if after == _NONE:
            self._last = before
        else:
            self._before[after] = before
        for neighbour in (before, after):
            if neighbour != _NONE:
                self._judge(neighbour)
        return slot

    def _most_urgent(self) -> int:
        """Returns the slot that goes, of equal ones the earliest."""
        most = np.flatnonzero(self._urgency == self._urgency.max())
        return int(most[self._ticks[most].argmin()])

    def _judge(self, slot: int) -> None:
        """Says how urgently a slot should go, now that a neighbour of it is another one."""
        before, after = int(self._before[slot]), int(self._next[slot])
        if self.evict == "adjacent" and after != _NONE:
            self._urgency[slot] = float(self._units[slot] @ self._units[after])
        elif self.evict == "uniform" and after != _NONE and before != _NONE:
            self._urgency[slot] = -float(self._ticks[after] - self._ticks[before])
        else:
            self._urgency[slot] = _NEVER
