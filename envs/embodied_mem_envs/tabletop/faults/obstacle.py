"""The fault of the way: someone puts a big box where the hand is about to pass."""

from typing import final

import numpy as np

from embodied_mem_envs.tabletop.cell import TABLE_HIGH, TABLE_LOW
from embodied_mem_envs.tabletop.faults.active import ActiveFault
from embodied_mem_envs.tabletop.faults.stage import Order, Stage
from embodied_mem_envs.tabletop.layout import OBSTACLE_AT
from embodied_mem_envs.tabletop.poses import upright

OBSTACLE = "obstacle"
_SPEED = 0.08
_AHEAD = (0.14, 0.17, 0.20, 0.12)


@final
class BlockedPath(ActiveFault):
    """A box stands across the way of a hand that carries something; later it is taken away."""

    _last: tuple[int, float, float] | None = None

    def begin(self, stage: Stage, order: Order, victim: str) -> bool:
        """Puts the box ahead of the hand once the hand moves over the table."""
        x, y, _ = stage.tool.tolist()
        before, self._last = self._last, (stage.tick, x, y)
        if before is None or before[0] != stage.tick - 1:
            return False
        dx, dy = x - before[1], y - before[2]
        if np.hypot(dx, dy) / 0.005 < _SPEED:
            return False
        heading = float(np.arctan2(dy, dx))
        height = stage.kind(OBSTACLE).size[2]
        # The box is sunk into the table as far as it is too high: only what stands out matters.
        z = self.spec.size - 0.5 * height
        return any(
            self._on_table(x + ahead * np.cos(heading), y + ahead * np.sin(heading))
            and stage.try_pose(
                OBSTACLE,
                ((x + ahead * np.cos(heading), y + ahead * np.sin(heading), z), upright(heading)),
            )
            for ahead in _AHEAD
        )

    def go_on(self, stage: Stage, order: Order) -> bool:
        """Takes the box away after a while."""
        if self.lasting(stage, self.spec.seconds):
            return True
        stage.world.put(OBSTACLE, (OBSTACLE_AT, (0.0, 0.0, 0.0, 1.0)))
        return False

    def _on_table(self, x: float, y: float) -> bool:
        return TABLE_LOW[0] < x < TABLE_HIGH[0] and TABLE_LOW[1] < y < TABLE_HIGH[1]
