"""What may be chosen about an episode of goals."""

from dataclasses import dataclass, field

from embodied_mem.errors import ConfigError
from embodied_mem_envs.evaluation.metrics import SUCCESS_RADIUS
from embodied_mem_envs.tasks.house_world import HouseWorldConfig

STRICT_RADIUS = 0.25
"""The radius around a viewpoint that GOAT-Bench states (Khanna et al. 2024, section 3), metres."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LifelongNavConfig:
    """An episode of `lifelong_nav`."""

    subtasks: int | None = None
    """How many goals; 5 to 10, drawn from the seed, where not given."""
    visits: int | None = None
    """Over how many visits; 2 or 3, drawn from the seed, where not given."""
    success_radius: float = SUCCESS_RADIUS
    """Metres on foot from a viewpoint of a goal within which a stop is right."""
    moves: int = 4
    """Portable things that are moved between two visits, besides goals."""
    goals_moved: float = 0.8
    """Share of the portable things that were goals that is moved between two visits."""
    asked_again: float = 0.6
    """Share of the goals, after the first two, that were goals before..."""
    moved_again: float = 0.8
    """...and share of these that was moved since, where anything was."""
    portable: float = 0.6
    """Chance that a goal is drawn from the things that are carried about; others stay put."""
    on_the_way: float = 0.5
    """Share of the new goals that lie in a room where a goal lay before."""
    named_pictures: bool = True
    """Whether the words that come with a picture name the category of what it shows."""
    ticks_a_room: int = 60
    """A goal allows so many seconds, ticks of 1 s, a room..."""
    least_ticks: int = 300
    """...but never fewer than these."""
    world: HouseWorldConfig = field(default_factory=HouseWorldConfig)
    """The house and the body."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a value is out of its range.
        """
        if self.subtasks is not None and self.subtasks < 1:
            raise ConfigError(f"subtasks is {self.subtasks}; expected 1 or more")
        if self.visits is not None and self.visits < 1:
            raise ConfigError(f"visits is {self.visits}; expected 1 or more")
        if self.success_radius <= 0.0 or self.moves < 0:
            raise ConfigError(
                f"success_radius must be positive and moves not negative, got "
                f"{self.success_radius} and {self.moves}"
            )
        for name in ("goals_moved", "asked_again", "moved_again", "portable", "on_the_way"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected a share, 0 to 1")
        if self.ticks_a_room < 0 or self.least_ticks < 1:
            raise ConfigError(
                f"needs time to walk, got ticks_a_room={self.ticks_a_room}, "
                f"least_ticks={self.least_ticks}"
            )
