"""Laws of evolution: only what was retrieved changes, and all of it can be undone."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consolidation_notes import as_bytes, drink, filled, note, number
from embodied_mem.errors import StoreError
from embodied_mem.memory import Add, Delete, Filter, MemoryRecord, MemoryStore
from embodied_mem.memory.consolidation import ConsolidationConfig, Consolidator, Evolved, evolve
from embodied_mem.memory.consolidation.evolution import Proposer
from embodied_mem.memory.consolidation.similar import find_similar
from embodied_mem.memory.record import Link

_WORDS = ("kettle", "kitchen", "garden", "water", "flowers", "morning", "window", "basket")
_TEXTS = st.lists(
    st.lists(st.sampled_from(_WORDS), min_size=2, max_size=6).map(" ".join), min_size=2, max_size=8
)
_CONFIG = ConsolidationConfig(shared_words=1)


@settings(max_examples=25, deadline=None)
@given(_TEXTS, st.integers(0, 7))
def test_only_what_was_retrieved_evolves_and_rollback_is_byte_identical(
    texts: list[str], k: int
) -> None:
    store = filled(*(note(text, n, n) for n, text in enumerate(texts)))
    record = store.get(number(len(texts) - 1, len(texts) - 1))
    retrieved = find_similar(store, record, k + 1).alike
    updates = evolve(record, retrieved, _CONFIG)
    assert {update.id for update in updates} <= {each.id for each in retrieved}
    digest, records, sequence = store.digest(), as_bytes(store), store.sequence
    if not updates:
        return
    store.apply(updates)
    for update in updates:
        if update.supersede_as is None:
            continue
        assert store.get(update.id).status == "archived"
        version = store.get(update.supersede_as)
        assert version.valid_from == store.get(update.id).valid_from
        assert version.provenance == (update.id,)
        assert Link("derived_from", record.id) in version.links
    assert store.digest() != digest
    store.rollback(sequence + 1)
    assert store.digest() == digest
    assert as_bytes(store) == records


def _time(record: MemoryRecord) -> int:
    return record.valid_from


@settings(max_examples=15, deadline=None)
@given(_TEXTS, st.data())
def test_no_link_dangles_whatever_is_deleted(texts: list[str], data: st.DataObject) -> None:
    store = filled(*(note(text, n, n) for n, text in enumerate(texts)))
    Consolidator(store, _CONFIG).finish()
    ids = [record.id for record in store.records(payload=False)]
    gone = data.draw(st.lists(st.sampled_from(ids), unique=True))
    store.apply([Delete(id=each) for each in gone])
    for record in store.records(payload=False):
        assert all(link.id in store for link in record.links)


@settings(max_examples=10, deadline=None)
@given(_TEXTS)
def test_evolution_comes_to_an_end(texts: list[str]) -> None:
    store = MemoryStore()
    worker = Consolidator(store, ConsolidationConfig(shared_words=1, tags=4))
    for n, text in enumerate(texts):
        store.apply([Add(record=note(text, n, n))])
        worker.finish()
    notes = store.query(Filter(kind="event"))
    assert [(each.content["text"], each.valid_from) for each in sorted(notes, key=_time)] == [
        (text, n) for n, text in enumerate(texts)
    ]
    assert all(len(record.content.get("tags", ())) <= 4 for record in notes)
    held = len(store)
    worker.finish()
    assert len(store) == held
    # At most a version for every two tags, each of which some note brought.
    assert held <= len(texts) * (1 + 4) + 3


def test_a_neighbour_is_found_by_what_was_said_beside_it() -> None:
    store = filled(note("the kettle stands in the kitchen", 1, 1))
    store.apply([Add(record=note("the kitchen kettle is for earlgrey", 2, 2))])
    Consolidator(store).finish()
    first, second = sorted(store.query(Filter(kind="event")), key=_time)
    assert "tags" not in second.content
    assert first.content == {"text": "the kettle stands in the kitchen", "tags": ["earlgrey"]}
    found = store.words.search("earlgrey", 9, size=store.columns.size).slots.tolist()
    assert store.slot_of(first.id) in found


def _names(record_id: str, *more: Evolved) -> Proposer:
    def propose(
        record: MemoryRecord, neighbours: Sequence[MemoryRecord], config: ConsolidationConfig
    ) -> list[Evolved]:
        return [Evolved(id=record_id, tags=("x",), summary="s"), *more]

    return propose


def test_what_a_model_makes_up_is_refused() -> None:
    store = filled(note("a", 1), note("b", 2), note("c", 3))
    a, b, c = (store.get(number(n)) for n in (1, 2, 3))
    (_, update) = evolve(a, [b], propose=_names(b.id))
    assert update.changes["content"] == {"text": "b", "tags": ["x"], "summary": "s"}
    with pytest.raises(StoreError, match="not retrieved"):
        evolve(a, [b], propose=_names(c.id))
    with pytest.raises(StoreError, match="twice"):
        evolve(a, [b], propose=_names(b.id, Evolved(id=b.id)))


def test_what_others_may_read_never_evolves_by_what_is_private() -> None:
    secret = note("the kitchen kettle hides grandmothers ring", 1, visibility="private")
    known = note("the kettle stands in the kitchen", 2, visibility="shared", observer="Ben")
    assert evolve(secret, [known]) == []
    assert {each.id for each in evolve(known, [secret])} == {secret.id}


def test_typed_facts_do_not_evolve() -> None:
    assert evolve(note("Ana drinks green tea", 1), [drink("green tea", 2)]) == []
