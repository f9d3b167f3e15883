"""What may be chosen about an episode of questions."""

from dataclasses import dataclass, field
from typing import Literal

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem_envs.tasks.house_world import HouseWorldConfig

Mode = Literal["active", "episodic"]
MODES: tuple[Mode, ...] = ("active", "episodic")


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionAnsweringConfig:
    """An episode of `question_answering`."""

    mode: Mode = "active"
    """`active`: asked in an unknown house, explore, then answer. `episodic`: a walk through the
    house is shown, then questions are answered from memory."""
    questions: int | None = None
    """How many questions; 1 (`active`) or 6 (`episodic`) where not given."""
    options: int = 4
    """How many answers to choose from, where there are as many; yes and no are two."""
    ticks_a_room: int = 100
    """A question of mode `active` allows so many seconds, ticks of 1 s, a room..."""
    least_ticks: int = 300
    """...but never fewer than these."""
    least_metres: float = 3.0
    """The body wakes where the answer shows only after this far a way, in a dozen places tried."""
    world: HouseWorldConfig = field(default_factory=HouseWorldConfig)
    """The house and the body."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a value is out of its range.
        """
        if self.mode not in MODES:
            raise unknown_name("mode", self.mode, MODES)
        if self.options < 2 or (self.questions is not None and self.questions < 1):
            raise ConfigError(
                f"needs at least 2 options and 1 question, got options={self.options}, "
                f"questions={self.questions}"
            )
        if self.ticks_a_room < 0 or self.least_ticks < 1:
            raise ConfigError(
                f"needs time to explore, got ticks_a_room={self.ticks_a_room}, "
                f"least_ticks={self.least_ticks}"
            )

    @property
    def count(self) -> int:
        """How many questions an episode has."""
        return self.questions or (1 if self.mode == "active" else 6)
