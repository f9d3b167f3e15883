"""What really showed during a walk, and how much of the floor: taken from the truth."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.errors import ObservationError
from embodied_mem.types import AnyArray, Float64Array, Int64Array, Observation

SHOWN_PIXELS = 400
"""Pixels at 640x480 that an object must show to count; scaled with the area of the picture."""
SHOWN_RANGE = 3.5
"""Metres of depth within which pixels count."""
FREE = 1
"""The value of a free cell in `embodied_mem.scene.occupancy`."""


class ShownTracker:
    """Counts for each object of a house in how many frames it showed enough.

    An object shows enough in a frame if at least 400 of its pixels (at 640x480) have a valid
    depth of at most 3.5 m.
    """

    def __init__(self, object_ids: Iterable[str]) -> None:
        self.ids = tuple(sorted(object_ids))
        self.frames: Int64Array = np.zeros(len(self.ids), np.int64)
        """(N,) frames in which each of `ids` showed enough."""
        self._rows = {object_id: row for row, object_id in enumerate(self.ids)}

    def update(self, observation: Observation, instance_to_object: Mapping[int, str]) -> None:
        """Takes in one frame.

        Args:
            observation: A frame with instance ids; they are the simulator's true ones.
            instance_to_object: Object id of each instance id, as the house has it on this visit;
                objects that the tracker was not made with are ignored.

        Raises:
            ObservationError: If the observation has no instance ids.
        """
        if observation.instance is None:
            raise ObservationError("counting what showed needs instance ids; this frame has none")
        depth = observation.depth
        close = observation.instance[(depth > 0.0) & (depth <= SHOWN_RANGE)]
        pixels = np.bincount(close, minlength=1)
        needed = SHOWN_PIXELS * depth.size / (640 * 480)
        for instance in np.flatnonzero(pixels >= needed):
            row = self._rows.get(instance_to_object.get(int(instance), ""))
            if row is not None:
                self.frames[row] += 1

    def shown(self, min_frames: int = 1) -> list[str]:
        """Returns the sorted ids of the objects that showed enough in so many frames."""
        return [self.ids[row] for row in np.flatnonzero(self.frames >= min_frames)]


def floor_covered(reachable: ArrayLike, states_at: Callable[[Float64Array], AnyArray]) -> float:
    """Returns the share of the reachable floor that the agent's map knows to be free.

    Args:
        reachable: (M, 2) points of one floor, or (M, 3) of several, that stand for equal shares
            of the floor that the body can reach, metres.
        states_at: The map's state at such points, as `Occupancy.states_at` for one floor: 1 is
            free.
    """
    points = np.asarray(reachable, float)
    return float(np.mean(states_at(points) == FREE)) if len(points) else 1.0
