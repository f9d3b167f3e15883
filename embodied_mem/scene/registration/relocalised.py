"""A later visit that goes on in the remembered frame, wherever its odometry has its origin."""

from typing import Protocol, final

from embodied_mem.scene.registration.relocaliser import (
    GivenUp,
    Located,
    Relocaliser,
    Unsure,
    Whereabouts,
)
from embodied_mem.types import Observation

__all__ = ["RelocalisedMemory", "Remembering"]


class Remembering(Protocol):
    """Takes observations in: a `Hippocampus`, or what wraps one."""

    def observe(self, observation: Observation, /) -> object:
        """Takes one observation in."""

    def consolidate(self) -> None:
        """Brings every record up to date."""


@final
class RelocalisedMemory:
    """Holds the frames of a visit back until it is known where it began, and then takes them in.

    Nothing is remembered in a wrong frame: while it is not sure, and after it has given up, the
    memory stays as it is, and `waiting` holds what was seen, at most as many frames as the
    relocaliser has patience for.

    Args:
        memory: Takes in what is told in the remembered frame.
        relocaliser: Knows the remembered geometry; a fresh one for each visit.
    """

    def __init__(self, memory: Remembering, relocaliser: Relocaliser) -> None:
        self.memory = memory
        self.relocaliser = relocaliser
        self.whereabouts: Whereabouts = Unsure(frames=0, reasons=("nothing is seen yet",))
        """What is known by now of where the visit began."""
        self.waiting: list[Observation] = []
        """What was seen before that was known."""

    def observe(self, observation: Observation) -> Whereabouts:
        """Takes one observation in, at once or when it is known where.

        Raises:
            StoreFullError: If the disk is full or read-only.
            MissingExtraError: If Open3D is not there.
        """
        if isinstance(self.whereabouts, Located):
            self.memory.observe(observation.told_in(self.whereabouts.T_map_odometry))
            return self.whereabouts
        if isinstance(self.whereabouts, GivenUp):
            return self.whereabouts
        self.waiting.append(observation)
        self.whereabouts = self.relocaliser.observe(observation)
        if isinstance(self.whereabouts, Located):
            held, self.waiting = self.waiting, []
            for one in held:
                self.memory.observe(one.told_in(self.whereabouts.T_map_odometry))
        return self.whereabouts

    def consolidate(self) -> None:
        """Brings every record up to date."""
        self.memory.consolidate()
