"""The words that a record is found by."""

import re
from collections.abc import Iterator
from typing import Any, Final

from embodied_mem.memory.record import MemoryRecord

MAX_TEXT: Final = 4000
"""Characters of a record's text at most."""

_TYPED: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "object": ("object_id", ("colour", "category", "state")),
    "place": ("place_id", ("name", "category")),
    "snapshot": ("cluster", ()),
    "frontier": ("frontier_id", ()),
    "map": ("cell", ()),
    "walk": ("path", ()),
}
"""By tag of the facts in `facts.py`: a field that tells such a fact, and its fields of words."""
_NO_WORDS: Final = frozenset({"type", "id", "ids"})
_ID: Final = re.compile(r"[0-9a-f]{16,}|[a-z_]+-[0-9]+", re.IGNORECASE)
"""Record ids and ids of scene objects and places, such as object-0007."""


def text_of(record: MemoryRecord) -> str:
    """Returns the words of a record, the same for equal content, at most `MAX_TEXT` characters.

    Of the typed facts the fields that name or describe something (a state only where it is not
    the usual `present`); of any other content its `text` as it is, then the texts at all its other
    leaves in the order of their keys; then the place, where its id is a name. Ids, the tag `type`
    and keys are left out.

    >>> text_of(MemoryRecord(id="0" * 32, kind="event", content={"text": "Ana left", "by": "car"}))
    'Ana left car'
    """
    content = record.content
    mark, fields = _TYPED.get(_tag(content), ("", ()))
    if mark and mark in content:
        values = (content.get(field) for field in fields)
        parts = [value for value in values if isinstance(value, str) and value != "present"]
    else:
        text = content.get("text")
        parts = [text] if isinstance(text, str) else []
        parts += _leaves(content)
    place = record.place
    if place and _ID.fullmatch(place) is None:
        parts.append(place)
    return " ".join(parts)[:MAX_TEXT]


def _tag(content: dict[str, Any]) -> str:
    tag = content.get("type")
    return tag if isinstance(tag, str) else ""


def _leaves(content: dict[str, Any]) -> Iterator[str]:
    """Yields texts in the order of their keys, since a stored mapping need not keep its own."""
    length, waiting = 0, [_values(content, skip="text")]
    while waiting and length < MAX_TEXT:
        value = next(waiting[-1], None)
        if value is None:
            waiting.pop()
        elif isinstance(value, str):
            if _ID.fullmatch(value) is None:
                length += len(value) + 1
                yield value
        else:
            waiting.append(_values(value) if isinstance(value, dict) else _texts(value))


def _values(mapping: dict[Any, Any], skip: str = "") -> Iterator[Any]:
    for key in sorted(mapping, key=str):
        name = str(key)
        if name not in _NO_WORDS and not name.endswith(("_id", "_ids")) and name != skip:
            yield from _texts((mapping[key],))


def _texts(values: list[Any] | tuple[Any, ...]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (str, dict, list, tuple)):
            yield value
