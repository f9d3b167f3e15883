"""A skill that walks into a room, to where one can stand nearest to its middle."""

from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.brain.navigation import Navigator
from embodied_mem.brain.skill import Status
from embodied_mem.brain.skills import STOP, Gait, Senses
from embodied_mem.brain.walking import FollowPath, WalkConfig
from embodied_mem.types import Command, Float64Array


@final
class EnterRoom:
    """Walks to the reachable spot of a room that is nearest to its middle.

    The middle itself may lie on furniture, far from any spot on which a body can stand: that of a
    bedroom is often on the bed.

    Args:
        middle: (2,) middle of the room, m.
        inside: Tells whether a (2,) world point lies in the room.
        navigator: Plans the way.
        gait: How the body walks.
        config: How the path is followed.
    """

    def __init__(
        self,
        middle: ArrayLike,
        inside: Callable[[Float64Array], bool],
        navigator: Navigator,
        gait: Gait,
        config: WalkConfig | None = None,
    ) -> None:
        self.status, self.reason = Status.RUNNING, ""
        self._middle = np.asarray(middle, np.float64)
        self._inside = inside
        self._navigator, self._gait = navigator, gait
        self._config = config or WalkConfig()
        self._walk: FollowPath | None = None

    def can_execute(self, senses: Senses) -> float:
        """1 where a spot of the room can be reached over the known floor, else 0."""
        return float(self._spot(senses) is not None)

    def enter(self, senses: Senses) -> None:
        """Chooses the spot; fails where the known floor leads to none."""
        spot = self._spot(senses)
        if spot is None:
            self.status = Status.FAILED
            self.reason = "no way over the known floor leads into the room"
            return
        self._walk = FollowPath(spot, self._navigator, self._gait, self._config)
        self._walk.enter(senses)

    def step(self, senses: Senses) -> Command:
        """Walks."""
        if self._walk is None:
            return STOP
        command = self._walk.step(senses)
        self.status, self.reason = self._walk.status, self._walk.reason
        return command

    def leave(self) -> None:
        """Leaves the walk."""
        if self._walk is not None:
            self._walk.leave()

    def _spot(self, senses: Senses) -> Float64Array | None:
        field = self._navigator.field(senses.occupancy, senses.pose.xy)
        cells, _ = field.reachable_cells()
        centres = senses.occupancy.centres_of(cells)
        for index in np.argsort(np.hypot(*(centres - self._middle).T), kind="stable"):
            spot: Float64Array = centres[index]
            if self._inside(spot):
                return spot
        return None
