"""Two lanes over one store: queries keep their latency while ingest runs flat out."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar, final

from embodied_mem.errors import ConfigError, StoreError
from embodied_mem.memory.lanes.gate import Gate, Lane
from embodied_mem.memory.lanes.ingest import Acknowledgement, Consolidates, IngestLane, Outcome
from embodied_mem.memory.record import Operation
from embodied_mem.memory.store import MemoryStore

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class LanesConfig:
    """How the lanes share a store."""

    most_waiting: int = 64
    """Jobs that may wait in the ingest lane; who brings more waits until there is room."""
    together: int = 16
    """Operations of waiting batches that are written, and synced, as one; 1 for each alone."""
    patience: float = 0.25
    """Seconds after which writing goes before further queries."""

    def __post_init__(self) -> None:
        if self.most_waiting < 1 or self.together < 1:
            raise ConfigError("most_waiting and together must be at least 1")
        if self.patience <= 0:
            raise ConfigError("patience must be positive")


@final
class Lanes:
    """Lets one thread write to a store while others query it, queries first.

    Both lanes use the one store, its arrays and its files as they are; nothing is copied. All
    that writes runs in the order in which it came in one thread, the ingest lane's; what it
    computes runs beside the queries, and only the changes themselves wait until no query runs.
    So a query sees whole batches alone. After the idea of semi-PD (Hong et al., 2025): computing
    is split in two, what is stored is shared.

    While the lanes are open, use the store through them alone: `query`, `ingest`, `apply`.

    Args:
        store: Open for writing.
        consolidator: Work that can wait; a step is done when no job and no query is there, in
            the ingest lane's thread.
        config: How they share.

    Raises:
        StoreError: If the store was opened for reading, or has lanes already.

    >>> from embodied_mem.memory import Add, MemoryRecord
    >>> cup = MemoryRecord(id="0" * 32, kind="fact", content={"cup": "red"})
    >>> with Lanes(MemoryStore()) as lanes:
    ...     _ = lanes.apply([Add(record=cup)]).result()
    ...     with lanes.query() as store:
    ...         store.get(cup.id).content
    {'cup': 'red'}
    """

    def __init__(
        self,
        store: MemoryStore,
        *,
        consolidator: Consolidates | None = None,
        config: LanesConfig | None = None,
    ) -> None:
        if not store.writable:
            raise StoreError("lanes need a store that was opened for writing")
        if "turn" in vars(store):
            raise StoreError("this store has lanes already")
        self.store = store
        self.config = LanesConfig() if config is None else config
        self.consolidator = consolidator
        self._gate = Gate(self.config.patience)
        self._queries = 0
        self._mutex = threading.Lock()
        store.turn = lambda: self._gate.turn(Lane.WRITE)
        self._ingest = IngestLane(
            store.apply,
            self._step,
            most=self.config.most_waiting,
            together=self.config.together,
        )

    # -- the query lane -----------------------------------------------------------------------

    @contextmanager
    def query(self) -> Iterator[MemoryStore]:
        """Gives the store to a query as soon as the change under way is done.

        The store does not change while the block runs, so keep it short; it may be used by a
        `Retriever`, or by anything that reads. What it writes itself is written at once.
        """
        with self._mutex:
            self._queries += 1
        try:
            with self._gate.turn(Lane.QUERY):
                yield self.store
        finally:
            with self._mutex:
                self._queries -= 1
            if self.consolidator is not None and not self._queries:
                self._ingest.wake()

    # -- the ingest lane ----------------------------------------------------------------------

    def apply(
        self, operations: Sequence[Operation], *, timeout: float | None = None
    ) -> Acknowledgement[Outcome]:
        """Brings a batch, which is carried out as a whole or not at all; see `MemoryStore.apply`.

        Waits while the lane is full, and returns before the batch is written. It is durable when
        the acknowledgement has its result: the ids, as `MemoryStore.apply` returns them.

        Args:
            operations: The batch. Several that wait may be written as one; each is still whole
                or refused by itself.
            timeout: Seconds to wait for room; None to wait for ever.

        Raises:
            StoreError: If there was no room in time, or the lanes are closed.
        """
        return self._ingest.write(operations, timeout)

    def apply_apart(
        self, operations: Sequence[Operation], *, timeout: float | None = None
    ) -> list[Acknowledgement[Outcome]]:
        """Brings operations that need not be carried out as a whole, such as an import.

        They are written in order, `LanesConfig.together` at a time, with room for a query after
        each piece.

        Args:
            operations: Any number.
            timeout: Seconds to wait for room, each time; None to wait for ever.

        Raises:
            StoreError: If there was no room in time, or the lanes are closed; what was brought
                before that is written.
        """
        size = self.config.together
        pieces = range(0, len(operations), size)
        return [self._ingest.write(operations[at : at + size], timeout) for at in pieces]

    def ingest(self, job: Callable[[], T], *, timeout: float | None = None) -> Acknowledgement[T]:
        """Brings anything that writes to the store, such as `Hippocampus.observe` of a frame.

        It is run by the lane's thread, and may read the store freely; only where it changes the
        store it waits for queries.

        Args:
            job: What to run.
            timeout: Seconds to wait for room; None to wait for ever.

        Raises:
            StoreError: If there was no room in time, or the lanes are closed.
        """
        return self._ingest.call(job, timeout)

    @property
    def waiting(self) -> int:
        """Jobs of the ingest lane that are not begun."""
        return self._ingest.waiting

    def flush(self, timeout: float | None = None) -> None:
        """Waits until everything brought before is done.

        Raises:
            TimeoutError: If it is not in time.
            Exception: What a job raised, the first whose acknowledgement nobody asked.
        """
        self._ingest.flush(timeout)

    # -- the consolidation lane ---------------------------------------------------------------

    def settle(self, timeout: float | None = None) -> None:
        """Waits until all that was brought is done, and consolidated as far as nobody queries.

        Raises:
            TimeoutError: If it is not in time.
        """
        self._ingest.settle(timeout)

    def _step(self) -> bool:
        """Does a step of what can wait, where nobody queries."""
        if self.consolidator is None or self._queries:
            return False
        return self.consolidator.step()

    # -- the end ------------------------------------------------------------------------------

    def close(self, *, drain: bool = True) -> None:
        """Ends the lanes; the store stays open, for one thread again. Closing twice is fine.

        Args:
            drain: Whether what waits in the ingest lane is still done; else it is cancelled, but
                for the job under way.

        Raises:
            Exception: As `flush` does.
        """
        self._ingest.close(drain=drain)
        vars(self.store).pop("turn", None)
        self._ingest.flush(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close(drain=error is None)
