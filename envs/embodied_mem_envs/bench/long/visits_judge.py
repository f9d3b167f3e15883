"""Whether a memory knows where things are, and where they were on earlier visits."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
from scipy.optimize import linear_sum_assignment

from embodied_mem.brain.language.recollection import Recollection
from embodied_mem.memory import Filter, MemoryStore, Retriever
from embodied_mem.memory.facts import ObjectFact
from embodied_mem_envs.evaluation.moved import TOLERANCE
from embodied_mem_envs.evaluation.truth import HouseView, box_gaps
from embodied_mem_envs.house.catalogue import catalogue

MOVED = 0.5
"""Metres from which on a thing counts as moved: `House.live` moves nothing less far."""


class Score(NamedTuple):
    """Questions and right answers."""

    right: int = 0
    asked: int = 0

    def add(self, right: bool) -> "Score":
        """Returns the score with one question more."""
        return Score(self.right + bool(right), self.asked + 1)

    def plus(self, other: "Score") -> "Score":
        """Returns both together."""
        return Score(self.right + other.right, self.asked + other.asked)

    @property
    def share(self) -> float:
        """Share of right answers; NaN where nothing was asked."""
        return self.right / self.asked if self.asked else float("nan")


NOTHING_ASKED: Final = Score()


def named(store: MemoryStore, view: HouseView) -> dict[str, str]:
    """Returns under which id a memory knows each thing that it knows the place of, by its true id.

    What is believed to be there now is matched one to one to the things of its category, at most
    0.5 m from a position to a box; so a thing that is known at an old place only has no name.
    """
    believed = [fact for fact in facts(store, Filter(kind="fact")) if fact.state != "missing"]
    names: dict[str, str] = {}
    for category in sorted(set(view.categories)):
        rows = np.flatnonzero(np.array(view.categories) == category)
        claims = [fact for fact in believed if fact.category == category]
        if not claims:
            continue
        places = np.array([fact.position for fact in claims])
        gaps = box_gaps(places[:, None], places[:, None], view.low[rows], view.high[rows])
        apart = np.linalg.norm(places[:, None] - view.centres[rows], axis=-1)
        first, second = linear_sum_assignment(np.where(gaps <= TOLERANCE, apart, 1e6))
        for claim, row in zip(first, second, strict=True):
            if gaps[claim, row] <= TOLERANCE:
                names[view.ids[rows[row]]] = claims[claim].object_id
    return names


def asked_about(view: HouseView) -> list[int]:
    """Returns the rows of the things that people carry about and that showed on a visit."""
    kinds = catalogue()
    return [
        row
        for row, category in enumerate(view.categories)
        if view.shown[row] and kinds.category(category).portable
    ]


def stale_claims(store: MemoryStore, view: HouseView, names: Mapping[str, str]) -> int:
    """Counts things that people carry about and that are believed to be where nothing like is."""
    kinds, right = catalogue(), set(names.values())
    known = set(view.categories)
    return sum(
        fact.object_id not in right
        and (fact.category not in known or kinds.category(fact.category).portable)
        for fact in facts(store, Filter(kind="fact"))
        if fact.state in ("present", "moved")
    )


class Asker(NamedTuple):
    """A memory, and how it is asked."""

    store: MemoryStore
    recency: bool = True
    """Whether the retriever prefers what is newer; else one of the facts about a thing is drawn,
    since they fit alike."""

    def place_of(
        self, name: str, view: HouseView, row: int, tick: int | None = None
    ) -> ObjectFact | None:
        """Asks where a thing is, or was at a tick."""
        about = Filter(kind="fact", about=name, valid_at=tick)
        if not self.recency:
            found = facts(self.store, about)
            draw = np.random.default_rng([zlib.crc32(name.encode()), tick or 0])
            return found[int(draw.integers(len(found)))] if found else None
        words = f"{view.colours[row]} {view.categories[row]}"
        hits = Retriever(self.store).query(words, k=1, filter=about, time=tick).hits
        return msgspec.convert(self.store.get(hits[0].id).content, ObjectFact) if hits else None


def is_at(fact: ObjectFact | None, view: HouseView, row: int) -> bool:
    """Tells whether a fact puts a thing where it truly is, to within 0.5 m of its box."""
    if fact is None or fact.state == "missing":
        return False
    position = np.array(fact.position)
    return bool(box_gaps(position, position, view.low[row], view.high[row]) <= TOLERANCE)


def moved_between(before: HouseView, after: HouseView, row: int) -> bool:
    """Tells whether a thing, a row of `before`, was elsewhere `after`."""
    thing = before.ids[row]
    if thing not in after.ids:
        return True
    apart = before.centres[row] - after.centres[after.ids.index(thing)]
    return bool(np.linalg.norm(apart) >= MOVED)


def rooms_told(
    store: MemoryStore,
    names: Mapping[str, str],
    past: Sequence[tuple[int, HouseView]],
    now: HouseView,
) -> Score:
    """Judges the rooms that answers about the past name, of things that were in other rooms then.

    Args:
        store: The memory.
        names: Its ids of things, by their true ids.
        past: Tick of the end of each earlier visit, and the house then.
        now: The house as it is.
    """
    memory, score = Recollection(store), NOTHING_ASKED
    for thing, name in names.items():
        then = [(tick, view, view.ids.index(thing)) for tick, view in past if thing in view.ids]
        room = now.rooms[now.ids.index(thing)]
        for earlier in memory.earlier(name):
            held = [
                (view, row) for tick, view, row in then if _held(earlier.fact, earlier.until, tick)
            ]
            if held and held[-1][0].shown[held[-1][1]]:
                view, row = held[-1]
                told = earlier.place.category if earlier.place is not None else None
                if view.rooms[row] != room:
                    score = score.add(told == view.rooms[row])
    return score


def _held(fact: ObjectFact, until: int, tick: int) -> bool:
    return fact.state != "missing" and fact.last_tick <= tick < until


def facts(store: MemoryStore, filter: Filter) -> list[ObjectFact]:
    """Returns the facts of objects that meet a filter."""
    return [
        msgspec.convert(record.content, ObjectFact)
        for record in store.query(filter, payload=False)
        if record.content.get("type") == "object"
    ]
