"""Place: find a free spot, go above it, down until it touches, let go gently, retreat."""

from collections.abc import Iterator
from typing import final

import numpy as np

from embodied_mem.brain.arm.boxes import opened_share
from embodied_mem.brain.arm.grasps import is_round
from embodied_mem.brain.arm.hand_skill import BadEndError, HandSkill, Workplace
from embodied_mem.brain.arm.held import box_pose
from embodied_mem.brain.arm.pick import ACCESSIBLE
from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.arm.spots import SPREAD, Carried, Spot, spots, spots_at
from embodied_mem.brain.state import State
from embodied_mem.types import Command, Float64Array

SLOW_FROM = 0.015
"""Height above touching down from which the hand goes slowly, m."""
CREEP_FROM = 0.005
"""And from which it creeps: something flat would ring on the table, m."""
FURTHER = 0.008
"""How much lower than expected a support is looked for, m."""


@final
class Place(HandSkill):
    """Puts what is held onto a thing, into a fixture, or at a point."""

    def __init__(
        self,
        workplace: Workplace,
        target: str,
        *,
        destination: str = "",
        point: tuple[float, ...] = (),
        yaw: float = float("nan"),
        shift: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Keeps the arguments.

        Args:
            workplace: The arm.
            target: Id of what is held.
            destination: Id of a thing or fixture; a point is needed where it is empty.
            point: x, y and, where its support's height is known, z, m.
            yaw: Turn of the thing's box at a point, rad; NaN for any.
            shift: Added to the spot, m (a retry's perturbation).
        """
        super().__init__(workplace)
        self._target, self._destination = target, destination
        self._point, self._yaw = point, yaw
        self._shift = np.array([*shift, 0.0])

    def can_execute(self, senses: ArmSenses) -> float:
        """0 where it is not held or the destination is unknown, shut, full or out of reach."""
        self.senses = senses
        if not self._holds(senses.state) or self._why_shut(senses.state):
            return 0.0
        found = self._find(senses.arm.joints)
        if found is None:
            return 0.0
        return 1.0 if found[0].drop == 0.0 else 0.8

    def _work(self) -> Iterator[Command]:
        if not self._holds(self.state):
            raise BadEndError(f"{self._target} is not in the hand")
        shut = self._why_shut(self.state)
        if shut:
            raise BadEndError(shut)
        found = self._find(self._joints)
        if found is None:
            raise BadEndError(f"no free spot within reach for {self._target}{self._where()}")
        spot, above = found
        yield from self.clear_low()
        yield from self.go(above, held=self._target, stop=self.lost)
        self._check()
        yield from self._lower(spot)
        yield from self._release(spot)

    # -- where -------------------------------------------------------------------------------------

    def _holds(self, state: State) -> bool:
        return state.hand is not None and state.hand.holding == self._target

    def _where(self) -> str:
        return f" at {self._destination}" if self._destination else ""

    def _why_shut(self, state: State) -> str:
        """Returns why the destination cannot take anything, empty where it can."""
        fixture = self.place.cell.get(self._destination)
        entity = state.entities.get(self._destination)
        if fixture is None and not self._point:
            if entity is None or self._destination == self._target:
                return f"{self._destination} is not known"
            return f"{self._destination} is not where it was believed" if entity.missing else ""
        if fixture is not None and fixture.kind == "chest":
            return "things are put into the chest's drawers, not into the chest"
        if fixture is not None and fixture.kind == "drawer":
            shut = opened_share(state, self._destination) < ACCESSIBLE
            return f"{self._destination} is not open" if shut else ""
        return ""

    def _find(self, near: Float64Array) -> tuple[Spot, Float64Array] | None:
        """Returns the best spot that the arm reaches, with the joints above it."""
        entity = self.state.entities[self._target]
        tool = self.model.tool_pose(self.senses.arm.joints)
        carried = Carried(
            T_tool_box=np.linalg.inv(tool) @ box_pose(entity),
            size=entity.size,
            opening=self.senses.arm.opening,
            round=is_round(entity),
        )
        cell, state = self.place.cell, self.state
        if self._point:
            point = np.array(self._point)
            ways = spots_at(cell, state, carried, self._target, point, self._yaw)
        else:
            ways = spots(cell, state, carried, self._target, self._destination)
        for _, spot in zip(range(6), ways, strict=False):
            lift = spot.above - float(spot.position[2])
            above = self.model.solve(self._shifted(spot, lift), near, restarts=3)
            if above is None:
                continue
            if self.model.solve(self._shifted(spot, spot.drop), above, restarts=0) is not None:
                return spot, above
        return None

    def _shifted(self, spot: Spot, lift: float) -> Float64Array:
        pose = spot.pose(lift)
        pose[:3, 3] += self._shift
        return pose

    # -- doing -------------------------------------------------------------------------------------

    def _check(self) -> None:
        if not self.gripping:
            raise BadEndError(f"lost {self._target} on the way")

    def _lower(self, spot: Spot) -> Iterator[Command]:
        """Goes down fast, then slowly until the thing touches down."""
        near = spot.drop + (SLOW_FROM if spot.drop == 0.0 else 0.0)
        yield from self.line(
            [self._shifted(spot, near)], self.config.descend, self.lost, settle=False
        )
        self._check()
        if spot.drop > 0.0:
            return
        calm = self.senses.arm.contact
        felt = False

        def touched() -> bool:
            nonlocal felt
            felt = felt or self.senses.arm.contact > calm + self.config.touched or self.lost()
            return felt

        for height, speed in ((CREEP_FROM, self.config.touch), (-FURTHER, self.config.creep)):
            if not felt:
                yield from self.line([self._shifted(spot, height)], speed, touched, settle=False)

    def _release(self, spot: Spot) -> Iterator[Command]:
        yield from self.fingers(self.senses.arm.opening + SPREAD)
        pose = self.model.tool_pose(self._joints)
        pose[2, 3] = max(spot.above, pose[2, 3] + 0.04)
        yield from self.line([pose], self.config.descend, retreat=True)
        if self.gripping:
            raise BadEndError(f"{self._target} does not come off the fingers")
