"""Captions of short stretches as vectors, in ReMEmbR's manner.

Anwar et al. 2024, "ReMEmbR: Building and Reasoning Over Long-Horizon Spatio-Temporal Memory for
Robot Navigation", section III: a caption for every three seconds, stored with the robot's position
and the time, found again by the nearness of vectors; a place is where the robot was when it saw
the thing. In its favour: captions name everything that the stretch shows, with colours; a thing is
tied to the position from which it was seen nearest; mentions of a thing of one colour from
positions within 2.5 m are taken for the same thing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, final

import numpy as np

from embodied_mem.brain.seeking.target import Target
from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.perception.colour import COLOUR_TERMS
from embodied_mem.types import Float64Array, UInt8Array
from embodied_mem_envs.evaluation.agents.peers.kept import Corner, Thing
from embodied_mem_envs.evaluation.agents.peers.look import Look

WINDOW: Final = 3
"""Ticks of a caption; a tick is a second."""
RETRIEVED: Final = 15
"""Captions that the model is given: three queries with five results each."""
_SAME: Final = 2.5


@dataclass(slots=True)
class _Mention:
    category: str
    colour: str
    away: float
    position: Float64Array
    tick: int
    visit: int
    captions: list[int] = field(default_factory=list)


@final
class Captions:
    """Implements `KeptMemory`."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._window: list[Look] = []
        self._mentions: list[_Mention] = []

    def take_in(self, look: Look) -> None:
        """Adds to the present stretch, and captions it when it is over."""
        self._window.append(look)
        if len(self._window) == WINDOW:
            self._caption()

    def new_visit(self) -> None:
        """Captions stay."""
        self._window.clear()

    def things(self) -> Sequence[Thing]:
        """Returns what the captions tell."""
        return [_thing(index, mention) for index, mention in enumerate(self._mentions)]

    def chosen(self, things: Sequence[Thing], target: Target) -> Sequence[Thing]:
        """Returns what the captions tell whose vectors are nearest to the question's."""
        told = sorted({number for thing in things for number in thing.pictures})
        texts = [_text(things, number) for number in told]
        if not texts:
            return []
        wanted = " ".join(target.categories) or target.question.text
        vectors = HashingEmbedder().embed([*texts, wanted])
        order = np.argsort(-(vectors[:-1] @ vectors[-1]), kind="stable")[:RETRIEVED]
        found = {told[int(index)] for index in order}
        return [thing for thing in things if found.intersection(thing.pictures)]

    def pictures(self) -> dict[int, UInt8Array]:
        """It keeps no pictures."""
        return {}

    def notes(self) -> tuple[str, ...]:
        """Returns the captions."""
        return tuple(self._texts)

    def _caption(self) -> None:
        number = len(self._texts)
        nearest: dict[tuple[str, str], tuple[float, Look]] = {}
        for look in self._window:
            for shown in look.shown:
                key = (shown.category, COLOUR_TERMS[int(shown.colour.argmax())])
                if key not in nearest or shown.away < nearest[key][0]:
                    nearest[key] = (shown.away, look)
        self._window.clear()
        words = [f"a {colour} {category}" for category, colour in sorted(nearest)]
        self._texts.append("I see " + ", ".join(words) if words else "I see nothing")
        for (category, colour), (away, look) in sorted(nearest.items(), key=lambda item: item[0]):
            self._mention(category, colour, away, look, number)

    def _mention(self, category: str, colour: str, away: float, look: Look, number: int) -> None:
        for mention in self._mentions:
            same = (mention.category, mention.colour, mention.visit) == (
                category,
                colour,
                look.visit,
            )
            if same and float(np.hypot(*(mention.position - look.position)[:2])) < _SAME:
                mention.captions.append(number)
                mention.tick = look.tick
                if away < mention.away:
                    mention.away, mention.position = away, look.position
                return
        self._mentions.append(
            _Mention(category, colour, away, look.position, look.tick, look.visit, [number])
        )


def _thing(index: int, mention: _Mention) -> Thing:
    x, y, _ = (round(float(value), 3) for value in mention.position)
    place: Corner = (x, y, 0.0)
    return Thing(
        id=f"mention-{index:04d}",
        category=mention.category,
        colour=mention.colour,
        low=place,
        high=place,
        views=len(mention.captions),
        first_tick=mention.tick,
        last_tick=mention.tick,
        visit=mention.visit,
        pictures=tuple(mention.captions),
    )


def _text(things: Sequence[Thing], number: int) -> str:
    """Returns a caption from what it tells."""
    told = sorted(
        f"a {thing.colour} {thing.category}" for thing in things if number in thing.pictures
    )
    return "I see " + ", ".join(told)
