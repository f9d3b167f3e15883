"""`verify` names what is damaged, and that alone; `repair` loses no more than it must."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from embodied_mem.errors import DamagedRecordError, EmbodiedMemError, MemoryFileError, StoreError
from embodied_mem.memory import Add, Link, MemoryRecord, MemoryStore
from embodied_mem.memory.repair import repair_folder
from embodied_mem.memory.storage import rebuild
from embodied_mem.memory.storage.medium import DATABASE
from embodied_mem.memory.storage.rows import Heap, decode_heap
from embodied_mem.memory.storage.segments import segment_name
from embodied_mem.memory.storage.sqlite_pages import LEAF, PAGE_BYTES, Pages
from embodied_mem.memory.storage.vector_files import arena_name, row_bytes
from embodied_mem.memory.verification import Report, verify_folder

COUNT = 12
DIMENSION = 20


def key(number: int) -> str:
    return f"{number:032x}"


def record(number: int) -> MemoryRecord:
    rng = np.random.default_rng(number)
    return MemoryRecord(
        id=key(number),
        kind="event",
        content={"text": f"cup{number} on the shelf"},
        valid_from=number,
        recorded_at=number,
        payload=tuple(rng.bytes(600) for _ in range(3)),
        losses=(0.4, 0.2, 0.0),
        embedding=rng.normal(size=DIMENSION).astype("<f4").tobytes(),
        space="look",
        links=(Link("after", key(number - 1)),) if number else (),
    )


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "store"
    with MemoryStore(folder, session="attic", seed=4) as store:
        for number in range(COUNT):
            store.apply([Add(record=record(number))])
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / "store")


def contents(folder: Path) -> dict[str, MemoryRecord]:
    with MemoryStore.read(folder) as store:
        return {each.id: each for each in store.records()}


def heap_of(folder: Path, number: int) -> Heap:
    with sqlite3.connect(folder / DATABASE) as connection:
        rows = connection.execute("SELECT heap FROM records WHERE slot = ?", (number,)).fetchall()
    connection.close()
    return decode_heap(rows[0][0])


def change_byte(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x40
    path.write_bytes(data)


def damage_layer(folder: Path, number: int, layer: int) -> None:
    extent = heap_of(folder, number).layers[layer]
    change_byte(folder / segment_name(extent.segment), extent.offset + 9)


def damage_vector(folder: Path, number: int, layer: str) -> None:
    place = heap_of(folder, number).vector
    assert place is not None
    row = getattr(place, layer)
    name = arena_name(layer, place.space, row.generation)
    change_byte(folder / name, row.row * row_bytes(layer, place.dimension) + 1)


def run_sql(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / DATABASE)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def verified(folder: Path) -> Report:
    with MemoryStore.read(folder) as store:
        return store.verify()


def repaired(folder: Path) -> Report:
    with MemoryStore(folder) as store:
        report = store.repair()
        assert store.verify().ok
    assert verified(folder).ok
    return report


def others_are_equal(folder: Path, *but: int) -> None:
    held = contents(folder)
    for number in set(range(COUNT)) - set(but):
        assert held[key(number)] == record_as_held(number)


def record_as_held(number: int) -> MemoryRecord:
    return msgspec.structs.replace(record(number), level=3)


def test_a_whole_store_verifies_and_a_repair_changes_nothing(folder: Path) -> None:
    before = contents(folder)
    assert before == {key(number): record_as_held(number) for number in range(COUNT)}
    report = repaired(folder)
    assert report.ok and report.records == COUNT and not report.orphans
    assert repair_folder(folder).ok
    assert contents(folder) == before
    with MemoryStore() as store:
        store.apply([Add(record=record(0))])
        assert store.verify().ok


def test_a_first_layer_takes_its_record_with_it(folder: Path) -> None:
    damage_layer(folder, 5, 0)
    report = verified(folder)
    assert report.damaged == {key(5)}
    assert [damage.part for damage in report.damages] == ["payload"]
    with MemoryStore.read(folder) as store, pytest.raises(DamagedRecordError, match=key(5)):
        store.get(key(5))
    report = repaired(folder)
    assert report.lost == (key(5),) and report.unlinked == (key(6),)
    held = contents(folder)
    assert key(5) not in held and held[key(6)].links == ()
    others_are_equal(folder, 5, 6)


def test_a_later_layer_costs_fidelity_alone(folder: Path) -> None:
    damage_layer(folder, 5, 1)
    assert verified(folder).damaged == {key(5)}
    report = repaired(folder)
    assert report.lost == () and report.lowered == (key(5),)
    held = contents(folder)[key(5)]
    assert held.level == 1 and held.payload == record(5).payload[:1]
    assert held.embedding == record(5).embedding
    others_are_equal(folder, 5)


def test_a_vector_falls_back_to_its_planes(folder: Path) -> None:
    damage_vector(folder, 3, "exact")
    assert verified(folder).damaged == {key(3)}
    assert repaired(folder).lowered == (key(3),)
    held = contents(folder)[key(3)]
    assert held.bits == 4
    a, b = held.vector, record(3).vector
    assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) > 0.9
    others_are_equal(folder, 3)


@pytest.mark.parametrize("layer", ["signs", "planes"])
def test_planes_are_made_anew_from_the_exact_vector(folder: Path, layer: str) -> None:
    damage_vector(folder, 3, layer)
    assert verified(folder).damaged == {key(3)}
    report = repaired(folder)
    assert report.lost == report.lowered == ()
    others_are_equal(folder)
    with MemoryStore(folder) as store:
        slots, _ = store.search(record(3).vector, 1, "look")
        assert slots.tolist() == [store.slot_of(key(3))]


def test_a_record_without_a_readable_vector_is_kept(folder: Path) -> None:
    for layer in ("signs", "planes", "exact"):
        damage_vector(folder, 3, layer)
    assert repaired(folder).lowered == (key(3),)
    held = contents(folder)[key(3)]
    assert held.embedding == b"" and held.payload == record(3).payload
    others_are_equal(folder, 3)


def test_a_damaged_row_is_named_by_its_slot(folder: Path) -> None:
    run_sql(folder, "UPDATE records SET crc = crc + 1 WHERE slot = 7")
    report = verified(folder)
    assert {damage.slot for damage in report.damages if damage.part == "row"} == {7}
    report = repaired(folder)
    assert report.lost == ("slot 7",)
    others_are_equal(folder, 7, 8)
    with MemoryStore(folder) as store:
        assert store.words.search("cup7", 3, size=20).slots.tolist() == []
        assert store.words.search("cup6", 3, size=20).slots.tolist() == [6]


def test_a_row_that_is_gone_leaves_a_dangling_link_and_stray_words(folder: Path) -> None:
    run_sql(folder, "DELETE FROM records WHERE slot = 7")
    assert {damage.part for damage in verified(folder).damages} == {"link", "words"}
    assert repaired(folder).unlinked == (key(8),)
    others_are_equal(folder, 7, 8)


def test_words_are_indexed_anew(folder: Path) -> None:
    run_sql(folder, "INSERT INTO words(words) VALUES('delete-all')")
    report = verified(folder)
    assert {damage.part for damage in report.damages} == {"words"} and not report.database
    repaired(folder)
    others_are_equal(folder)
    with MemoryStore.read(folder) as store:
        assert store.words.search("cup6", 3, size=20).slots.tolist() == [6]


def test_damaged_undo_costs_the_way_back_alone(folder: Path) -> None:
    run_sql(folder, "UPDATE journal SET crc = crc + 1 WHERE sequence = 5")
    assert [damage.part for damage in verified(folder).damages] == ["journal"]
    repaired(folder)
    others_are_equal(folder)
    with MemoryStore(folder) as store:
        last = store.sequence
        assert last > COUNT
        with pytest.raises(StoreError):
            store.rollback(last)
        store.apply([Add(record=record(COUNT))])
        store.rollback(last + 1)
        assert len(store) == COUNT


def test_damage_in_the_archive_costs_what_could_come_back(folder: Path) -> None:
    with MemoryStore(folder, archive_bytes=1 << 20) as store:
        store.shrink(int(store.disk_bytes * 0.9))
        lowered = int(np.flatnonzero(store.columns.level[:COUNT] < 3)[0])
    extent = heap_of(folder, lowered).archived[-1]
    change_byte(folder / "archive" / segment_name(extent.segment), extent.offset)
    before = contents(folder)
    assert [damage.part for damage in verified(folder).damages] == ["archive"]
    report = repaired(folder)
    assert report.lost == report.lowered == ()
    assert contents(folder) == before


@pytest.mark.parametrize("pattern", ["segment-*", "exact-*", "signs-*"])
def test_a_file_that_is_missing_is_damage(folder: Path, pattern: str) -> None:
    next(folder.glob(pattern)).unlink()
    assert len(verified(folder).damaged) == COUNT
    report = repaired(folder)
    assert len(report.lost) == (COUNT if pattern == "segment-*" else 0)
    assert len(report.lowered) == (COUNT if pattern == "exact-*" else 0)
    with MemoryStore(folder) as store:
        new = msgspec.structs.replace(record(50), links=())
        store.apply([Add(record=new)])
        slots, _ = store.search(new.vector, 1, "look")
        assert slots.tolist() == [store.slot_of(new.id)]


# -- the database ------------------------------------------------------------------------------


def destroy_header(folder: Path) -> None:
    path = folder / DATABASE
    path.write_bytes(bytes(16) + path.read_bytes()[16:])


def destroy_settings(folder: Path) -> None:
    run_sql(folder, "UPDATE meta SET crc = crc + 1 WHERE id = 1")


def rename_table(folder: Path) -> None:
    path = folder / DATABASE
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE records", b"CREATE TABLE recorts"))


@pytest.mark.parametrize("destroy", [destroy_header, destroy_settings, rename_table])
def test_a_store_that_does_not_open_is_repaired(
    folder: Path, destroy: Callable[[Path], None]
) -> None:
    destroy(folder)
    for open_ in (MemoryStore, MemoryStore.read):
        with pytest.raises(EmbodiedMemError):
            open_(folder)
    assert verify_folder(folder).database
    report = repair_folder(folder)
    assert not report.ok and report.lost == ()
    assert verified(folder).ok
    others_are_equal(folder)
    with MemoryStore(folder) as store:
        assert store.session == ("" if destroy is destroy_settings else "attic")
        store.apply([Add(record=record(COUNT))])


def test_an_open_store_whose_database_is_damaged_is_repaired(folder: Path) -> None:
    data = bytearray((folder / DATABASE).read_bytes())
    pages = Pages(bytes(data), {})
    leaf = next(number for number in range(3, pages.count) if pages.kind(number) == LEAF)
    data[(leaf - 1) * PAGE_BYTES + 7] ^= 8  # bytes that lie idle; nothing but a check sees it
    (folder / DATABASE).write_bytes(data)
    with MemoryStore(folder, budget_bytes=2 << 20) as store:
        report = store.verify()
        assert report.database
        store.repair()
        assert store.verify().ok and len(store) == COUNT
        assert store.budget_bytes == 2 << 20
        store.apply([Add(record=record(COUNT))])
        with pytest.raises(MemoryFileError, match="another process"):
            repair_folder(folder)
    others_are_equal(folder)


def kill_while_writing(folder: Path, copy: Path) -> Path:
    """Returns what the files of the store hold while another batch was just acknowledged."""
    with MemoryStore(folder) as store:
        store.apply([Add(record=record(COUNT))])
        store.apply([Add(record=record(COUNT + 1))])
        return shutil.copytree(folder, copy)


@pytest.mark.parametrize("bits", [1, 3])
def test_a_damaged_log_is_refused_and_repaired(folder: Path, tmp_path: Path, bits: int) -> None:
    killed = kill_while_writing(folder, tmp_path / "killed")
    log = killed / (DATABASE + "-wal")
    for place in range(bits):
        change_byte(log, 32 + 24 + 1 + place)
    for open_ in (MemoryStore, MemoryStore.read):
        with pytest.raises(MemoryFileError, match="acknowledged"):
            open_(killed)
    report = repair_folder(killed)
    assert "log" in {damage.part for damage in report.damages}
    assert verified(killed).ok
    held = contents(killed)
    assert {key(COUNT), key(COUNT + 1)} <= held.keys()
    others_are_equal(killed)


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_bytes_that_wait_in_the_database_are_repaired_too(
    folder: Path, tmp_path: Path, layer: int
) -> None:
    killed = kill_while_writing(folder, tmp_path / "killed")
    with sqlite3.connect(killed / DATABASE) as connection:
        (data,) = connection.execute("SELECT data FROM staged WHERE slot = ?", (COUNT,)).fetchone()
        damaged = bytearray(data)
        damaged[600 * layer] ^= 1
        connection.execute("UPDATE staged SET data = ? WHERE slot = ?", (bytes(damaged), COUNT))
    connection.close()
    assert verified(killed).damaged == {key(COUNT)}
    report = repaired(killed)
    others_are_equal(killed)
    assert contents(killed)[key(COUNT + 1)].payload == record(COUNT + 1).payload
    if layer == 0:
        assert report.lost == (key(COUNT),)
        return
    assert report.lowered == (key(COUNT),)
    held = contents(killed)[key(COUNT)]
    assert held.payload == record(COUNT).payload[:layer]
    assert held.embedding == record(COUNT).embedding


@pytest.mark.parametrize("step", ["nothing", "log gone"])
def test_an_interrupted_rebuild_is_finished(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    killed = kill_while_writing(folder, tmp_path / "killed")
    destroy_header(killed)

    def stop(path: Path) -> None:
        if step == "log gone":
            (path / (DATABASE + "-wal")).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rebuild, "finish_rebuild", stop)
        with pytest.raises(KeyboardInterrupt):
            rebuild.rebuild_database(killed)
    with pytest.raises(MemoryFileError, match="interrupted"):
        MemoryStore.read(killed)
    with MemoryStore(killed) as store:
        assert store.verify().ok and len(store) == COUNT + 2
    others_are_equal(killed)


def test_a_rebuild_that_finds_no_room_leaves_all_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    destroy_header(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rebuild, "_sync_file", full)
    with pytest.raises(StoreError, match="No space left"):
        repair_folder(folder)
    for name, data in before.items():
        assert (folder / name).read_bytes() == data


def test_what_is_no_memory_is_not_made_one(tmp_path: Path) -> None:
    with pytest.raises(MemoryFileError, match="not the folder of a memory"):
        repair_folder(tmp_path / "none")
    (tmp_path / DATABASE).write_bytes(b"\xa5" * 3 * PAGE_BYTES)
    with pytest.raises(MemoryFileError, match="nothing in"):
        repair_folder(tmp_path)
    assert (tmp_path / DATABASE).read_bytes() == b"\xa5" * 3 * PAGE_BYTES


def test_an_emptied_database_does_not_cost_the_pictures(folder: Path) -> None:
    (folder / DATABASE).write_bytes(b"")
    with pytest.raises(MemoryFileError, match="database is empty"):
        MemoryStore(folder)
    assert list(folder.glob("segment-*"))


def test_a_reader_verifies_and_does_not_repair(folder: Path) -> None:
    damage_layer(folder, 5, 0)
    with MemoryStore.read(folder) as store:
        assert store.verify().damaged == {key(5)}
        with pytest.raises(StoreError, match="opened for reading"):
            store.repair()


def test_files_that_nothing_refers_to_are_told_and_removed(folder: Path) -> None:
    (folder / segment_name(99)).write_bytes(b"left over")
    report = verified(folder)
    assert report.ok and report.orphans == (segment_name(99),)
    MemoryStore(folder).close()
    assert verified(folder).orphans == ()


def test_what_a_power_cut_leaves_of_a_database_just_begun_is_no_stranger(tmp_path: Path) -> None:
    (tmp_path / (DATABASE + "-journal")).write_bytes(bytes(512))
    with MemoryStore(tmp_path) as store:
        store.apply([Add(record=record(0))])
        assert store.verify().ok
