"""A straight flight of stairs along a wall: its measures, and where it carries or stops a body."""

from dataclasses import dataclass
from math import ceil
from typing import Any

from embodied_mem_envs.house.footprint import Footprint

TREAD = 0.28
"""Depth of a step, metres."""
MAX_RISE = 0.18
"""Greatest height of a step, metres."""
LANDING = 0.9
"""Depth of floor before and behind a flight that is kept free, metres."""
PARAPET = 0.08
"""Thickness of the low wall along the flight and the parapet round its opening, metres."""
PARAPET_HEIGHT = 0.95
"""Height of the parapet above the upper floor, metres."""

Local = tuple[float, float]
"""Metres up the flight from the face of its first step, and across it from the wall."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stairs:
    """A flight from floor 0 to floor 1 with a wall on one side and a handrail on the other.

    It is solid down to the lower floor, and the slab above all of it is open.
    """

    rooms: tuple[str, str]
    """Ids of the rooms at its lower and at its upper end."""
    corner: tuple[float, float]
    """World (x, y) where the face of the first step meets the wall."""
    up: tuple[int, int]
    """World direction of the way up, along x or y."""
    across: tuple[int, int]
    """World direction from the wall to the open side."""
    width: float
    """Clear width between the two walls beside it, metres."""
    height: float
    """From floor to floor, metres."""

    @property
    def steps(self) -> int:
        """How many risers there are; the last one ends at the upper floor."""
        return ceil(self.height / MAX_RISE - 1e-9)

    @property
    def rise(self) -> float:
        """Height of one step, metres."""
        return self.height / self.steps

    @property
    def run(self) -> float:
        """Length from the first to the last riser on the floor plan, metres."""
        return run_of(self.height)

    def local(self, x: float, y: float) -> Local:
        """Returns how far up and across the flight a world point is, metres."""
        dx, dy = x - self.corner[0], y - self.corner[1]
        up, across = self.up, self.across
        return dx * up[0] + dy * up[1], dx * across[0] + dy * across[1]

    def world(self, along: float, across: float) -> tuple[float, float]:
        """Returns the world (x, y) of a point up and across the flight."""
        return (
            self.corner[0] + along * self.up[0] + across * self.across[0],
            self.corner[1] + along * self.up[1] + across * self.across[1],
        )

    def floor_at(self, x: float, y: float, floor: int) -> int:
        """Returns the floor that a body counts to which came from `floor`.

        On the lower half of the flight that is the lower floor, on the upper half the upper one;
        anywhere else it stays.
        """
        along, across = self.local(x, y)
        if 0.0 <= along <= self.run and 0.0 <= across <= self.width:
            return int(along > self.run / 2)
        return floor

    def carries(self, x: float, y: float, floor: int) -> bool:
        """Tells whether the flight is under a body that counts to a floor."""
        along, across = self.local(x, y)
        half, margin = self.run / 2, TREAD / 2
        first, last = (-margin, half) if floor == 0 else (half, self.run + margin)
        return first <= along <= last and 0.0 <= across <= self.width

    def lift(self, x: float, y: float) -> float:
        """Returns the height of the flight under a body above its foot, metres.

        That is the mean height of the surface half a tread before and behind the point, so it
        rises evenly while a body drives up.
        """
        along, _ = self.local(x, y)
        return self.rise * min(max(along / TREAD + 0.5, 0.0), float(self.steps))

    def flight(self) -> Footprint:
        """Returns the rectangle of the steps, which is that of the opening above, too."""
        return self.rectangle(0.0, self.run, 0.0, self.width)

    def solids(self, floor: int) -> list[Footprint]:
        """Returns what stops a body on one floor: walls, parapets, the back of the flight."""
        side, run = self.width + PARAPET, self.run
        if floor == 0:
            return [
                self.rectangle(0.0, run, self.width, side),
                self.rectangle(run - PARAPET, run, 0.0, side),
            ]
        return [
            self.rectangle(-PARAPET, run, self.width, side),
            self.rectangle(-PARAPET, 0.0, 0.0, side),
        ]

    def blocked(self, floor: int) -> list[Footprint]:
        """Returns where nothing can stand on one floor: the solids, and all of the flight."""
        return [self.flight(), *self.solids(floor)]

    def landing(self, floor: int) -> Footprint:
        """Returns the floor at the lower or the upper end that is kept free."""
        first = -LANDING if floor == 0 else self.run
        return self.rectangle(first, first + LANDING, 0.0, self.width)

    def end(self, floor: int) -> tuple[float, float]:
        """Returns the world point in the middle of a landing."""
        along = -LANDING / 2 if floor == 0 else self.run + LANDING / 2
        return self.world(along, self.width / 2)

    def rectangle(self, first: float, last: float, near: float, far: float) -> Footprint:
        """Returns the world rectangle from `first` to `last` up and `near` to `far` across."""
        (x0, y0), (x1, y1) = self.world(first, near), self.world(last, far)
        return Footprint((x0 + x1) / 2, (y0 + y1) / 2, abs(x1 - x0) / 2, abs(y1 - y0) / 2)

    def truth(self) -> dict[str, Any]:
        """Returns its ground truth as JSON-able values."""
        bounds = [round(value, 4) for value in self.flight().bounds()]
        return {
            "rooms": list(self.rooms),
            "foot": [round(value, 4) for value in self.end(0)],
            "head": [round(value, 4) for value in self.end(1)],
            "min": bounds[:2],
            "max": bounds[2:],
            "up": list(self.up),
            "width": self.width,
            "steps": self.steps,
            "rise": round(self.rise, 4),
            "tread": TREAD,
            "height": self.height,
        }


def run_of(height: float) -> float:
    """Returns the length on the floor plan of a flight of a height, metres.

    >>> round(run_of(2.8), 2)
    4.2
    """
    return (ceil(height / MAX_RISE - 1e-9) - 1) * TREAD
