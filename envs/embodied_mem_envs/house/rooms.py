"""Rooms and doors of a floor plan, and where a plan lies in the world."""

from dataclasses import dataclass

Box = tuple[float, float, float, float]
"""min x, min y, max x, max y on wall centre lines, metres."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """One room; `min` and `max` are the inner faces of its walls."""

    id: str
    category: str
    min: tuple[float, float]
    max: tuple[float, float]
    floor: int = 0

    @property
    def area(self) -> float:
        """Floor area, square metres."""
        return (self.max[0] - self.min[0]) * (self.max[1] - self.min[1])

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the floor."""
        return (self.min[0] + self.max[0]) / 2, (self.min[1] + self.max[1]) / 2

    def contains(self, x: float, y: float, margin: float = 0.0) -> bool:
        """Tells whether a point lies inside, at least `margin` from every wall."""
        return (
            self.min[0] + margin <= x <= self.max[0] - margin
            and self.min[1] + margin <= y <= self.max[1] - margin
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """A doorway between two rooms; `axis` 0 lies in a wall of constant x, 1 of constant y."""

    rooms: tuple[str, str]
    centre: tuple[float, float]
    width: float
    axis: int
    height: float
    floor: int = 0

    def holds(self, x: float, y: float, thickness: float) -> bool:
        """Tells whether a floor point lies in the opening of a wall of the given thickness."""
        off = (abs(x - self.centre[0]), abs(y - self.centre[1]))
        return off[self.axis] <= thickness / 2 and off[1 - self.axis] <= self.width / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """Where in the world a floor plan lies, and how its rooms count."""

    shift: tuple[float, float]
    """World place of the origin of the plan, metres."""
    first: int = 0
    """Number of its first room."""
    floor: int = 0
