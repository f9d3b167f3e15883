"""200 strings, pictures and vectors, in every way into a memory: nothing of them is left."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

import watching_reader
from embodied_mem.errors import MemoryFileError, StoreError
from embodied_mem.memory import Add, MemoryRecord, MemoryStore, RecordIds, Retriever
from embodied_mem.memory.codec.pictures import progressive_picture
from embodied_mem.memory.forgetting import Lost, attach, database
from embodied_mem.memory.tiers import Tiers
from embodied_mem_envs.bench.long.forget_canaries import FORGOTTEN, Planted, plant
from embodied_mem_envs.bench.long.forget_crash import forget_and_die
from embodied_mem_envs.bench.long.forget_scan import bytes_of, scan_folder, scan_records

CANARIES = 200
ARCHIVE = 4 << 20


def others(seed: int = 5, count: int = 30) -> Iterator[MemoryRecord]:
    """Yields records that nobody asks to forget."""
    rng, ids = np.random.default_rng(seed), RecordIds(seed)
    for tick in range(count):
        picture = progressive_picture(rng.integers(0, 256, (32, 32, 3)).astype(np.uint8))
        yield MemoryRecord(
            id=ids.new(tick),
            kind="snapshot",
            content={"text": f"the hall at {tick}"},
            observer="Bo",
            valid_from=tick,
            recorded_at=tick,
            payload=picture.layers,
            losses=picture.losses,
            embedding=rng.normal(size=384).astype("<f4").tobytes(),
            space="hashing-384",
        )


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Planted]:
    """A folder with canaries in it: lowered, archived, staged, in the undo journal, hot."""
    folder = tmp_path_factory.mktemp("lived") / "store"
    with MemoryStore(folder, archive_bytes=ARCHIVE) as store:
        for record in others():
            store.apply([Add(record=record)])
    innocent = bytes_of(folder)
    with MemoryStore(folder, budget_bytes=3 << 20, archive_bytes=ARCHIVE) as store:
        planted = plant(store, np.random.default_rng(7), CANARIES - 20, tick=1000)
        store.shrink(store.disk_bytes * 2 // 3)
        assert store.archive_disk_bytes
        Retriever(store).query(planted.canaries.strings[0])
    with MemoryStore(folder, archive_bytes=ARCHIVE) as store:
        late = plant(store, np.random.default_rng(8), 20, tick=5000)
    planted.ids += late.ids
    for name in ("strings", "pictures", "vectors"):
        getattr(planted.canaries, name).extend(getattr(late.canaries, name))
    planted.canaries.innocent = innocent
    return folder, planted


def bare(store: MemoryStore) -> dict[str, MemoryRecord]:
    return {
        record.id: msgspec.structs.replace(record, statistics=None)  # type: ignore[type-var]
        for record in store.records()
        if record.observer == "Bo" and record.kind == "snapshot"
    }


def test_nothing_is_found_in_the_folder_or_an_export_and_the_rest_is_as_it_was(
    lived: tuple[Path, Planted], tmp_path: Path
) -> None:
    folder, planted = shutil.copytree(lived[0], tmp_path / "store"), lived[1]
    before = scan_folder(folder, planted.canaries)
    assert min(before.strings, before.pictures, before.vectors) > 120, "the scan finds too little"
    (folder / "memory.sqlite.rebuilt.partial").write_text(planted.canaries.strings[0])
    with MemoryStore(folder, archive_bytes=ARCHIVE) as store:
        tiers = Tiers(store, hot_bytes=1 << 20)
        for record_id in planted.ids:
            if record_id in store:
                tiers.read(record_id)
        kept = bare(store)
        report = store.forget(about=FORGOTTEN)
        assert report.erased > 150 and report.bytes_after < report.bytes_before
        assert not tiers.hot
        assert scan_folder(folder, planted.canaries).total == 0, "while it is open"
        assert bare(store) == kept and len(kept) == 30
        assert store.verify().ok and not store.verify().orphans
        store.export(tmp_path / "whole.mem")
    assert scan_folder(folder, planted.canaries).total == 0
    with MemoryStore.read(tmp_path / "whole.mem") as export:
        assert scan_records(export, planted.canaries).total == 0
        assert bare(export) == {
            key: msgspec.structs.replace(each, level=each.level) for key, each in kept.items()
        }


def test_a_kill_in_the_middle_is_finished_at_the_next_opening(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "whole") as store:
        for record in others(count=6):
            store.apply([Add(record=record)])
        store.compact()
        innocent = bytes_of(tmp_path / "whole")
        planted = plant(store, np.random.default_rng(9), 20, tick=1000)
    planted.canaries.innocent = innocent
    calls = forget_and_die(shutil.copytree(tmp_path / "whole", tmp_path / "all"), 0, FORGOTTEN)
    for share in (0.6, 0.95):
        folder = shutil.copytree(tmp_path / "whole", tmp_path / f"killed-{share}")
        assert forget_and_die(folder, int(calls * share), FORGOTTEN) == -1
        assert scan_folder(folder, planted.canaries).total or share > 0.9
        with MemoryStore(folder) as store:
            assert not any(each in store for each in planted.ids), "nothing was noted"
            assert scan_folder(folder, planted.canaries).total == 0, share
            assert len(bare(store)) == 6 and store.verify().ok


def test_readers_of_the_same_folder_are_not_disturbed(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with MemoryStore(folder) as store:
        for group in range(watching_reader.GROUPS):
            _group(store, group)
        command = [sys.executable, watching_reader.__file__, str(folder)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
            assert process.stdout is not None and process.stdout.readline() == "reading\n"
            with MemoryStore.read(folder) as reader:
                records = reader.records()
                next(records)
                for round_ in range(12):
                    group = round_ % watching_reader.GROUPS
                    assert store.forget(about=f"group-{group}").erased == watching_reader.MEMBERS
                    _group(store, group)
                assert all(watching_reader.wrong_with(record) == "" for record in records)
                assert list(reader.records()) == list(store.records())
            told = json.loads(process.communicate("stop\n")[0])
        assert told["problems"] == []
        assert told["looks"] > 10 and told["states"] > 10, "it read too little to prove anything"


def _group(store: MemoryStore, group: int) -> None:
    number = store.sequence
    ids = [f"{number:016x}{index:016x}" for index in range(watching_reader.MEMBERS)]
    store.apply(
        [
            Add(
                record=MemoryRecord(
                    id=each,
                    kind="event",
                    content={"number": number},
                    about=(f"group-{group}",),
                    payload=watching_reader.payload_of(each, number),
                    losses=(0.5, 0.0),
                )
            )
            for each in ids
        ]
    )


def test_one_that_stays_in_a_state_keeps_it_from_ending_and_it_ends_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_PATIENCE_MS", 50)
    secret = MemoryRecord(id="1" * 32, kind="event", content={"text": "zyzzyva"}, observer="Ana")
    with MemoryStore(tmp_path) as store:
        store.apply([Add(record=secret)])
        held = sqlite3.connect(tmp_path / "memory.sqlite", isolation_level=None)
        held.execute("BEGIN")
        held.execute("SELECT count(*) FROM records").fetchone()
        with pytest.raises(StoreError, match="another process reads one state"):
            store.forget(about="Ana")
        assert secret.id not in store
        assert b"zyzzyva" in bytes_of(tmp_path)
        held.execute("ROLLBACK")
        held.close()
    with MemoryStore(tmp_path) as store:
        assert b"zyzzyva" not in bytes_of(tmp_path)
        assert store._state.journal.forgetting() is None


def test_bytes_beside_a_damaged_record_are_overwritten(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    store = MemoryStore(tmp_path)
    for number in range(12):
        who, layers = ("Ana", "Bo")[number % 2], (rng.bytes(9000),)
        record = MemoryRecord(
            id=f"{number:032x}", kind="event", content={}, observer=who, payload=layers
        )
        store.apply([Add(record=record)])
    store.close()
    (segment,) = tmp_path.glob("segment-*.bin")
    damaged = bytearray(segment.read_bytes())
    damaged[9000 + 50] ^= 1  # of record 1, which is Bo's
    segment.write_bytes(damaged)
    with MemoryStore(tmp_path) as store:
        secrets = [store.get(f"{number:032x}").payload[0] for number in range(0, 12, 2)]
        store.forget(about="Ana")
        data = bytes_of(tmp_path)
        assert not any(each[at : at + 16] in data for each in secrets for at in range(0, 9000, 500))
        assert len(store.get(f"{3:032x}").payload[0]) == 9000
        assert [damage.record for damage in store.verify().damages] == [f"{1:032x}"]


def test_a_memory_with_a_damaged_row_is_repaired_first(tmp_path: Path) -> None:
    with MemoryStore(tmp_path) as store:
        record = MemoryRecord(id="1" * 32, kind="event", content={}, observer="Ana")
        store.apply([Add(record=record)])
    database_file = sqlite3.connect(tmp_path / "memory.sqlite")
    database_file.execute("UPDATE records SET crc = crc + 1")
    database_file.commit()
    database_file.close()
    with MemoryStore(tmp_path) as store, pytest.raises(MemoryFileError, match="--repair"):
        store.forget(about="Ana")


class Deriver:
    """Derives one summary of all events; keeps copies of what it saw."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.copies = {record.id for record in store.records()}
        self.lost: tuple[Lost, ...] = ()

    def let_go(self, ids: Collection[str]) -> None:
        assert all(each in self.store for each in ids), "told too late"
        self.copies -= set(ids)

    def rebuild(self, lost: Sequence[Lost]) -> Sequence[str]:
        self.lost = tuple(lost)
        if not lost:
            return ()
        new = MemoryRecord(
            id="9" * 32, kind="summary", content={"type": "sum"}, provenance=lost[0].sources
        )
        return [each for each in self.store.apply([Add(record=new)]) if each]


def test_what_depends_on_records_lets_go_of_them_and_derives_anew() -> None:
    store = MemoryStore()
    ids = [digit * 32 for digit in "1234"]
    for record_id, who in zip(ids[:2], ("Ana", "Bo"), strict=True):
        store.apply([Add(record=MemoryRecord(id=record_id, kind="event", observer=who))])
    summary = MemoryRecord(
        id=ids[2], kind="summary", content={"type": "sum"}, provenance=(ids[0], ids[1])
    )
    store.apply([Add(record=summary)])
    deriver = Deriver(store)
    attach(store, deriver)
    attach(store, deriver)
    report = store.forget(about="Ana")
    assert deriver.copies == {ids[1]}
    (lost,) = deriver.lost
    assert (lost.id, lost.tag, lost.sources) == (ids[2], "sum", (ids[1],))
    assert report.rebuilt == ("9" * 32,)
    assert [record.id for record in store.records()] == [ids[1], "9" * 32]
