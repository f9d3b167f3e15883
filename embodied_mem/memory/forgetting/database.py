"""Leaves no byte in the database that none of its rows holds.

SQLite marks deleted rows and pages as free and leaves what they held; its log keeps old pages, and
a full-text index keeps the words of deleted texts until it happens to merge. So the index is made
anew from the texts that are left, all pages are written anew (`VACUUM`, with `secure_delete` so
that the unused part of a page is zeros), and the log is moved into the database and cut to nothing.
"""

import contextlib
from collections.abc import Iterator

from embodied_mem.errors import StoreError
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.journal import translated
from embodied_mem.memory.storage.rows import decode_bodies, record_of
from embodied_mem.memory.text import text_of

_PATIENCE_MS = 5000
"""How long a process that is just reading is waited for."""


def scrub_database(state: State) -> None:
    """Writes the whole database anew.

    Raises:
        StoreError: If another process reads one state of the store for so long that the log
            cannot be emptied; all else is done.
        StoreFullError: If there is no room; the database is as it was.
    """
    execute = state.journal.connection.execute
    with state.journal.transaction():
        state.words.rebuild(_texts(state))
    with translated(), _secure_delete(state):
        execute("VACUUM")
    empty_log(state)


def empty_log(state: State) -> None:
    """Moves the log into the database and cuts it to nothing.

    Raises:
        StoreError: If another process keeps it from doing so.
    """
    execute = state.journal.connection.execute
    ((patience,),) = execute("PRAGMA busy_timeout").fetchall()
    execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
    try:
        with translated():
            ((busy, _, _),) = execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        execute(f"PRAGMA busy_timeout={patience}")
    if busy:
        raise StoreError(
            "what was to be forgotten can be found by nobody any more, but its last bytes stay in "
            "the database's log while another process reads one state of this memory; let it end "
            "and forget again, or open the memory for writing again"
        )


def _texts(state: State) -> Iterator[tuple[int, str]]:
    for slots, bodies, _, _ in state.journal.read_columns():
        for slot, body in zip(slots, decode_bodies(bodies), strict=True):
            yield slot, text_of(record_of(body, 0, 32))


@contextlib.contextmanager
def _secure_delete(state: State) -> Iterator[None]:
    execute = state.journal.connection.execute
    execute("PRAGMA secure_delete=ON").fetchall()
    try:
        yield
    finally:
        execute("PRAGMA secure_delete=OFF").fetchall()
