"""Feedback reaches the query that it is about, once, and makes the retriever better."""

import numpy as np
import pytest

from embodied_mem.errors import FeedbackError
from embodied_mem.memory import Add, Delete, MemoryRecord, MemoryStore, Retriever
from embodied_mem.memory.reranking import LinearReranker
from embodied_mem.memory.reranking.open_queries import MAX_OPEN
from embodied_mem.memory.search.hashing import HashingEmbedder

EMBEDDER = HashingEmbedder(64)
WORDS = ["on the table", "in the hall", "by the old door", "left with Ana", "under the sofa again"]


def filled(count: int = 60) -> MemoryStore:
    """Holds sightings of a mug in many words, one a minute."""
    rng = np.random.default_rng(1)
    records = []
    for number in range(count):
        text = f"the mug {rng.choice(WORDS)} {' '.join(rng.choice(WORDS, rng.integers(3)))}"
        records.append(
            MemoryRecord(
                id=f"{number:032x}",
                kind="event",
                content={"text": text},
                valid_from=60 * number,
                embedding=EMBEDDER.embed([text])[0].tobytes(),
                space=EMBEDDER.name,
            )
        )
    store = MemoryStore()
    store.apply([Add(record=record) for record in records])
    return store


def test_without_a_reranker_nothing_is_kept_open() -> None:
    retriever = Retriever(filled(), embedder=EMBEDDER)
    found = retriever.query("where is the mug?")
    assert found.query_id == ""
    with pytest.raises(FeedbackError, match="without a reranker"):
        retriever.feedback("q1-000000", [])


def test_an_untaught_reranker_changes_nothing() -> None:
    store = filled()
    plain = Retriever(store, embedder=EMBEDDER)
    learning = Retriever(store, embedder=EMBEDDER, reranker=LinearReranker())
    for text in ("where is the mug?", "mug under the sofa", None):
        assert learning.query(text, pose=(0, 0, 0)).hits == plain.query(text, pose=(0, 0, 0)).hits


def test_what_is_cited_comes_first_in_time() -> None:
    store, newest = filled(), f"{59:032x}"
    retriever = Retriever(store, embedder=EMBEDDER, reranker=LinearReranker())

    def rank() -> int:
        hits = retriever.query("where is the mug on the table?", k=60).hits
        return [hit.id for hit in hits].index(newest)

    before = rank()
    for _ in range(40):
        found = retriever.query("where is the mug on the table?", k=60)
        retriever.feedback(found.query_id, [newest])
    assert rank() < min(before, 3) < before
    assert store.get(newest).statistics.citations == 40


def test_scores_stay_exact_and_from_0_to_1() -> None:
    store = filled()
    reranker = LinearReranker()
    retriever = Retriever(store, embedder=EMBEDDER, reranker=reranker)
    for _ in range(20):
        found = retriever.query("the mug, left with Ana", k=10)
        retriever.feedback(found.query_id, [found.hits[-1].id])
    scores = [hit.score for hit in retriever.query("the mug, left with Ana", k=60).hits]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= min(scores) <= max(scores) <= 1 + 1e-12


def test_feedback_is_taken_once_and_only_for_what_was_shown() -> None:
    retriever = Retriever(filled(), embedder=EMBEDDER, reranker=LinearReranker())
    found = retriever.query("mug", k=3)
    with pytest.raises(FeedbackError, match="did not show"):
        retriever.feedback(found.query_id, ["f" * 32])
    retriever.feedback(found.query_id, [found.hits[0].id])
    with pytest.raises(FeedbackError, match="answered"):
        retriever.feedback(found.query_id, [])
    with pytest.raises(FeedbackError, match="no query 'q99-abcdef'"):
        retriever.feedback("q99-abcdef", [])


def test_ids_are_short_repeat_and_tell_other_answers_apart() -> None:
    first, second = (
        Retriever(filled(), embedder=EMBEDDER, reranker=LinearReranker()) for _ in range(2)
    )
    for text in ("mug", "sofa", "mug"):
        one, two = first.query(text, k=3), second.query(text, k=3)
        assert one.query_id == two.query_id
        assert len(one.query_id) < 12
    other = Retriever(filled(30), embedder=EMBEDDER, reranker=LinearReranker()).query("mug", k=3)
    with pytest.raises(FeedbackError):
        first.feedback(other.query_id, [])


def test_only_the_last_queries_stay_open() -> None:
    retriever = Retriever(filled(8), embedder=EMBEDDER, reranker=LinearReranker())
    oldest = retriever.query("mug", k=1)
    for _ in range(MAX_OPEN):
        last = retriever.query("mug", k=1)
    with pytest.raises(FeedbackError, match="older than the last"):
        retriever.feedback(oldest.query_id, [])
    retriever.feedback(last.query_id, [])


def test_feedback_on_nothing_and_on_deleted_records_is_no_error() -> None:
    store = filled(8)
    reranker = LinearReranker()
    retriever = Retriever(store, embedder=EMBEDDER, reranker=reranker)
    found = retriever.query("mug", k=1)
    store.apply([Delete(id=found.hits[0].id)])
    retriever.feedback(found.query_id, [found.hits[0].id])
    empty = Retriever(MemoryStore(), reranker=reranker)
    empty.feedback(empty.query("mug").query_id, [])
    assert reranker.answered == 1


def test_exploring_shows_other_records_and_repeats_with_its_seed() -> None:
    store = filled()

    def shown(seed: int | None) -> list[list[str]]:
        rng = None if seed is None else np.random.default_rng(seed)
        retriever = Retriever(store, embedder=EMBEDDER, reranker=LinearReranker(rng=rng))
        return [[hit.id for hit in retriever.query("mug", k=5).hits] for _ in range(5)]

    assert shown(1) == shown(1)
    assert shown(1) != shown(2)
    assert len({tuple(each) for each in shown(None)}) == 1
    assert len({tuple(each) for each in shown(1)}) > 1
