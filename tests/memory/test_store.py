"""The store keeps what it was given, changes in whole batches, and refuses damaged files."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import MemoryFileError, StoreError
from embodied_mem.memory import (
    Add,
    Delete,
    Link,
    MemoryRecord,
    MemoryStore,
    Noop,
    RecordIds,
    Update,
)


def record(record_id: str, **fields: object) -> MemoryRecord:
    return MemoryRecord(**{"id": record_id, "kind": "fact", **fields})  # type: ignore[arg-type]


def test_a_failed_batch_changes_nothing() -> None:
    store = MemoryStore()
    store.apply([Add(record=record("a", content={"n": 1}))])
    before = store.digest()
    with pytest.raises(StoreError, match="no record has the id 'missing'"):
        store.apply(
            [
                Add(record=record("b")),
                Update(id="a", tick=3, changes={"content": {"n": 2}}),
                Delete(id="a"),
                Delete(id="missing"),
            ]
        )
    assert store.digest() == before
    assert len(store) == 1


def test_superseding_closes_the_old_claim_and_opens_the_new_one() -> None:
    store = MemoryStore()
    store.apply([Add(record=record("a", content={"where": "table"}, valid_from=1))])
    update = Update(id="a", tick=9, changes={"content": {"where": "shelf"}}, supersede_as="b")
    store.apply([update])
    old, new = store.get("a"), store.get("b")
    assert (old.status, old.valid_to, old.content) == ("archived", 9, {"where": "table"})
    assert (new.status, new.valid_from, new.valid_to, new.version) == ("active", 9, None, 2)
    assert new.provenance == ("a",)


def test_deleting_leaves_no_dangling_link() -> None:
    store = MemoryStore()
    store.apply([Add(record=record("a")), Add(record=record("b", links=(Link("shows", "a"),)))])
    store.apply([Delete(id="a"), Noop()])
    assert store.get("b").links == ()


@pytest.mark.parametrize("change", [{"id": "x"}, {"colour": "red"}])
def test_update_refuses_what_is_no_field(change: dict[str, object]) -> None:
    store = MemoryStore()
    store.apply([Add(record=record("a"))])
    with pytest.raises(StoreError, match="cannot change"):
        store.apply([Update(id="a", tick=0, changes=change)])


def test_a_saved_store_is_the_same_store(tmp_path: Path) -> None:
    store = MemoryStore(session="visit 1", seed=7, seconds_per_tick=0.5)
    ids = RecordIds(7)
    store.apply([Add(record=record(ids.new(t), payload=(bytes([t]) * 9,))) for t in range(5)])
    store.save(tmp_path / "m.mem")
    loaded = MemoryStore.load(tmp_path / "m.mem")
    assert loaded.digest() == store.digest()
    assert (loaded.session, loaded.seed, loaded.seconds_per_tick) == ("visit 1", 7, 0.5)
    assert list(tmp_path.iterdir()) == [tmp_path / "m.mem"]


def test_digest_ignores_use_but_not_content() -> None:
    first, second = MemoryStore(), MemoryStore()
    first.apply([Add(record=record("a")), Add(record=record("b"))])
    second.apply([Add(record=record("b")), Add(record=record("a"))])
    assert first.digest() == second.digest()
    second.apply([Update(id="a", tick=0, changes={"level": 2})])
    assert first.digest() != second.digest()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "m.mem"
    store = MemoryStore()
    store.apply([Add(record=record("a", payload=(b"picture",)))])
    store.save(path)
    return path


@settings(deadline=None, max_examples=200)
@given(position=st.integers(0, 400), value=st.integers(0, 255))
def test_a_flipped_byte_is_found(saved: Path, position: int, value: int) -> None:
    data = bytearray(saved.read_bytes())
    position %= len(data)
    if data[position] == value:
        return
    data[position] = value
    damaged = saved.with_name("damaged.mem")
    damaged.write_bytes(data)
    with pytest.raises(MemoryFileError):
        MemoryStore.load(damaged)


@settings(deadline=None, max_examples=100)
@given(data=st.binary(max_size=200))
def test_any_other_file_is_refused(saved: Path, data: bytes) -> None:
    other = saved.with_name("other.mem")
    other.write_bytes(data)
    with pytest.raises(MemoryFileError):
        MemoryStore.load(other)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MemoryFileError, match=r"nothing\.mem: No such file"):
        MemoryStore.load(tmp_path / "nothing.mem")
