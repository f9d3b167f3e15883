"""The whole store against a plain dictionary: any order of operations, crashes and power cuts."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from embodied_mem.errors import StoreError
from embodied_mem.memory import (
    Add,
    Delete,
    Link,
    MemoryRecord,
    MemoryStore,
    Noop,
    Operation,
    Update,
)
from embodied_mem_envs.bench.store.plain_model import PlainModel, unfound
from embodied_mem_envs.bench.store.power_medium import PowerCutMedium
from embodied_mem_envs.bench.store.simulated_disk import SimulatedDisk

ARCHIVE = 1 << 20
picks = st.integers(0, 10**6)


class StoreMachine(RuleBasedStateMachine):
    """Rules that hold on any medium."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="machine-"))
        self.model = PlainModel()
        self.before = self.model
        """What there was before the last step."""
        self.history = {0: self.model}
        self.count = 0
        self.open()

    def open(self) -> None:
        raise NotImplementedError

    def do(self, step: Callable[[], object], after: PlainModel) -> bool:
        """Does a step; the store may refuse it, and must be as it was then."""
        self.before = self.model
        try:
            step()
        except StoreError:
            return False
        self.model = after
        self.history[self.store.sequence] = after
        return True

    def apply(self, operations: list[Operation]) -> None:
        after = self.model.copy()
        after.apply(operations)
        assert self.do(lambda: self.store.apply(operations), after)

    def known(self, pick: int) -> MemoryRecord:
        records = self.model.records
        return records[sorted(records)[pick % len(records)]]

    def new_id(self) -> str:
        self.count += 1
        return f"{self.count:032x}"

    def new_record(self, seed: int) -> MemoryRecord:
        rng = np.random.default_rng((seed, self.count))
        kind = ("fact", "event")[rng.integers(2)]
        payload = tuple(rng.bytes(int(size)) for size in rng.integers(1, 900, rng.integers(4)))
        vector = rng.normal(size=16).astype("<f4").tobytes() if rng.random() < 0.6 else b""
        # Of what a fact can say there is so little that the same is often said again.
        text = f"cup {rng.integers(4)}" if kind == "fact" else f"event {seed} n{self.count}"
        return MemoryRecord(
            id=self.new_id(),
            kind=kind,
            content={"text": text},
            place=("hall", "attic")[rng.integers(2)],
            about=(f"cup-{rng.integers(3)}",),
            valid_from=self.count,
            recorded_at=self.count,
            payload=() if kind == "fact" else payload,
            losses=() if kind == "fact" else tuple(np.linspace(1, 0, len(payload)).tolist()),
            embedding=vector,
            space="look" if vector else "",
        )

    @rule(seeds=st.lists(st.integers(0, 40), min_size=1, max_size=6))
    def add(self, seeds: list[int]) -> None:
        self.apply([Noop(), *(Add(record=self.new_record(seed)) for seed in seeds)])

    @precondition(lambda self: self.model.records)
    @rule(pick=picks, other=picks, what=st.sampled_from(("place", "content", "links", "payload")))
    def update(self, pick: int, other: int, what: str) -> None:
        old = self.known(pick)
        changes = {
            "place": {"place": f"room {other % 3}"},
            "content": {"content": {"text": f"cup {other % 4}"}},
            "links": {"links": (Link("beside", self.known(other).id),)},
            "payload": {"payload": (bytes([other % 256]) * 300, b"second")},
        }
        self.apply([Update(id=old.id, tick=self.count, changes=changes[what])])

    @precondition(lambda self: self.model.records)
    @rule(pick=picks, seed=st.integers(0, 40))
    def supersede(self, pick: int, seed: int) -> None:
        old, new = self.known(pick), self.new_record(seed)
        changes = {"content": new.content, "payload": new.payload, "losses": new.losses}
        if old.embedding:
            vector = np.random.default_rng(self.count).normal(size=16)
            changes["embedding"] = vector.astype("<f4").tobytes()
        tick = max(old.valid_from, old.recorded_at, self.count)
        self.apply([Update(id=old.id, tick=tick, changes=changes, supersede_as=new.id)])

    @precondition(lambda self: self.model.records)
    @rule(chosen=st.lists(picks, min_size=1, max_size=4))
    def delete(self, chosen: list[int]) -> None:
        ids = sorted({self.known(pick).id for pick in chosen})
        self.apply([Delete(id=record_id) for record_id in ids])

    @precondition(lambda self: len(self.model.records) > 1)
    @rule(pick=picks, other=picks, seeds=st.lists(st.integers(0, 40), max_size=4))
    def do_all_at_once(self, pick: int, other: int, seeds: list[int]) -> None:
        changed, gone = self.known(pick), self.known(other)
        added = [self.new_record(seed) for seed in seeds]
        batch: list[Operation] = [Add(record=record) for record in added]
        batch.insert(len(batch) // 2, self.told(changed, other))
        if gone.id != changed.id:
            batch.insert(len(batch) // 2, Delete(id=gone.id))
        if added and added[0].kind == "event":
            batch.append(self.told(added[0], pick))
        self.apply(batch)

    def told(self, record: MemoryRecord, number: int) -> Update:
        """Makes a record say what others may say as well."""
        changes = {"content": {"text": f"cup {number % 4}"}, "place": "hall", "about": ("cup-0",)}
        return Update(id=record.id, tick=self.count, changes=changes)

    @precondition(lambda self: self.model.records)
    @rule(pick=picks)
    def fail(self, pick: int) -> None:
        batch = [Delete(id=self.known(pick).id), Delete(id="e" * 32)]
        assert not self.do(lambda: self.store.apply(batch), self.model)

    @precondition(lambda self: self.model.records)
    @rule(pick=picks, bits=st.sampled_from((1, 4)))
    def lower(self, pick: int, bits: int) -> None:
        changes = {"level": 1, "bits": bits}
        self.apply([Update(id=self.known(pick).id, tick=self.count, changes=changes)])

    @rule(share=st.floats(0.5, 1.0))
    def shrink(self, share: float) -> None:
        self.do(lambda: self.store.shrink(int(self.store.disk_bytes * share)), self.model)

    @rule()
    def grow(self) -> None:
        self.do(self.store.grow, self.model)

    @precondition(lambda self: self.store.sequence > min(self.history))
    @rule(back=st.integers(0, 3))
    def rollback(self, back: int) -> None:
        first = max(self.store.sequence - back, min(self.history) + 1)
        earlier = max(number for number in self.history if number < first)
        self.do(lambda: self.store.rollback(first), self.history[earlier])

    @rule()
    def export_and_import(self) -> None:
        file = self.home / "memory.export"
        self.store.export(file)
        with MemoryStore.read(file) as copy:
            assert copy.digest() == self.store.digest()
            again = self.home / "again.export"
            copy.export(again)
        assert again.read_bytes() == file.read_bytes()

    @rule()
    def reopen(self) -> None:
        self.before = self.model
        self.store.close()
        self.open()

    @rule()
    def look_through(self) -> None:
        report = self.store.verify()
        assert report.ok, report
        assert unfound(self.store, self.model) == []

    @invariant()
    def holds_what_it_should(self) -> None:
        assert self.model.differences(self.store) == []

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.home)


class DiskMachine(StoreMachine):
    """On a real disk; crashes leave the files as they are."""

    def __init__(self) -> None:
        self.folder = ""
        self.crashes = 0
        super().__init__()

    def open(self) -> None:
        self.store = MemoryStore(self.home / f"store{self.crashes}", archive_bytes=ARCHIVE)

    @rule()
    def crash(self) -> None:
        """Goes on with a copy of the files as a killed process leaves them."""
        old = self.home / f"store{self.crashes}"
        self.crashes += 1
        shutil.copytree(old, self.home / f"store{self.crashes}")
        self.store.close()
        shutil.rmtree(old)
        self.open()


class PowerMachine(StoreMachine):
    """On a disk whose power goes, after a step or in it."""

    def __init__(self) -> None:
        self.disk = SimulatedDisk()
        self.started = 0
        """Event of the disk's log at which the last step began."""
        super().__init__()

    def open(self) -> None:
        self.store = MemoryStore(medium=PowerCutMedium(self.disk), archive_bytes=ARCHIVE)
        self.started = len(self.disk.log)

    def do(self, step: Callable[[], object], after: PlainModel) -> bool:
        self.started = len(self.disk.log)
        return super().do(step, after)

    @rule(seed=st.integers(0, 10**6), inside=st.booleans())
    def cut(self, seed: int, inside: bool) -> None:
        rng = np.random.default_rng(seed)
        end = len(self.disk.log)
        at = int(rng.integers(self.started, end + 1)) if inside else end
        self.disk = SimulatedDisk(self.disk.cut(at, rng))
        self.open()
        found = {len(each.differences(self.store)): each for each in (self.before, self.model)}
        if inside and 0 in found:
            self.model = found[0]
        # How far back one may still go depends on what was cut off.
        self.history = {self.store.sequence: self.model}
        self.before = self.model


TestOnDisk = DiskMachine.TestCase
TestOnDisk.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestWithPowerCuts = PowerMachine.TestCase
TestWithPowerCuts.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
