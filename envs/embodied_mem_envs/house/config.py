"""What may be chosen about a house before it is generated."""

from dataclasses import dataclass

from embodied_mem.errors import ConfigError

MIN_ROOMS = 3
MAX_ROOMS = 12
SLAB = 0.3
"""Thickness of the slab between two floors, metres."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseConfig:
    """The shape of a generated house; everything else is drawn from the seed."""

    rooms: int | None = None
    """How many rooms, 3 to 12; drawn from the seed when not given."""
    wall_height: float = 2.5
    """Height of the ceiling above the floor, metres (2.4 to 4)."""
    wall_thickness: float = 0.12
    """Thickness of the walls between rooms, metres."""
    door_height: float = 2.05
    """Height of the lower edge of the door lintel, metres."""
    floors: int = 1
    """How many floors, 1 or 2; a flight of stairs joins two. The rooms are those of both."""
    clutter: float = 1.0
    """Scales how many optional objects a room gets: 0 only the tell-tale furniture, 1 usual."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a value is out of its range.
        """
        if self.rooms is not None and not MIN_ROOMS <= self.rooms <= MAX_ROOMS:
            raise ConfigError(f"rooms is {self.rooms}; expected {MIN_ROOMS} to {MAX_ROOMS}")
        if self.floors not in (1, 2):
            raise ConfigError(f"floors is {self.floors}; expected 1 or 2")
        if not 2.4 <= self.wall_height <= 4.0:
            raise ConfigError(f"wall_height is {self.wall_height} m; expected 2.4 to 4")
        if not 0.05 <= self.wall_thickness <= 0.3:
            raise ConfigError(f"wall_thickness is {self.wall_thickness} m; expected 0.05 to 0.3")
        if not 2.0 <= self.door_height < self.wall_height:
            raise ConfigError(
                f"door_height is {self.door_height} m; expected at least 2 and below the ceiling"
            )
        if not 0.0 <= self.clutter <= 1.0:
            raise ConfigError(f"clutter is {self.clutter}; expected 0 to 1")

    @property
    def levels(self) -> tuple[float, ...]:
        """Height of each floor in the world, metres; the lowest is 0."""
        return tuple(round(k * (self.wall_height + SLAB), 4) for k in range(self.floors))
