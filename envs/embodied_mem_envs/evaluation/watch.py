"""Keeps the truth of a walk beside it, without the walker knowing."""

from collections.abc import Callable
from typing import final

import msgspec
import numpy as np

from embodied_mem.robots.forwarded import ForwardedBody
from embodied_mem.types import AnyArray, Command, Float64Array, Observation
from embodied_mem_envs.evaluation.shown import ShownTracker, floor_covered
from embodied_mem_envs.house import House
from embodied_mem_envs.simulators import BodyInHouse


class Progress(msgspec.Struct, frozen=True, array_like=True):
    """How much of the floor was known after how long a way."""

    metres: float
    covered: float


@final
class WatchedBody(ForwardedBody[BodyInHouse]):
    """A body in a house that counts what shows, the way walked, and the floor that is known.

    It is the body that it wraps to whoever drives it; what it counts is for the evaluation only.
    """

    def __init__(self, body: BodyInHouse) -> None:
        super().__init__(body)
        self._house = body.house
        self._reachable = reachable_points(body.house, body.radius)
        self._xy = np.array(body.true_pose[:2])
        self.tracker = ShownTracker(item.id for item in body.house.objects)
        self.metres = 0.0
        """Length of the way walked so far, by the true poses, metres."""
        self.progress: list[Progress] = []
        """What `sample` noted, in the order of time."""

    def connect(self) -> None:
        """Connects the wrapped body."""
        self._body.connect()

    def observe(self) -> Observation:
        """Observes, and counts what showed."""
        observation = self._body.observe()
        self.tracker.update(observation, self._house.instance_to_object)
        return observation

    def act(self, command: Command) -> Command:
        """Acts, and measures the way."""
        sent = self._body.act(command)
        xy = np.array(self._body.true_pose[:2])
        self.metres += float(np.linalg.norm(xy - self._xy))
        self._xy = xy
        return sent

    def sample(self, states_at: Callable[[Float64Array], AnyArray]) -> Progress:
        """Notes the way walked and the floor known until now.

        Args:
            states_at: The driver's own maps: the states at (M, 3) points on the floors, 1 for free.
        """
        covered = floor_covered(self._reachable, states_at)
        now = Progress(metres=round(self.metres, 3), covered=round(covered, 5))
        self.progress.append(now)
        return now


def reachable_points(house: House, radius: float = 0.18, cell: float = 0.1) -> Float64Array:
    """Returns (M, 3) centres of the cells of all floors that a body can reach from the start."""
    points = []
    for floor, level in enumerate(house.levels):
        mask, origin = house.reachable_floor(radius, cell, floor)
        rows, columns = np.nonzero(mask)
        x, y = origin[0] + (columns + 0.5) * cell, origin[1] + (rows + 0.5) * cell
        points.append(np.stack([x, y, np.full(len(x), level)], axis=1))
    return np.concatenate(points)
