"""Subgoals as chunks of a working memory, and everything that was noted in them."""

from dataclasses import dataclass, field
from typing import Final, final

from embodied_mem.errors import unknown_name

RUN: Final = "run"
"""Id of the chunk around all others, which is never closed."""
MOST_DETAILS: Final = 20_000
"""Notes of closed chunks that are kept to be shown again; beyond that the oldest are forgotten."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Detail:
    """Something that was noted."""

    id: str
    text: str
    handle: str = ""


@dataclass(kw_only=True, slots=True)
class Chunk:
    """A subgoal, what was noted while it was open, and what is left to say of it."""

    id: str
    goal: str
    parent: str = ""
    """Id of the chunk that it was opened in; empty for the run alone."""
    open: bool = True
    summary: str = ""
    details: list[Detail] = field(default_factory=list)
    forgotten: int = 0
    """How many of its details are no longer kept."""


@final
class Archive:
    """All chunks by id, the open ones as a stack on top of the run itself."""

    def __init__(self, most_details: int = MOST_DETAILS) -> None:
        self._chunks: dict[str, Chunk] = {RUN: Chunk(id=RUN, goal="")}
        self._stack = [RUN]
        self._most = most_details
        self._kept = 0
        self._oldest: list[str] = []
        """Closed chunks that still have details, in the order in which they were closed."""

    def __contains__(self, chunk_id: str) -> bool:
        return chunk_id in self._chunks

    @property
    def current(self) -> str:
        """Id of the innermost open chunk."""
        return self._stack[-1]

    def get(self, chunk_id: str) -> Chunk:
        """Returns a chunk.

        Raises:
            ConfigError: If there is none with that id.
        """
        if chunk_id not in self._chunks:
            raise unknown_name("chunk", chunk_id, self._chunks)
        return self._chunks[chunk_id]

    def add(self, chunk: Chunk) -> None:
        """Takes in a chunk; an open one becomes the current one."""
        self._chunks[chunk.id] = chunk
        if chunk.open:
            self._stack.append(chunk.id)
        else:
            self._shelve(chunk)

    def note(self, detail: Detail) -> None:
        """Keeps a note of the current chunk; of the run itself the newest only."""
        chunk = self._chunks[self._stack[-1]]
        chunk.details.append(detail)
        if chunk.id == RUN and len(chunk.details) > self._most:
            chunk.forgotten += 1
            del chunk.details[0]

    def close(self, summary: str) -> Chunk:
        """Closes the current chunk; what it says in the end is a detail of the one around it."""
        chunk = self._chunks[self._stack.pop()]
        chunk.open, chunk.summary = False, summary
        self._shelve(chunk)
        self.note(Detail(id=chunk.id, text=f"{chunk.goal}: {summary}"))
        return chunk

    def within(self, chunk_id: str, outer: str) -> bool:
        """Tells whether a chunk is another one or lies in it."""
        while chunk_id and chunk_id != outer:
            chunk_id = self._chunks[chunk_id].parent
        return chunk_id == outer

    def depth_of(self, chunk_id: str) -> int:
        """Returns how many chunks lie around a chunk; 0 for the run."""
        depth = 0
        while parent := self._chunks[chunk_id].parent:
            depth, chunk_id = depth + 1, parent
        return depth

    def outermost(self, chunk_id: str) -> str:
        """Returns the chunk right in the run that a chunk lies in; the run for itself."""
        while chunk_id != RUN and (parent := self._chunks[chunk_id].parent) != RUN:
            chunk_id = parent
        return chunk_id

    def _shelve(self, chunk: Chunk) -> None:
        self._oldest.append(chunk.id)
        self._kept += len(chunk.details)
        while self._kept > self._most and len(self._oldest) > 1:
            oldest = self._chunks[self._oldest.pop(0)]
            self._kept -= len(oldest.details)
            oldest.forgotten = len(oldest.details)
            oldest.details.clear()
