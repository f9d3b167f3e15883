"""What a merge decides, laid over the records so that it can be taken off again.

A decision (this is the thing that the other robot saw; this map is part of that one) depends on
all records there are. So that merging more memories comes to the same in any order, it is taken
anew each time, from the records as they were. A record that was changed says so in its content,
under `merged`: what its fields were. That lives and falls with the record, and whoever rewrites
the content, as a later visit does, makes the decision his own.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from embodied_mem.memory.merging.held import Held
from embodied_mem.memory.record import Link

MERGED: Final = "merged"
"""Key in the content under which a changed record keeps what it was."""
RECORD: Final = "record"
"""Key of that note under which fields of the record stand, each before and after."""
_CONTENT, _ADDED = "content", "added"
_UNDONE: Final = ("place", "about", "pose", "status", "valid_to", "superseded_at", "links")


def laid_over(base: Held, over: Held) -> Held:
    """Returns `over` with a note of what `base` was; `base` itself where they are equal."""
    before, after = base.record, over.record
    was = {
        key: value
        for key, value in before.content.items()
        if key not in after.content or after.content[key] != value
    }
    added = sorted(key for key in after.content if key not in before.content)
    fields = {
        name: [_plain(getattr(before, name)), _plain(getattr(after, name))]
        for name in _UNDONE
        if getattr(before, name) != getattr(after, name)
    }
    if not (was or added or fields):
        return base
    note = {_CONTENT: was, _ADDED: added, RECORD: fields}
    return over.changed(content={**after.content, MERGED: note})


def taken_off(held: Held) -> Held:
    """Returns a record as it was before a merge changed it.

    A field that was changed again since then stays as it is.
    """
    record = held.record
    note = record.content.get(MERGED)
    if not isinstance(note, Mapping):
        return held
    content = {
        key: value
        for key, value in record.content.items()
        if key != MERGED and key not in note.get(_ADDED, ())
    }
    content |= note.get(_CONTENT, {})
    changes: dict[str, Any] = {}
    for name, (before, after) in note.get(RECORD, {}).items():
        if name in _UNDONE and _plain(getattr(record, name)) == after:
            changes[name] = _typed(name, before)
    return held.changed(content=content, **changes)


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value) if not isinstance(value, tuple) else [*map(_plain, value)]


def _typed(name: str, value: Any) -> Any:
    if name == "links":
        return tuple(Link(*each) for each in value)
    return tuple(value) if isinstance(value, list) else value
