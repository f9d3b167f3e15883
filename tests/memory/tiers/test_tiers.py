"""Tiers over a real store: an answer never depends on them, whatever happens in between."""

import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from embodied_mem.errors import ConfigError, DamagedRecordError, StoreError
from embodied_mem.memory import Add, Delete, Link, MemoryRecord, MemoryStore, Retriever, Update
from embodied_mem.memory.codec.pictures import progressive_picture
from embodied_mem.memory.tiers import Ready, Tiers, TiersConfig, erase_log, prompt_line
from embodied_mem.memory.tiers.moves import TABLE, exists
from embodied_mem.memory.tiers.ready import content_hash, make_ready

HOT = 12_000
picks = st.integers(0, 10**6)


@cache
def picture(seed: int) -> tuple[tuple[bytes, ...], tuple[float, ...]]:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (4, 5, 3), np.uint8)
    layers = progressive_picture(np.kron(coarse, np.ones((8, 8, 1), np.uint8)))
    return layers.layers, layers.losses


def record(number: int, seed: int = 0) -> MemoryRecord:
    kind = ("snapshot", "fact", "event")[number % 3]
    payload, losses = picture(seed % 5) if kind == "snapshot" else ((), ())
    rng = np.random.default_rng((number, seed))
    vector = rng.normal(size=16).astype("<f4").tobytes() if kind != "event" else b""
    return MemoryRecord(
        id=f"{number:032x}",
        kind=kind,
        content={"text": f"cup {seed} of {number}"},
        place=("hall", "attic")[seed % 2],
        pose=(float(number), 0.0, 1.0, 1.0, 0.0, 0.0, 0.0),
        valid_from=number,
        recorded_at=number,
        payload=payload,
        losses=losses,
        embedding=vector,
        space="look" if vector else "",
    )


def untiered(store: MemoryStore, record_id: str) -> Ready:
    return make_ready(store._state, store.slot_of(record_id), prompt_line)[0]


class TiersMachine(RuleBasedStateMachine):
    """Two handles on one folder, the writer's and a reader's, each with tiers of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="tiers-"))
        self.count, self.tick = 0, 100
        self.open()
        self.reader = MemoryStore.read(self.home / "m")
        self.read_tiers = Tiers(self.reader, hot_bytes=HOT)

    def open(self) -> None:
        self.store = MemoryStore(self.home / "m", budget_bytes=2 << 20, archive_bytes=1 << 20)
        self.tiers = Tiers(self.store, hot_bytes=HOT, config=TiersConfig(log_every=7))

    def ids(self) -> list[str]:
        return [each.id for each in self.store.records(payload=False)]

    def known(self, pick: int) -> str:
        ids = self.ids()
        return ids[pick % len(ids)]

    @rule(seeds=st.lists(st.integers(0, 9), min_size=1, max_size=4))
    def add(self, seeds: list[int]) -> None:
        new = [record(self.count + n, seed) for n, seed in enumerate(seeds)]
        self.count += len(new)
        self.store.apply([Add(record=each) for each in new])

    @precondition(lambda self: len(self.store))
    @rule(pick=picks, seed=st.integers(0, 9), what=st.integers(0, 5))
    def update(self, pick: int, seed: int, what: int) -> None:
        target, self.tick = self.known(pick), self.tick + 1
        layers, losses = picture(seed % 5)
        vector = np.random.default_rng(seed).normal(size=16).astype("<f4").tobytes()
        changes = (
            {"content": {"text": f"mug {seed}"}},
            {"payload": layers, "losses": losses},
            {"level": 1 + seed % 3},
            {"bits": (1, 4)[seed % 2]},
            {"links": (Link("near", self.known(seed)),)},
            {"embedding": vector, "space": "look", "bits": 32},
        )[what]
        self.store.apply([Update(id=target, tick=self.tick, changes=changes)])

    @precondition(lambda self: len(self.store))
    @rule(pick=picks, seed=st.integers(0, 9))
    def supersede(self, pick: int, seed: int) -> None:
        target, self.tick, self.count = self.known(pick), self.tick + 1, self.count + 1
        changes = {"content": {"text": f"moved {seed}"}}
        new = f"{self.count + 10**6:032x}"
        self.store.apply([Update(id=target, tick=self.tick, changes=changes, supersede_as=new)])

    @precondition(lambda self: len(self.store))
    @rule(pick=picks)
    def delete(self, pick: int) -> None:
        self.store.apply([Delete(id=self.known(pick))])

    @precondition(lambda self: self.store.sequence > 1)
    @rule()
    def undo(self) -> None:
        try:
            self.store.rollback(self.store.sequence)
        except StoreError:  # bytes have moved since
            assert self.store.verify().ok

    @rule(by=st.sampled_from((0.9, 0.98)))
    def shrink_or_grow(self, by: float) -> None:
        if by < 0.95:
            self.store.compact()
            self.store.grow()
        else:
            self.store.shrink(max(int(self.store.disk_bytes * by), 1 << 18))

    @precondition(lambda self: len(self.store))
    @rule(start=picks, often=st.integers(1, 3))
    def read(self, start: int, often: int) -> None:
        ids = self.ids()
        for record_id in [ids[(start + n * n) % len(ids)] for n in range(6)] * often:
            assert self.tiers.read(record_id).same_as(untiered(self.store, record_id))
            assert self.read_tiers.read(record_id).same_as(untiered(self.reader, record_id))
        self.store.note_reads(ids[:2], self.tick)

    @rule(pick=picks, bound=st.sampled_from((None, 5000)), warm=st.sampled_from((None, 0, 9000)))
    def move(self, pick: int, bound: int | None, warm: int | None) -> None:
        before = {each: untiered(self.store, each) for each in self.ids()}
        self.tiers.demote(self.tiers.hot[: pick % 3])
        self.tiers.schedule(bound, warm_bytes=warm)
        assert all(self.tiers.read(each).same_as(ready) for each, ready in before.items())
        assert all(each in self.store for each in self.tiers.hot)

    @rule()
    def restart(self) -> None:
        self.tiers.schedule(0)
        hot, digest = set(self.tiers.hot), self.store.digest()
        self.store.close()
        self.open()
        assert set(self.tiers.hot) == hot
        assert self.store.digest() == digest

    @invariant()
    def bounded_and_true(self) -> None:
        for tiers in (self.tiers, self.read_tiers):
            assert tiers.used_bytes == sum(each.size for each in tiers._hot.values()) <= HOT
        for record_id in self.tiers.hot:
            if record_id in self.store and self.store.tier(record_id) == "hot":
                assert self.tiers.read(record_id).same_as(untiered(self.store, record_id))

    def teardown(self) -> None:
        self.reader.close()
        self.store.close()
        shutil.rmtree(self.home)


TestTiers = TiersMachine.TestCase
TestTiers.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)


def filled(path: Path | None = None, count: int = 30) -> MemoryStore:
    store = MemoryStore(path, archive_bytes=1 << 20)
    store.apply([Add(record=record(number, number)) for number in range(count)])
    return store


def test_queries_and_the_digest_are_the_same_with_tiers() -> None:
    with filled() as plain, filled() as store:
        tiers = Tiers(store, hot_bytes=HOT)
        for turn in range(40):
            question = f"cup {turn % 7} of {turn}"
            found = Retriever(store).query(question, pose=(turn, 0, 1), k=5)
            for hit in found.hits:
                tiers.read(hit.id)
            assert found.hits == Retriever(plain).query(question, pose=(turn, 0, 1), k=5).hits
        tiers.schedule()
        assert tiers.counts.hits and tiers.counts.demoted
        assert store.digest() == plain.digest()


def test_what_is_hot_is_served_without_reading_the_store_and_cannot_be_written_to() -> None:
    with filled() as store:
        tiers = Tiers(store, hot_bytes=1 << 20)
        first, second = tiers.read(record(0).id), tiers.read(record(0).id)
        assert first is second and store.tier(record(0).id) == "hot"
        assert (tiers.counts.reads, tiers.counts.hits) == (2, 1)
        assert first.picture is not None and first.vector is not None
        for array in (first.picture, first.vector):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0
        store.apply([Update(id=record(0).id, tick=50, changes={"place": "cellar"})])
        assert store.tier(record(0).id) == "warm"
        assert "cellar" in tiers.read(record(0).id).text
        assert tiers.counts.stale == 1
        store.apply([Delete(id=record(0).id)])
        with pytest.raises(StoreError, match="no record"):
            tiers.read(record(0).id)


def test_a_viewer_reads_what_it_may_know_alone() -> None:
    with MemoryStore() as store:
        ana, bo = record(1), record(4)
        store.apply(
            [
                Add(record=_private(ana, "ana")),
                Add(record=_private(bo, "bo", Link("near", ana.id))),
            ]
        )
        tiers = Tiers(store, hot_bytes=1 << 20)
        for _ in range(2):
            assert tiers.read(bo.id).record.links
            assert tiers.read(bo.id, viewer="bo").record.links == ()
            with pytest.raises(StoreError, match="no record"):
                tiers.read(ana.id, viewer="bo")


def _private(plain: MemoryRecord, observer: str, *links: Link) -> MemoryRecord:
    return msgspec.structs.replace(plain, observer=observer, links=links)


def test_what_is_read_least_goes_to_the_archive_and_comes_back_unchanged(tmp_path: Path) -> None:
    with filled(tmp_path / "m") as store:
        tiers = Tiers(store, hot_bytes=0)
        ids = [record(number).id for number in range(0, 30, 3)]
        whole = {each: tiers.read(each) for each in ids}
        hashes = {each: content_hash(store._state, store.slot_of(each)) for each in ids}
        digest = store.digest()
        for often, each in enumerate(ids):
            for _ in range(often):
                tiers.read(each)
        payload = int(store.columns.payload_bytes[store.columns.slots()].sum())
        tiers.schedule(warm_bytes=payload // 2)
        cold = [each for each in ids if store.tier(each) == "cold"]
        assert 0 < len(cold) < len(ids) and cold == ids[: len(cold)]
        assert store.digest() != digest, "the store itself holds less"
    with MemoryStore(tmp_path / "m", archive_bytes=1 << 20) as store:
        tiers = Tiers(store, hot_bytes=0)
        assert [each for each in ids if store.tier(each) == "cold"] == cold
        for each in ids:
            assert tiers.read(each).same_as(whole[each])
            assert content_hash(store._state, store.slot_of(each)) == hashes[each]
        assert store.verify().ok
        tiers.schedule(warm_bytes=2 * payload)
        assert all(store.tier(each) == "warm" for each in ids)
        assert store.digest() == digest


def test_without_room_in_the_archive_nothing_becomes_cold() -> None:
    with filled() as store, MemoryStore() as small:
        small.apply([Add(record=each) for each in store.records()])
        Tiers(small, hot_bytes=0).schedule(warm_bytes=0)
        assert small.digest() == store.digest()


def test_the_log_is_kept_short_erased_and_ended_by_damage(tmp_path: Path) -> None:
    path = tmp_path / "m"
    with filled(path) as store:
        tiers = Tiers(store, hot_bytes=HOT, config=TiersConfig(log_every=1))
        for turn in range(300):
            tiers.read(record(turn * 7 % 30).id)
        (rows,) = store._state.journal.connection.execute(
            f"SELECT count(*) FROM {TABLE}"
        ).fetchone()
        assert 1 <= rows <= 64 < tiers.counts.promoted + tiers.counts.demoted
        hot = tiers.hot
    with MemoryStore(path) as store:
        assert Tiers(store, hot_bytes=HOT).hot == hot
        assert store.verify().ok
    with MemoryStore(path) as store:
        store._state.journal.connection.execute(f"UPDATE {TABLE} SET crc = crc + 1")
        assert Tiers(store, hot_bytes=HOT).hot == ()
        assert store.verify().ok
        store.tiers.clear()
        assert not exists(store._state)
        erase_log(store)
    with MemoryStore.read(path) as reader, pytest.raises(StoreError, match="for reading"):
        erase_log(reader)


KILLED = """
import sys
from pathlib import Path
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.tiers import Tiers, TiersConfig
sys.path.insert(0, sys.argv[2])
from test_tiers import HOT, record

tiers = Tiers(MemoryStore(Path(sys.argv[1])), hot_bytes=HOT, config=TiersConfig(log_every=1))
for turn in range(10**9):
    tiers.read(record(turn * turn % 30).id)
    if turn > 40:
        print(*tiers.hot, flush=True)
        sys.stdin.readline()
"""


def test_a_killed_process_begins_again_with_what_was_hot(tmp_path: Path) -> None:
    filled(tmp_path / "m").close()
    command = [sys.executable, "-c", KILLED, str(tmp_path / "m"), str(Path(__file__).parent)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        hot = process.stdout.readline().split()
        process.kill()
    with MemoryStore(tmp_path / "m") as store:
        tiers = Tiers(store, hot_bytes=HOT)
        assert hot and list(tiers.hot) == hot
        for record_id in hot:
            assert tiers.read(record_id).same_as(untiered(store, record_id))
        assert tiers.counts.hits == len(hot)


def test_what_was_damaged_on_the_disk_is_not_hot_and_is_told_when_it_is_read(
    tmp_path: Path,
) -> None:
    with filled(tmp_path / "m") as store:
        tiers = Tiers(store, hot_bytes=1 << 20)
        for number in range(6):
            tiers.read(record(number).id)
    (segment,) = (tmp_path / "m").glob("segment-*.bin")
    segment.write_bytes(bytes(segment.stat().st_size))
    with MemoryStore(tmp_path / "m") as store:
        tiers = Tiers(store, hot_bytes=1 << 20)
        assert set(tiers.hot) == {record(number).id for number in (1, 2, 4, 5)}
        tiers.schedule()
        for number in (0, 3):
            with pytest.raises(DamagedRecordError):
                tiers.read(record(number).id)


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="hot_bytes"):
        Tiers(MemoryStore(), hot_bytes=-1)
    with pytest.raises(ConfigError, match="log_every"):
        TiersConfig(log_every=0)
