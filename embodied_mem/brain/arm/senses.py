"""What an arm's skills are told each tick."""

from dataclasses import dataclass

from embodied_mem.brain.state import State
from embodied_mem.robots.arm import ArmState


@dataclass(frozen=True, slots=True, eq=False)
class ArmSenses:
    """The arm's own sensors beside what the brain believes of the world."""

    arm: ArmState
    state: State
