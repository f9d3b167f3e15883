"""Erases records so that no byte of them is left in the folder, whatever happens in between.

First the ids of what goes are noted in the database, then the records are removed for good, then
every file is rewritten without them, then the note is removed. Whoever opens the store for writing
and finds a note finishes what it is about; from the note alone, which holds nothing but ids.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from embodied_mem.errors import EmbodiedMemError, MemoryFileError
from embodied_mem.memory.batch import Batch
from embodied_mem.memory.forgetting.database import empty_log, scrub_database
from embodied_mem.memory.forgetting.dependents import Dependent
from embodied_mem.memory.forgetting.files import FileScrubber
from embodied_mem.memory.forgetting.report import Forgotten
from embodied_mem.memory.forgetting.selection import Chosen, choose
from embodied_mem.memory.forgetting.wish import Wish
from embodied_mem.memory.parts import encode_parts
from embodied_mem.memory.record import Delete, Update
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.rows import Body, decode_bodies
from embodied_mem.memory.writer import Writer


def forget(
    state: State, writer: Writer, wish: Wish, dependents: Iterable[Dependent] = ()
) -> Forgotten:
    """Erases what somebody wishes to be forgotten, and has it derived anew without that.

    Raises:
        MemoryFileError: If the store is damaged, so that nobody knows what a row holds.
        StoreError: If another process keeps the log; what is left is erased at the next opening.
        StoreFullError: If there is no room to rewrite a file; likewise.
    """
    _refuse_damaged(state)
    before = _bytes(state)
    chosen = choose(_bodies(state), wish)
    dependents = tuple(dependents)
    # What an earlier attempt noted and could not carry out is not forgotten to be forgotten.
    ids = sorted({*chosen.gone, *(state.journal.forgetting() or ())})
    for dependent in dependents:
        dependent.let_go(ids)
    with state.journal.transaction():
        state.journal.write_forgetting(ids)
    changed = _remove(state, writer, ids, chosen.changes)
    _scrub(state, writer)
    rebuilt = [each for dependent in dependents for each in dependent.rebuild(chosen.lost)]
    return _report(chosen, changed, rebuilt, before, _bytes(state))


def finish(state: State, writer: Writer) -> None:
    """Finishes a forgetting that was interrupted; where it cannot, the note stays for the next."""
    ids = state.journal.forgetting()
    if ids is None:
        return
    try:
        _refuse_damaged(state)
        _remove(state, writer, ids, {})
        _scrub(state, writer)
    except EmbodiedMemError:
        return


def _refuse_damaged(state: State) -> None:
    if state.damaged or state.journal.problems():
        raise MemoryFileError(
            "the memory is damaged, so that nobody can tell what some of its rows hold; "
            "`embodied-mem inspect --repair` first, then forget"
        )


def _remove(
    state: State, writer: Writer, ids: Iterable[str], changes: dict[str, dict[str, Any]]
) -> tuple[str, ...]:
    """Removes records for good; returns the ids of those that changed with them."""
    batch = Batch(state)
    tick = 0  # an update in place is of no tick
    for record_id, fields in changes.items():
        batch.run(Update(id=record_id, tick=tick, changes=fields))
    for record_id in ids:
        if record_id in state.resident.slots:
            batch.run(Delete(id=record_id))
    if not batch.drafts:
        return ()
    parts, removed = writer.prepare(batch.drafts)
    try:
        encode_parts(parts)
        writer.write(parts, removed, for_good=True)
    except BaseException:
        writer.give_back(parts)
        raise
    return tuple(sorted(key for key, draft in batch.drafts.items() if draft is not None))


def _scrub(state: State, writer: Writer) -> None:
    from embodied_mem.memory.tiers.moves import erase

    erase(state)  # ids of what was hot
    FileScrubber(state, writer).scrub()
    for name in state.medium.folder.names():
        if name.endswith(".partial"):  # a repair that was interrupted
            state.medium.folder.remove(name)
    scrub_database(state)
    with state.journal.transaction():
        state.journal.write_forgetting(None)
    empty_log(state)


def _bodies(state: State) -> Iterator[Body]:
    for _, bodies, _, _ in state.journal.read_columns():
        yield from decode_bodies(bodies)


def _bytes(state: State) -> int:
    return state.medium.disk_bytes() + state.medium.archive.disk_bytes()


def _report(
    chosen: Chosen, changed: tuple[str, ...], rebuilt: list[str], before: int, after: int
) -> Forgotten:
    kinds = Counter(chosen.gone.values())
    return Forgotten(
        erased=len(chosen.gone),
        by_kind=dict(sorted(kinds.items())),
        derived=len(chosen.lost),
        pictures=kinds["snapshot"],
        changed=changed,
        rebuilt=tuple(rebuilt),
        bytes_before=before,
        bytes_after=after,
    )
