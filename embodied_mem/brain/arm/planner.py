"""Ways past what stands in between: straight first, then over the top, then over home."""

from collections.abc import Collection, Iterator
from typing import final

import numpy as np

from embodied_mem.brain.arm.boxes import Boxes, world_boxes
from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.brain.arm.motion import Motion, MotionLimits, joint_motion, line_motion
from embodied_mem.brain.state import State
from embodied_mem.errors import EmbodiedMemError
from embodied_mem.robots.arm import WorkCell
from embodied_mem.types import Float64Array

MARGIN = 0.008
"""Distance that the arm's spheres keep from every box, m."""
DEEPER = 0.006
"""How much closer than at the start or the goal it may come to what it is closer to there, m."""
OVERLAP = 0.03
"""How deep the spheres may reach into a box at the goal, since they are larger than links, m."""
CHECK_STEP = 0.05
"""Largest change of a joint between two postures that are checked, rad."""
HEIGHTS = (0.20, 0.30, 0.42)
"""Heights of the tool at which a detour crosses, m."""


class NoWayError(EmbodiedMemError):
    """No motion reaches the goal; the message says what stands in between."""


@final
class Planner:
    """Plans motions of one arm in one work cell."""

    def __init__(self, model: ArmModel, cell: WorkCell, limits: MotionLimits) -> None:
        self.model = model
        self.cell = cell
        self.limits = limits

    def reach(
        self,
        start: Float64Array,
        goal: Float64Array,
        state: State,
        *,
        held: Float64Array | None = None,
        leave_out: Collection[str] = (),
        velocity: Float64Array | None = None,
        limits: MotionLimits | None = None,
        unseen: Boxes | None = None,
    ) -> Motion:
        """Plans to a posture, past everything that is believed to be there.

        Args:
            start: (J,) where the arm is, rad.
            goal: (J,) where it is to be, rad.
            state: What is believed.
            held: (H, 4) spheres of what is held, in the tool's frame.
            leave_out: Ids of what may be touched.
            velocity: (J,) speed at the start, rad/s.
            limits: How briskly; the planner's own where None.
            unseen: What stands there besides.

        Raises:
            NoWayError: If every way is blocked.
        """
        boxes = world_boxes(self.cell, state, leave_out=leave_out)
        if unseen is not None:
            boxes = boxes.and_also(unseen)
        blocked = ""
        for waypoints in self._ways(start, goal):
            motion = joint_motion(self.model, waypoints, limits or self.limits, velocity=velocity)
            if motion is None:
                continue
            hit = self.first_hit(start, motion, boxes, held)
            if not hit:
                return motion
            blocked = blocked or hit
        raise NoWayError(f"{blocked or 'a joint limit'} is in the way")

    def line(
        self, start: Float64Array, poses: list[Float64Array], *, metres_per_second: float
    ) -> Motion:
        """Plans straight lines of the tool; what they may hit is the caller's to know.

        Raises:
            NoWayError: If the tool cannot go there in straight lines.
        """
        motion = line_motion(
            self.model, start, poses, self.limits, metres_per_second=metres_per_second
        )
        if motion is None:
            x, y, z = poses[-1][:3, 3]
            raise NoWayError(f"no straight line of the hand to ({x:.2f}, {y:.2f}, {z:.2f})")
        return motion

    def first_hit(
        self, start: Float64Array, motion: Motion, boxes: Boxes, held: Float64Array | None
    ) -> str:
        """Returns the name of what a motion would hit, empty where it hits nothing.

        What is closer than the margin at the start may stay so, and at the goal too, as far as
        the spheres are larger than the links.
        """
        postures = _thin_out(np.concatenate([start[None], motion.joints]))
        spheres = self.model.spheres_along(postures, held=held)[:, self.model.base_spheres :]
        flat = spheres.reshape(-1, 4)
        reach = flat[:, 3:] + MARGIN
        near = boxes.near((flat[:, :3] - reach).min(axis=0), (flat[:, :3] + reach).max(axis=0))
        if not near.names:
            return ""
        gaps = near.gaps(flat).reshape(len(postures), -1, len(near.names)).min(axis=1)
        ends = np.minimum(gaps[0], np.where(gaps[-1] > -OVERLAP, gaps[-1], np.inf))
        allowed = np.minimum(MARGIN, ends - DEEPER)
        deepest = (gaps - allowed).min(axis=0)
        worst = int(deepest.argmin())
        return near.names[worst] if deepest[worst] < 0.0 else ""

    def _ways(self, start: Float64Array, goal: Float64Array) -> Iterator[list[Float64Array]]:
        """Yields sequences of postures from start to goal, the shortest first."""
        yield [start, goal]
        here, there = self.model.tool_pose(start), self.model.tool_pose(goal)
        for height in HEIGHTS:
            raised = self._above(here, height, start)
            over = self._above(there, height, goal)
            if raised is not None and over is not None:
                yield [start, raised, over, goal]
        yield [start, self.model.home, goal]
        raised, over = self._above(here, HEIGHTS[0], start), self._above(there, HEIGHTS[0], goal)
        if raised is not None and over is not None:
            yield [start, raised, self.model.home, over, goal]

    def _above(self, pose: Float64Array, height: float, near: Float64Array) -> Float64Array | None:
        raised = pose.copy()
        raised[2, 3] = max(raised[2, 3], height)
        return self.model.solve(raised, near, restarts=0)


def _thin_out(postures: Float64Array) -> Float64Array:
    """Returns the first, the last, and of the rest those that differ by `CHECK_STEP`."""
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(postures, axis=0)).max(axis=1))])
    count = max(2, int(np.ceil(way[-1] / CHECK_STEP)) + 1)
    picks = np.searchsorted(way, np.linspace(0.0, way[-1], count))
    return np.asarray(postures[np.unique(np.minimum(picks, len(postures) - 1))])
