"""Push: slide a thing along the table with closed fingers."""

from collections.abc import Iterator
from typing import final

import numpy as np

from embodied_mem.brain.arm.boxes import inside_of
from embodied_mem.brain.arm.hand_shape import TIP_BELOW, down_pose, easy_yaw
from embodied_mem.brain.arm.hand_skill import BadEndError, HandSkill, Workplace
from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.state import Entity, State
from embodied_mem.types import Command, Float64Array

NEAR_ENOUGH = 0.015
"""Distance from the point at which a thing counts as there, m."""
BEHIND = 0.02
"""Room between the fingers and the thing where the hand comes down, m."""
FINGER_HALF = 0.0105
"""Half the fingers' thickness along the way, m."""
LONGEST = 0.10
"""Length of one push; after it the thing's pose is read anew, m."""
ROUNDS = 6
"""How many pushes one skill makes at most."""


@final
class Push(HandSkill):
    """Pushes a thing in straight lines towards a point, each round from where it then is."""

    def __init__(
        self,
        workplace: Workplace,
        target: str,
        *,
        point: tuple[float, ...] = (),
        destination: str = "",
    ) -> None:
        """Keeps the arguments.

        Args:
            workplace: The arm.
            target: Id of the thing.
            point: x and y to which its middle is pushed, m.
            destination: A zone or the table to push it onto where no point is given.
        """
        super().__init__(workplace)
        self._target, self._point, self._destination = target, point, destination

    def can_execute(self, senses: ArmSenses) -> float:
        """0 where the hand is full, the thing is not on the table, or it is out of reach."""
        self.senses = senses
        entity = senses.state.entities.get(self._target)
        hand = senses.state.hand
        if entity is None or entity.missing or entity.kind != "object" or entity.place == "hand":
            return 0.0
        if self.gripping or (hand is not None and hand.holding) or self._why_not(entity):
            return 0.0
        goal = self._goal(senses.state, entity)
        if goal is None or self._above(entity, goal) is None:
            return 0.0
        end = self._pose(entity, goal - self._way(entity, goal) * self._lead(entity, goal), goal)
        return 0.7 if self.model.solve(end, senses.arm.joints) is not None else 0.0

    def _work(self) -> Iterator[Command]:
        before = np.inf
        for _ in range(ROUNDS):
            entity = self.entity(self._target)
            reason = self._why_not(entity)
            goal = self._goal(self.state, entity)
            if reason or goal is None:
                raise BadEndError(reason or f"{self._destination} cannot be pushed onto")
            left = float(np.linalg.norm(goal - entity.position[:2]))
            if left < NEAR_ENOUGH:
                return
            if left > before - 0.005:
                raise BadEndError(f"{self._target} does not go where it is pushed")
            before = left
            yield from self._once(entity, goal, min(left, LONGEST))
        raise BadEndError(f"{self._target} is not there after {ROUNDS} pushes")

    # -- where -------------------------------------------------------------------------------------

    def _why_not(self, entity: Entity) -> str:
        fixture = self.place.cell.get(entity.place)
        if fixture is not None and fixture.kind not in ("table", "zone"):
            return f"{self._target} is in {entity.place}, where there is no room to push"
        return ""

    def _goal(self, state: State, entity: Entity) -> Float64Array | None:
        """Returns (2,) where the thing's middle is to be, m."""
        if self._point:
            return np.array(self._point[:2])
        fixture = self.place.cell.get(self._destination)
        if fixture is None or fixture.kind not in ("table", "zone"):
            return None
        low, high = inside_of(fixture)
        room = 0.5 * entity.size[:2].max() + 0.01
        return np.asarray(np.clip(entity.position[:2], low[:2] + room, high[:2] - room))

    def _way(self, entity: Entity, goal: Float64Array) -> Float64Array:
        way = goal - entity.position[:2]
        return np.asarray(way / max(float(np.linalg.norm(way)), 1e-9))

    def _lead(self, entity: Entity, goal: Float64Array) -> float:
        """Returns the distance from the tool to the thing's middle while it is pushed, m."""
        x, y = self._way(entity, goal)
        cosine, sine = np.cos(entity.yaw), np.sin(entity.yaw)
        along = np.abs([x * cosine + y * sine, y * cosine - x * sine])
        if min(entity.size[:2]) > 0.9 * max(entity.size[:2]):
            return 0.5 * float(along @ entity.size[:2]) + FINGER_HALF
        ways = 0.5 * entity.size[:2] / np.maximum(along, 1e-6)
        return float(ways.min()) + FINGER_HALF

    def _pose(self, entity: Entity, at: Float64Array, goal: Float64Array) -> Float64Array:
        """Returns the tool's pose at (2,), the fingers side by side across the way."""
        way = self._way(entity, goal)
        base = float(entity.position[2] - 0.5 * entity.size[2])
        height = max(TIP_BELOW + 0.004, 0.35 * float(entity.size[2]))
        position = np.array([at[0], at[1], base + height])
        return down_pose(position, easy_yaw(position, float(np.arctan2(way[0], -way[1]))))

    def _start(self, entity: Entity, goal: Float64Array) -> Float64Array:
        lead = self._lead(entity, goal) + BEHIND
        return self._pose(entity, entity.position[:2] - lead * self._way(entity, goal), goal)

    def _above(self, entity: Entity, goal: Float64Array) -> Float64Array | None:
        pose = self._start(entity, goal)
        pose[2, 3] += float(entity.size[2]) + 0.05
        return self.model.solve(pose, self.senses.arm.joints)

    # -- doing -------------------------------------------------------------------------------------

    def _once(self, entity: Entity, goal: Float64Array, length: float) -> Iterator[Command]:
        above = self._above(entity, goal)
        if above is None:
            raise BadEndError(f"the far side of {self._target} is out of reach")
        self._width = 0.0
        yield from self.go(above)
        yield from self.fingers(0.0)
        start = self._start(entity, goal)
        yield from self.down_to(start)
        way = self._way(entity, goal)
        reached = entity.position[:2] + way * length - way * self._lead(entity, goal)
        end = self._pose(entity, reached, goal)
        end[:3, :3] = start[:3, :3]
        yield from self.line([end], self.config.slide)
        back = end.copy()
        back[:2, 3] -= 0.01 * way
        yield from self.line([back], self.config.slide, settle=False)
        yield from self.raise_hand(float(entity.size[2]) + 0.05)
        yield from self.wait(0.1)
