"""What a fact is about and what it says of that, so that a later one can take its place."""

import math
from typing import Any, Final, NamedTuple

from embodied_mem.memory.record import MemoryRecord

_PRESENT: Final = ("present", "moved")


class Topic(NamedTuple):
    """What a fact is about, and what it says."""

    key: tuple[str, ...]
    """Facts with one key tell of one thing; that of an object, an attribute or a text."""
    value: tuple[str, ...]
    """What is said, but for where it is."""
    position: tuple[float, ...] | None = None
    """Metres, world frame."""

    def agrees(self, other: "Topic", same_spot: float) -> bool:
        """Tells whether another fact of the same key says the same.

        Args:
            other: What the other says.
            same_spot: Metres within which two positions are one.
        """
        if self.value != other.value:
            return False
        if self.position is None or other.position is None:
            return self.position == other.position
        return math.dist(self.position, other.position) <= same_spot


def topic_of(record: MemoryRecord) -> Topic | None:
    """Returns what a record is about; None where a later one never takes its place.

    Facts of objects, claims of partners, other facts with a `subject`, an `attribute` and a
    `value`, and facts that are a text alone. Events happened, each at its time; rooms, maps and
    pictures are kept in step by whoever writes them.
    """
    if record.kind != "fact":
        return None
    content = record.content
    tag = content.get("type")
    if tag == "object":
        return _object(content)
    if tag == "claim" or (tag is None and {"subject", "attribute", "value"} <= content.keys()):
        return _attribute(content)
    if tag is None and isinstance(content.get("text"), str) and set(content) <= {"text", "tags"}:
        return Topic(("text", *record.about, _plain(content["text"])), ())
    return None


def rivals(first: MemoryRecord, second: MemoryRecord) -> bool:
    """Tells whether a later one of two facts takes the place of the other.

    Nobody's word ends what another said, and what was told in private changes nothing that others
    know: else its absence would tell of it.
    """
    one, two = topic_of(first), topic_of(second)
    return (
        one is not None
        and two is not None
        and one.key == two.key
        and (first.observer, first.visibility) == (second.observer, second.visibility)
    )


def _object(content: dict[str, Any]) -> Topic | None:
    name, state, position = (content.get(field) for field in ("object_id", "state", "position"))
    if not isinstance(name, str) or not isinstance(position, (tuple, list)):
        return None
    there = "present" if state in _PRESENT else str(state)
    return Topic(("object", name), (there,), tuple(map(float, position)))


def _attribute(content: dict[str, Any]) -> Topic:
    topic = str(content.get("topic", "attribute"))
    value = _plain(content["value"])
    ended = str(bool(content.get("ended", False)))
    what = _plain(content["attribute"])
    if topic != "attribute":  # of a request the thing is what it is about, and where it is the rest
        what, value = value, what
    return Topic((topic, str(content["subject"]), what), (value, ended))


def _plain(text: object) -> str:
    return " ".join(str(text).casefold().split())
