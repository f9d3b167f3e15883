"""Profiles as records: one for each who may know something of a partner that others may not."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from hashlib import blake2b
from typing import final

import msgspec

from embodied_mem.brain.partners.claims import Told, claims_for
from embodied_mem.brain.partners.profiles import TAG, Derived, derive
from embodied_mem.memory import Add, Delete, Filter, MemoryRecord, MemoryStore, Update
from embodied_mem.memory.forgetting import Lost
from embodied_mem.memory.record import Link, Operation
from embodied_mem.memory.search.embedders import TextEmbedder
from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.memory.text import text_of

ROBOT = "agent"
"""Observer of what the robot worked out for everybody."""


@final
class ProfileRecords:
    """Keeps a summary record of each partner in step with what was told of them.

    Of what anybody may hear there is one record, shared; of what one person told in private of a
    partner, themselves or another, there is a private one that this person alone may read. A
    summary over several people's private things is not written. What changes takes the place of
    the version before; its id comes from its sources, so that it is derived again to the byte.

    Args:
        store: Where to; opened for writing. `attach(store, records)` has `forget` derive anew.
        embedder: Makes the vectors that a `Retriever` compares.
    """

    def __init__(self, store: MemoryStore, embedder: TextEmbedder | None = None) -> None:
        self.store = store
        self._embedder: TextEmbedder = HashingEmbedder() if embedder is None else embedder

    def write(self) -> tuple[str, ...]:
        """Brings all profiles up to date, as one batch; returns the ids of those that hold.

        Raises:
            BudgetError: If they do not fit; they are as they were.
        """
        held = self._held()
        operations: list[Operation] = []
        ids = []
        for key, derived in self._wanted().items():
            record = self._record(derived, teller=key[1])
            old = held.pop(key, None)
            ids.append(record.id)
            if record.id in self.store and (old is None or old.id != record.id):
                # What was forgotten leaves the sources of an earlier version, and so that version.
                operations.append(Delete(id=record.id))
            if old is None:
                operations.append(Add(record=record))
            elif old.id != record.id:
                operations.append(_superseding(old, record))
        operations += [Delete(id=record.id) for record in held.values()]
        self.store.apply(operations)
        return tuple(ids)

    # -- what a forgetting asks ----------------------------------------------------------------

    def let_go(self, ids: Collection[str]) -> None:
        """Holds nothing itself."""

    def rebuild(self, lost: Sequence[Lost]) -> Sequence[str]:
        """Derives the profiles anew where some went."""
        if all(each.tag != TAG for each in lost):
            return ()
        before = {record.id for record in self._held().values()}
        return [each for each in self.write() if each not in before]

    # -- inside --------------------------------------------------------------------------------

    def _wanted(self) -> dict[tuple[str, str], Derived]:
        """Derives each profile, by partner and private teller; "" for what all may hear."""
        told: defaultdict[tuple[str, str], list[Told]] = defaultdict(list)
        for each in claims_for(self.store, None):
            teller = each.record.observer if each.record.visibility == "private" else ""
            told[each.claim.subject, teller].append(each)
        said = self.store.query(Filter(kind="event"), payload=False)
        met: defaultdict[tuple[str, str], list[MemoryRecord]] = defaultdict(list)
        for record in said:
            if record.content.get("type") == "utterance":
                teller = record.observer if record.visibility == "private" else ""
                met[record.observer, teller].append(record)
        keys = sorted(told.keys() | met.keys())
        return {key: derive(key[0], told[key], met[key]) for key in keys}

    def _held(self) -> dict[tuple[str, str], MemoryRecord]:
        found = {}
        for record in self.store.query(Filter(kind="summary"), payload=False):
            if record.content.get("type") == TAG:
                teller = record.observer if record.visibility == "private" else ""
                found[record.content["partner"], teller] = record
        return found

    def _record(self, derived: Derived, *, teller: str) -> MemoryRecord:
        sources = derived.sources
        tick = max(map(self._recorded_at, sources), default=0)
        content = msgspec.to_builtins(derived.profile)
        mark = blake2b(msgspec.json.encode((content, teller, sources)), digest_size=10)
        record = MemoryRecord(
            id=f"{tick:012x}{mark.hexdigest()}",
            kind="summary",
            content=content,
            about=(derived.profile.partner,),
            observer=teller or ROBOT,
            valid_from=tick,
            recorded_at=tick,
            links=tuple(Link("derived_from", each) for each in sources),
            provenance=sources,
            visibility="private" if teller else "shared",
            space=self._embedder.name,
        )
        vector = self._embedder.embed([text_of(record)])[0]
        return msgspec.structs.replace(record, embedding=vector.tobytes())

    def _recorded_at(self, record_id: str) -> int:
        return int(self.store.columns.recorded_at[self.store.slot_of(record_id)])


def _superseding(old: MemoryRecord, record: MemoryRecord) -> Update:
    fields = ("content", "about", "links", "provenance", "embedding", "space")
    return Update(
        id=old.id,
        tick=max(record.recorded_at, old.recorded_at),
        changes={name: getattr(record, name) for name in fields},
        supersede_as=record.id,
    )
