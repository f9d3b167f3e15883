"""Opens the files of a store to write to them."""

import contextlib

from embodied_mem.errors import MemoryFileError
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.journal import Settings
from embodied_mem.memory.storage.medium import Medium


def open_to_write(medium: Medium, segment_bytes: int) -> State:
    """Opens or makes the files of a store for writing, and clears what a crash left over."""
    state = State(medium, write=True, segment_bytes=segment_bytes)
    try:
        if state.journal.is_new():
            if state.segments.numbers():
                raise MemoryFileError(
                    "the memory's database is empty, and there are pictures; put back a copy of it"
                )
            with state.journal.transaction():
                state.journal.create(Settings())
                state.words.create()
            medium.folder.sync()
        state.load()
        state.clear_orphans()
    except BaseException:
        with contextlib.suppress(Exception):
            state.close()
        raise
    return state
