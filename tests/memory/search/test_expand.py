"""Links are followed both ways and only over what may be seen; what many lead to tells less."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError, DamagedRecordError
from embodied_mem.memory import Add, Filter, Link, MemoryRecord, MemoryStore, Retriever
from embodied_mem.memory.filter import Slots
from embodied_mem.memory.links import LINK_TYPES
from embodied_mem.memory.search.expand import followed

TEXTS = ["Ana brought the parcel", "tall green bottle", "wooden stool", "rain on Monday", "empty"]


def chain(*, private: int | None = None, types: tuple[str, ...] = ("near",)) -> MemoryStore:
    """Holds five records, each linked with the next one, from the later or from the earlier."""
    records = []
    for number, text in enumerate(TEXTS):
        before = f"{number - 1:032x}"
        links = (Link(types[number % len(types)], before),) if number else ()
        records.append(
            MemoryRecord(
                id=f"{number:032x}",
                kind="fact",
                content={"text": text},
                links=links,
                observer="Ana",
                visibility="private" if number == private else "shared",
                valid_from=number,
            )
        )
    store = MemoryStore()
    store.apply([Add(record=record) for record in records])
    return store


@pytest.mark.parametrize("kind", LINK_TYPES)
def test_links_of_all_types_are_followed_both_ways(kind: str) -> None:
    retriever = Retriever(chain(types=(kind,)))
    assert all(hit.signals.link is None for hit in retriever.query("Ana parcel").hits)
    for text, beside in (("Ana parcel", {1}), ("green bottle", {0, 2}), ("empty", {3})):
        hits = retriever.query(text, expand=1).hits
        best = hits[0].score
        linked = {int(hit.id, 16) for hit in hits if hit.signals.link}
        assert beside <= linked
        assert 0 < best <= 1


def test_further_hops_reach_further_and_count_less() -> None:
    store = chain()
    slots = {number: store.slot_of(f"{number:032x}") for number in range(5)}
    allowed = store.select(Filter())
    for hops in range(1, 5):
        found, values = followed({slots[0]: 0.8}, allowed, store.neighbours, hops)
        assert found.tolist() == [slots[number] for number in range(1, hops + 1)]
        assert values[0] == 0.8
        assert values.tolist() == sorted(values, reverse=True)


def test_a_hop_over_what_may_not_be_known_is_not_taken() -> None:
    store = chain(private=1)
    start = store.slot_of(f"{0:032x}")
    for viewer, count in (("Ana", 4), ("Bo", 0)):
        slots = store.select(Filter(viewer=viewer))
        assert len(followed({start: 1.0}, slots, store.neighbours, 4)[0]) == count
        hits = Retriever(store, viewer=viewer).query("Ana brought", expand=3, k=9).hits
        assert (f"{1:032x}" in {hit.id for hit in hits}) == (viewer == "Ana")


def test_the_filter_holds_on_every_hop() -> None:
    store = chain()
    allowed = store.select(Filter(ids=[f"{number:032x}" for number in (0, 1, 3)]))
    found, _ = followed({store.slot_of(f"{0:032x}"): 1.0}, allowed, store.neighbours, 5)
    assert found.tolist() == [store.slot_of(f"{1:032x}")]


def test_what_is_linked_with_everything_tells_little_of_any() -> None:
    ways = {0: [1], 2: [3, 4, 5, 6]}

    def neighbours(slot: int) -> Slots:
        return np.array(ways.get(slot, []), np.intp)

    found, values = followed({0: 0.6, 2: 0.6}, np.arange(9), neighbours, 1)
    assert dict(zip(found.tolist(), values.tolist(), strict=True)) == {
        1: 0.6,
        **dict.fromkeys((3, 4, 5, 6), 0.3),
    }


def test_a_damaged_record_is_no_way_and_no_error() -> None:
    def neighbours(slot: int) -> Slots:
        if slot == 1:
            raise DamagedRecordError("damaged")
        return np.array([slot + 1], np.intp)

    found, _ = followed({0: 1.0}, np.arange(9), neighbours, 3)
    assert found.tolist() == [1]


@given(
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30),
    st.sets(st.integers(0, 11)),
    st.integers(1, 3),
)
@settings(max_examples=80, deadline=None)
def test_what_is_reached_is_what_a_walk_of_so_many_steps_can(
    links: list[tuple[int, int]], barred: set[int], hops: int
) -> None:
    beside = {
        each: sorted({b for a, b in links if a == each} | {a for a, b in links if b == each})
        for each in range(12)
    }
    allowed = np.array([each for each in range(12) if each not in barred], np.intp)
    seeds = {slot: 0.5 + slot / 24 for slot in allowed.tolist()[:2]}
    found, values = followed(seeds, allowed, lambda slot: np.array(beside[slot], np.intp), hops)
    right = set()
    for seed in seeds:
        at = {seed}
        for _ in range(hops):
            at |= {other for each in at for other in beside[each] if other not in barred}
        right |= at - {seed}
    assert set(found.tolist()) == right
    assert ((values > 0) & (values <= max(seeds.values(), default=1))).all()


def test_expansion_lifts_what_words_cannot_find_within_the_token_budget() -> None:
    store = chain()
    retriever = Retriever(store)
    found = retriever.query("What is next to the thing that Ana brought?", k=2, token_budget=14)
    linked = retriever.query(
        "What is next to the thing that Ana brought?", k=2, token_budget=14, expand=1
    )
    assert linked.tokens <= 14
    assert f"{1:032x}" in {hit.id for hit in linked.hits}
    assert f"{1:032x}" not in {hit.id for hit in found.hits}
    with pytest.raises(ConfigError, match="expand"):
        retriever.query("Ana", expand=-1)
