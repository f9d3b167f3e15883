"""The links of a record, as a person reads them."""

from typing import NamedTuple

from embodied_mem.errors import StoreError
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.store import MemoryStore
from embodied_mem.memory.text import text_of

_LENGTH = 80
"""Characters of the words of the other record."""


class ShownLink(NamedTuple):
    """One link of a record, whichever of the two holds it."""

    type: str
    """As it is held; `<-` before it where the other record holds it and points here."""
    id: str
    """Of the other record."""
    words: str
    """What the other record tells."""


def links_of(
    store: MemoryStore, record_id: str, *, viewer: str | None = None
) -> tuple[ShownLink, ...]:
    """Returns the links of a record both ways: those that it holds, then those that point to it.

    Args:
        store: Where it lies.
        record_id: Its id.
        viewer: Who is to be told, see `Filter.viewer`; None for the robot itself.

    Raises:
        StoreError: If no record has that id, or the viewer may not know of it.
    """
    slot = store.slot_of(record_id)
    around = store.neighbours(slot).tolist()
    ids = [store.columns.ids[each] for each in (slot, *around)]
    allowed = Filter(ids=ids, status="any", viewer=viewer)
    told = {record.id: record for record in store.query(allowed, payload=False)}
    if record_id not in told:
        raise StoreError(f"no record has the id {record_id}")
    held = [
        ShownLink(link.type, link.id, _words(told[link.id]))
        for link in told[record_id].links
        if link.id in told
    ]
    pointing = [
        ShownLink(f"<-{link.type}", other.id, _words(other))
        for other in told.values()
        for link in other.links
        if link.id == record_id
    ]
    return (*held, *pointing)


def _words(record: MemoryRecord) -> str:
    words = text_of(record) or f"{record.content.get('type', record.kind)}"
    return words if len(words) <= _LENGTH else f"{words[: _LENGTH - 3]}..."
