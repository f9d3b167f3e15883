"""What may be chosen about an episode of recall."""

from dataclasses import dataclass, field

from embodied_mem.errors import ConfigError
from embodied_mem_envs.house.body import CameraConfig

RADIUS = 1.0
"""Metres over the floor from the box of a thing within which a place is right."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecallConfig:
    """An episode of `recall`."""

    rooms: int | None = None
    """How many rooms; 3 to 6, drawn from the seed, where not given."""
    visits: int | None = None
    """How many visits; 2 or 3, drawn from the seed, where not given."""
    carries: int = 4
    """Things that the robot carries elsewhere in each visit."""
    moves: int = 2
    """Things that somebody else moves between two visits."""
    asks: int = 60
    """Asks at the end, each of another template."""
    walked: int | None = 0
    """So many of the asks for one place are to be walked to, by the body. None: all of them, and
    nothing is asked that wants several places."""
    walk_ticks: int = 300
    """Ticks for such a walk."""
    camera: CameraConfig = field(default_factory=lambda: CameraConfig(width=160, height=120))
    """The camera of the robot."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a count is too small.
        """
        if self.visits is not None and not 1 <= self.visits <= 6:
            raise ConfigError(f"visits is {self.visits}; expected 1 to 6")
        if self.carries < 2 or min(self.moves, self.walked or 0) < 0 or self.asks < 1:
            raise ConfigError(
                f"expected at least 2 carries, 1 ask and no negative count, got {self.carries} "
                f"carries, {self.asks} asks, {self.moves} moves and {self.walked} walks"
            )
        if self.walk_ticks < 1:
            raise ConfigError(f"walk_ticks is {self.walk_ticks}; expected at least 1")
