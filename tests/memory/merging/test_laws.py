"""Merging is commutative, associative and idempotent, and loses nothing that either believes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.memory import MemoryStore
from embodied_mem.memory.merging.names import untagged
from embodied_mem.memory.record import MemoryRecord
from merge_stores import Robot, Step, scripts, three_memories

Three = tuple[MemoryStore, MemoryStore, MemoryStore]


@settings(max_examples=12, deadline=None)
@given(three_memories())
def test_in_any_order_and_however_often_it_comes_to_the_same(stores: Three) -> None:
    a, b, c = stores
    both = a.merge(b)
    digest = both.digest()
    assert b.merge(a).digest() == digest
    assert both.merge(both).digest() == digest
    assert both.merge(b).digest() == digest
    assert both.merge(c).digest() == a.merge(b.merge(c)).digest()
    assert both.verify().ok


@settings(max_examples=8, deadline=None)
@given(scripts)
def test_what_one_robot_wrote_stays_as_it_is(script: list[Step]) -> None:
    own = Robot(7).run(script).store
    assert own.merge(own).digest() == own.digest()
    assert own.merge(MemoryStore()).digest() == own.digest()
    assert MemoryStore().merge(own).digest() == own.digest()


@settings(max_examples=8, deadline=None)
@given(three_memories())
def test_records_and_provenance_are_a_superset(stores: Three) -> None:
    a, b, _ = stores
    both = a.merge(b)
    stones = _by_status(a, "tombstone") | _by_status(b, "tombstone")
    for store in (a, b):
        for record in store.records():
            if record.id in both:
                _holds_all(both.get(record.id), record, stones)
            else:
                assert _made_of(record, stones, store)


def _by_status(store: MemoryStore, status: str) -> set[str]:
    return {record.id for record in store.records(payload=False) if record.status == status}


def _made_of(record: MemoryRecord, stones: set[str], store: MemoryStore) -> bool:
    """Tells whether a record was made, directly or not, of one that is a tombstone somewhere."""
    sources = [link.id for link in record.links if link.type == "derived_from"]
    return any(s in stones or _made_of(store.get(s), stones, store) for s in sources)


def _holds_all(merged: MemoryRecord, record: MemoryRecord, stones: set[str]) -> None:
    if record.id in stones:
        assert merged.status == "tombstone"
        assert merged.content == {}
        return
    assert set(record.provenance) <= set(merged.provenance)
    assert (merged.kind, merged.observer) == (record.kind, record.observer)
    assert merged.valid_from <= record.valid_from
    if record.visibility == "private":
        assert merged.visibility == "private"


@settings(max_examples=8, deadline=None)
@given(three_memories())
def test_every_thing_that_either_believes_in_is_believed_in_once(stores: Three) -> None:
    a, b, _ = stores
    both = a.merge(b)
    told = _things(both)
    for store in (a, b):
        for (observer, category), count in _counts(store).items():
            assert _counts(both).get((observer, category), 0) >= min(count, 1)
    for record in told:
        twins = [r for r in told if r.content["object_id"] == record.content["object_id"]]
        # Only what not all may read is believed once more, for those who may read the other.
        assert len({(r.observer, r.visibility) for r in twins}) == len(twins)


def _things(store: MemoryStore) -> list[MemoryRecord]:
    return [
        record
        for record in store.records(payload=False)
        if record.content.get("type") == "object"
        and record.status == "active"
        and record.content["state"] != "missing"
    ]


def _counts(store: MemoryStore) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for record in _things(store):
        if record.visibility == "private":
            key = (record.observer, record.content["category"])
            counts[key] = counts.get(key, 0) + 1
    return counts


@settings(max_examples=8, deadline=None)
@given(scripts, scripts, st.integers(0, 50))
def test_names_that_both_gave_mean_one_thing_each(
    first: list[Step], second: list[Step], offset: int
) -> None:
    a, b = Robot(1).run(first).store, Robot(2).run(second).store
    both = a.merge(b, offset=offset)
    where: dict[str, list[MemoryRecord]] = {}
    for record in _things(both):
        where.setdefault(record.content["object_id"], []).append(record)
    for name, records in where.items():
        assert len({(r.observer, r.visibility) for r in records}) == len(records)
        plain = untagged(name)
        assert plain is None or plain.startswith("object-")
