"""What somebody claimed, and how it lies in records."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.store import MemoryStore

Topic = Literal["attribute", "keep", "fetch"]
TAG: Final = "claim"


class Claim(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=TAG):
    """One thing that a partner told the robot, or asked of it. Kind `fact`; `about` its subject.

    The record's `observer` is who said it, its `session` when they met, its `visibility` whether
    others may hear of it; `valid_from` and `valid_to` tell when it held.
    """

    topic: Topic
    subject: str
    """Whom it is about."""
    attribute: str
    """Of an attribute its name, `favourite drink`; of a request where the thing is, `Ana's room`.
    """
    value: str
    """Of an attribute what it is; of a request the thing."""
    teller: str
    private: bool = False
    ended: bool = False
    """Whether a request was taken back."""
    text: str = ""
    """As it was said."""

    @property
    def key(self) -> tuple[str, ...]:
        """What a later claim must agree in to take the place of this one.

        Nobody's word ends what another said, and what was told in private never changes what the
        others know: else its absence would tell of it.
        """
        what = self.attribute if self.topic == "attribute" else self.value
        return (self.topic, self.subject, what.casefold(), self.teller, str(self.private))


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A claim with the record that holds it."""

    claim: Claim
    record: MemoryRecord

    @property
    def session(self) -> int:
        """Number of the session, from 1 on; 0 where it has none."""
        return session_of(self.record)


def session_of(record: MemoryRecord) -> int:
    """Returns the number of the session that a record is of, from 1 on; 0 where it has none."""
    tail = record.session.rpartition("-")[2]
    return int(tail) if tail.isdigit() else 0


def claims_for(store: MemoryStore, viewer: str | None, *, past: bool = True) -> list[Told]:
    """Returns the claims that somebody may hear of, oldest first.

    Args:
        store: Where to look.
        viewer: Who is to be told; None for the robot itself, which may know all.
        past: Whether claims that later ones took the place of are among them.
    """
    status: Literal["any"] | None = "any" if past else None
    found = store.query(Filter(kind="fact", status=status, viewer=viewer), payload=False)
    return sorted(told_of(found), key=lambda told: (told.record.valid_from, told.record.id))


def told_of(records: Iterable[MemoryRecord]) -> list[Told]:
    """Returns the claims among records."""
    return [
        Told(claim=msgspec.convert(record.content, Claim), record=record)
        for record in records
        if record.content.get("type") == TAG and record.status != "tombstone"
    ]
