"""Faults of things: pushed, turned, swapped or taken away just before they are grasped."""

from typing import final

import numpy as np

from embodied_mem_envs.tabletop.faults.active import ActiveFault
from embodied_mem_envs.tabletop.faults.stage import Order, Stage
from embodied_mem_envs.tabletop.poses import turned

_LOOSE = ((0.28, 0.50), (-0.32, 0.32))
_CLEAR = 0.03
_TRIES = 60


@final
class Translation(ActiveFault):
    """The thing is pushed aside, in a direction that is free."""

    def begin(self, stage: Stage, order: Order, victim: str) -> bool:
        """Pushes it."""
        (x, y, z), turn = stage.world.pose(victim)
        for angle in self.rng.uniform(0.0, 2 * np.pi, 16).tolist():
            step = self.spec.size
            at = (x + step * np.cos(angle), y + step * np.sin(angle), z)
            if stage.try_pose(victim, (at, turn)):
                return True
        return False


@final
class Rotation(ActiveFault):
    """The thing is turned about the vertical, to the left or to the right."""

    def begin(self, stage: Stage, order: Order, victim: str) -> bool:
        """Turns it, unless nobody could see that."""
        if stage.kind(victim).round:
            return False
        at, turn = stage.world.pose(victim)
        side = self.rng.choice([-1.0, 1.0])
        return any(
            stage.try_pose(victim, (at, turned(turn, way * self.spec.size)))
            for way in (side, -side)
        )


@final
class WrongObject(ActiveFault):
    """The thing and one that looks like it change places, each keeping its height."""

    reach = 0.13

    def begin(self, stage: Stage, order: Order, victim: str) -> bool:
        """Swaps them; nothing happens while nothing looks like it."""
        other = self._lookalike(stage, victim)
        if not other:
            return False
        (x, y, _), turn = stage.world.pose(victim)
        (u, v, _), other_turn = stage.world.pose(other)
        low = {name: stage.position(name)[2] for name in (victim, other)}
        shift = 0.5 * (stage.kind(other).size[2] - stage.kind(victim).size[2])
        stage.world.put(victim, ((u, v, low[other] - shift), turn))
        stage.world.put(other, ((x, y, low[victim] + shift), other_turn))
        return True

    def _lookalike(self, stage: Stage, victim: str) -> str:
        """Returns the thing most like it, one of its own kind first; empty where none is."""
        size, best, found = np.array(stage.kind(victim).size), np.inf, ""
        for name, placed in stage.things.items():
            if name == victim or placed.kind == "obstacle":
                continue
            apart = float(np.abs(np.array(stage.kind(name).size) - size).max())
            apart -= 1.0 if placed.kind == stage.things[victim].kind else 0.0
            if apart < min(best, self.spec.size + 1e-9):
                best, found = apart, name
        return found


@final
class ObjectMoved(ActiveFault):
    """The thing is taken away and put somewhere else on the table."""

    reach = 0.13

    def begin(self, stage: Stage, order: Order, victim: str) -> bool:
        """Puts it at a free spot at least as far away as the magnitude says."""
        size = stage.kind(victim).size
        old = stage.position(victim)
        for _ in range(_TRIES):
            x, y = (float(self.rng.uniform(*ends)) for ends in _LOOSE)
            if np.hypot(x - old[0], y - old[1]) < self.spec.size or not _free(stage, victim, x, y):
                continue
            turn = turned((0.0, 0.0, 0.0, 1.0), float(self.rng.uniform(-np.pi, np.pi)))
            if stage.try_pose(victim, ((x, y, 0.5 * size[2] + 0.0005), turn)):
                return True
        return False


def _free(stage: Stage, victim: str, x: float, y: float) -> bool:
    """Tells whether a hand has room around a thing that lies at a point."""
    own = 0.5 * float(np.hypot(*stage.kind(victim).size[:2]))
    for name in stage.things:
        if name != victim:
            at, size = stage.position(name), stage.kind(name).size
            if np.hypot(at[0] - x, at[1] - y) < own + 0.5 * np.hypot(size[0], size[1]) + _CLEAR:
                return False
    return True
