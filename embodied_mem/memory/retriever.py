"""Finds the records that a question is about, by all that is known of it at once."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, Protocol, final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.errors import ConfigError, StoreError
from embodied_mem.memory.columns import Columns
from embodied_mem.memory.filter import Filter, Slots
from embodied_mem.memory.ranking import Question, RetrieverConfig, best_first, distance, signals_of
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.retrieved import Hit, Retrieved, estimated_tokens
from embodied_mem.memory.search.embedders import TextEmbedder
from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.memory.search.words import WordIndex
from embodied_mem.types import Float32Array, Float64Array

ALL: Final = Filter()


class Searchable(Protocol):
    """What a retriever needs of a `MemoryStore`."""

    @property
    def columns(self) -> Columns:
        """Resident arrays by slot."""
        ...

    @property
    def words(self) -> WordIndex:
        """The full-text index."""
        ...

    @property
    def seconds_per_tick(self) -> float:
        """Length of a tick."""
        ...

    def select(self, filter: Filter) -> Slots:
        """Returns the slots of the records that meet a filter."""
        ...

    def search(
        self, vector: Float32Array, k: int, space: str = "", slots: Slots | None = None
    ) -> tuple[Slots, Float64Array]:
        """Returns slots and cosines of the nearest vectors."""
        ...

    def record_at(self, slot: int, *, payload: bool = True) -> MemoryRecord:
        """Returns the record in a slot."""
        ...

    def note_reads(self, record_ids: Sequence[str], tick: int) -> None:
        """Counts records as read."""
        ...


@final
class Retriever:
    """Answers queries from a store.

    Args:
        store: The memory.
        embedder: Turns the text of a query into a vector; `HashingEmbedder` where None. Records
            are compared with it where `MemoryRecord.space` is its name.
        config: Weights of the signals.
        viewer: Who is to be told; every query is narrowed to what may be said to them, whatever
            its filter says, see `Filter.viewer`. None for the robot itself, which may know all.
    """

    def __init__(
        self,
        store: Searchable,
        *,
        embedder: TextEmbedder | None = None,
        config: RetrieverConfig | None = None,
        viewer: str | None = None,
    ) -> None:
        self.store = store
        self.embedder: TextEmbedder = HashingEmbedder() if embedder is None else embedder
        self.config = RetrieverConfig() if config is None else config
        self.viewer = viewer

    def query(
        self,
        text: str | None = None,
        vector: Float32Array | None = None,
        pose: Sequence[float] | None = None,
        time: int | None = None,
        k: int = 10,
        token_budget: int | None = None,
        filter: Filter = ALL,
        *,
        space: str | None = None,
    ) -> Retrieved:
        """Ranks the records that meet a filter by how well they fit everything that was given.

        First the filter, then candidates: the nearest vectors, those that hold rare words of the
        text, the nearest by place, the nearest in time. All candidates are scored by all signals,
        exactly. Without text, vector or pose the most recent records are returned. Payloads are
        not read.

        Args:
            text: What to look for in words: by the words themselves and, through the embedder,
                by meaning.
            vector: float32 (dimension,), compared by meaning instead of the text, an embedded
                picture for example.
            pose: Where to look: x, y, z in metres, or a whole `Pose`.
            time: Tick that recency refers to; where None the one that the filter asks about, or
                else the newest of the records that meet it.
            k: Hits at most.
            token_budget: Estimated tokens that the texts of the hits may take; the first hit that
                would exceed it ends the answer.
            filter: What a record must meet.
            space: Space of `vector`; the embedder's where None.

        Raises:
            ConfigError: If an argument has the wrong form or range.
        """
        if k < 1 or (token_budget is not None and token_budget < 0):
            raise ConfigError(f"k must be positive and token_budget not negative: {k=}")
        if self.viewer is not None:
            filter = replace(filter, viewer=self.viewer)
        count = max(k, self.config.candidates)
        question = self._question(text, vector, pose, time, filter, space, count)
        hits: list[Hit] = []
        unreadable: list[str] = []
        tokens = 0
        for hit in self._ranked(question, self._candidates(question, count)):
            if isinstance(hit, str):
                unreadable.append(hit)
                continue
            more = estimated_tokens(hit.text)
            if token_budget is not None and tokens + more > token_budget:
                break
            tokens += more
            hits.append(hit)
            if len(hits) == k:
                break
        with contextlib.suppress(StoreError):  # opened for reading: then nobody counts
            self.store.note_reads([hit.id for hit in hits], question.tick)
        return Retrieved(
            hits=tuple(hits),
            matching=len(question.slots),
            tokens=tokens,
            unreadable=tuple(unreadable),
        )

    def _question(
        self,
        text: str | None,
        vector: Float32Array | None,
        pose: Sequence[float] | None,
        time: int | None,
        filter: Filter,
        space: str | None,
        count: int,
    ) -> Question:
        slots, columns = self.store.select(filter), self.store.columns
        among = None if len(slots) == np.count_nonzero(columns.alive[: columns.size]) else slots
        words = None
        if text is not None:
            words = self.store.words.search(text, count, size=columns.size, among=among)
            if vector is None and columns.bits[slots].any():
                vector, space = self.embedder.embed([text])[0], self.embedder.name
        ticks = (time, filter.valid_at, filter.as_of)
        tick = next((tick for tick in ticks if tick is not None), None)
        if tick is None:
            tick = int(columns.valid_from[slots].max(initial=0))
        return Question(
            vector=_direction(vector),
            space=self.embedder.name if space is None else space,
            words=words,
            position=_position(pose),
            tick=tick,
            columns=columns,
            slots=slots,
            among=among,
        )

    # -- candidates ---------------------------------------------------------------------------

    def _candidates(self, question: Question, count: int) -> Slots:
        """Returns the slots to score: all of a few, else what each signal proposes."""
        slots = question.slots
        if len(slots) <= 4 * count:
            return slots
        columns = question.columns
        proposed = [_least(slots, np.abs(columns.valid_from[slots] - question.tick), count)]
        if question.vector is not None:
            near, _ = self.store.search(question.vector, count, question.space, question.among)
            proposed.append(near[near < columns.size])
        if question.words is not None:
            proposed.append(question.words.slots)
        if question.position is not None:
            apart = distance(columns, slots, question.position)
            posed = np.isfinite(apart)
            proposed.append(_least(slots[posed], apart[posed], count))
        return np.unique(np.concatenate(proposed))

    def _ranked(self, question: Question, slots: Slots) -> Iterator[Hit | str]:
        store, config = self.store, self.config
        cosines = np.zeros(len(slots))
        if question.vector is not None and len(slots):
            found, near = store.search(question.vector, len(slots), question.space, slots)
            cosines[np.searchsorted(slots, found)] = near
            if not len(found):  # no record has such a vector
                question = replace(question, vector=None)
        signals = signals_of(question, slots, cosines, config, store.seconds_per_tick)
        read = partial(store.record_at, payload=False)
        return best_first(question, slots, signals, config.weights, read)


def _direction(vector: Float32Array | None) -> Float32Array | None:
    """Checks a vector; one of zeros points nowhere and asks for nothing."""
    if vector is None:
        return None
    vector = np.asarray(vector, np.float32)
    if vector.ndim != 1 or not np.isfinite(vector).all():
        raise ConfigError("the vector of a query must be one row of finite numbers")
    return vector if vector.any() else None


def _position(pose: Sequence[float] | None) -> Float64Array | None:
    if pose is None:
        return None
    values = np.asarray(pose, np.float64)
    if values.shape not in ((3,), (7,)) or not np.isfinite(values).all():
        raise ConfigError(f"a pose is 3 or 7 finite numbers x y z [qw qx qy qz], not {pose!r}")
    return values[:3]


def _least(slots: Slots, values: NDArray[Any], count: int) -> Slots:
    """Returns the slots of the least values, with equal ones the higher slots."""
    if len(slots) <= count:
        return slots
    bar = np.partition(values, count - 1)[count - 1]
    below, level = slots[values < bar], slots[values == bar]
    return np.concatenate([below, level[len(level) - (count - len(below)) :]])
