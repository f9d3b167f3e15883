"""Looks for stairs where none were seen on the way: round about, from place to place."""

from typing import final

import cv2
import numpy as np

from embodied_mem.scene.graph import SceneGraph
from embodied_mem.types import Float64Array

_APART = 1.2
"""Places to look from lie at least so far from each other and from where was looked before, m."""
_MOST = 12
"""So many places at most."""
_ROOM = 0.22
"""Free space that a body wants around itself where it looks about, m."""
_BESIDE = 1.0
"""What is that near to the body is beside it, m."""


@final
class StairSearch:
    """Where to look about for stairs once a floor is explored and none is known.

    A flight behind a parapet shows its steps from few places only, which exploring need not come
    by. Only a body that climbs looks, and only while it knows of one floor alone.
    """

    def __init__(self, max_step: float) -> None:
        """Begins with nothing looked at.

        Args:
            max_step: The highest step that the body gets up, m; 0 for one that keeps off stairs.
        """
        self._max_step = max_step
        self._looked: list[Float64Array] = []
        self._searched = 0

    def note(self, xy: Float64Array) -> None:
        """Hears of a place, (2,) metres, at which the body was."""
        if self._max_step > 0.0:
            self._looked.append(np.asarray(xy, np.float64).copy())

    def next(self, scene: SceneGraph, xy: Float64Array) -> Float64Array | None:
        """Returns the next place to look about from, (2,) metres; None where none is left."""
        alone = len(scene.floors) == 1 and not scene.stairs
        if self._max_step <= 0.0 or not alone or self._searched >= _MOST:
            return None
        places = _reachable(scene, xy)
        if not len(places):
            return None
        looked = np.array(self._looked).reshape(-1, 2)
        apart = np.linalg.norm(places[:, None] - looked[None], axis=2).min(axis=1, initial=np.inf)
        best = int(apart.argmax())
        if apart[best] < _APART:
            return None
        self._searched += 1
        place: Float64Array = places[best]
        self.note(place)
        return place


def _reachable(scene: SceneGraph, xy: Float64Array) -> Float64Array:
    """Returns the (n, 2) centres of wide free cells of the region that the body is in."""
    occupancy = scene.occupancy
    free = occupancy.traversable(_ROOM)
    _, regions = cv2.connectedComponents(free.astype(np.uint8), connectivity=4)
    cells = np.argwhere(free)
    if not len(cells):
        return np.zeros((0, 2))
    centres = occupancy.centres_of(cells)
    names = regions[cells[:, 0], cells[:, 1]]
    # Where the body stands may be too narrow for looking about: the widest region beside it counts.
    away = np.linalg.norm(centres - xy, axis=1)
    beside = names[away <= max(_BESIDE, float(away.min()))]
    region: Float64Array = centres[names == np.bincount(beside, minlength=2).argmax()]
    return region
