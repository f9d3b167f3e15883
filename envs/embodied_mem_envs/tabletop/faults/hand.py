"""Faults of the hand: it lets go, its rubber slips, it sticks."""

from typing import final

from embodied_mem_envs.tabletop.faults.active import ActiveFault
from embodied_mem_envs.tabletop.faults.stage import Order, Stage
from embodied_mem_envs.tabletop.physics import FINGER_FORCE

_GRAVITY = 9.81
_DRIES = 60
"""Ticks."""


@final
class IncompleteGrasp(ActiveFault):
    """The fingers spring back a little as soon as both touch, until they are opened again."""

    _least = 0.0

    def begin(self, stage: Stage, order: Order, victim: str) -> bool:
        """Notes where the fingers touched."""
        if victim not in stage.held:
            return False
        self._least = stage.opening + self.spec.size
        return True

    def go_on(self, stage: Stage, order: Order) -> bool:
        """Keeps the fingers apart."""
        if order.width > self._least:
            return False
        order.width = self._least
        return True


@final
class Slip(ActiveFault):
    """The fingers' friction falls to what carries only a part of the weight between them.

    They are dry again when they are opened, when they have held nothing for a moment, or in time.
    """

    _empty = 0

    def begin(self, stage: Stage, order: Order, victim: str) -> bool:
        """Makes the fingers slippery."""
        thing = stage.kind(victim)
        carried = (1.0 - self.spec.size) * thing.mass * _GRAVITY / (2.0 * FINGER_FORCE)
        stage.world.set_rubber(carried / thing.friction, 0.0)
        stage.world.renew_contacts(victim)
        return True

    def go_on(self, stage: Stage, order: Order) -> bool:
        """Gives the fingers their friction back once it is over."""
        self._empty = 0 if stage.held else self._empty + 1
        slippery = order.width < stage.opening + 0.01 and self._empty < _DRIES
        if slippery and self.lasting(stage, self.spec.seconds):
            return True
        stage.world.set_rubber()
        return False


@final
class GripperJam(ActiveFault):
    """The fingers stay where they are for a while, whatever they are told."""

    _stuck = 0.0

    def begin(self, stage: Stage, order: Order, victim: str) -> bool:
        """Notes where the fingers are."""
        self._stuck = stage.opening
        return True

    def go_on(self, stage: Stage, order: Order) -> bool:
        """Keeps them there."""
        order.width = self._stuck
        return self.lasting(stage, self.spec.size)
