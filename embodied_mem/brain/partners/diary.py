"""Keeps what partners say: every utterance an event, every claim a fact with its versions."""

from typing import final

import msgspec

from embodied_mem.allocation import AllocationContext, LeastValuePerByte
from embodied_mem.brain.partners.claims import Claim, told_of
from embodied_mem.brain.partners.statements import read_statement
from embodied_mem.brain.remember.keeper import Keeper
from embodied_mem.memory import Add, Filter, MemoryRecord, MemoryStore, Update
from embodied_mem.memory.record import Link, Operation, RecordIds
from embodied_mem.memory.search.embedders import TextEmbedder
from embodied_mem.memory.search.hashing import HashingEmbedder

_SALT = 104_729
"""Keeps the ids of these records apart from those that others make of the store's seed."""


@final
class Diary:
    """Writes conversations into a store.

    A claim about what was claimed before takes the place of the old one, whose record keeps what
    it said and until when that held: current answers and earlier ones come from the same records.

    Args:
        store: Where to; opened for writing.
        embedder: Makes the vectors that a `Retriever` compares.
    """

    def __init__(self, store: MemoryStore, embedder: TextEmbedder | None = None) -> None:
        self.store = store
        self._embedder: TextEmbedder = HashingEmbedder() if embedder is None else embedder
        self._ids = RecordIds(store.seed + _SALT)
        self._keeper = Keeper(store, LeastValuePerByte())

    def hear(
        self, speaker: str, text: str, *, tick: int, session: int, private: bool = False
    ) -> tuple[Claim, ...]:
        """Takes in an utterance.

        Args:
            speaker: Who says it.
            text: What is said.
            tick: When.
            session: Number of the meeting.
            private: Whether it is known to be private; the words can say so too.

        Returns:
            What was understood of it.

        Raises:
            StoreFullError: If the disk is full or read-only.
        """
        heard = read_statement(text, speaker, private=private)
        event = self._record(
            text, speaker, tick, session, heard.private, {"type": "utterance", "text": text}
        )
        self._apply(Add(record=event), tick)
        for claim in heard.claims:
            self.keep(claim, tick=tick, session=session, source=event.id)
        return heard.claims

    def keep(self, claim: Claim, *, tick: int, session: int, source: str = "") -> None:
        """Writes one claim down; it takes the place of an earlier one with the same key."""
        content = msgspec.to_builtins(claim)
        record = self._record(claim.text, claim.teller, tick, session, claim.private, content)
        record = msgspec.structs.replace(
            record,
            kind="fact",
            about=(claim.subject,),
            links=(Link("derived_from", source),) if source else (),
            provenance=(source,) if source else (),
        )
        self._apply(self._operation(claim, record), tick)

    def _apply(self, operation: Operation, tick: int) -> None:
        self._keeper.apply([operation], AllocationContext(tick=tick))

    def _operation(self, claim: Claim, record: MemoryRecord) -> Operation:
        held = Filter(kind="fact", about=claim.subject, observer=claim.teller)
        for told in told_of(self.store.query(held, payload=False)):
            if told.claim.key == claim.key:
                changes = {
                    name: getattr(record, name)
                    for name in ("content", "session", "links", "embedding", "space")
                }
                return Update(
                    id=told.record.id,
                    tick=record.valid_from,
                    changes=changes,
                    supersede_as=record.id,
                )
        return Add(record=record)

    def _record(
        self,
        text: str,
        speaker: str,
        tick: int,
        session: int,
        private: bool,
        content: dict[str, object],
    ) -> MemoryRecord:
        return MemoryRecord(
            id=self._ids.new(tick),
            kind="event",
            content=content,
            observer=speaker,
            session=f"session-{session}",
            valid_from=tick,
            recorded_at=tick,
            embedding=self._embedder.embed([text])[0].tobytes(),
            space=self._embedder.name,
            visibility="private" if private else "shared",
        )
