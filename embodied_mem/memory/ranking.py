"""How well records fit a question: five signals, one score, the best first."""

import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.errors import ConfigError, DamagedRecordError, StoreError
from embodied_mem.memory.columns import Columns
from embodied_mem.memory.filter import Slots
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.retrieved import Citation, Hit, Signals
from embodied_mem.memory.search.words import WordHits
from embodied_mem.memory.text import text_of
from embodied_mem.types import BoolArray, Float32Array, Float64Array

_LEXICAL: Final = 1


@dataclass(frozen=True, kw_only=True)
class RetrieverConfig:
    """How signals are fused: the mean of those asked for, weighted.

    Every signal is a number from 0 to 1 that depends on the record and the question alone, not on
    what else was found. A weighted mean of such numbers keeps that: a score means the same in
    every answer, says by how much one record is better, and can be bounded before all of it is
    known, which ranks exactly although common words are read late. Ranks (reciprocal rank fusion)
    have none of this; their merit, that scales need not agree, is not needed here.
    """

    semantic: float = 1.0
    """Weight of likeness in meaning."""
    lexical: float = 1.0
    """Weight of shared words."""
    place: float = 0.5
    """Weight of nearness to the query's pose."""
    recency: float = 0.1
    """Weight of nearness in time."""
    fidelity: float = 0.02
    """Weight of how much is left of the payload: settles what is otherwise equal."""
    reach: float = 3.0
    """Metres at which the signal of place has fallen to 1/e."""
    half_life: float = 600.0
    """Seconds in which recency halves."""
    candidates: int = 20
    """Records that each signal proposes at least; all of these are scored by all signals."""

    def __post_init__(self) -> None:
        weights = (self.semantic, self.lexical, self.place, self.recency, self.fidelity)
        if not all(0 <= weight < math.inf for weight in weights) or sum(weights) == 0:
            raise ConfigError(f"weights of signals must not be negative or all 0: {weights}")
        if not (0 < self.reach < math.inf and 0 < self.half_life < math.inf):
            raise ConfigError("reach and half_life must be positive")
        if self.candidates < 1:
            raise ConfigError(f"candidates must be at least 1, not {self.candidates}")

    @property
    def weights(self) -> Float64Array:
        """The five weights in the order of `Signals`."""
        names = (self.semantic, self.lexical, self.place, self.recency, self.fidelity)
        return np.array(names, np.float64)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A query, checked, with everything worked out that scoring a record needs."""

    vector: Float32Array | None
    space: str
    words: WordHits | None
    position: Float64Array | None
    tick: int
    columns: Columns
    """As they were when the slots were chosen; another process may write meanwhile."""
    slots: Slots
    """Records that meet the filter."""
    among: Slots | None
    """The same; None where all records do."""

    @property
    def asked(self) -> BoolArray:
        """Which of the five signals count."""
        given = (self.vector, self.words, self.position)
        return np.array([*(value is not None for value in given), True, True])


def signals_of(
    question: Question,
    slots: Slots,
    cosines: Float64Array,
    config: RetrieverConfig,
    seconds_per_tick: float,
) -> Float64Array:
    """Returns the signals of some slots; (n, 5) in the order of `Signals`.

    The lexical one may lack words that were not read yet.
    """
    columns, signals = question.columns, np.zeros((len(slots), 5))
    signals[:, 0] = np.clip(cosines, 0, 1)
    if question.words is not None:
        signals[:, _LEXICAL] = question.words.scores[slots]
    if question.position is not None:
        apart = distance(columns, slots, question.position)
        signals[:, 2] = np.where(np.isnan(apart), 0, np.exp(-apart / config.reach))
    age = np.abs(columns.valid_from[slots] - question.tick) * seconds_per_tick
    signals[:, 3] = np.exp2(-age / config.half_life)
    signals[:, 4] = 1 - np.clip(columns.loss[slots], 0, 1)
    return signals


def distance(columns: Columns, slots: Slots, position: Float64Array) -> Float64Array:
    """Returns the metres between records and a point; NaN where a record has no pose."""
    squared = np.zeros(len(slots))
    for axis, centre in enumerate(position):
        squared += (columns.position[:, axis][slots] - centre) ** 2
    return np.sqrt(squared)


def best_first(
    question: Question,
    slots: Slots,
    signals: Float64Array,
    weights: Float64Array,
    read: Callable[[int], MemoryRecord],
) -> Iterator[Hit | str]:
    """Yields hits in the order of their exact scores; for a damaged record only its id.

    The text of a record is read when the most that it can score puts it first, and tells what it
    scores; once that still puts it first, nothing can come before it (the threshold algorithm of
    Fagin, Lotem and Naor, 2001). Equal scores: the newer id first.

    Args:
        question: What was asked.
        slots: Candidates.
        signals: Theirs, see `signals_of`; changed in place.
        weights: Of the five signals.
        read: Reads the record in a slot, without its payload.
    """
    share = weights * question.asked
    share /= max(float(share.sum()), 1e-300)
    most = signals @ share
    if question.words is not None:
        most += share[_LEXICAL] * question.words.unread(slots)
    ids = [question.columns.ids[slot] for slot in slots]
    order = sorted(range(len(ids)), key=ids.__getitem__, reverse=True)
    heap = [(-float(most[index]), rank, index) for rank, index in enumerate(order)]
    heapq.heapify(heap)
    known: dict[int, tuple[MemoryRecord, str]] = {}
    while heap:
        bound, rank, index = heapq.heappop(heap)
        if index in known:
            yield _hit(*known.pop(index), -bound, signals[index], question.asked)
            continue
        try:
            record = read(int(slots[index]))
        except DamagedRecordError:
            yield ids[index]
            continue
        except StoreError:
            continue  # another process has deleted it meanwhile
        if record.id != ids[index]:
            continue
        known[index] = record, (text := text_of(record))
        if question.words is not None:
            signals[index, _LEXICAL] = question.words.score(text)
        heapq.heappush(heap, (-float(signals[index] @ share), rank, index))


def _hit(
    record: MemoryRecord, text: str, score: float, signals: Float64Array, asked: BoolArray
) -> Hit:
    semantic, lexical, place = (
        float(value) if wanted else None
        for value, wanted in zip(signals[:3], asked[:3], strict=True)
    )
    return Hit(
        id=record.id,
        score=score,
        signals=Signals(
            semantic=semantic,
            lexical=lexical,
            place=place,
            recency=float(signals[3]),
            fidelity=float(signals[4]),
        ),
        citation=Citation(
            id=record.id, tick=record.valid_from, place=record.place, pose=record.pose
        ),
        text=text,
    )
