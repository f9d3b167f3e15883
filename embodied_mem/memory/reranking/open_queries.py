"""The queries that may still be answered by feedback."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

from embodied_mem.errors import FeedbackError
from embodied_mem.memory.reranking.reranker import Lesson

MAX_OPEN: Final = 256
"""Queries that feedback is waited for; the oldest are forgotten, and never learned from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenQuery:
    """A query that was answered with hits."""

    shown: tuple[str, ...]
    """Record ids of the hits, best first."""
    tick: int
    """That it was asked about."""
    lesson: Lesson
    """With nothing cited yet."""


@final
class OpenQueries:
    """Keeps the last `MAX_OPEN` queries by an id that tells them from those of another run."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, OpenQuery] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return len(self._open)

    def add(self, query: OpenQuery) -> str:
        """Takes in a query and returns its id: a number and a checksum of the hits."""
        self._count += 1
        mark = hashlib.blake2b(" ".join(query.shown).encode(), digest_size=3).hexdigest()
        query_id = f"q{self._count}-{mark}"
        self._open[query_id] = query
        while len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)
        return query_id

    def take(self, query_id: str, cited: Sequence[str]) -> OpenQuery:
        """Takes out a query.

        Raises:
            FeedbackError: If it is not open, or something was cited that it did not show; then it
                stays open.
        """
        query = self._open.get(query_id)
        if query is None:
            raise FeedbackError(
                f"no query {query_id!r} waits for feedback: it was never asked here, was answered "
                f"already, or is older than the last {MAX_OPEN}"
            )
        strange = [each for each in cited if each not in query.shown]
        if strange:
            raise FeedbackError(
                f"query {query_id} did not show {', '.join(strange)}; cite ids of its hits"
            )
        return self._open.pop(query_id)
