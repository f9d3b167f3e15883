"""A scripted week: things, who brought them, what happened; linked as consolidation links records.

Every record tells one thing in its own words. Links follow from the truth by rules that know of no
question: `near` between things that stand within a metre, `before` from each happening to the one
before it in the same room, `same_object` between what somebody told of a thing and the thing as it
was seen, `derived_from` from the summary of a day to what happened on it. As in a memory that was
consolidated, the later record holds the link that holds both ways.

A two-hop question describes one record and asks for what is linked with it, whose words it does not
hold: "What is next to the thing that Ana brought from Rome?". A one-hop question asks for the
described record itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from embodied_mem.memory.links import LinkType
from embodied_mem.memory.record import Add, Kind, Link, MemoryRecord, RecordIds, Update
from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.memory.store import MemoryStore

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_TICKS: Final = 1000
_NEAR: Final = 1.0
_SIDE: Final = 4.0
_ROOMS: Final = ("kitchen", "hall", "bedroom", "bathroom", "study", "nursery", "cellar", "porch")
_PEOPLE: Final = ("Ana", "Bo", "Cy", "Dee", "Eli", "Fay")
_COLOURS: Final = ("red", "blue", "green", "black", "white", "yellow")
_THINGS: Final = (
    *("vase", "lamp", "chair", "box", "basket", "clock", "mirror", "rug", "guitar", "globe"),
    *("radio", "stool", "kettle", "candle", "plant", "tray", "puzzle", "bust", "drum", "kite"),
)
_ORIGINS: Final = ("Rome", "the market", "school", "work", "the attic", "grandmother", "the fair")
_VERBS: Final = ("brought", "bought", "was given", "found", "borrowed", "made")
_DONE: Final = (
    *("spilled the soup", "sang a song", "opened the window", "fed the cat", "broke a plate"),
    *("read aloud", "called the doctor", "fixed the tap", "painted the door", "lost a shoe"),
    *("baked bread", "watered the flowers", "slept in", "wrote a letter", "swept the floor"),
)
_T = TypeVar("_T")
_MOODS: Final = ("quiet", "busy", "loud", "rainy", "warm", "long", "cold")


@dataclass(frozen=True, kw_only=True)
class LinkQuestion:
    """Something that is asked, and the records that answer it."""

    link: LinkType | None
    """What leads from the described record to the answer; None for a one-hop question."""
    text: str
    needed: frozenset[str]
    """Record ids."""


@dataclass(frozen=True, kw_only=True)
class _Thing:
    told: str
    """As somebody told of it: "Ana brought from Rome"."""
    told_id: str
    seen_id: str
    seen: str
    position: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class _Happening:
    text: str
    room: str
    day: int
    id: str


class Week:
    """A week of a household in a store.

    Args:
        seed: Of everything.
    """

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 11])
        self._ids = RecordIds(seed)
        self._embedder = HashingEmbedder()
        self._records: dict[str, MemoryRecord] = {}
        self._links: dict[str, list[Link]] = {}
        self.things = [self._thing() for _ in range(60)]
        self.happenings = self._happen()
        self._days = [self._day(day) for day in range(len(DAYS))]
        self._near()
        self.store = MemoryStore()
        self.store.apply([Add(record=record) for record in self._records.values()])
        self.store.apply(
            [
                Update(id=holder, tick=len(DAYS) * _DAY_TICKS, changes={"links": tuple(links)})
                for holder, links in self._links.items()
            ]
        )
        self._asking = np.random.default_rng([seed, 12])

    def two_hops(self, link: LinkType) -> LinkQuestion:
        """Draws a question whose answer is one link of a type away from what it describes."""
        if link == "near":
            thing = self._draw([each for each in self.things if self._beside(each)])
            ways = ("What is next to the thing that {told}?", "What stands near what {told}?")
            text, needed = self._say(ways).format(told=thing.told), self._beside(thing)
        elif link == "same_object":
            thing = self._draw(self.things)
            ways = ("What does it look like, the thing that {told}?", "What is it that {told}?")
            text, needed = self._say(ways).format(told=thing.told), [thing.seen_id]
        elif link == "before":
            pairs = list(zip(self.happenings, self.happenings[1:], strict=False))
            first, then = self._draw([pair for pair in pairs if pair[0].room == pair[1].room])
            ways = ("What happened in the room before {what}?", "{what}; and what came before?")
            text, needed = self._say(ways).format(what=then.text), [first.id]
        else:
            what = self._draw(self.happenings)
            ways = ("What kind of day was it when {what}?", "Tell me of the day on which {what}")
            text, needed = self._say(ways).format(what=what.text), [self._days[what.day]]
        return LinkQuestion(link=link, text=text, needed=frozenset(needed))

    def one_hop(self) -> LinkQuestion:
        """Draws a question for a record that it describes in part."""
        rng = self._asking
        if rng.random() < 0.5:
            thing = self._draw(self.things)
            words, needed = thing.told, thing.told_id
        else:
            what = self._draw(self.happenings)
            words, needed = what.text, what.id
        held = words.split()
        kept = [word for word in held if rng.random() < 0.75] or held
        text = self._say(("Was it true that {what}?", "What about {what}?", "{what}"))
        return LinkQuestion(
            link=None, text=text.format(what=" ".join(kept)), needed=frozenset([needed])
        )

    # -- the truth ----------------------------------------------------------------------------

    def _thing(self) -> _Thing:
        person, verb = self._one(_PEOPLE), self._one(_VERBS)
        told = f"{person} {verb} from {self._one(_ORIGINS)}"
        category, colour = self._one(_THINGS), self._one(_COLOURS)
        x, y, z = map(float, self._rng.uniform([0, 0, 0.2], [4 * _SIDE, 2 * _SIDE, 1.0]))
        tick = int(self._rng.integers(len(DAYS) * _DAY_TICKS))
        told_id = self._write(f"{person} says: this is what {told}", "event", tick, (x, y, z))
        content = {
            "type": "object",
            "object_id": f"{category}-{len(self._records)}",
            "category": category,
            "colour": colour,
            "position": [x, y, z],
            "box_min": [x - 0.2, y - 0.2, z - 0.2],
            "box_max": [x + 0.2, y + 0.2, z + 0.2],
            "state": "present",
            "confidence": 0.9,
            "views": 5,
            "first_tick": tick,
            "last_tick": tick,
        }
        seen = f"{colour} {category}"
        seen_id = self._write(seen, "fact", tick, (x, y, z), content=content)
        self._link(seen_id, "same_object", told_id)
        return _Thing(told=told, told_id=told_id, seen_id=seen_id, seen=seen, position=(x, y, z))

    def _happen(self) -> list[_Happening]:
        """Makes what happened, room by room, each room's in the order of time."""
        made: list[_Happening] = []
        for number, room in enumerate(_ROOMS):
            ticks = np.sort(self._rng.choice(len(DAYS) * _DAY_TICKS, 24, replace=False)).tolist()
            last = ""
            for tick in ticks:
                text = f"{self._one(_PEOPLE)} {self._one(_DONE)} with {self._one(_PEOPLE)}"
                x, y = self._in_room(number)
                record = self._write(f"{text} in the {room}", "event", tick, (x, y, 1.0))
                if last:
                    self._link(record, "before", last)
                last = record
                day = tick // _DAY_TICKS
                made.append(_Happening(text=f"{text} in the {room}", room=room, day=day, id=record))
        return made

    def _day(self, day: int) -> str:
        text = f"{DAYS[day]}: a {self._one(_MOODS)} and {self._one(_MOODS)} day"
        summary = self._write(text, "summary", (day + 1) * _DAY_TICKS, None)
        for each in self.happenings:
            if each.day == day:
                self._link(summary, "derived_from", each.id)
        return summary

    def _near(self) -> None:
        """Links what was told of a thing, and the thing, with the things beside it."""
        for first in self.things:
            for second in self.things:
                if first is not second and _apart(first, second) <= _NEAR:
                    later, earlier = sorted((first.told_id, second.seen_id), reverse=True)
                    self._link(later, "near", earlier)

    def _beside(self, thing: _Thing) -> list[str]:
        return [
            other.seen_id
            for other in self.things
            if other is not thing and _apart(thing, other) <= _NEAR
        ]

    # -- writing and drawing ------------------------------------------------------------------

    def _write(
        self,
        text: str,
        kind: Kind,
        tick: int,
        position: tuple[float, float, float] | None,
        content: dict[str, object] | None = None,
    ) -> str:
        record = MemoryRecord(
            id=self._ids.new(tick),
            kind=kind,
            content={"text": text} if content is None else content,
            about=() if content is None else (str(content["object_id"]),),
            pose=None if position is None else (*position, 1.0, 0.0, 0.0, 0.0),
            valid_from=tick,
            recorded_at=tick,
            embedding=self._embedder.embed([text])[0].tobytes(),
            space=self._embedder.name,
        )
        self._records[record.id] = record
        return record.id

    def _link(self, holder: str, kind: LinkType, target: str) -> None:
        self._links.setdefault(holder, []).append(Link(kind, target))

    def _in_room(self, number: int) -> tuple[float, float]:
        x, y = map(float, self._rng.uniform(0, _SIDE, 2))
        return (x + _SIDE * (number % 4), y + _SIDE * (number // 4))

    def _one(self, of: Sequence[str]) -> str:
        return of[int(self._rng.integers(len(of)))]

    def _say(self, of: Sequence[str]) -> str:
        return of[int(self._asking.integers(len(of)))]

    def _draw(self, of: Sequence[_T]) -> _T:
        return of[int(self._asking.integers(len(of)))]


def _apart(first: _Thing, second: _Thing) -> float:
    return float(np.linalg.norm(np.subtract(first.position, second.position)))
