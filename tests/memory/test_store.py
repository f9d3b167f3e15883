"""What a store promises of its records, in memory and in a folder alike."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import BudgetError, StoreError
from embodied_mem.memory import (
    Add,
    Delete,
    Filter,
    Link,
    MemoryRecord,
    MemoryStore,
    Noop,
    Operation,
    RecordIds,
    Update,
)

A, B, C, D = (f"{n:032x}" for n in range(1, 5))


def record(record_id: str, **fields: Any) -> MemoryRecord:
    return MemoryRecord(**{"id": record_id, "kind": "fact", "content": {"of": record_id}, **fields})


def picture(record_id: str, seed: int, layers: int = 3, size: int = 6000) -> MemoryRecord:
    """A snapshot of random layers, each of which loses less than the one before."""
    rng = np.random.default_rng(seed)
    return record(
        record_id,
        kind="snapshot",
        payload=tuple(rng.bytes(size >> (layers - n)) for n in range(1, layers + 1)),
        losses=(*(2.0**-n for n in range(1, layers)), 0.0),
        embedding=rng.normal(size=48).astype("<f4").tobytes(),
        space="test",
    )


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryStore]:
    with MemoryStore(tmp_path / "s.mem" if request.param == "folder" else None) as opened:
        yield opened


def test_a_record_comes_back_as_it_was(store: MemoryStore) -> None:
    whole = record(
        A,
        kind="snapshot",
        content={"text": "a red mug", "list": [1, 2.5, None, {"deep": True}]},
        place="kitchen",
        pose=(1.0, -2.0, 0.5, 1.0, 0.0, 0.0, 0.0),
        about=("mug-1", "table-2"),
        observer="robot",
        session="monday",
        valid_from=3,
        valid_to=9,
        recorded_at=4,
        superseded_at=8,
        embedding=np.arange(5, dtype="<f4").tobytes(),
        space="colours",
        payload=(b"coarse", b"fine"),
        losses=(0.25, 0.0),
        provenance=("camera",),
        visibility="shared",
        status="archived",
    )
    assert store.apply([Add(record=whole)]) == (A,)
    held = store.get(A)
    assert held == MemoryRecord(
        **{name: getattr(whole, name) for name in whole.__struct_fields__ if name != "level"},
        level=2,
    )
    bare = store.record_at(store.slot_of(A), payload=False)
    assert (bare.payload, bare.embedding, bare.content) == ((), b"", whole.content)


def test_a_failed_batch_changes_nothing(store: MemoryStore) -> None:
    store.apply([Add(record=record(A))])
    before, sequence = store.digest(), store.sequence
    with pytest.raises(StoreError, match=f"DELETE of {D}: no record has that id"):
        store.apply(
            [
                Add(record=record(B)),
                Update(id=A, tick=3, changes={"content": {"n": 2}}),
                Delete(id=A),
                Delete(id=D),
            ]
        )
    assert (store.digest(), store.sequence, len(store)) == (before, sequence, 1)
    assert store.verify().ok


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (Add(record=record("a")), "not a record id"),
        (Add(record=record(A)), "exists"),
        (Add(record=record(B, links=(Link("shows", C),))), "links to"),
        (Add(record=record(B, embedding=b"abc")), "not a float32 vector"),
        (Add(record=record(B, pose=(0.0,) * 6)), "pose"),
        (Add(record=record(B, content={"x": object()})), "JSON"),
        (Add(record=record(B, valid_from=5, valid_to=4)), "before the start"),
        (Update(id=B, tick=0), "no record has that id"),
        (Update(id=A, tick=0, changes={"id": B}), "cannot change"),
        (Update(id=A, tick=0, changes={"colour": "red"}), "cannot change"),
        (Update(id=A, tick=0, supersede_as=A), "exists"),
    ],
)
def test_what_is_not_valid_is_refused(
    store: MemoryStore, operation: Operation, message: str
) -> None:
    store.apply([Add(record=record(A))])
    before = store.digest()
    with pytest.raises(StoreError, match=message):
        store.apply([operation])
    assert store.digest() == before


def test_superseding_closes_the_old_claim_and_keeps_what_it_was(store: MemoryStore) -> None:
    vector = np.ones(3, "<f4").tobytes()
    first = record(A, content={"where": "table"}, valid_from=1, recorded_at=2, embedding=vector)
    store.apply([Add(record=first)])
    changes = {"content": {"where": "shelf"}}
    store.apply([Update(id=A, tick=9, changes=changes, supersede_as=B)])
    old, new = store.get(A), store.get(B)
    assert (old.status, old.valid_from, old.valid_to, old.superseded_at) == ("archived", 1, 9, 9)
    assert old.content == {"where": "table"}
    assert (new.status, new.valid_from, new.valid_to, new.recorded_at) == ("active", 9, None, 9)
    assert (new.version, new.provenance, new.embedding) == (2, (A,), vector)
    store.apply([Update(id=B, tick=15, changes={"content": {"where": "bin"}}, supersede_as=C)])
    for each in (A, B, C):
        assert [version.id for version in store.history(each)] == [A, B, C]


def test_three_questions_of_time(store: MemoryStore) -> None:
    store.apply([Add(record=record(A, about=("mug",), valid_from=1, recorded_at=1))])
    store.apply([Update(id=A, tick=9, changes={"place": "shelf"}, supersede_as=B)])
    now = store.query(Filter(about="mug"))
    then = store.query(Filter(about="mug", valid_at=5))
    assert ([r.id for r in now], [r.id for r in then]) == ([B], [A])
    (believed,) = store.as_of(8)
    assert (believed.id, believed.status, believed.valid_to) == (A, "active", None)
    assert [r.id for r in store.as_of(9)] == [B]
    assert store.as_of(0) == []


def test_the_same_fact_a_hundred_times_is_one_record(store: MemoryStore) -> None:
    ids = RecordIds(3)
    first = record(ids.new(0), content={"cup": "red"}, about=("cup-1",))
    store.apply([Add(record=first)])
    for tick in range(1, 100):
        again = record(ids.new(tick), content={"cup": "red"}, about=("cup-1",), valid_from=tick)
        assert store.apply([Add(record=again)]) == (first.id,)
    assert len(store) == 1
    other = record(ids.new(100), content={"cup": "blue"}, about=("cup-1",))
    assert store.apply([Add(record=other)]) == (other.id,)


def test_deleting_leaves_no_dangling_link(store: MemoryStore) -> None:
    links = (Link("shows", A), Link("near", C))
    store.apply([Add(record=record(A)), Add(record=record(C)), Add(record=record(B, links=links))])
    assert store.apply([Delete(id=A), Noop()]) == (None, None)
    assert store.get(B).links == (Link("near", C),)
    with pytest.raises(StoreError, match="no record has the id"):
        store.get(A)
    assert store.verify().ok


def test_a_stale_id_is_an_error_though_its_slot_is_used_again(store: MemoryStore) -> None:
    store.apply([Add(record=picture(A, 1))])
    slot = store.slot_of(A)
    store.apply([Delete(id=A)])
    store.apply([Add(record=picture(B, 2))])
    assert store.slot_of(B) == slot
    with pytest.raises(StoreError, match=A):
        store.get(A)


def test_rollback_is_byte_identical(store: MemoryStore, tmp_path: Path) -> None:
    store.apply([Add(record=picture(A, 1)), Add(record=picture(B, 2))])
    store.apply([Update(id=A, tick=3, changes={"place": "hall"})])
    store.export(tmp_path / "before.emem")
    first = store.sequence + 1
    store.apply([Delete(id=A), Add(record=picture(C, 3))])
    store.apply([Update(id=B, tick=5, changes={"payload": (b"new",)}, supersede_as=D)])
    store.apply([Update(id=C, tick=6, changes={"level": 1})])
    store.rollback(first)
    store.export(tmp_path / "after.emem")
    assert (tmp_path / "after.emem").read_bytes() == (tmp_path / "before.emem").read_bytes()
    assert store.verify().ok
    assert [r.id for r in store.query(Filter(kind="snapshot"))] == [A, B]
    with pytest.raises(StoreError, match="no batch 99"):
        store.rollback(99)


def test_a_layer_falls_and_the_rest_stays(store: MemoryStore) -> None:
    full = picture(A, 1)
    store.apply([Add(record=full)])
    store.apply([Update(id=A, tick=1, changes={"level": 1, "bits": 4})])
    low = store.get(A)
    assert (low.payload, low.level, low.losses) == (full.payload[:1], 1, full.losses)
    assert low.bits == 4
    cosine = low.vector @ full.vector / np.linalg.norm(low.vector) / np.linalg.norm(full.vector)
    assert 0.9 < cosine < 1.0


def test_shrinking_gives_up_what_loses_least_and_growing_brings_it_back() -> None:
    store = MemoryStore(archive_bytes=1 << 20)
    store.apply([Add(record=picture(f"{n:032x}", n)) for n in range(1, 31)])
    store.compact()
    before = {r.id: r for r in store.records()}
    target = int(store.disk_bytes * 0.6)
    store.shrink(target)
    assert 0.9 * target < store.disk_bytes <= target
    for held in store.records():
        assert held.payload == before[held.id].payload[: held.level]
    assert min(r.level for r in store.records()) >= 1
    assert store.verify().ok
    store.grow()
    assert {r.id: r.payload for r in store.records()} == {r.id: r.payload for r in before.values()}
    with pytest.raises(BudgetError, match="cannot shrink"):
        store.shrink(1000)


def test_without_an_archive_nothing_grows_back() -> None:
    store = MemoryStore()
    store.apply([Add(record=picture(f"{n:032x}", n)) for n in range(1, 31)])
    store.shrink(int(store.disk_bytes * 0.6))
    levels = [r.level for r in store.records()]
    assert store.grow() == 0
    assert [r.level for r in store.records()] == levels


def test_the_digest_depends_on_content_alone(store: MemoryStore) -> None:
    store.apply([Add(record=picture(A, 1))])
    store.apply([Add(record=picture(B, 2))])
    other = MemoryStore()
    other.apply([Add(record=picture(B, 2)), Add(record=picture(A, 1)), Add(record=record(C))])
    other.apply([Delete(id=C)])
    other.note_reads([A], tick=7, cited=True)
    assert other.get(A).statistics.citations == 1
    assert store.digest() == other.digest()
    other.apply([Update(id=A, tick=0, changes={"level": 2})])
    assert store.digest() != other.digest()


def test_the_nearest_vectors_are_found_within_their_space(store: MemoryStore) -> None:
    records = [picture(f"{n:032x}", n) for n in range(1, 20)]
    stray = record(f"{99:032x}", embedding=records[4].embedding, space="another")
    store.apply([Add(record=each) for each in (*records, stray)])
    slots, scores = store.search(records[4].vector, 3, space="test")
    assert store.columns.ids[slots[0]] == records[4].id
    assert scores[0] == pytest.approx(1.0)
    units = np.stack([r.vector / np.linalg.norm(r.vector) for r in records])
    best = np.sort(units @ units[4])[::-1][:3]
    assert scores == pytest.approx(best, abs=1e-5)


def test_a_copy_through_a_file_is_the_same_store(store: MemoryStore, tmp_path: Path) -> None:
    source = MemoryStore(session="visit 1", seed=7, seconds_per_tick=0.5)
    source.apply([Add(record=picture(A, 1)), Add(record=record(B, links=(Link("of", A),)))])
    source.apply([Update(id=A, tick=1, changes={"level": 2})])
    source.export(tmp_path / "m.emem")
    assert store.import_(tmp_path / "m.emem", settings=True) == 2
    assert store.digest() == source.digest()
    assert (store.session, store.seed, store.seconds_per_tick) == ("visit 1", 7, 0.5)
    store.export(tmp_path / "again.emem")
    assert (tmp_path / "again.emem").read_bytes() == (tmp_path / "m.emem").read_bytes()
    with pytest.raises(StoreError, match="exists already"):
        store.import_(tmp_path / "m.emem")


operations = st.lists(
    st.tuples(st.sampled_from(["add", "change", "supersede", "delete", "lower"]), st.integers(0)),
    max_size=25,
)


@settings(deadline=None, max_examples=40)
@given(steps=operations)
def test_it_holds_what_a_dictionary_would(steps: list[tuple[str, int]]) -> None:
    store, model = MemoryStore(), dict[str, dict[str, Any]]()
    for number, (wish, pick) in enumerate(steps):
        step = wish if model else "add"
        record_id = f"{number + 1:032x}"
        if step == "add":
            store.apply([Add(record=picture(record_id, number, size=60))])
            model[record_id] = {"of": record_id}
            continue
        target = sorted(model)[pick % len(model)]
        made: dict[str, Operation] = {
            "change": Update(id=target, tick=number, changes={"content": {"n": number}}),
            "supersede": Update(id=target, tick=number, supersede_as=record_id),
            "delete": Delete(id=target),
            "lower": Update(id=target, tick=number, changes={"level": 1}),
        }
        store.apply([made[step]])
        if step == "change":
            model[target] = {"n": number}
        elif step == "supersede":
            model[record_id] = model[target]
        elif step == "delete":
            del model[target]
    assert {r.id: r.content for r in store.records()} == model
    assert all(link.id in model for r in store.records() for link in r.links)
    assert store.verify().ok
