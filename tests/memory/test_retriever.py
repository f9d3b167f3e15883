"""The retriever ranks as a plain sum of plainly computed signals does, and says why."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError, DamagedRecordError
from embodied_mem.memory import Add, Delete, MemoryRecord, MemoryStore
from embodied_mem.memory.columns import Columns
from embodied_mem.memory.filter import Filter, Slots
from embodied_mem.memory.retrieved import Hit, estimated_tokens
from embodied_mem.memory.retriever import Retriever, RetrieverConfig
from embodied_mem.memory.search import words as words_module
from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.memory.search.tokens import words_of
from embodied_mem.memory.search.words import WordIndex
from embodied_mem.memory.text import text_of
from embodied_mem.types import Float32Array, Float64Array

EMBEDDER = HashingEmbedder(64)
CONFIG = RetrieverConfig(candidates=12)
NAMES = ["red chair", "green chair", "blue vase", "old lamp", "mug", "wooden shelf", "big red vase"]


def record(number: int, rng: np.random.Generator) -> MemoryRecord:
    text = " ".join(["object", NAMES[rng.integers(len(NAMES))], *rng.choice(NAMES, 1)])
    x, y = rng.uniform(-5, 5, 2)
    return MemoryRecord(
        id=f"{number:032x}",
        kind="fact" if rng.random() < 0.7 else "event",
        content={"text": text},
        place=str(rng.choice(["kitchen", "hall"])),
        pose=(x, y, 1.0, 1.0, 0.0, 0.0, 0.0) if rng.random() < 0.8 else None,
        valid_from=int(rng.integers(1000)),
        embedding=EMBEDDER.embed([text])[0].tobytes() if rng.random() < 0.8 else b"",
        space=EMBEDDER.name,
        payload=(b"coarse", b"fine"),
        losses=(0.25, 0.0),
    )


def filled(count: int, seed: int = 0) -> tuple[MemoryStore, list[MemoryRecord]]:
    rng = np.random.default_rng(seed)
    records = [record(number, rng) for number in range(count)]
    store = MemoryStore()
    store.apply([Add(record=each) for each in records])
    return store, records


class Watched:
    """A store that refuses to read payloads and that may hold damaged records."""

    def __init__(self, store: MemoryStore, damaged: set[str] | None = None) -> None:
        self.store = store
        self.damaged = damaged or set()
        self.reads = 0

    @property
    def columns(self) -> Columns:
        return self.store.columns

    @property
    def words(self) -> WordIndex:
        return self.store.words

    @property
    def seconds_per_tick(self) -> float:
        return self.store.seconds_per_tick

    def select(self, filter: Filter) -> Slots:
        return self.store.select(filter)

    def search(
        self, vector: Float32Array, k: int, space: str = "", slots: Slots | None = None
    ) -> tuple[Slots, Float64Array]:
        return self.store.search(vector, k, space, slots)

    def record_at(self, slot: int, *, payload: bool = True) -> MemoryRecord:
        assert not payload
        self.reads += 1
        if self.store.columns.ids[slot] in self.damaged:
            raise DamagedRecordError("damaged")
        return self.store.record_at(slot, payload=False)

    def neighbours(self, slot: int) -> Slots:
        return self.store.neighbours(slot)

    def note_reads(self, record_ids: Sequence[str], tick: int, *, cited: bool = False) -> None:
        self.store.note_reads(record_ids, tick, cited=cited)


def plain_scores(
    records: list[MemoryRecord],
    among: list[MemoryRecord],
    text: str | None,
    pose: tuple[float, float, float] | None,
    time: int | None,
    config: RetrieverConfig = CONFIG,
) -> dict[str, tuple[float, ...]]:
    """Computes total and signals record by record; -1 stands for a signal not asked for."""
    held = [set(words_of(text_of(each))) for each in records]
    information = {}
    for word in set(words_of(text or "")):
        holders = sum(word in words for words in held)
        if holders:
            information[word] = math.log1p((len(records) - holders + 0.5) / (holders + 0.5))
    direction = None if text is None else EMBEDDER.embed([text])[0].astype(float)
    now = max((each.valid_from for each in among), default=0) if time is None else time
    scores = {}
    for each in among:
        semantic = lexical = place = -1.0
        if direction is not None and direction.any():
            vector = each.vector.astype(float)
            semantic = max(0.0, float(vector @ direction)) if len(vector) else 0.0
        if text is not None:
            words = set(words_of(text_of(each)))
            lexical = sum(information.get(word, 0.0) for word in words)
            lexical /= sum(information.values()) or 1.0
        if pose is not None:
            place = 0.0
            if each.pose is not None:
                place = math.exp(-math.dist(np.float32(each.pose[:3]), pose) / config.reach)
        recency = 0.5 ** (abs(each.valid_from - now) / config.half_life)
        parts = (semantic, lexical, place, recency, 1.0)
        weights = (config.semantic, config.lexical, config.place, config.recency, config.fidelity)
        asked = [(w, p) for w, p in zip(weights, parts, strict=True) if p >= 0]
        total = sum(w * p for w, p in asked) / sum(w for w, _ in asked)
        scores[each.id] = (total, *parts)
    return scores


def parts_of(hit: Hit) -> tuple[float, ...]:
    signals = hit.signals
    optional = (signals.semantic, signals.lexical, signals.place)
    asked = (-1.0 if value is None else value for value in optional)
    return (hit.score, *asked, signals.recency, signals.fidelity)


queries = st.tuples(
    st.none() | st.lists(st.sampled_from([*NAMES, "object", "the"]), max_size=3).map(" ".join),
    st.none() | st.just((1.0, -2.0, 1.0)),
    st.none() | st.integers(0, 1000),
    st.none() | st.sampled_from(["kitchen", "nowhere"]),
)
SMALL, LARGE = filled(20), filled(400, seed=1)


@settings(max_examples=60, deadline=None)
@given(queries)
def test_a_small_memory_is_ranked_as_a_whole(
    query: tuple[str | None, tuple[float, float, float] | None, int | None, str | None],
) -> None:
    text, pose, time, place = query
    store, records = SMALL
    among = [each for each in records if place in (None, each.place)]
    right = plain_scores(records, among, text, pose, time)
    retriever = Retriever(Watched(store), embedder=EMBEDDER, config=CONFIG)
    found = retriever.query(text, pose=pose, time=time, k=99, filter=Filter(place=place))
    assert {hit.id for hit in found.hits} == set(right)
    assert found.matching == len(right)
    for hit in found.hits:
        assert parts_of(hit) == pytest.approx(right[hit.id], abs=1e-5)
    order = [(-hit.score, -int(hit.id, 16)) for hit in found.hits]
    assert order == sorted(order)


@settings(max_examples=60, deadline=None)
@given(queries, st.integers(3, 40))
def test_scores_in_a_large_memory_are_exact_although_words_are_common(
    query: tuple[str | None, tuple[float, float, float] | None, int | None, str | None],
    postings: int,
) -> None:
    text, pose, time, place = query
    store, records = LARGE
    among = [each for each in records if place in (None, each.place)]
    right = plain_scores(records, among, text, pose, time)
    retriever = Retriever(Watched(store), embedder=EMBEDDER, config=CONFIG)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words_module, "MAX_POSTINGS", postings)
        found = retriever.query(text, pose=pose, time=time, k=10, filter=Filter(place=place))
    assert [hit.score for hit in found.hits] == sorted((h.score for h in found.hits), reverse=True)
    for hit in found.hits:
        # How rare a common word is gets estimated, so what its weight touches is near only.
        _, semantic, lexical, near, *rest = right[hit.id]
        assert hit.signals.recency == pytest.approx(rest[0])
        assert (hit.signals.place is None) == (near < 0)
        if near >= 0:
            assert hit.signals.place == pytest.approx(near, abs=1e-5)
        if semantic >= 0:
            assert hit.signals.semantic == pytest.approx(semantic, abs=1e-5)
        if hit.signals.lexical is not None:
            assert (hit.signals.lexical > 0) == (lexical > 0)


def test_the_best_of_a_large_memory_is_found_by_each_signal_and_by_all() -> None:
    store, records = LARGE
    retriever = Retriever(store, embedder=EMBEDDER, config=CONFIG)
    for text, pose, time in [
        ("wooden shelf", None, None),
        ("old lamp", (0.0, 0.0, 1.0), None),
        (None, (2.0, 2.0, 1.0), None),
        (None, None, 500),
        ("big red vase", (-3.0, 1.0, 1.0), 20),
    ]:
        right = plain_scores(records, records, text, pose, time)
        best = max(right, key=lambda each: (right[each][0], each))
        assert retriever.query(text, pose=pose, time=time, k=1).hits[0].id == best


def test_a_rare_word_alone_finds_an_old_record_in_a_large_memory() -> None:
    store, _ = filled(300, seed=2)
    told = MemoryRecord(id="f" * 32, kind="event", content={"text": "a yellow umbrella"})
    store.apply([Add(record=told)])
    found = Retriever(store, embedder=EMBEDDER, config=CONFIG).query("Umbrellas?", time=10**6)
    assert found.hits[0].id == told.id
    assert found.hits[0].signals.lexical == 1.0


def test_of_equal_records_the_newer_comes_first() -> None:
    store = MemoryStore()
    same = [
        MemoryRecord(id=f"{n:032x}", kind="event", content={"text": "a mug"}, about=(str(n),))
        for n in (3, 9, 5)
    ]
    store.apply([Add(record=each) for each in same])
    found = [int(hit.id, 16) for hit in Retriever(store).query("mug").hits]
    assert found == [9, 5, 3]


def test_few_records_are_read() -> None:
    watched = Watched(LARGE[0])
    retriever = Retriever(watched, embedder=EMBEDDER, config=CONFIG)
    retriever.query("green chair", pose=(0.0, 0.0, 0.0), k=5)
    assert watched.reads <= 10


def test_a_vector_asks_by_meaning_and_words_only_by_words() -> None:
    store, records = SMALL
    retriever = Retriever(store, embedder=EMBEDDER, config=CONFIG)
    wanted = next(each for each in records if each.embedding)
    by_vector = retriever.query(vector=wanted.vector, k=1).hits[0]
    assert by_vector.signals.semantic == pytest.approx(1.0, abs=1e-5)
    assert by_vector.signals.lexical is None
    both = retriever.query("mug", vector=wanted.vector, k=20)
    assert all(hit.signals.lexical is not None for hit in both.hits)
    assert max(hit.signals.semantic or 0 for hit in both.hits) == pytest.approx(1.0, abs=1e-5)
    elsewhere = retriever.query(vector=np.ones(7, np.float32), space="pictures", k=3)
    assert [hit.signals.semantic for hit in elsewhere.hits] == [None] * 3


def test_citations_say_where_an_answer_comes_from() -> None:
    store, records = SMALL
    hit = Retriever(store, embedder=EMBEDDER).query("lamp", k=1).hits[0]
    source = next(each for each in records if each.id == hit.id)
    cited = hit.citation
    assert (cited.id, cited.tick, cited.place) == (source.id, source.valid_from, source.place)
    assert cited.pose == source.pose
    assert hit.text == text_of(source)


@given(st.integers(0, 120))
@settings(max_examples=20, deadline=None)
def test_a_token_budget_holds(budget: int) -> None:
    retriever = Retriever(SMALL[0], embedder=EMBEDDER)
    free = retriever.query("red vase", k=20)
    bounded = retriever.query("red vase", k=20, token_budget=budget)
    assert bounded.hits == free.hits[: len(bounded.hits)]
    assert bounded.tokens == sum(estimated_tokens(hit.text) for hit in bounded.hits) <= budget
    rest = free.hits[len(bounded.hits) :]
    assert not rest or bounded.tokens + estimated_tokens(rest[0].text) > budget


def test_empty_memories_and_unknown_words_are_no_errors() -> None:
    empty = Retriever(MemoryStore())
    for found in (
        empty.query(),
        empty.query("lamp", pose=(0, 0, 0), time=3),
        empty.query(vector=np.ones(3, np.float32)),
        Retriever(SMALL[0]).query("lamp", filter=Filter(place="nowhere")),
    ):
        assert found.hits == ()
        assert (found.matching, found.tokens) == (0, 0)
    unknown = Retriever(SMALL[0], embedder=EMBEDDER).query("Zanzibar?!", k=3)
    assert [hit.signals.lexical for hit in unknown.hits] == [0.0] * 3
    silent = Retriever(SMALL[0], embedder=EMBEDDER).query("?!", k=3)
    assert [hit.signals.semantic for hit in silent.hits] == [None] * 3


def test_the_past_is_asked_about_through_the_filter() -> None:
    store = MemoryStore()
    old = MemoryRecord(
        id="0" * 32,
        kind="fact",
        content={"text": "mug on the shelf"},
        valid_from=10,
        valid_to=20,
        superseded_at=20,
        status="archived",
    )
    new = MemoryRecord(
        id="1" * 32, kind="fact", content={"text": "mug in the sink"}, valid_from=20, recorded_at=20
    )
    store.apply([Add(record=old), Add(record=new)])
    retriever = Retriever(store)
    assert [hit.id for hit in retriever.query("where is the mug").hits] == [new.id]
    past = retriever.query("where was the mug", filter=Filter(valid_at=15))
    assert [hit.id for hit in past.hits] == [old.id]
    believed = retriever.query("mug", filter=Filter(as_of=19))
    assert [(hit.id, hit.signals.recency < 1) for hit in believed.hits] == [(old.id, True)]


@pytest.mark.parametrize("count", [3, 300])
def test_nobody_is_shown_what_another_told_in_private(tmp_path: Path, count: int) -> None:
    with MemoryStore(tmp_path) as store:
        made = [
            MemoryRecord(
                id=f"{number:032x}",
                kind="fact",
                content={"text": f"door code {number}"},
                observer=("Ana", "Bo", "Cy")[number % 3],
                visibility="shared" if number % 5 == 0 else "private",
            )
            for number in range(count)
        ]
        store.apply([Add(record=record) for record in made])
    with MemoryStore(tmp_path) as store:
        for viewer in ("Ana", "Bo", "Cy", "Dee"):
            allowed = {r.id for r in made if r.visibility == "shared" or r.observer == viewer}
            retriever = Retriever(store, viewer=viewer)
            for filter in (Filter(), Filter(viewer="Ana"), Filter(status="any", observer="Bo")):
                found = retriever.query("door code", k=count, filter=filter)
                assert {hit.id for hit in found.hits} <= allowed
                assert found.matching <= len(allowed)
            everything = retriever.query("door code", k=count)
            assert {hit.id for hit in everything.hits} == allowed
        assert Retriever(store).query("door code").matching == count


def test_damaged_and_deleted_records_are_left_out_and_named() -> None:
    store, records = filled(15)
    first = Retriever(store, embedder=EMBEDDER).query("red chair", k=15).hits
    watched = Watched(store, damaged={first[0].id})
    rest = Retriever(watched, embedder=EMBEDDER).query("red chair", k=15)
    assert [hit.id for hit in rest.hits] == [hit.id for hit in first[1:]]
    assert rest.unreadable == (first[0].id,)
    store.apply([Delete(id=first[0].id)])
    after = Retriever(store, embedder=EMBEDDER).query("red chair", k=15)
    assert {hit.id for hit in after.hits} == {each.id for each in records} - {first[0].id}
    assert after.unreadable == ()


def test_reads_are_counted_where_the_memory_is_written_to(tmp_path: Path) -> None:
    _, records = SMALL
    with MemoryStore(tmp_path / "memory") as store:
        store.apply([Add(record=each) for each in records])
        hits = Retriever(store, embedder=EMBEDDER).query("lamp", time=77, k=2).hits
        counted = [store.get(hit.id).statistics for hit in hits]
        assert [(use.reads, use.last_read) for use in counted] == [(1, 77)] * 2
        reader = MemoryStore.read(tmp_path / "memory")
        again = Retriever(reader, embedder=EMBEDDER).query("lamp", time=77, k=2).hits
        assert [hit.id for hit in again] == [hit.id for hit in hits]
        reader.close()


def test_order_does_not_depend_on_where_records_lie() -> None:
    store, records = SMALL
    turned = MemoryStore()
    turned.apply([Add(record=each) for each in reversed(records)])
    answers = [
        [hit.id for hit in Retriever(each, embedder=EMBEDDER).query("red", k=20).hits]
        for each in (store, turned)
    ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"k": 0}, "k must be positive"),
        ({"token_budget": -1}, "not negative"),
        ({"pose": (1.0, 2.0)}, "3 or 7"),
        ({"pose": (1.0, 2.0, math.nan)}, "finite"),
        ({"vector": np.ones((2, 3), np.float32)}, "one row"),
        ({"vector": np.array([np.inf], np.float32)}, "finite"),
    ],
)
def test_a_wrong_query_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Retriever(SMALL[0]).query(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"semantic": -1.0},
        {"recency": math.nan},
        {"reach": 0.0},
        {"half_life": math.inf},
        {"candidates": 0},
        {"semantic": 0.0, "lexical": 0.0, "place": 0.0, "recency": 0.0, "fidelity": 0.0},
    ],
)
def test_wrong_weights_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        RetrieverConfig(**wrong)  # type: ignore[arg-type]
