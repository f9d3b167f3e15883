"""How well records fit a question: six signals, one score, the best first."""

import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
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

SIGNALS: Final = tuple(each.name for each in fields(Signals))
"""Names of the signals, in the order of the columns that hold them."""
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
    link: float = 2.0
    """Weight of links to what fits best; counts only where they are followed."""
    reach: float = 3.0
    """Metres at which the signal of place has fallen to 1/e."""
    half_life: float = 600.0
    """Seconds in which recency halves."""
    candidates: int = 20
    """Records that each signal proposes at least; all of these are scored by all signals."""
    seeds: int = 2
    """Best hits whose links are followed, where they are."""

    def __post_init__(self) -> None:
        weights = self.weights
        if not all(0 <= weight < math.inf for weight in weights) or sum(weights[:-1]) == 0:
            raise ConfigError(f"weights of signals must not be negative or all 0: {weights}")
        if not (0 < self.reach < math.inf and 0 < self.half_life < math.inf):
            raise ConfigError("reach and half_life must be positive")
        if self.candidates < 1 or self.seeds < 1:
            raise ConfigError(
                f"candidates and seeds must be at least 1: {self.candidates}, {self.seeds}"
            )

    @property
    def weights(self) -> Float64Array:
        """The six weights in the order of `Signals`."""
        return np.array([getattr(self, name) for name in SIGNALS], np.float64)


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
        """Which of the signals count that need no links; the first five."""
        given = (self.vector, self.words, self.position)
        return np.array([*(value is not None for value in given), True, True])


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Records that may be answered with, and how well they fit."""

    question: Question
    """What they were scored for."""
    slots: Slots
    signals: Float64Array
    """(n, 5), or (n, 6) where links were followed, in the order of `Signals`; a lexical signal may
    lack words that were not read yet, until the record is."""

    @property
    def asked(self) -> BoolArray:
        """Which of the columns count."""
        linked = self.signals.shape[1] - 5
        return np.concatenate([self.question.asked, np.ones(linked, bool)])


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
    candidates: Candidates,
    weights: Float64Array,
    read: Callable[[int], MemoryRecord],
    lift: Float64Array | None = None,
) -> Iterator[Hit | str]:
    """Yields hits in the order of their exact scores; for a damaged record only its id.

    The text of a record is read when the most that it can score puts it first, and tells what it
    scores; once that still puts it first, nothing can come before it (the threshold algorithm of
    Fagin, Lotem and Naor, 2001). Equal scores: the newer id first.

    Args:
        candidates: What to rank; the signals are made exact in place as texts are read.
        weights: Of the signals, none negative; those of signals not asked for do not count.
        read: Reads the record in a slot, without its payload.
        lift: (n,) added to the scores for the order alone, to try what would not come first.
    """
    question, slots, signals = candidates.question, candidates.slots, candidates.signals
    asked = candidates.asked
    share = weights[: len(asked)] * asked
    share /= max(float(share.sum()), 1e-300)
    most = signals @ share
    if question.words is not None:
        most += share[_LEXICAL] * question.words.unread(slots)
    lifts = [0.0] * len(slots) if lift is None else lift.tolist()
    ids = [question.columns.ids[slot] for slot in slots]
    order = sorted(range(len(ids)), key=ids.__getitem__, reverse=True)
    heap = [(-float(most[index]) - lifts[index], rank, index) for rank, index in enumerate(order)]
    heapq.heapify(heap)
    known: dict[int, tuple[MemoryRecord, str, float]] = {}
    while heap:
        _, rank, index = heapq.heappop(heap)
        if index in known:
            yield _hit(*known.pop(index), signals[index], asked)
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
        text = text_of(record)
        if question.words is not None:
            signals[index, _LEXICAL] = question.words.score(text)
        score = float(signals[index] @ share)
        known[index] = record, text, score
        heapq.heappush(heap, (-score - lifts[index], rank, index))


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
            link=float(signals[5]) if len(signals) > 5 else None,
        ),
        citation=Citation(
            id=record.id, tick=record.valid_from, place=record.place, pose=record.pose
        ),
        text=text,
    )
