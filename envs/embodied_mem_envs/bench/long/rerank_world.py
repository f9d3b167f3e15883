"""A scripted household: what a robot noted in two hours, and questions with the record they need.

Four kinds of questions, as people ask a robot that lives with them; for each one record is needed:

- `latest`, "Where are the blue keys?": of all sightings of a thing the newest.
- `nearest`, "I need a chair.": of all things of a kind the one nearest to where the robot stands.
- `worded`, "What did Ana say about the plumber and Friday?": of many remarks that share words the
  one that was meant.
- `past`, "Where was the mug?" with a time: the last sighting before it.

Nothing says of which kind a question is. The ways to ask overlap ("Find the keys", "Find a chair";
a bare "keys?"), the robot's pose is given with half of the questions where it does not matter, and
sightings are worded in many ways, so that likeness of words differs between records that tell the
same. What is needed is fixed by the kind, never by the signals of a retriever: the words of a
`worded` question may fit another remark better, and the time of a `past` one is off by a little.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from embodied_mem.memory.record import Add, Kind, MemoryRecord, RecordIds
from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.memory.store import MemoryStore

QuestionKind = Literal["latest", "nearest", "worded", "past"]
KINDS: Final[tuple[QuestionKind, ...]] = ("latest", "nearest", "worded", "past")
TICKS: Final = 7200
"""Seconds that the robot has watched."""

_ROOMS: Final = ("kitchen", "hall", "bedroom", "bathroom", "study", "nursery", "cellar", "porch")
_SIDE: Final = 4.0
_PEOPLE: Final = ("Ana", "Bo", "Cy", "Dee")
_COLOURS: Final = ("red", "blue", "green", "black", "white", "yellow")
_THINGS: Final = (
    *("keys", "mug", "phone", "glasses", "book", "wallet", "remote", "scarf", "umbrella", "torch"),
    *("notebook", "bottle", "hat", "bag", "charger", "scissors", "letter", "ball", "tape", "pen"),
)
_STANDING: Final = ("chair", "lamp", "plant", "cushion", "socket", "stool", "basket", "clock")
_SURFACES: Final = ("table", "shelf", "floor", "bed", "windowsill", "counter", "drawer", "sofa")
_LOOKS: Final = ("wooden", "metal", "old", "new", "small", "tall", "plain", "striped")
_SUBJECTS: Final = (
    *("plumber", "doctor", "neighbour", "landlord", "teacher", "postman", "electrician"),
    *("grandmother", "dentist", "gardener"),
)
_DOINGS: Final = (
    *("comes by", "wants to call", "left a note", "asked for money", "brings a parcel"),
    *("cancelled the visit", "has moved", "is ill", "will fix the boiler", "lost a dog"),
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SIGHTINGS: Final = (
    "the {thing} on the {surface} in the {room}",
    "{thing}, {surface}",
    "saw the {thing} lying by the {surface}",
    "{person} put the {thing} on the {surface}",
    "{person} carried the {thing} through the {room}",
    "{person} took the {thing} away and left it in the {room} near the {surface}",
    "the {thing} fell from the {surface}",
    "on the {surface}: a hat, some paper, the {thing}",
)
_REMARKS: Final = (
    "{person} said that the {subject} {doing} on {day}",
    "{person} told {other} the {subject} {doing}, {day} perhaps",
    "{other} asked {person} whether the {subject} {doing} before {day}",
)
_ASKS: Final[Mapping[QuestionKind, Sequence[str]]] = {
    "latest": (
        "Where is the {thing}?",
        "Where is the {thing} now?",
        "{thing}?",
        "Have you seen the {thing}?",
        "Find the {thing}",
        "Do you know where {person} left the {thing}?",
        "I am looking for the {thing}",
    ),
    "nearest": (
        "Which {standing} is nearest?",
        "I need a {standing}",
        "{standing}?",
        "Is there a {standing} close to me?",
        "Find a {standing}",
        "Where is the next {standing}?",
        "Do we have a {look} {standing} somewhere here?",
    ),
    "worded": (
        "What did {person} say about the {subject}, {day}?",
        "Who told of the {subject} that {doing}?",
        "What about the {subject} and {day}?",
        "{subject} {doing}?",
        "When was it that the {subject} {doing}?",
        "What was that with the {subject} on {day}?",
    ),
    "past": (
        "Where was the {thing}?",
        "Where was the {thing} then?",
        "{thing}?",
        "Where did you see the {thing} before?",
        "Where had {person} left the {thing}?",
        "I am asking about the {thing}, at that time",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something that is asked, and the record that answers it."""

    kind: QuestionKind
    text: str
    pose: tuple[float, float, float] | None
    time: int | None
    needed: str
    """Record id."""


@dataclass(frozen=True, kw_only=True)
class _Sighting:
    thing: str
    tick: int
    id: str


@dataclass(frozen=True, kw_only=True)
class _Standing:
    category: str
    look: str
    position: tuple[float, float, float]
    id: str


@dataclass(frozen=True, kw_only=True)
class _Remark:
    words: Mapping[str, str]
    id: str


class Household:
    """Two hours of a household in a store, and questions about them.

    Args:
        seed: Of everything.
    """

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 1])
        self._ids = RecordIds(seed)
        self._embedder = HashingEmbedder()
        self._records: list[MemoryRecord] = []
        things = [f"{self._one(_COLOURS)} {each}" for each in _THINGS]
        self._sightings = [each for thing in things for each in self._watch(thing)]
        self._standing = [self._stand() for _ in range(80)]
        self._remarks = [self._remark() for _ in range(160)]
        for _ in range(240):
            self._chatter()
        self.store = MemoryStore()
        self.store.apply([Add(record=record) for record in self._records])
        self._asking = np.random.default_rng([seed, 2])

    def ask(self, kind: QuestionKind) -> Question:
        """Draws a question of a kind."""
        rng = self._asking
        spot = tuple(map(float, rng.uniform([0, 0, 1], [4 * _SIDE, 2 * _SIDE, 1.2])))
        pose = (spot[0], spot[1], spot[2])
        given = pose if rng.random() < 0.5 else None
        template = str(rng.choice(_ASKS[kind]))
        person = str(rng.choice(_PEOPLE))
        if kind == "nearest":
            wanted = str(rng.choice(sorted({each.category for each in self._standing})))
            alike = [each for each in self._standing if each.category == wanted]
            if "{look}" in template:
                look = str(rng.choice(sorted({each.look for each in alike})))
                alike = [each for each in alike if each.look == look]
                template = template.replace("{look}", look)
            text = template.format(standing=wanted)
            best = min(
                alike, key=lambda each: float(np.hypot(*np.subtract(each.position, pose)[:2]))
            )
            return Question(kind=kind, text=text, pose=pose, time=None, needed=best.id)
        if kind == "worded":
            remark = self._remarks[rng.integers(len(self._remarks))]
            text = template.format(**remark.words)
            return Question(kind=kind, text=text, pose=given, time=None, needed=remark.id)
        thing = str(rng.choice(sorted({each.thing for each in self._sightings})))
        seen = [each for each in self._sightings if each.thing == thing]
        # People leave the colour out where there is but one thing of the kind.
        name = thing if rng.random() < 0.5 else thing.split()[1]
        text = template.format(thing=name, person=person)
        if kind == "latest":
            needed = max(seen, key=lambda each: each.tick)
            return Question(kind=kind, text=text, pose=given, time=None, needed=needed.id)
        needed = seen[rng.integers(len(seen) - 1)]
        after = min((each.tick for each in seen if each.tick > needed.tick), default=TICKS)
        time = int(rng.integers(needed.tick, min(after, needed.tick + 300)))
        time += int(rng.normal(0, 20))
        return Question(kind=kind, text=text, pose=given, time=max(0, time), needed=needed.id)

    def _watch(self, thing: str) -> list[_Sighting]:
        """Makes the sightings of a thing that is moved about."""
        count = int(self._rng.integers(6, 16))
        ticks = np.sort(self._rng.choice(TICKS, count, replace=False)).tolist()
        return [
            _Sighting(thing=thing, tick=tick, id=self._write(self._seen(thing), "event", tick))
            for tick in ticks
        ]

    def _seen(self, thing: str) -> str:
        return self._one(_SIGHTINGS).format(
            thing=thing,
            surface=self._one(_SURFACES),
            room=self._one(_ROOMS),
            person=self._one(_PEOPLE),
        )

    def _stand(self) -> _Standing:
        category, look = self._one(_STANDING), self._one(_LOOKS)
        words = [look, self._one(_COLOURS), category]
        if self._rng.random() < 0.3:
            words = [category, "in the corner,", *words[:2]]
        tick = int(self._rng.integers(TICKS))
        position = self._position()
        record = self._write(" ".join(words), "fact", tick, position)
        return _Standing(category=category, look=look, position=position, id=record)

    def _remark(self) -> _Remark:
        person, other = (str(each) for each in self._rng.permutation(_PEOPLE)[:2])
        words = {
            "person": person,
            "other": other,
            "subject": self._one(_SUBJECTS),
            "doing": self._one(_DOINGS),
            "day": self._one(_DAYS),
        }
        text = self._one(_REMARKS).format(**words)
        tick = int(self._rng.integers(TICKS))
        return _Remark(words=words, id=self._write(text, "event", tick))

    def _chatter(self) -> None:
        """Notes something that nobody asks about, in words that come up elsewhere."""
        person, room = self._one(_PEOPLE), self._one(_ROOMS)
        said = (
            f"{person} went to the {room}",
            f"{person} sat down on a {self._one(_STANDING)}",
            f"the door of the {room} opened",
            f"{person} was looking for the {self._one(_THINGS)}",
            f"nothing new by the {self._one(_SURFACES)} in the {room}",
        )
        self._write(self._one(said), "event", int(self._rng.integers(TICKS)))

    def _write(
        self,
        text: str,
        kind: Kind,
        tick: int,
        position: tuple[float, float, float] | None = None,
    ) -> str:
        x, y, z = self._position() if position is None else position
        record = MemoryRecord(
            id=self._ids.new(tick),
            kind=kind,
            content={"text": text},
            pose=(x, y, z, 1.0, 0.0, 0.0, 0.0),
            valid_from=tick,
            recorded_at=tick,
            embedding=self._embedder.embed([text])[0].tobytes(),
            space=self._embedder.name,
        )
        self._records.append(record)
        return record.id

    def _position(self) -> tuple[float, float, float]:
        x, y, z = map(float, self._rng.uniform([0, 0, 0.2], [4 * _SIDE, 2 * _SIDE, 1.5]))
        return (x, y, z)

    def _one(self, of: Sequence[str]) -> str:
        return of[int(self._rng.integers(len(of)))]
