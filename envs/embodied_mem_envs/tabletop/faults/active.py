"""A fault at work: it waits for its trigger, acts, ends, and remembers when."""

from abc import ABC, abstractmethod
from typing import final

import numpy as np

from embodied_mem.types import Float32Array, UInt8Array
from embodied_mem_envs.tabletop.faults.spec import FaultSpec
from embodied_mem_envs.tabletop.faults.stage import Order, Stage
from embodied_mem_envs.tabletop.physics import SECONDS

_CLOSING = 0.004
_LIFTED = 0.04
_BESIDE = 0.04


class ActiveFault(ABC):
    """One fault of one body."""

    reach = 0.035
    """How far above the top of a thing the hand still is when it counts as coming down, m."""

    def __init__(self, spec: FaultSpec, rng: np.random.Generator) -> None:
        self.spec = spec
        self.rng = rng
        self.fired_at: int | None = None
        """Tick at which it began to act; None while it has not."""
        self.ended_at: int | None = None
        """Tick at which it stopped acting by itself; None before, or where it has no end."""
        self.victim = ""
        """Name of the thing that it met."""
        self._count = 0
        self._raised = False
        self._grasped_at = 0.0

    @final
    def act(self, stage: Stage, order: Order) -> None:
        """Changes the world or the order of this tick, where it is time."""
        if self.fired_at is None:
            victim = self._triggered(stage, order)
            if victim is None or not self.begin(stage, order, victim):
                return
            self.fired_at, self.victim = stage.tick, victim
        if self.ended_at is None and not self.go_on(stage, order):
            self.ended_at = stage.tick

    @abstractmethod
    def begin(self, stage: Stage, order: Order, victim: str) -> bool:
        """Does what happens once; False where it cannot happen now and is to be tried again."""

    def go_on(self, stage: Stage, order: Order) -> bool:
        """Does what happens at every tick from then on; False once it is over."""
        return False

    def see(
        self, tick: int, rgb: UInt8Array, depth: Float32Array
    ) -> tuple[UInt8Array, Float32Array]:
        """Changes a picture."""
        return rgb, depth

    def lasting(self, stage: Stage, seconds: float) -> bool:
        """Tells whether less than `seconds` have gone by since it fired."""
        return self.fired_at is None or (stage.tick - self.fired_at) * SECONDS < seconds

    def _triggered(self, stage: Stage, order: Order) -> str | None:
        """Returns the victim (perhaps nobody in particular) once it is time, else None."""
        if self.spec.when == "tick":
            due = stage.tick >= self.spec.at
            return (self.spec.target or stage.below(np.inf)) if due else None
        victim = {
            "approach": self._approached,
            "grasp": self._grasped,
            "carry": self._carried,
        }[self.spec.when](stage, order)
        if victim and not self._raised:
            self._count += 1
        self._raised = bool(victim)
        return victim if victim and self._count >= self.spec.occurrence else None

    def _approached(self, stage: Stage, order: Order) -> str:
        if stage.held:
            return ""
        name = stage.below(_BESIDE, self.spec.target)
        if not name or order.width < stage.kind(name).grasp_width:
            return ""
        return name if stage.above_top(name) < self.reach else ""

    def _grasped(self, stage: Stage, order: Order) -> str:
        name = stage.below(_BESIDE, self.spec.target)
        closing = order.width < stage.opening - _CLOSING or stage.held
        near = name and stage.above_top(name) < 0.0
        return name if closing and near else ""

    def _carried(self, stage: Stage, order: Order) -> str:
        held = [name for name in stage.held if self.spec.target in ("", name)]
        if not held:
            self._grasped_at = float(stage.tool[2])
            return ""
        return held[0] if stage.tool[2] > self._grasped_at + _LIFTED else ""
