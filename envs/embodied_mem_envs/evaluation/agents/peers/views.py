"""At what moments 3D-Mem takes a view: three a metre of way, nine a full turn."""

from typing import Final, final

import numpy as np

from embodied_mem.types import Float64Array
from embodied_mem_envs.evaluation.agents.peers.look import Look

METRES: Final = 1.0 / 3.0
"""A step of 1 m has three views."""
RADIANS: Final = 2.0 * np.pi / 9.0
"""Views of the first look around are 40 degrees apart."""


@final
class ViewClock:
    """Counts way and turns, and tells when the next view is due."""

    def __init__(self) -> None:
        self._last: tuple[Float64Array, float] | None = None
        self._way = self._turn = 0.0

    def restart(self) -> None:
        """Hears that the body is somewhere else: the next look is a view."""
        self._last = None

    def is_due(self, look: Look) -> bool:
        """Tells whether a look is a view."""
        if self._last is None:
            self._last = (look.position, look.heading)
            return True
        position, heading = self._last
        turn = abs((look.heading - heading + np.pi) % (2.0 * np.pi) - np.pi)
        before = (int(self._way / METRES + 1e-6), int(self._turn / RADIANS + 1e-6))
        self._way += float(np.hypot(*(look.position - position)[:2]))
        self._turn += float(turn)
        self._last = (look.position, look.heading)
        return before != (int(self._way / METRES + 1e-6), int(self._turn / RADIANS + 1e-6))
