"""Which records go when something is to be forgotten."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, final

import msgspec

from embodied_mem.memory.batch import SUPERSEDES
from embodied_mem.memory.forgetting.dependents import Lost
from embodied_mem.memory.forgetting.references import without_references
from embodied_mem.memory.forgetting.wish import Wish
from embodied_mem.memory.links import SHOWS
from embodied_mem.memory.storage.rows import Body

_DERIVED: Final = "derived_from"
_SAME: Final = "same_object"


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """What goes, and what changes with it."""

    gone: dict[str, str]
    """Kind by id of the records to erase, in the order of ids."""
    lost: tuple[Lost, ...]
    """Of these, those that are only derived from others of them."""
    changes: dict[str, dict[str, Any]]
    """Fields to change of records that stay, by id: what named a thing that goes."""


def choose(bodies: Iterable[Body], wish: Wish) -> Chosen:
    """Chooses what goes, by the rows alone.

    What is meant (by name or id) goes in all its versions, and the same thing under other names
    (`same_object`); of a fact that is meant also the only event that it was read from, since that
    says the same. Then all that was derived from any of these goes (`provenance` and links
    `derived_from`), and so on; and the snapshots that show it, unless they are to be kept.
    """
    return _Choice({body.id.hex(): body for body in bodies}, wish).chosen()


@final
class _Choice:
    def __init__(self, known: dict[str, Body], wish: Wish) -> None:
        self.known = known
        self.wish = wish
        self._derived: defaultdict[str, set[str]] = defaultdict(set)
        self._alike: defaultdict[str, set[str]] = defaultdict(set)
        """Versions and other names of a record, both ways."""
        for key, body in known.items():
            for source in body.provenance:
                self._derived[source].add(key)
            for link in body.links:
                if link.type == _DERIVED:
                    self._derived[link.id].add(key)
                elif link.type in (SUPERSEDES, _SAME):
                    self._alike[link.id].add(key)
                    self._alike[key].add(link.id)

    def chosen(self) -> Chosen:
        meant = self._reach(set(filter(self._is_meant, self.known)), self._alike)
        meant |= set(self._tellings(meant))
        gone = self._reach(meant, self._derived)
        things = self._things(gone)
        shows = self._snapshots(gone, things)
        if self.wish.pictures == "drop":
            gone = self._reach(gone | shows, self._derived)
        else:
            shows = set()
        changes = {
            key: changes
            for key, body in self.known.items()
            if key not in gone and (changes := without_references(body, things))
        }
        return Chosen(
            gone={key: self.known[key].kind for key in sorted(gone)},
            lost=tuple(self._lost(key, gone) for key in sorted(gone - meant - shows)),
            changes=changes,
        )

    def _reach(self, start: set[str], ways: defaultdict[str, set[str]]) -> set[str]:
        reached, waiting = set(start), sorted(start)
        while waiting:
            for key in ways.get(waiting.pop(), ()):
                if key in self.known and key not in reached:
                    reached.add(key)
                    waiting.append(key)
        return reached

    def _is_meant(self, key: str) -> bool:
        body, wish = self.known[key], self.wish
        return (
            key in wish.ids
            or body.observer in wish.observer
            or body.observer in wish.about
            or body.place in wish.about
            or any(name in wish.about for name in body.about)
            or (wish.mentions and self._mentions(body))
        )

    def _mentions(self, body: Body) -> bool:
        words = "|".join(map(re.escape, self.wish.about))
        if not words:
            return False
        texts = [body.place or "", *_texts(msgspec.msgpack.decode(body.content))]
        return bool(re.search(rf"(?<!\w)({words})(?!\w)", "\n".join(texts), re.IGNORECASE))

    def _tellings(self, meant: set[str]) -> Iterator[str]:
        for key in meant:
            if self.known[key].kind != "fact":
                continue
            sources = [each for each in self._sources(key) if each not in self._alike[key]]
            if len(sources) == 1 and self.known[sources[0]].kind == "event":
                yield sources[0]

    def _sources(self, key: str) -> list[str]:
        body = self.known[key]
        links = (link.id for link in body.links if link.type == _DERIVED)
        return [each for each in dict.fromkeys((*body.provenance, *links)) if each in self.known]

    def _things(self, gone: set[str]) -> frozenset[str]:
        """Returns the ids of the things and places of which nothing is to be left."""
        things = set(self.wish.about)
        for key in gone:
            content = msgspec.msgpack.decode(self.known[key].content)
            name = content.get(f"{content.get('type')}_id")  # object_id, place_id
            if isinstance(name, str):
                things.add(name)
        return frozenset(things)

    def _snapshots(self, gone: set[str], things: frozenset[str]) -> set[str]:
        found = set()
        for key, body in self.known.items():
            if body.kind != "snapshot" or key in gone:
                continue
            shown = any(link.type == SHOWS and link.id in gone for link in body.links)
            if shown or without_references(body, things):
                found.add(key)
        return found

    def _lost(self, key: str, gone: set[str]) -> Lost:
        body = self.known[key]
        tag = msgspec.msgpack.decode(body.content).get("type")
        return Lost(
            id=key,
            kind=body.kind,
            tag=tag if isinstance(tag, str) else "",
            session=body.session,
            place=body.place,
            observer=body.observer,
            sources=tuple(each for each in self._sources(key) if each not in gone),
        )


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(key)
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
