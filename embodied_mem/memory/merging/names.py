"""Names of things, places and frontiers that mean one thing only, whoever gave them.

Two robots both call something `object-0001`. While memories are joined, every name carries a tag
of eight letters that says where it comes from: the first record that is about the thing. In what
comes out, one of those with the same name goes without the tag; `object_kbmdocha-0001` is another.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

import msgspec

from embodied_mem.memory.merging.held import Held
from embodied_mem.memory.merging.overlay import MERGED, RECORD
from embodied_mem.memory.record import MemoryRecord

Rename = Callable[[str], str]
_TAGGED: Final = re.compile(r"(.+)_([a-p]{8})(-[0-9]+)?")
_NUMBERED: Final = re.compile(r"(.+?)(-[0-9]+)")
_SUBJECT: Final = {"object": "object_id", "place": "place_id", "frontier": "frontier_id"}
_NAMING: Final = ("place", "about")
"""Fields of a record that hold names."""
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "object": ("object_id", "on"),
    "place": ("place_id", "neighbours"),
    "frontier": ("frontier_id",),
    "snapshot": ("cluster", "boxes", "quality"),
}


def subject_of(record: MemoryRecord) -> str | None:
    """Returns the name of what a typed fact is about."""
    field = _SUBJECT.get(str(record.content.get("type")))
    name = None if field is None else record.content.get(field)
    return name if isinstance(name, str) and name else None


def tag_of(record_id: str) -> str:
    """Returns the tag of names that come from a record."""
    digest = blake2b(record_id.encode(), digest_size=4).digest()
    return "".join(chr(ord("a") + half) for byte in digest for half in (byte >> 4, byte & 15))


def tagged(name: str, tag: str) -> str:
    """Puts a tag into a name.

    >>> tagged("object-0001", "abcdefgh"), tagged("mug", "abcdefgh")
    ('object_abcdefgh-0001', 'mug_abcdefgh')
    """
    parts = _NUMBERED.fullmatch(name)
    return f"{name}_{tag}" if parts is None else f"{parts[1]}_{tag}{parts[2]}"


def untagged(name: str) -> str | None:
    """Returns a name without its tag; None where it has none."""
    parts = _TAGGED.fullmatch(name)
    return None if parts is None else parts[1] + (parts[3] or "")


def qualified(holdings: Sequence[Held]) -> list[Held]:
    """Gives every name its tag; names that have one keep it."""
    owners = _owners(holdings)
    tags = {name: tagged(name, tag_of(o)) for name, o in owners.items() if untagged(name) is None}
    return [renamed(held, lambda name: tags.get(name, name)) for held in holdings]


def rendered(holdings: Sequence[Held], hidden: set[str], base: Sequence[Held]) -> list[Held]:
    """Takes the tag off one of the names that differ by their tags alone.

    Args:
        holdings: All names tagged.
        hidden: Names that keep their tags.
        base: The records that tell whose a name is, as `qualified` would read them.
    """
    owners = _owners(base)
    taken = {name for held in base for name in _loose(held.record) if untagged(name) is None}
    claims: dict[str, list[str]] = defaultdict(list)
    for name, owner in owners.items():
        plain = untagged(name)
        if plain is None or plain in taken or name in hidden:
            continue
        if tagged(plain, tag_of(owner)) == name:
            claims[plain].append(name)
    plain_of = {min(names): plain for plain, names in claims.items()}
    return [renamed(held, lambda name: plain_of.get(name, name)) for held in holdings]


def _owners(holdings: Iterable[Held]) -> dict[str, str]:
    """Returns by name the first record that is about it, or else the first that mentions it."""
    subjects: dict[str, str] = {}
    mentions: dict[str, str] = {}
    for held in sorted(holdings, key=lambda each: each.id):
        name = subject_of(held.record)
        if name is not None:
            subjects.setdefault(name, held.id)
        for each in _typed_names(held.record.content):
            mentions.setdefault(each, held.id)
    return mentions | subjects


def _typed_names(content: Mapping[str, Any]) -> Iterator[str]:
    for field in _FIELDS.get(str(content.get("type")), ()):
        value = content.get(field)
        yield from _strings([value] if isinstance(value, str) else value)


def _strings(values: Any) -> Iterator[str]:
    if isinstance(values, (list, tuple, dict)):
        yield from (value for value in values if isinstance(value, str) and value)


def _loose(record: MemoryRecord) -> Iterator[str]:
    """Yields the names in a record that nothing may be known of."""
    yield from record.about
    if record.place:
        yield record.place
    yield from _leaves(record.content, str(record.content.get("type")))


def _leaves(value: Any, kind: str = "", key: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if key != "type" and _NUMBERED.fullmatch(value):
            yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            if name in _FIELDS.get(kind, ()):
                continue
            if _NUMBERED.fullmatch(str(name)):
                yield str(name)
            yield from _leaves(each, "", str(name))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _leaves(each)


def renamed(held: Held, rename: Rename) -> Held:
    """Renames everything that a record names."""
    record = held.record
    kind = str(record.content.get("type"))
    content = renamed_content(record.content, kind, rename)
    place = rename(record.place) if record.place else record.place
    about = tuple(map(rename, record.about))
    if (content, place, about) == (record.content, record.place, record.about):
        return held
    changed = msgspec.structs.replace(record, content=content, place=place, about=about)
    return Held(changed, held.code, held.layers)


def renamed_content(content: Mapping[str, Any], kind: str, rename: Rename) -> dict[str, Any]:
    """Renames in the fields of a type of facts, and elsewhere what has the form of a name."""
    fields = _FIELDS.get(kind, ())
    result: dict[str, Any] = {}
    for key, value in content.items():
        if key in fields:
            result[key] = _field(value, rename)
        elif key == MERGED:
            result[key] = _note(value, kind, rename)
        else:
            result[key] = value if key == "type" else _anywhere(value, rename)
    return result


def _note(note: Mapping[str, Any], kind: str, rename: Rename) -> dict[str, Any]:
    """Renames in what a changed record says of itself as it was."""
    fields = {
        name: [_field(each, rename) if name in _NAMING else each for each in pair]
        for name, pair in note[RECORD].items()
    }
    return {**note, "content": renamed_content(note["content"], kind, rename), RECORD: fields}


def _field(value: Any, rename: Rename) -> Any:
    if isinstance(value, str):
        return rename(value) if value else value
    if isinstance(value, dict):
        return _keys(value, rename)
    if isinstance(value, (list, tuple)):
        return list(dict.fromkeys(rename(e) if isinstance(e, str) else e for e in value))
    return value


def _keys(value: Mapping[str, Any], rename: Rename) -> dict[str, Any]:
    """Renames keys; of two that become one the larger value stays, the larger box."""
    result: dict[str, Any] = {}
    for key in sorted(value):
        name, each = rename(key), value[key]
        if name not in result or _extent(each) > _extent(result[name]):
            result[name] = each
    return result


def _extent(value: Any) -> float:
    if isinstance(value, (list, tuple)) and len(value) == 4:
        return float((value[2] - value[0]) * (value[3] - value[1]))
    return float(value) if isinstance(value, (int, float)) else 0.0


def _anywhere(value: Any, rename: Rename) -> Any:
    if isinstance(value, str):
        return rename(value) if _NUMBERED.fullmatch(value) else value
    if isinstance(value, dict):
        return {
            rename(key) if _NUMBERED.fullmatch(str(key)) else key: _anywhere(each, rename)
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_anywhere(each, rename) for each in value]
    return value
