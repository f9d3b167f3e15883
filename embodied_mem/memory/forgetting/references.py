"""What a record that stays says of a thing that goes: where it is in a picture, what lies on it."""

from typing import Any

import msgspec

from embodied_mem.memory.storage.rows import Body

_LISTED = {"place": ("neighbours",), "snapshot": ("cluster", "boxes", "quality")}
"""By tag of the facts in `facts.py`: fields that list ids of things, or are keyed by them."""
_SINGLE = {"object": ("on",)}
"""Fields that hold one id or none."""


def without_references(body: Body, things: frozenset[str]) -> dict[str, Any]:
    """Returns the fields of a record to change so that it no longer names some things.

    Only `about` and the fields of the typed facts that name things by their ids; empty where
    nothing is to be changed.
    """
    changes: dict[str, Any] = {}
    if not things.isdisjoint(body.about):
        changes["about"] = tuple(name for name in body.about if name not in things)
    content = msgspec.msgpack.decode(body.content)
    new = dict(content)
    tag = content.get("type")
    for field in _LISTED.get(tag, ()):
        held = content.get(field)
        if isinstance(held, dict):
            new[field] = {name: each for name, each in held.items() if name not in things}
        elif isinstance(held, list):
            new[field] = [name for name in held if name not in things]
    for field in _SINGLE.get(tag, ()):
        if content.get(field) in things:
            new[field] = None
    if new != content:
        changes["content"] = new
    return changes
