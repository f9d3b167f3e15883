"""What was done and where things were, laid out for answering."""

from dataclasses import dataclass, field

import numpy as np

from embodied_mem.memory.facts import Vector


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """A thing at a place."""

    category: str
    colour: str
    low: Vector
    high: Vector
    """Corners of its box, metres, world frame."""
    room: str | None = None
    """Category of the room that it is in."""

    @property
    def centre(self) -> Vector:
        """Middle of its box."""
        x, y, z = (0.5 * (np.array(self.low) + np.array(self.high))).tolist()
        return (x, y, z)


@dataclass(frozen=True, kw_only=True, slots=True)
class Carry:
    """The robot took something and set it down elsewhere."""

    visit: int
    """From 0 on."""
    picked: int
    placed: int
    """Ticks."""
    source: Thing
    """As it was taken."""
    target: Thing
    """As it was set down."""
    source_on: Thing | None
    target_on: Thing | None
    """What it stood on."""

    @property
    def category(self) -> str:
        """Of the thing."""
        return self.source.category

    @property
    def colour(self) -> str:
        """Of the thing."""
        return self.source.colour

    @property
    def ticks(self) -> int:
        """How long it was held."""
        return self.placed - self.picked

    @property
    def metres(self) -> float:
        """How far it got, as the crow flies over the floor."""
        return float(np.hypot(*np.subtract(self.target.centre, self.source.centre)[:2]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Stay:
    """The robot was in a room."""

    room: str
    """Category; `room` where nothing in it tells."""
    place: str
    """Which room, by an id."""
    visit: int
    start: int
    end: int
    """First and last tick."""
    point: tuple[float, float]
    """Where it stood there, metres."""


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """All that questions about the past are answered from."""

    carries: tuple[Carry, ...] = ()
    """In the order in which they ended."""
    stays: tuple[Stay, ...] = ()
    """In order; two that follow each other are in different rooms or visits."""
    things: tuple[Thing, ...] = ()
    """What is believed now."""
    earlier: dict[int, tuple[Thing, ...]] = field(default_factory=dict)
    """What was believed at the end of each visit."""

    def believed(self, visit: int) -> tuple[Thing, ...]:
        """Returns what was believed at the end of a visit; of the last one, what is now."""
        now = self.things if visit == len(self.earlier) else ()
        return self.earlier.get(visit, now)

    def in_visit(self, visit: int | None) -> tuple[Carry, ...]:
        """Returns the carries of a visit, all where None."""
        return tuple(c for c in self.carries if visit is None or c.visit == visit)

    def stays_in(self, visit: int) -> tuple[Stay, ...]:
        """Returns the stays of a visit."""
        return tuple(stay for stay in self.stays if stay.visit == visit)

    def now(self, carry: Carry) -> Thing:
        """Returns where a carried thing is: where it was set down, unless seen elsewhere."""
        last = [
            c for c in self.carries if (c.category, c.colour) == (carry.category, carry.colour)
        ][-1]
        alike = [thing for thing in self.things if thing.category == carry.category]
        gaps = [_apart(thing, last.target) for thing in alike]
        if not alike or min(gaps) <= _STILL:
            return last.target
        coloured = [thing for thing in alike if thing.colour == carry.colour] or alike
        return min(coloured, key=lambda thing: _apart(thing, last.target))


_STILL = 0.6
"""A thing of its kind so near to where something was set down is that thing, metres."""


def _apart(first: Thing, second: Thing) -> float:
    return float(np.linalg.norm(np.subtract(first.centre, second.centre)))
