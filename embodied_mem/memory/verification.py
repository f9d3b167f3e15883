"""Looks a store through and names everything in it that is damaged."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from embodied_mem.errors import EmbodiedMemError, MemoryFileError
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.medium import DiskMedium
from embodied_mem.memory.storage.rows import STAGED, Body, Heap, decode_body, decode_heap, record_of
from embodied_mem.memory.storage.segments import Segments, segment_name
from embodied_mem.memory.storage.vector_files import LAYERS, arena_name
from embodied_mem.memory.text import text_of

Part = Literal[
    "database", "log", "settings", "journal", "row", "payload", "archive", "vector", "link", "words"
]
"""What is damaged: the database's structure, its log, the settings, what undoes batches; or of a
record its row, a layer of its payload, one in the archive, its vector, a link, its words."""


_TRIES = 5


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it was written."""

    part: Part
    what: str
    """In words."""
    record: str = ""
    """Id of the record; empty where it is none, or where its row cannot be read."""
    slot: int = -1
    """Of the record."""
    where: str = ""
    """File and, where that is known, the byte in it."""

    def __str__(self) -> str:
        whose = f"record {self.record}" if self.record else f"slot {self.slot}"
        whose = whose if self.record or self.slot >= 0 else "the memory"
        return f"{whose}: {self.what}" + (f" ({self.where})" if self.where else "")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `verify` found, and what `repair` did about it."""

    records: int = 0
    """How many were looked at."""
    damages: tuple[Damage, ...] = ()
    orphans: tuple[str, ...] = ()
    """Files that nothing refers to; they take space and harm nothing."""
    lost: tuple[str, ...] = ()
    """Ids of the records that a repair had to drop; `slot 7` where the id is not known."""
    lowered: tuple[str, ...] = ()
    """Ids of the records that a repair kept with fewer layers, or without their vector."""
    unlinked: tuple[str, ...] = ()
    """Ids of the records whose links to something lost were taken out, as a DELETE does it."""

    @property
    def ok(self) -> bool:
        """Whether nothing is damaged."""
        return not self.damages

    @property
    def damaged(self) -> frozenset[str]:
        """Ids of the records that something is wrong with, as far as they are known."""
        return frozenset(damage.record for damage in self.damages if damage.record)

    @property
    def database(self) -> bool:
        """Whether the database itself is damaged, so that rows may be missing unnoticed."""
        return any(damage.part in ("database", "log") for damage in self.damages)


def verify_folder(path: Path) -> Report:
    """Looks a store through, even one that does not open.

    Raises:
        MemoryFileError: If there is no store, or it is of a newer schema.
    """
    medium = DiskMedium(path, create=False)
    try:
        state = State(medium, write=False)
        try:
            state.load()
            return verify_state(state)
        finally:
            state.close()
    except EmbodiedMemError as error:
        return Report(damages=(Damage(part="database", what=str(error), where=str(path)),))


def verify_state(state: State) -> Report:
    """Looks an open store through: every row, layer, vector, link and word.

    What another process moved meanwhile is looked at again.
    """
    for _ in range(_TRIES):
        report = state.steadily(lambda: _look_through(state))
        if report.ok or not state.stale:
            break
    return report


def _look_through(state: State) -> Report:
    damages: list[Damage] = []
    try:
        damages += _database(state)
        found = list(_records(state, damages))
        damages += _links(found)
        damages += _words(state, found)
        damages += _journal(state)
    except MemoryFileError as error:
        damages.append(Damage(part="database", what=str(error)))
        found = []
    for slot, body, heap in found:
        damages += _bytes(state, slot, body, heap)
    orphans = () if damages else tuple(_orphans(state))
    return Report(records=len(found), damages=tuple(damages), orphans=orphans)


Found = tuple[int, Body, Heap]


def _database(state: State) -> Iterator[Damage]:
    for line in state.journal.problems():
        yield Damage(part="database", what=line)
    for line in state.journal.damaged_settings():
        yield Damage(part="settings", what=line)


def _records(state: State, damages: list[Damage]) -> Iterator[Found]:
    """Yields the records whose rows read; names the others, and those that are not there."""
    slots, ids = dict(state.resident.slots), state.resident.columns.ids
    for rows in state.journal.read_all():
        for row in rows:
            try:
                if not row.intact:
                    raise ValueError
                body, heap = decode_body(row.body), decode_heap(row.heap)
            except (msgspec.DecodeError, ValueError):
                record = ids[row.slot] if 0 <= row.slot < len(ids) else ""
                slots.pop(record, None)
                what = "its row is damaged"
                damages.append(Damage(part="row", what=what, record=record, slot=row.slot))
                continue
            if slots.pop(body.id.hex(), None) != row.slot:
                what = "there are two rows with its id"
                damages.append(Damage(part="row", what=what, record=body.id.hex(), slot=row.slot))
            yield row.slot, body, heap
    for record, slot in slots.items():
        damages.append(Damage(part="row", what="its row is gone", record=record, slot=slot))


def _bytes(state: State, slot: int, body: Body, heap: Heap) -> Iterator[Damage]:
    """Checks the layers and the vector of a record."""
    record = body.id.hex()
    groups: tuple[tuple[Part, Segments], ...] = (
        ("payload", state.segments),
        ("archive", state.archive),
    )
    for part, segments in groups:
        extents = heap.held if part == "payload" else heap.archived
        first = 0 if part == "payload" else heap.level
        data = state.read_extents(slot, extents, segments)
        for index, (extent, layer) in enumerate(zip(extents, data, strict=True), start=first):
            if layer is None:
                file = "staged" if extent.segment == STAGED else segment_name(extent.segment)
                yield Damage(
                    part=part,
                    what=f"layer {index} of its payload is damaged",
                    record=record,
                    slot=slot,
                    where=f"{file}, byte {extent.offset}",
                )
    place = heap.vector
    for layer_name in LAYERS if place is not None else ():
        if place is None or getattr(place, layer_name) is None:
            continue
        if state.vectors.read_layer(place, layer_name) is None:
            row = getattr(place, layer_name)
            yield Damage(
                part="vector",
                what=f"the {layer_name} of its vector are damaged",
                record=record,
                slot=slot,
                where=f"{arena_name(layer_name, place.space, row.generation)}, row {row.row}",
            )


def _links(found: list[Found]) -> Iterator[Damage]:
    ids = {body.id.hex() for _, body, _ in found}
    for slot, body, _ in found:
        for link in body.links:
            if link.id not in ids:
                yield Damage(
                    part="link",
                    what=f"its link {link.type!r} points to {link.id}, which is not there",
                    record=body.id.hex(),
                    slot=slot,
                )


def _words(state: State, found: list[Found]) -> Iterator[Damage]:
    texts = [(slot, text_of(record_of(body, 0, 32))) for slot, body, _ in found]
    for line in state.words.check(texts):
        # An index that cannot even be read cannot be dropped either: all tables are made anew.
        yield Damage(part="words" if line.startswith("slot ") else "database", what=line)


def _journal(state: State) -> Iterator[Damage]:
    for sequence in state.journal.damaged_undo():
        yield Damage(part="journal", what=f"what undoes batch {sequence} is damaged")


def _orphans(state: State) -> list[str]:
    segments, arenas = state.orphans()
    archive = state.archive
    return [
        *(("archive/" if group is archive else "") + segment_name(n) for group, n in segments),
        *arenas,
    ]
