"""The word index finds what a plain reading of all texts finds, takes any text, knows damage."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.memory.search import words as module
from embodied_mem.memory.search.tokens import words_of
from embodied_mem.memory.search.words import WordHits, WordIndex

VOCABULARY = ["object", "red", "green", "chair", "table", "shelf", "mug", "vase", "lamp", "two"]


def index(connection: sqlite3.Connection | None = None) -> WordIndex:
    made = WordIndex(connection or sqlite3.connect(":memory:", isolation_level=None))
    made.create()
    return made


def some_texts(count: int, seed: int = 0) -> list[str]:
    """Texts whose words are Zipf-like: all hold `object`, a tenth hold `two`."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, len(VOCABULARY) + 1)
    return [
        " ".join(w for w, p in zip(VOCABULARY, share, strict=True) if rng.random() < p)
        for _ in range(count)
    ]


def true_scores(hits: WordHits, texts: dict[int, str], size: int) -> list[float]:
    return [
        sum(hits.weights.get(word, 0.0) for word in set(words_of(texts.get(slot, ""))))
        for slot in range(size)
    ]


texts = st.lists(st.sampled_from(VOCABULARY), max_size=6).map(" ".join)
changes = st.lists(st.tuples(st.integers(0, 30), texts | st.none()), max_size=60)


@settings(max_examples=150, deadline=None)
@given(changes, texts, st.integers(1, 8), st.none() | st.sets(st.integers(0, 30)), st.data())
def test_scores_are_exact_or_bounded(
    steps: list[tuple[int, str | None]],
    query: str,
    limit: int,
    among: set[int] | None,
    data: st.DataObject,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_POSTINGS", data.draw(st.integers(2, 40)))
        patch.setattr(module, "MAX_READ", data.draw(st.integers(40, 200)))
        held = index()
        model: dict[int, str] = {}
        for slot, text in steps:
            if slot in model:
                held.remove(slot, model.pop(slot))
            if text is not None:
                held.add(slot, text)
                model[slot] = text
        chosen = None if among is None else np.array(sorted(among), np.intp)
        hits = held.search(query, limit, size=31, among=chosen)
        right = np.array(true_scores(hits, model, 31))
        slots = np.arange(31)
        unread = hits.unread(slots)
        assert (hits.scores <= right + 1e-9).all()
        assert (right <= hits.scores + unread + 1e-9).all()
        assert right.max(initial=0.0) <= 1 + 1e-9
        assert len(hits.slots) == len(set(hits.slots)) <= limit
        assert among is None or set(hits.slots.tolist()) <= among
        found = hits.scores > 0
        if among is not None:
            found &= np.isin(slots, list(among))
        order = np.lexsort((-slots, -(hits.scores + unread)))
        assert hits.slots.tolist() == [s for s in order.tolist() if found[s]][:limit]
        for word in set(words_of(query)) - hits.reach.keys():
            holders = {slot for slot, text in model.items() if word in words_of(text)}
            assert not holders or (hits.scores[list(holders)] >= hits.weights[word] - 1e-9).all()
        assert held.check(model.items()) == []


def test_rarer_words_weigh_more_and_all_of_them_are_found() -> None:
    held = index()
    held.add_many(enumerate(some_texts(500)))
    held.add(500, "a purple object")
    hits = held.search("the purple objects", 3, size=501)
    assert hits.slots[0] == 500
    assert hits.weights["purple"] > 0.9 > hits.weights["object"]
    assert "the" not in hits.weights
    assert hits.score("PURPLE things, two of them") == hits.weights["purple"]


def test_a_common_word_is_read_in_its_newest_slots_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_POSTINGS", 50)
    held = index()
    rows = list(enumerate(some_texts(1000)))
    held.add_many(rows)
    hits = held.search("object", 10, size=1000)
    assert hits.slots.tolist() == list(range(999, 989, -1))
    assert np.count_nonzero(hits.scores) == 50
    assert hits.reach == {"object": 950}
    both = held.search("red chairs", 1000, size=1000)
    holders = {slot for slot, text in rows if {"red", "chair"} <= set(text.split())}
    assert holders <= set(both.slots.tolist())
    assert min(holders) < min(both.reach.values())
    np.testing.assert_allclose(both.scores[list(holders)], 1.0)
    np.testing.assert_allclose(both.unread(np.array(list(holders))), 0.0, atol=1e-12)


@given(st.text(max_size=40))
@settings(deadline=None)
def test_no_text_is_fts_syntax(text: str) -> None:
    held = index()
    held.add(3, f"{text} lamp")
    hits = held.search(f'{text} lamp "lamp" AND NOT lamp* NEAR(lamp) text:lamp ^lamp', 5, size=4)
    assert hits.slots.tolist() == [3]
    assert hits.score(f"{text} lamp") == pytest.approx(1.0)
    assert held.search(text, 5, size=4).slots.tolist() == ([3] if words_of(text) else [])
    held.remove(3, f"{text} lamp")
    assert held.check([]) == []


@pytest.mark.parametrize("query", ["", "  ", '"', "nothing here", "\ud800", "∅ – !"])
def test_a_query_without_known_words_finds_nothing(query: str) -> None:
    held = index()
    held.add_many(enumerate(["red chair", "", "lamp"]))
    hits = held.search(query, 5, size=3)
    assert hits.slots.tolist() == []
    assert not hits.scores.any()
    assert index().search("lamp", 5, size=0).slots.tolist() == []


def test_singular_plural_case_and_accents_are_one() -> None:
    held = index()
    held.add_many(enumerate(["two crème shelves", "a box of knives", "cherries"]))
    for slot, query in enumerate(["CREME Shelf", "boxes knife", "cherry"]):
        assert held.search(query, 1, size=3).slots.tolist() == [slot]


def test_a_long_query_is_cut() -> None:
    held = index()
    held.add(0, "w0 w999")
    hits = held.search(" ".join(f"w{n}" for n in range(1000)), 5, size=1)
    assert hits.weights == {"w0": 1.0}


def test_what_a_transaction_takes_back_is_not_there() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    held = index(connection)
    held.add(0, "lamp")
    connection.execute("BEGIN IMMEDIATE")
    held.add(1, "mug")
    held.remove(0, "lamp")
    connection.execute("ROLLBACK")
    assert held.check([(0, "lamp")]) == []


def test_check_names_the_slots_that_are_wrong() -> None:
    held = index()
    held.add_many([(0, "red lamp"), (1, "mug"), (7, "vase")])
    problems = held.check([(0, "red lamps"), (1, "mug table"), (2, "chair")])
    assert problems == [
        "slot 1: the word index lacks 'table'",
        "slot 2: the word index lacks 'chair'",
        "slot 7: the word index has a stray 'vase'",
    ]
    held.rebuild([(1, "mug table")])
    assert held.check([(1, "mug table")]) == []


def test_damage_is_found_or_harmless_and_rebuilding_heals_it(tmp_path: Path) -> None:
    path = tmp_path / "words.sqlite"
    rows = list(enumerate(some_texts(300)))
    connection = sqlite3.connect(path, isolation_level=None)
    held = index(connection)
    for start in range(0, 300, 50):
        held.add_many(rows[start : start + 50])
    queries = [*VOCABULARY, "red chair", "two lamps"]
    right = [held.search(query, 20, size=300).slots.tolist() for query in queries]
    blobs = connection.execute("SELECT id, block FROM words_data WHERE length(block) > 0")
    rng, found = np.random.default_rng(0), 0
    for block_id, block in blobs.fetchall():
        for _ in range(8):
            bad = bytearray(block)
            bad[rng.integers(len(bad))] ^= 1 << int(rng.integers(8))
            connection.execute("UPDATE words_data SET block = ? WHERE id = ?", (bad, block_id))
            reader = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
            damaged = WordIndex(reader)
            if damaged.check(rows):
                found += 1
            else:
                assert [damaged.search(q, 20, size=300).slots.tolist() for q in queries] == right
            reader.close()
        connection.execute("UPDATE words_data SET block = ? WHERE id = ?", (block, block_id))
    assert found > 20
    connection.execute("UPDATE words_data SET block = zeroblob(9)")
    connection.close()
    connection = sqlite3.connect(path, isolation_level=None)
    healed = WordIndex(connection)
    assert healed.check(rows)
    healed.rebuild(rows)
    assert healed.check(rows) == []
    assert [healed.search(q, 20, size=300).slots.tolist() for q in queries] == right
    connection.close()
