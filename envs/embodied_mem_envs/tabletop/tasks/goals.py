"""What a task asks for, as a list of goals that the truth fulfils or not.

A goal is plain data. `holds` decides success; `share` tells how near it is, for rewards: 1 where it
holds, else up to `ALMOST`, by how much of the way from the start is done.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from embodied_mem.types import Float64Array
from embodied_mem_envs.tabletop.tasks.truth import SHUT, TableTruth

ALMOST = 0.8
"""Most that a goal which does not hold counts."""
PLACE_TOLERANCE = 0.04
"""How far from where it belongs a thing may lie, m."""
TURN_TOLERANCE = 0.5
"""How far long things such as forks may be turned, rad."""
_STACK_TOLERANCE = 0.015


class Goal(Protocol):
    """One thing that must be so in the end."""

    def holds(self, truth: TableTruth) -> bool:
        """Tells whether it is so."""

    def share(self, truth: TableTruth, start: TableTruth) -> float:
        """Returns how near it is, from 0 (as at the start) to 1 (it holds)."""

    def missing(self, truth: TableTruth) -> str:
        """Says what is not so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inside:
    """A thing is in a bin or drawer, or on the tray, and let go of."""

    thing: str
    place: str

    def holds(self, truth: TableTruth) -> bool:
        """Tells whether it is so."""
        return truth.inside(self.thing, self.place) and not truth.things[self.thing].held

    def share(self, truth: TableTruth, start: TableTruth) -> float:
        """Returns the share of the way to the middle of the place."""
        if self.holds(truth):
            return 1.0
        return _way(truth, start, self.thing, 0.5 * np.add(*truth.box(self.place)))

    def missing(self, truth: TableTruth) -> str:
        """Says where the thing is instead."""
        return f"{self.thing} is not in {self.place} but at {_where(truth, self.thing)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class On:
    """A thing stands on another one, let go of."""

    thing: str
    base: str

    def holds(self, truth: TableTruth) -> bool:
        """Tells whether it is so: in touch, and its middle over the other's outline."""
        upper, lower = truth.things[self.thing], truth.things[self.base]
        step = 0.5 * (upper.size[2] + lower.size[2])
        apart = upper.position - lower.position
        return bool(
            not upper.held
            and abs(apart[2] - step) < _STACK_TOLERANCE
            and np.linalg.norm(apart[:2]) < 0.5 * lower.size[:2].min()
        )

    def share(self, truth: TableTruth, start: TableTruth) -> float:
        """Returns the share of the way to the top of the other."""
        if self.holds(truth):
            return 1.0
        lower = truth.things[self.base]
        step = 0.5 * (truth.things[self.thing].size[2] + lower.size[2])
        return _way(truth, start, self.thing, lower.position + np.array([0.0, 0.0, step]))

    def missing(self, truth: TableTruth) -> str:
        """Says where both are instead."""
        return (
            f"{self.thing} at {_where(truth, self.thing)} does not stand on "
            f"{self.base} at {_where(truth, self.base)}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class At:
    """A thing lies on the table near a point, let go of."""

    thing: str
    x: float
    y: float
    yaw: float | None = None
    """How it must be turned, front and back alike, rad; None where that does not matter."""
    height: float = 0.08
    """Its middle must be lower than this, m."""

    def holds(self, truth: TableTruth) -> bool:
        """Tells whether it is so."""
        lying = truth.things[self.thing]
        apart = np.hypot(lying.position[0] - self.x, lying.position[1] - self.y)
        low = -0.02 < lying.position[2] < self.height
        return bool(apart <= PLACE_TOLERANCE and low and not lying.held and self._turned(truth))

    def _turned(self, truth: TableTruth) -> bool:
        if self.yaw is None:
            return True
        off = (truth.things[self.thing].yaw - self.yaw + 0.5 * np.pi) % np.pi - 0.5 * np.pi
        return bool(abs(off) <= TURN_TOLERANCE)

    def share(self, truth: TableTruth, start: TableTruth) -> float:
        """Returns the share of the way to the point."""
        if self.holds(truth):
            return 1.0
        height = start.things[self.thing].position[2]
        return _way(truth, start, self.thing, np.array([self.x, self.y, height]))

    def missing(self, truth: TableTruth) -> str:
        """Says where the thing is instead."""
        turned = "" if self._turned(truth) else f", turned by {truth.things[self.thing].yaw:.2f}"
        return (
            f"{self.thing} belongs at ({self.x:.2f}, {self.y:.2f}) but is at "
            f"{_where(truth, self.thing)}{turned}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Off:
    """Nothing of a thing's outline is over a zone."""

    thing: str
    zone: str

    def holds(self, truth: TableTruth) -> bool:
        """Tells whether it is so."""
        return self._overlap(truth) <= 0.0 and not truth.things[self.thing].held

    def _overlap(self, truth: TableTruth) -> float:
        """How far the thing would have to move along x or y to be out, m."""
        low, high = truth.box(self.zone)
        corners = truth.things[self.thing].corners
        over = np.minimum(high[:2] - corners.min(0), corners.max(0) - low[:2])
        return float(over.min())

    def share(self, truth: TableTruth, start: TableTruth) -> float:
        """Returns the share of the way out."""
        if self.holds(truth):
            return 1.0
        whole = self._overlap(start)
        done = (whole - self._overlap(truth)) / whole if whole > 0.0 else 0.0
        return ALMOST * float(np.clip(done, 0.0, 1.0))

    def missing(self, truth: TableTruth) -> str:
        """Says where the thing is."""
        return f"{self.thing} at {_where(truth, self.thing)} is still over {self.zone}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """A thing is in none of some places."""

    thing: str
    places: tuple[str, ...]

    def holds(self, truth: TableTruth) -> bool:
        """Tells whether it is so."""
        return not any(truth.inside(self.thing, place) for place in self.places)

    def share(self, truth: TableTruth, start: TableTruth) -> float:
        """Returns 1 where it holds and else 0."""
        return float(self.holds(truth))

    def missing(self, truth: TableTruth) -> str:
        """Says in which place the thing is."""
        place = next((p for p in self.places if truth.inside(self.thing, p)), "nowhere")
        return f"{self.thing} does not belong in {place}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A thing did not fall off the table."""

    thing: str

    def holds(self, truth: TableTruth) -> bool:
        """Tells whether it is so."""
        return not truth.fallen(self.thing)

    def share(self, truth: TableTruth, start: TableTruth) -> float:
        """Returns 1 where it holds and else 0."""
        return float(self.holds(truth))

    def missing(self, truth: TableTruth) -> str:
        """Says that it fell."""
        return f"{self.thing} fell off the table"


@dataclass(frozen=True, kw_only=True, slots=True)
class Closed:
    """A drawer is closed."""

    drawer: str

    def holds(self, truth: TableTruth) -> bool:
        """Tells whether it is so."""
        return truth.drawers[self.drawer] < SHUT

    def share(self, truth: TableTruth, start: TableTruth) -> float:
        """Returns the share by which it is closed."""
        return 1.0 if self.holds(truth) else ALMOST * (1.0 - truth.drawers[self.drawer])

    def missing(self, truth: TableTruth) -> str:
        """Says how far it is open."""
        return f"{self.drawer} is open by {truth.drawers[self.drawer]:.0%}"


def _way(truth: TableTruth, start: TableTruth, thing: str, to: Float64Array) -> float:
    """Share of the way from the start to a point, times `ALMOST`."""
    whole = float(np.linalg.norm(start.things[thing].position - to))
    left = float(np.linalg.norm(truth.things[thing].position - to))
    return ALMOST * float(np.clip(1.0 - left / max(whole, 1e-6), 0.0, 1.0))


def _where(truth: TableTruth, thing: str) -> str:
    x, y, z = truth.things[thing].position
    held = ", touched by the hand" if truth.things[thing].held else ""
    return f"({x:.2f}, {y:.2f}, {z:.2f}{held})"
