"""Slot features say what the records say, one entry a record."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from candidates import candidates
from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.features import candidate_novelty, novelty, slot_features
from embodied_mem.allocation.view import StoreView
from embodied_mem.memory.record import Add, Delete, MemoryRecord
from toy_store import ToyStore


def filled(seed: int, count: int = 40) -> ToyStore:
    store = ToyStore()
    stream = candidates(seed, count)
    store.apply([Add(record=record) for record in stream])
    store.apply([Delete(id=record.id) for record in stream[3::5]])
    return store


def expected_novelty(record: MemoryRecord, records: list[MemoryRecord]) -> float:
    alike = [r for r in records if (r.kind, r.status) == (record.kind, record.status)]
    if record.about:
        return float(
            np.mean([1 / np.sqrt(sum(entity in r.about for r in alike)) for entity in record.about])
        )

    def cell(r: MemoryRecord) -> tuple[object, ...]:
        where = None if r.pose is None else tuple(np.floor(np.float32(r.pose[:3])).tolist())
        return (r.place, where)

    return float(1 / np.sqrt(sum(cell(r) == cell(record) for r in alike)))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**16))
def test_novelty_is_what_a_plain_count_says(seed: int) -> None:
    store = filled(seed)
    view = StoreView(store)
    records = [store.record(record_id) for record_id in view.ids(view.slots)]
    expected = [expected_novelty(record, records) for record in records]
    np.testing.assert_allclose(novelty(view), expected)
    candidate = candidates(seed + 1, 1)[0]
    assert np.isclose(
        candidate_novelty(view, candidate), expected_novelty(candidate, [*records, candidate])
    )


def test_features_follow_the_records() -> None:
    store = filled(9)
    view = StoreView(store)
    context = AllocationContext(tick=100, visits={"place-1": 7, "nowhere": 3})
    features = slot_features(view, context)
    records = [store.record(record_id) for record_id in view.ids(view.slots)]
    for at, record in enumerate(records):
        assert features.age[at] == 100 - record.recorded_at
        assert features.reads[at] == record.statistics.reads
        assert features.visits[at] == (7 if record.place == "place-1" else 0)
        assert features.place_count[at] == sum(r.place == record.place for r in records)
        assert features.bytes[at] == StoreView.bytes_needed(record)
        assert features.level[at] == 1
    assert features.matrix().shape == (len(records), 10)
    assert np.isfinite(features.matrix()).all()


def test_an_empty_store_has_no_features() -> None:
    view = StoreView(ToyStore())
    assert slot_features(view, AllocationContext(tick=0)).matrix().shape == (0, 10)
    assert candidate_novelty(view, candidates(1, 1)[0]) == 1
