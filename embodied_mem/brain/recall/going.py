"""Goes to where something was done, on foot."""

from typing import Final, final

import numpy as np

from embodied_mem.brain.recall.answers import RecallAnswer
from embodied_mem.brain.recall.memory import EventMemory
from embodied_mem.brain.seeking.approach import Approach, ApproachConfig
from embodied_mem.brain.seeking.legs import Legs
from embodied_mem.brain.skill import Skill, Status
from embodied_mem.brain.skills import Senses
from embodied_mem.brain.walking import FollowPath
from embodied_mem.robots.body import Body
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.types import Observation

_CLOSE: Final = ApproachConfig(least=0.25, reach=0.6)
"""How near to a remembered place it stops: the thing itself may be small."""
_HALF: Final = 0.1
"""Half the side of the box that stands for a place above the floor, metres."""


def go_to_first_place(
    answer: RecallAnswer, body: Body, memory: EventMemory, max_ticks: int
) -> bool:
    """Walks to the first place of an answer over the floor that is known.

    Args:
        answer: What was answered; nothing is done where it has no place.
        body: A connected body.
        memory: Knows the floor; what is seen on the way goes into it.
        max_ticks: Ticks at most.

    Returns:
        Whether it got there.
    """
    if not answer.places:
        return False
    legs = Legs(body, _Around(memory))
    legs.left = max_ticks
    x, y, z = answer.places[0]
    navigator, gait = legs.cerebellum.navigator, legs.cerebellum.gait
    ways: list[Skill[Senses]] = []
    if z > 0.0:  # a thing, not the floor of a room
        middle = np.array([x, y, z])
        ways.append(Approach(middle - _HALF, middle + _HALF, navigator, gait, _CLOSE))
    ways.append(FollowPath((x, y), navigator, gait))
    return any(legs.run(way) is Status.SUCCEEDED for way in ways)


@final
class _Around:
    """An event memory as legs see it."""

    def __init__(self, memory: EventMemory) -> None:
        self._memory = memory

    @property
    def occupancy(self) -> Occupancy:
        """The map of the floor that the body is on."""
        return self._memory.hippocampus.scene.occupancy

    @property
    def frontiers(self) -> tuple[Frontier, ...]:
        """Where the known floor ends."""
        return self._memory.hippocampus.scene.frontiers

    def observe(self, observation: Observation) -> None:
        """Takes one observation in."""
        self._memory.observe(observation)

    def retire_frontier(self, frontier_id: str) -> None:
        """Gives up a frontier that cannot be reached."""
        self._memory.hippocampus.scene.retire_frontier(frontier_id)
