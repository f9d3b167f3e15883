"""Draws who the partners are, what they tell and when: six sessions from a seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar, final

import numpy as np

from embodied_mem_envs.tasks.mixed_session import words
from embodied_mem_envs.tasks.mixed_session.ledger import Telling, Topic

T = TypeVar("T")

SESSIONS: Final = 6
PARTNERS: Final = 3
_FIRST: Final = {"favourites": 4, "facts": 2, "secrets": 2, "keeps": 1}
"""What each partner tells in the first of two sessions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One utterance of a session."""

    speaker: str
    text: str
    private: bool
    telling: Telling | None
    """What it tells; None for small talk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One meeting of the robot and one partner."""

    number: int
    """From 1 on."""
    partner: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """All sessions of an episode."""

    partners: tuple[str, ...]
    sessions: tuple[Session, ...]


def draw_script(rng: np.random.Generator, *, first_tick: int, ticks_between: int) -> Script:
    """Draws the partners and all that they say.

    Every partner has two sessions. In the second one preferences, a fact and a secret change, and
    a thing that was kept is asked back.

    Args:
        rng: The source of chance.
        first_tick: Tick at which the first session begins.
        ticks_between: Ticks from the start of one session to that of the next.
    """
    return _Writer(rng, first_tick, ticks_between).write()


@final
class _Writer:
    def __init__(self, rng: np.random.Generator, first_tick: int, ticks_between: int) -> None:
        self._rng = rng
        self._first_tick, self._between = first_tick, ticks_between
        names = rng.permutation(words.NAMES)[:PARTNERS]
        self.partners = tuple(str(name) for name in names)
        self._things = [str(thing) for thing in rng.permutation(words.THINGS)]
        self._used: set[str] = set()
        self._known: dict[str, list[Telling]] = {name: [] for name in self.partners}
        self._tick = 0
        self._session = 0

    def write(self) -> Script:
        """Writes one session after the other."""
        order = [str(name) for name in self._rng.permutation(self.partners)]
        later = [str(name) for name in self._rng.permutation(self.partners)]
        sessions = []
        for number, partner in enumerate([*order, *later], start=1):
            self._session = number
            self._tick = self._first_tick + (number - 1) * self._between
            lines = self._first(partner) if number <= PARTNERS else self._second(partner)
            talk = [self._small_talk(partner) for _ in range(3)]
            for line in talk:
                lines.insert(int(self._rng.integers(len(lines) + 1)), line)
            sessions.append(Session(number=number, partner=partner, lines=self._timed(lines)))
        return Script(partners=self.partners, sessions=tuple(sessions))

    # -- sessions ------------------------------------------------------------------------------

    def _first(self, partner: str) -> list[Line]:
        lines = []
        for noun in self._some(words.FAVOURITES, _FIRST["favourites"]):
            value = self._value(words.FAVOURITES[noun])
            lines.append(self._tell(partner, f"favourite {noun}", value, words.SAY_FAVOURITE))
        for name in self._some(words.FACTS, _FIRST["facts"]):
            value = self._value(words.FACTS[name])
            lines.append(self._tell(partner, name, value, words.SAY_FACT))
        for name in self._some(words.SECRETS, _FIRST["secrets"]):
            value = self._value(words.SECRETS[name])
            lines.append(self._tell(partner, name, value, words.SAY_FACT, private=True))
        lines.append(self._request(partner, "keep", words.SAY_KEEP))
        lines.append(self._request(partner, "keep", words.SAY_KEEP, private=True))
        lines.append(self._request(partner, "fetch", words.SAY_FETCH))
        return self._shuffled(lines)

    def _second(self, partner: str) -> list[Line]:
        known = self._known[partner]
        favourites = [t for t in known if t.name.startswith("favourite ")]
        facts = [t for t in known if t.name in words.FACTS]
        secrets = [t for t in known if t.name in words.SECRETS]
        kept = [t for t in known if t.topic == "keep" and not t.private]
        lines = [self._change(partner, telling) for telling in self._pick(favourites, 2)]
        lines += [self._change(partner, telling) for telling in self._pick(facts, 1)]
        lines += [self._change(partner, telling) for telling in self._pick(secrets, 1)]
        lines.append(self._returned(partner, kept[0]))
        told = {t.name for t in known}
        for name in self._some({n: v for n, v in words.SECRETS.items() if n not in told}, 1):
            value = self._value(words.SECRETS[name])
            lines.append(self._tell(partner, name, value, words.SAY_FACT, private=True))
        lines.append(self._hearsay(partner))
        for _ in range(2):
            lines.append(self._request(partner, "keep", words.SAY_KEEP))
        return self._shuffled(lines)

    # -- lines ---------------------------------------------------------------------------------

    def _tell(
        self, partner: str, name: str, value: str, say: Sequence[str], *, private: bool = False
    ) -> Line:
        said = self._said(say, name=name, noun=name.removeprefix("favourite "), value=value)
        return self._line(partner, "attribute", partner, name, value, said, private)

    def _change(self, partner: str, old: Telling) -> Line:
        noun = old.name.removeprefix("favourite ")
        pool = next(p[noun] for p in (words.FAVOURITES, words.FACTS, words.SECRETS) if noun in p)
        value = self._value(pool)
        said = self._said(words.SAY_CHANGED, name=old.name, value=value, old=old.value)
        return self._line(partner, "attribute", partner, old.name, value, said, old.private)

    def _hearsay(self, partner: str) -> Line:
        other = self._pick([name for name in self.partners if name != partner], 1)[0]
        heard = {t.name for told in self._known.values() for t in told if t.subject == other}
        name = self._some({n: v for n, v in words.HEARSAY.items() if n not in heard}, 1)[0]
        value = self._value(words.HEARSAY[name])
        said = self._said(words.SAY_HEARSAY, Person=other, name=name, value=value)
        return self._line(partner, "attribute", other, name, value, said, False)

    def _request(
        self, partner: str, topic: Topic, say: Sequence[str], *, private: bool = False
    ) -> Line:
        thing = self._things.pop()
        taken = {t.name for t in self._known[partner] if t.topic == topic}
        rooms = [f"{name}'s room" for name in self.partners]
        if topic == "fetch":
            rooms = ["the kitchen", "the hallway", "the cellar", "the attic", "the garage"]
        free = [room for room in rooms if room.removeprefix("the ") not in taken]
        spare = [room for room in ("pantry", "loft", "shed") if room not in taken]
        place = str(self._rng.choice(free or [f"the {room}" for room in spare]))
        said = self._said(say, thing=thing, place=place)
        place = place.removeprefix("the ")
        return self._line(partner, topic, partner, place, thing, said, private)

    def _returned(self, partner: str, kept: Telling) -> Line:
        said = self._said(words.SAY_RETURNED, thing=kept.value)
        return self._line(partner, "keep", partner, kept.name, kept.value, said, False, ended=True)

    def _small_talk(self, partner: str) -> Line:
        text = str(self._rng.choice(words.SMALL_TALK))
        return Line(speaker=partner, text=text, private=False, telling=None)

    def _line(
        self,
        partner: str,
        topic: Topic,
        subject: str,
        name: str,
        value: str,
        said: str,
        private: bool,
        *,
        ended: bool = False,
    ) -> Line:
        if private:
            said = str(self._rng.choice(words.IN_PRIVATE)).format(said=said)
        telling = Telling(
            topic=topic,
            subject=subject,
            name=name,
            value=value,
            teller=partner,
            private=private,
            session=self._session,
            tick=-1,
            text=said,
            ended=ended,
        )
        self._known[partner].append(telling)
        return Line(speaker=partner, text=said, private=private, telling=telling)

    # -- chance --------------------------------------------------------------------------------

    def _said(self, templates: Sequence[str], **slots: str) -> str:
        value = slots.get("value", "")
        capital = value[:1].upper() + value[1:]
        return str(self._rng.choice(templates)).format(Value=capital, **slots)

    def _value(self, pool: Sequence[str]) -> str:
        """Draws a value that nobody was given yet."""
        free = [value for value in pool if value not in self._used]
        value = str(self._rng.choice(free))
        self._used.add(value)
        return value

    def _some(self, pool: Mapping[str, Sequence[str]], count: int) -> list[str]:
        """Draws keys of a pool that leave enough free values."""
        usable = [
            key for key in sorted(pool) if sum(value not in self._used for value in pool[key]) > 2
        ]
        return [str(key) for key in self._rng.choice(usable, size=count, replace=False)]

    def _pick(self, items: Sequence[T], count: int) -> list[T]:
        chosen = self._rng.permutation(len(items))[:count]
        return [items[index] for index in chosen.tolist()]

    def _shuffled(self, lines: list[Line]) -> list[Line]:
        return [lines[index] for index in self._rng.permutation(len(lines)).tolist()]

    def _timed(self, lines: Sequence[Line]) -> tuple[Line, ...]:
        """Gives every line its tick."""
        timed = []
        for offset, line in enumerate(lines):
            telling = line.telling
            if telling is not None:
                telling = replace(telling, tick=self._tick + offset)
            timed.append(replace(line, telling=telling))
        return tuple(timed)
