"""Wipe: to and fro over a zone, with something held that is pressed on lightly, or bare."""

from collections.abc import Iterator
from typing import final

import numpy as np

from embodied_mem.brain.arm.boxes import inside_of, opened_share, world_boxes
from embodied_mem.brain.arm.hand_shape import (
    TIP_BELOW,
    down_pose,
    easy_yaw,
    footprint_gaps,
    hand_boxes,
    hand_slack,
)
from embodied_mem.brain.arm.hand_skill import BadEndError, HandSkill, Workplace
from embodied_mem.brain.arm.held import box_pose
from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.state import State
from embodied_mem.types import Command, Float64Array

EDGE = 0.03
"""Margin of the zone that is left out, m."""
LANES = 0.045
"""Distance of the strokes, m."""
PRESS = 4.0
"""Force with which it presses, N."""
YIELD = 2e-6
"""How far the hand gives way a tick for each newton too much, m."""
FASTEST_YIELD = 2e-5
"""At most so far a tick, m."""
DEEPEST = 0.004
"""How far below or above the height of the first touch it may go, m."""
BARE = 0.001
"""Distance that bare fingers keep from the surface; steel on a table would ring, not wipe, m."""
APPROACH = 0.02
"""Height from which it goes down slowly, m."""


@final
class Wipe(HandSkill):
    """Wipes a zone with what is held, or with closed fingers."""

    def __init__(self, workplace: Workplace, zone: str) -> None:
        """Keeps the id of a zone, a tray or a table."""
        super().__init__(workplace)
        self._zone = zone
        self._raised = 0.0

    def can_execute(self, senses: ArmSenses) -> float:
        """0 where it is no surface, something stands on it, or a corner is out of reach."""
        self.senses = senses
        if self._why_not(senses.state):
            return 0.0
        poses = self._poses(senses.state)
        near = senses.arm.joints
        reached = [self.model.solve(pose, near) is not None for pose in poses]
        return 0.9 if reached and all(reached) else 0.0

    def _work(self) -> Iterator[Command]:
        reason = self._why_not(self.state)
        if reason:
            raise BadEndError(reason)
        poses = self._poses(self.state)
        if not poses:
            raise BadEndError(f"no room for the hand over {self._zone}")
        if not self.holding:
            self._width = 0.0
        first = poses[0].copy()
        first[2, 3] += APPROACH
        high = poses[0].copy()
        high[2, 3] += 0.10
        yield from self.clear_low()
        yield from self.go(self.joints_for(high, self._zone), held=self.holding)
        if not self.holding:
            yield from self.fingers(0.0)
        yield from self.line([first], self.config.descend)
        if self.holding:
            yield from self._touch(poses[0])
            yield from self._strokes(poses)
        else:
            yield from self.line(poses[:1], self.config.touch)
            yield from self.line(poses[1:], self.config.slide)
        yield from self.raise_hand(0.10)

    # -- where -------------------------------------------------------------------------------------

    def _why_not(self, state: State) -> str:
        fixture = self.place.cell.get(self._zone)
        if fixture is None or fixture.kind not in ("zone", "tray", "table"):
            return f"{self._zone} is no surface to wipe"
        low, high = inside_of(fixture)
        for name, entity in state.entities.items():
            if entity.kind != "object" or entity.missing or name == self.holding:
                continue
            reach = 0.5 * float(np.linalg.norm(entity.size[:2]))
            inside = (entity.position[:2] > low[:2] - reach).all()
            if inside and (entity.position[:2] < high[:2] + reach).all():
                return f"{name} stands on {self._zone}"
        return ""

    def _corners(self, state: State) -> list[Float64Array]:
        """Returns the (3,) ends of the strokes, in order, along the zone's longer side."""
        low, high = inside_of(self.place.cell[self._zone], opened_share(state, self._zone))
        margin = np.array([EDGE, EDGE, 0.0])
        low, high = low + margin, high - margin
        long, short = (0, 1) if high[0] - low[0] > high[1] - low[1] else (1, 0)
        count = max(2, 1 + int(np.ceil((high[short] - low[short]) / LANES)))
        corners = []
        for index, across in enumerate(np.linspace(low[short], high[short], count)):
            ends = (low[long], high[long]) if index % 2 == 0 else (high[long], low[long])
            for end in ends:
                corner = np.array([0.0, 0.0, low[2]])
                corner[long], corner[short] = end, across
                corners.append(corner)
        return corners

    def _below(self, state: State) -> float:
        """Returns how far what wipes reaches below the tool, m."""
        entity = state.entities.get(self.holding)
        if entity is None:
            return TIP_BELOW + BARE
        tool = self.model.tool_pose(self.senses.arm.joints)
        lowest = float(box_pose(entity)[2, 3] - 0.5 * entity.size[2])
        return max(TIP_BELOW, float(tool[2, 3]) - lowest)

    def _poses(self, state: State) -> list[Float64Array]:
        """Returns the tool's poses at the ends of the strokes; none where the hand has no room."""
        raised = np.array([0.0, 0.0, self._below(state)])
        ends = np.array(self._corners(state)) + raised
        around = world_boxes(self.place.cell, state, leave_out=("table", self._zone, self.holding))
        count = len(ends)
        for direction in (0.0, 0.5 * np.pi):
            yaws = np.array([easy_yaw(ends.mean(axis=0), direction)] * count)
            hands = hand_boxes(ends, yaws, np.full(count, self.senses.arm.opening))
            if not around.names or footprint_gaps(hands, around, hand_slack(count)).min() > 0.0:
                return [down_pose(end, float(yaws[0])) for end in ends]
        return []

    # -- doing -------------------------------------------------------------------------------------

    def _touch(self, pose: Float64Array) -> Iterator[Command]:
        calm = self.senses.arm.contact
        near, lowest = pose.copy(), pose.copy()
        near[2, 3] += DEEPEST
        lowest[2, 3] -= DEEPEST
        yield from self.line([near], self.config.touch, settle=False)
        yield from self.line(
            [lowest],
            self.config.creep,
            lambda: self.senses.arm.contact > calm + 0.5 * self.config.touched,
            settle=False,
        )
        self._height = float(self.model.tool_pose(self._joints)[2, 3])

    def _strokes(self, poses: list[Float64Array]) -> Iterator[Command]:
        """Follows the strokes and yields upwards where it presses too hard, down where not."""
        level = [pose.copy() for pose in poses]
        for pose in level:
            pose[2, 3] = self._height
        for pose in level[1:]:
            start = self.model.tool_pose(self._joints)
            start[2, 3] = self._height
            motion = self.place.planner.line(
                self.joints_for(start, self._zone), [pose], metres_per_second=self.config.slide
            )
            for joints in motion.joints:
                yield self._pressed(joints)
                if self._bumped():
                    yield from self.raise_hand(0.10)
                    raise BadEndError(f"hit something while wiping {self._zone}")

    def _pressed(self, joints: Float64Array) -> Command:
        excess = YIELD * (self.senses.arm.contact - PRESS)
        self._raised += float(np.clip(excess, -FASTEST_YIELD, FASTEST_YIELD))
        self._raised = float(np.clip(self._raised, -DEEPEST, DEEPEST))
        jacobian = self.model.jacobian(joints)
        way = np.array([0.0, 0.0, self._raised, 0.0, 0.0, 0.0])
        self._joints = joints + jacobian.T @ np.linalg.solve(
            jacobian @ jacobian.T + 1e-6 * np.eye(6), way
        )
        return self._hold()
