"""Finds the records that a question is about, by all that is known of it at once."""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, Final, Protocol, final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.errors import ConfigError, FeedbackError, StoreError
from embodied_mem.memory.columns import Columns
from embodied_mem.memory.filter import Filter, Slots
from embodied_mem.memory.ranking import (
    Candidates,
    Question,
    RetrieverConfig,
    best_first,
    distance,
    signals_of,
)
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.reranking.description import Asked, describe
from embodied_mem.memory.reranking.open_queries import OpenQueries, OpenQuery
from embodied_mem.memory.reranking.reranker import Lesson, Plan, Reranker
from embodied_mem.memory.retrieved import Hit, Retrieved, estimated_tokens
from embodied_mem.memory.search.embedders import TextEmbedder
from embodied_mem.memory.search.expand import followed
from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.memory.search.words import WordIndex
from embodied_mem.types import BoolArray, Float32Array, Float64Array

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

    def neighbours(self, slot: int) -> Slots:
        """Returns the slots linked with one, either way."""
        ...

    def note_reads(self, record_ids: Sequence[str], tick: int, *, cited: bool = False) -> None:
        """Counts records as read, or as cited."""
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
        reranker: Weighs the signals anew for every question and learns from `feedback`; where None
            the weights of `config` hold for all.
    """

    def __init__(
        self,
        store: Searchable,
        *,
        embedder: TextEmbedder | None = None,
        config: RetrieverConfig | None = None,
        viewer: str | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self.store = store
        self.embedder: TextEmbedder = HashingEmbedder() if embedder is None else embedder
        self.config = RetrieverConfig() if config is None else config
        self.viewer = viewer
        self.reranker = reranker
        self._open = OpenQueries()

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
        expand: int = 0,
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
            expand: How many links to follow, one after the other and both ways, from the best
                hits; what they lead to over records that all meet the filter is ranked with the
                rest, by one more signal.

        Raises:
            ConfigError: If an argument has the wrong form or range.
        """
        if k < 1 or expand < 0 or (token_budget is not None and token_budget < 0):
            raise ConfigError(
                "k must be positive, expand and token_budget not negative: "
                f"{k=}, {expand=}, {token_budget=}"
            )
        if self.viewer is not None:
            filter = replace(filter, viewer=self.viewer)
        count = max(k, self.config.candidates)
        question = self._question(text, vector, pose, time, filter, space, count)
        candidates = self._scored(question, self._candidates(question, count))
        if expand:
            candidates = self._expanded(candidates, expand)
        plan, features = Plan(self.config.weights, None), None
        if self.reranker is not None:
            timed = (time, filter.valid_at, filter.as_of) != (None, None, None)
            features = describe(
                Asked(
                    text=text,
                    vector=vector is not None,
                    pose=pose is not None,
                    time=timed,
                    links=expand > 0,
                )
            )
            plan = self.reranker.plan(features, _six(candidates.asked), len(candidates.slots))
        hits: list[Hit] = []
        unreadable: list[str] = []
        tokens = 0
        for hit in self._ranked(candidates, plan):
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
            query_id="" if features is None else self._keep_open(candidates, features, hits),
        )

    def feedback(self, query_id: str, cited_ids: Collection[str]) -> None:
        """Learns which hits of a query were of use: those that an answer cites.

        A record that was cited counts as such in its `Statistics`, too. Only the last
        `MAX_OPEN` queries wait for feedback, each for one.

        Args:
            query_id: `Retrieved.query_id`.
            cited_ids: Ids of its hits; none of them says that nothing was of use.

        Raises:
            FeedbackError: If the query does not wait for feedback, or did not show what is cited.
        """
        if self.reranker is None:
            raise FeedbackError("this retriever does not learn: it was made without a reranker")
        query = self._open.take(query_id, list(cited_ids))
        cited = np.array([each in cited_ids for each in query.shown], bool)
        if len(cited):
            self.reranker.learn(replace(query.lesson, cited=cited))
        held = [each for each in query.shown if each in cited_ids]
        with contextlib.suppress(StoreError):  # opened for reading, or deleted since
            self.store.note_reads(held, query.tick, cited=True)

    def _keep_open(self, candidates: Candidates, features: Float64Array, hits: list[Hit]) -> str:
        columns, slots = candidates.question.columns, candidates.slots.tolist()
        at = {columns.ids[slot]: index for index, slot in enumerate(slots)}
        shown = tuple(hit.id for hit in hits)
        signals = np.zeros((len(slots), 6))
        signals[:, : candidates.signals.shape[1]] = candidates.signals
        lesson = Lesson(
            features=features,
            asked=_six(candidates.asked),
            signals=signals,
            shown=np.array([at[each] for each in shown], np.int64),
            cited=np.zeros(len(shown), bool),
        )
        return self._open.add(OpenQuery(shown=shown, tick=candidates.question.tick, lesson=lesson))

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
            known = None
            if filter.viewer is not None:
                known = self.store.select(Filter(status="any", viewer=filter.viewer))
            words = self.store.words.search(
                text, count, size=columns.size, among=among, known=known
            )
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

    def _scored(self, question: Question, slots: Slots) -> Candidates:
        store, config = self.store, self.config
        cosines = np.zeros(len(slots))
        if question.vector is not None and len(slots):
            found, near = store.search(question.vector, len(slots), question.space, slots)
            cosines[np.searchsorted(slots, found)] = near
            if not len(found):  # no record has such a vector
                question = replace(question, vector=None)
        signals = signals_of(question, slots, cosines, config, store.seconds_per_tick)
        return Candidates(question=question, slots=slots, signals=signals)

    def _expanded(self, candidates: Candidates, hops: int) -> Candidates:
        """Adds what the best candidates are linked with, and the signal of that to all."""
        columns, question = candidates.question.columns, candidates.question
        slot_of = {columns.ids[slot]: slot for slot in candidates.slots.tolist()}
        best = self._ranked(candidates, Plan(self.config.weights, None))
        hits = (hit for hit in best if isinstance(hit, Hit))
        seeds = {slot_of[hit.id]: hit.score for hit in islice(hits, self.config.seeds)}
        reached, values = followed(seeds, question.slots, self.store.neighbours, hops)
        slots = np.union1d(candidates.slots, reached)
        link = np.zeros((len(slots), 1))
        link[np.searchsorted(slots, reached), 0] = values
        wider = self._scored(question, slots)
        return replace(wider, signals=np.hstack([wider.signals, link]))

    def _ranked(self, candidates: Candidates, plan: Plan) -> Iterator[Hit | str]:
        read = partial(self.store.record_at, payload=False)
        return best_first(candidates, plan.weights, read, plan.lift)


def _six(asked: BoolArray) -> BoolArray:
    """Says of all six signals which count, where the last was not asked for."""
    return np.concatenate([asked, np.zeros(6 - len(asked), bool)])


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
