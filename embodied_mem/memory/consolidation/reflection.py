"""Writes summaries, and keeps them what their sources make them."""

from collections.abc import Iterable

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.memory.consolidation.audience import Audience, audience_of
from embodied_mem.memory.consolidation.sources import subjects, told_of
from embodied_mem.memory.consolidation.summary import LEVELS, Level, is_summary, summary_record
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import Add, Delete, MemoryRecord, Operation
from embodied_mem.memory.store import MemoryStore


def reflect(
    store: MemoryStore, level: Level, *, subjects_only: Iterable[str] | None = None
) -> list[str]:
    """Writes a summary of every subject of a level, after RMM's prospective reflection.

    RMM (Tan et al. 2025, section 4) keeps topics at several granularities; here they are what a
    room holds (`room`), what changed in a visit (`visit`) and what was said in a session
    (`session`). A summary is a function of its sources, so that dropping it and reflecting again
    gives the same record; one whose sources changed is replaced, one without sources goes. A
    visit that is over is summed up once: it was told with the rooms as they were called then.

    Args:
        store: The memory; opened for writing.
        level: What to sum up.
        subjects_only: Ids of rooms or names of sessions; where None those that there are.

    Returns:
        Ids of the summaries that were written.

    Raises:
        ConfigError: If the level is unknown.
        BudgetError: If there is no room; nothing is changed.
    """
    if level not in LEVELS:
        raise unknown_name("level of reflection", str(level), LEVELS)
    held = _held(store, level)
    wanted = _due(store, level, held) if subjects_only is None else list(subjects_only)
    operations: list[Operation] = []
    for subject in wanted:
        if not subject:
            raise ConfigError("a summary needs the id of a room or the name of a session")
        new = _summaries(store, level, subject)
        old = held.pop(subject, {})
        for audience in sorted(old.keys() | new.keys()):
            operations += _replace(old.get(audience), new.get(audience))
    if subjects_only is None and level == "room":
        operations += [Delete(id=each.id) for old in held.values() for each in old.values()]
    if operations:
        store.apply(operations)
    return [each.record.id for each in operations if isinstance(each, Add)]


def drop_summaries(store: MemoryStore) -> int:
    """Deletes all summaries, to be derived anew by `reflect`; returns how many there were."""
    summaries = store.query(Filter(kind="summary", status="any"), payload=False)
    gone = [Delete(id=record.id) for record in summaries if is_summary(record)]
    if gone:
        store.apply(gone)
    return len(gone)


def _due(
    store: MemoryStore, level: Level, held: dict[str, dict[Audience, MemoryRecord]]
) -> list[str]:
    known = subjects(store, level)
    if level != "visit":
        return known
    return [name for name in known if name not in held or name == store.session]


def _held(store: MemoryStore, level: Level) -> dict[str, dict[Audience, MemoryRecord]]:
    held: dict[str, dict[Audience, MemoryRecord]] = {}
    for record in store.query(Filter(kind="summary")):
        if is_summary(record) and record.content["type"] == level:
            held.setdefault(str(record.content["subject_id"]), {})[audience_of(record)] = record
    return held


def _summaries(store: MemoryStore, level: Level, subject: str) -> dict[Audience, MemoryRecord]:
    return {
        audience: summary_record(level, subject, told.text, told.sources, told.of, audience)
        for audience, told in told_of(store, level, subject).items()
    }


def _replace(old: MemoryRecord | None, new: MemoryRecord | None) -> list[Operation]:
    if old is not None and new is not None and _says(old) == _says(new):
        return []
    gone: list[Operation] = [] if old is None else [Delete(id=old.id)]
    return gone if new is None else [*gone, Add(record=new)]


def _says(record: MemoryRecord) -> tuple[object, ...]:
    return (record.id, record.content, record.links, record.valid_from, record.session)
