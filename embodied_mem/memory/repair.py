"""Brings a damaged store back to a state that verifies, at the least loss.

Fidelity falls before records are lost: a record whose first layers are whole keeps them, one whose
vector is damaged keeps what of it can be rebuilt. A record goes only where its row or the first
layer of its payload is damaged.
"""

from collections import defaultdict
from pathlib import Path
from typing import final

import msgspec
import numpy as np

from embodied_mem.errors import EmbodiedMemError, MemoryFileError
from embodied_mem.memory.codec.planes import encode_vectors
from embodied_mem.memory.codec.vector_code import PLANES
from embodied_mem.memory.parts import lowered_place
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.folder import WriterLock
from embodied_mem.memory.storage.medium import DATABASE, DiskMedium
from embodied_mem.memory.storage.rebuild import finish_rebuild, rebuild_database
from embodied_mem.memory.storage.rows import (
    STAGED,
    Body,
    Heap,
    VectorPlace,
    encode,
    encode_heap,
    record_of,
)
from embodied_mem.memory.storage.vector_files import LAYERS
from embodied_mem.memory.storage.wal_check import check_wal, mend_wal
from embodied_mem.memory.text import text_of
from embodied_mem.memory.verification import Damage, Report, verify_state
from embodied_mem.memory.writer import Writer


def repair_folder(path: Path) -> Report:
    """Repairs a store that nobody has open, even one that does not open any more.

    Returns:
        What was damaged, and which records were lost or kept at a lower fidelity.

    Raises:
        MemoryFileError: If there is no store, another process writes to it, it is of a newer
            schema, or nothing of it can be read.
        StoreFullError: If there is no room to write what is repaired.
    """
    if not path.is_dir():
        raise MemoryFileError(f"cannot repair {path}: it is not the folder of a memory")
    lock = WriterLock(path / "writer.lock")
    try:
        finish_rebuild(path)
        damages = _mend_log(path)
        report = _repair_opened(path) if _log_is_whole(path) else None
        if report is None or report.database:
            damages += () if report is None else report.damages
            damages += _rebuild(path)
            report = _repair_opened(path)
    finally:
        lock.release()
    if report.database:
        raise MemoryFileError(f"{path} cannot be repaired: {report.damages[0]}")
    return msgspec.structs.replace(report, damages=(*damages, *report.damages))


def _mend_log(path: Path) -> list[Damage]:
    """Sets single flipped bits of the log right; returns what was wrong with it."""
    log = path / (DATABASE + "-wal")
    before = check_wal(log)
    if not before.damaged:
        return []
    mend_wal(log)
    what = f"{before.lost_commits} acknowledged batches would not be read"
    return [Damage(part="log", what=what, where=log.name)]


def _log_is_whole(path: Path) -> bool:
    return not check_wal(path / (DATABASE + "-wal")).damaged


def _repair_opened(path: Path) -> Report:
    """Repairs a store whose database is whole; returns what is wrong with the database if not."""
    try:
        state = State(DiskMedium(path, create=False), write=True)
        writer = Writer(state, stage_bytes=0)
        try:
            state.load()
            writer.recover()
            report = verify_state(state)
            return report if report.database else repair_state(state, writer, report)
        finally:
            state.close()
            writer.close()
    except EmbodiedMemError as error:
        return Report(damages=(Damage(part="database", what=str(error), where=DATABASE),))


def _rebuild(path: Path) -> list[Damage]:
    found = rebuild_database(path)
    return [
        Damage(
            part="row",
            what=f"a row of the table {row.table} cannot be read",
            record=row.record,
            slot=row.key if row.table in ("records", "staged") else -1,
            where=f"{DATABASE}, page {row.page}",
        )
        for row in found.lost_rows
    ]


def repair_state(state: State, writer: Writer, report: Report) -> Report:
    """Repairs what a report names in an open store whose database is whole.

    Returns:
        The report, and which records were lost or kept at a lower fidelity.
    """
    if report.ok:
        return report
    writer.recover()  # vectors whose copies wait in the database are written again
    plan = _Plan(state, report)
    counter = state.counter
    if plan.moved_vectors:
        state.vectors.sync()
    journal = state.journal
    with journal.transaction():
        journal.remove(plan.lost)
        journal.clear_staged(plan.lost)
        journal.stage(plan.staged.items())
        journal.write((s, encode(body), encode_heap(heap)) for s, (body, heap) in plan.kept.items())
        journal.write_settings(state.settings)
        journal.write_counter(counter)
        journal.restart_undo()
        if plan.lost or any(damage.part == "words" for damage in report.damages):
            state.words.rebuild(plan.texts())
    state.load()
    state.counter = max(counter, state.counter)
    writer.recover()
    return msgspec.structs.replace(
        report,
        lost=tuple(sorted(plan.lost.values())),
        lowered=tuple(sorted(plan.lowered)),
        unlinked=tuple(sorted(plan.unlinked)),
    )


@final
class _Plan:
    """What is to become of the damaged records."""

    def __init__(self, state: State, report: Report) -> None:
        self._state = state
        self.lost: dict[int, str] = {}
        """Ids of the records to drop, by slot."""
        self.kept: dict[int, tuple[Body, Heap]] = {}
        """New rows by slot."""
        self.lowered: list[str] = []
        self.unlinked: set[str] = set()
        self.staged: dict[int, bytes] = {}
        """New bytes that wait in the database, by slot."""
        self.moved_vectors = False
        parts: defaultdict[int, set[str]] = defaultdict(set)
        for damage in report.damages:
            parts[damage.slot].add(damage.part)
        for slot in sorted(parts.keys() - {-1}):
            if "row" in parts[slot]:
                self.lost[slot] = self._name(slot)
            elif parts[slot] & {"payload", "archive", "vector"}:
                self._mend(slot)
        self._drop_links()

    def _name(self, slot: int) -> str:
        ids = self._state.resident.columns.ids
        return (ids[slot] if slot < len(ids) else "") or f"slot {slot}"

    def _mend(self, slot: int) -> None:
        _, body, heap = self._state.row(slot)
        held = self._whole_layers(slot, heap, archived=False)
        if held == 0 < heap.level:
            self.lost[slot] = body.id.hex()
            return
        layers = heap.layers[:held]
        if held == heap.level:
            layers = heap.layers[: held + self._whole_layers(slot, heap, archived=True)]
        vector = self._vector(heap.vector)
        if held < heap.level or _bits(vector) < _bits(heap.vector):
            self.lowered.append(body.id.hex())
        self.kept[slot] = (body, Heap(layers, held, vector))
        if layers and layers[0].segment == STAGED:
            self.staged[slot] = self._staged_bytes(slot, self.kept[slot][1])

    def _staged_bytes(self, slot: int, heap: Heap) -> bytes:
        """Returns the bytes of a record as they wait: its layers and at once its vector."""
        parts = self._state.read_extents(slot, heap.held, self._state.segments)
        if heap.vector is not None:
            parts.append(self._state.vectors.read_layer(heap.vector, "exact"))
        return b"".join(part for part in parts if part is not None)

    def _whole_layers(self, slot: int, heap: Heap, *, archived: bool) -> int:
        extents = heap.archived if archived else heap.held
        segments = self._state.archive if archived else self._state.segments
        data = self._state.read_extents(slot, extents, segments)
        return data.index(None) if None in data else len(data)

    def _vector(self, place: VectorPlace | None) -> VectorPlace | None:
        """Returns where what is whole of a vector lies; an exact one is encoded anew."""
        if place is None:
            return None
        vectors = self._state.vectors
        whole = {layer: vectors.read_layer(place, layer) for layer in LAYERS}
        if all(whole[layer] is not None or getattr(place, layer) is None for layer in LAYERS):
            return place
        if whole["exact"] is not None:
            space = vectors.spaces[place.space]
            for layer in LAYERS:
                vectors.replace_missing(space, layer)
            matrix = np.frombuffer(whole["exact"], "<f4")[None]
            (moved,) = vectors.append(space, encode_vectors(matrix))
            self.moved_vectors = True
            return moved
        if whole["signs"] is None:
            return None
        return lowered_place(place, PLANES if whole["planes"] is not None else 1)

    def _drop_links(self) -> None:
        """Takes out the links that point to nothing, or to what is lost."""
        alive = set(self._state.resident.slots) - set(self.lost.values())
        targets = self._state.resident.linked_from
        for target in sorted(targets.keys() - alive):
            for slot in sorted(targets[target] - self.lost.keys()):
                _, body, heap = self._state.row(slot)
                body, heap = self.kept.get(slot, (body, heap))
                links = tuple(link for link in body.links if link.id != target)
                self.unlinked.add(body.id.hex())
                self.kept[slot] = (msgspec.structs.replace(body, links=links), heap)

    def texts(self) -> list[tuple[int, str]]:
        """Returns the words of all records that are kept, by slot."""
        return [
            (slot, text_of(record_of(self._state.row(slot)[1], 0, 32)))
            for slot in sorted(self._state.resident.slots.values())
            if slot not in self.lost
        ]


def _bits(place: VectorPlace | None) -> int:
    return 0 if place is None else place.bits
