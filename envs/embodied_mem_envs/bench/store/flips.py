"""Bit rot: one flipped bit a time, anywhere in the files of a store."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from embodied_mem.errors import EmbodiedMemError
from embodied_mem.memory import MemoryRecord, MemoryStore
from embodied_mem.memory.record import Statistics
from embodied_mem.memory.repair import repair_folder
from embodied_mem.memory.storage.medium import DATABASE
from embodied_mem.memory.verification import Report
from embodied_mem_envs.bench.store.plain_model import PlainModel
from embodied_mem_envs.bench.store.scripted_load import ARCHIVE, Ledger, ScriptedLoad, carry_out

_RECORDS: Final = 150
_UNCLOSED: Final = 0.3
"""Share of the flips in a store that was killed, with its log and bytes that wait in it."""
_SHARES: Final = {"payload": 0.4, "vectors": 0.25, "database": 0.35}
"""Of the flips, by what they hit: by bytes alone, nearly all would hit pictures."""


@dataclass(slots=True)
class Outcome:
    """What came of one flip."""

    kind: str
    """What was hit: `payload`, `vectors` or `database`."""
    where: str
    """File and bit."""
    found: bool = False
    """Whether opening or verifying says that something is wrong."""
    wrong: list[str] = field(default_factory=list)
    """What nobody said: records that read otherwise, are gone, or should not be there."""
    named: int = 0
    """Records that were named."""
    others_lost: list[str] = field(default_factory=list)
    """Records that nobody named and that are not as before after the repair."""


class Subject:
    """The folder of a store, and every record in it as it reads.

    Args:
        folder: Where to make it.
        seed: Of what is in it.
        closed: Whether it is closed, or left as a killed writer leaves it.
    """

    def __init__(self, folder: Path, seed: int, *, closed: bool) -> None:
        self.folder = folder
        working = folder.with_suffix(".working")
        with MemoryStore(working, archive_bytes=ARCHIVE) as store:
            ledger, load = Ledger(PlainModel(), 0), ScriptedLoad(seed)
            while len(ledger.model.records) < _RECORDS:
                step = load.step(ledger.model)
                after = ledger.foreseen(step)
                if carry_out(store, step) and after is not None:
                    ledger.acknowledge(after, store.sequence)
            if closed:
                # Fidelity has fallen in some, and no bytes are dead.
                store.shrink(int(store.disk_bytes * 0.8))
                store.compact()
                store.close()
            else:
                self._read(store)
            shutil.copytree(working, folder)
        if closed:
            with MemoryStore.read(folder) as reopened:
                self._read(reopened)
        shutil.rmtree(working)

    def _read(self, store: MemoryStore) -> None:
        self.records = {record.id: _comparable(record) for record in store.records()}
        self.slots = {store.slot_of(record_id): record_id for record_id in self.records}

    def files(self) -> dict[str, list[tuple[str, int]]]:
        """Lists names and sizes by kind, without the lock and what nobody reads again."""
        kinds: dict[str, list[tuple[str, int]]] = {kind: [] for kind in _SHARES}
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and path.stat().st_size and not name.endswith(("-shm", ".lock")):
                kind = "database" if name.startswith(DATABASE) else "vectors"
                kind = "payload" if "segment" in name else kind
                kinds[kind].append((name, path.stat().st_size))
        return kinds


def _comparable(record: MemoryRecord) -> MemoryRecord:
    return msgspec.structs.replace(record, statistics=Statistics())


def flip_and_judge(subject: Subject, folder: Path, rng: np.random.Generator) -> Outcome:
    """Flips one bit in a copy, opens, verifies and reads it, repairs it, and reads it again."""
    shutil.copytree(subject.folder, folder)
    kinds = {kind: files for kind, files in subject.files().items() if files}
    shares = np.array([_SHARES[kind] for kind in kinds])
    kind = str(rng.choice(list(kinds), p=shares / shares.sum()))
    sizes = np.array([size for _, size in kinds[kind]])
    name = kinds[kind][int(rng.choice(len(sizes), p=sizes / sizes.sum()))][0]
    path = folder / name
    data = bytearray(path.read_bytes())
    bit = int(rng.integers(8 * len(data)))
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)
    outcome = Outcome(kind, f"{name}, bit {bit}")
    report = _look(subject, folder, outcome)
    if outcome.found:
        _repair(subject, folder, outcome, report)
    return outcome


def _look(subject: Subject, folder: Path, outcome: Outcome) -> Report:
    """Opens, verifies and reads everything."""
    try:
        with MemoryStore(folder, archive_bytes=ARCHIVE) as store:
            report = store.verify()
            outcome.found = not report.ok
            _read_each(subject, store, outcome)
            return report
    except EmbodiedMemError:
        outcome.found = True
        return Report()


def _read_each(subject: Subject, store: MemoryStore, outcome: Outcome) -> None:
    for record_id, before in subject.records.items():
        try:
            if _comparable(store.get(record_id)) != before:
                outcome.wrong.append(f"{record_id} reads otherwise")
        except EmbodiedMemError as error:
            if not outcome.found:
                outcome.wrong.append(f"{record_id} does not read, unnamed: {error}")
    held = {store.columns.ids[slot] for slot in store.columns.slots()}
    outcome.wrong += [f"{other} should not be there" for other in held - subject.records.keys()]


def _repair(subject: Subject, folder: Path, outcome: Outcome, report: Report) -> None:
    """Repairs, and looks for what nobody named and is gone or changed all the same."""
    try:
        repaired = repair_folder(folder)
        with MemoryStore(folder, archive_bytes=ARCHIVE) as store:
            named = _named(subject, (report, repaired))
            outcome.named = len(named)
            changed = [
                record_id
                for record_id, before in subject.records.items()
                if record_id not in named and not _same(store, before)
            ]
            held = {store.columns.ids[slot] for slot in store.columns.slots()}
            changed += sorted(held - subject.records.keys())
            again = store.verify()
    except EmbodiedMemError as error:
        outcome.others_lost = [str(error)] * len(subject.records)
        return
    # Of a row that does not read at all nobody can tell whose it was: it is the one that was hit.
    unknown = sum(d.part == "row" and not d.record and d.slot < 0 for d in repaired.damages)
    outcome.others_lost = changed[unknown:] + [str(damage) for damage in again.damages]


def _named(subject: Subject, reports: Iterable[Report]) -> set[str]:
    named: set[str] = set()
    for report in reports:
        named |= report.damaged | set(report.lost) | set(report.lowered)
        named |= {subject.slots.get(damage.slot, "") for damage in report.damages}
    return named & subject.records.keys()


def _same(store: MemoryStore, before: MemoryRecord) -> bool:
    """Tells whether a record is as before, but for links to what is not there any more."""
    links = tuple(link for link in before.links if link.id in store)
    try:
        return _comparable(store.get(before.id)) == msgspec.structs.replace(before, links=links)
    except EmbodiedMemError:
        return False


def bench_flips(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Flips single bits in copies of stores.

    Returns:
        `bitflips_silent`: flips after which something is wrong and nobody says so;
        `bitflips_found`, `bitflips_harmless`: the others; `bitflips_dead_bytes`: flips in
        pictures and vectors that nothing refers to; `bitflips_others_lost`: records that were not
        named and are not as before after the repair.
    """
    flips = 60 if quick else 500
    rng = np.random.default_rng(11)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="flips-") as path:
        subjects = [
            Subject(Path(path) / name, seed, closed=name == "closed")
            for seed, name in enumerate(("closed", "killed"))
        ]
        for number in range(flips):
            subject = subjects[rng.random() < _UNCLOSED]
            copy = Path(path) / "copy"
            outcome = flip_and_judge(subject, copy, rng)
            shutil.rmtree(copy)
            if outcome.wrong or outcome.others_lost:
                what = (outcome.wrong + outcome.others_lost)[0]
                note(f"flip {number} in {subject.folder.name}, {outcome.where}: {what}")
            outcomes.append(outcome)
    hit = Counter((outcome.kind, outcome.found) for outcome in outcomes)
    note(", ".join(f"{count} {k} {'found' if f else 'harmless'}" for (k, f), count in hit.items()))
    found = sum(outcome.found and not outcome.wrong for outcome in outcomes)
    silent = sum(bool(outcome.wrong) for outcome in outcomes)
    return {
        "bitflips_silent": float(silent),
        "bitflips_found": float(found),
        "bitflips_harmless": float(flips - found - silent),
        "bitflips_dead_bytes": float(hit["payload", False] + hit["vectors", False]),
        "bitflips_others_lost": float(sum(len(outcome.others_lost) for outcome in outcomes)),
    }
