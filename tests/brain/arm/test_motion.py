"""Motions keep the limits; the planner goes around what is in the way."""

import numpy as np
import pytest

pytest.importorskip("pybullet")

from arm_bench import shared_model
from embodied_mem.brain.arm.boxes import world_boxes
from embodied_mem.brain.arm.hand_shape import down_pose
from embodied_mem.brain.arm.motion import MotionLimits, joint_motion, line_motion
from embodied_mem.brain.arm.planner import NoWayError, Planner
from embodied_mem.brain.state import Entity, State
from embodied_mem_envs.tabletop import default_cell

LIMITS = MotionLimits()


def posture(x, y, z, yaw=-1.57):
    return shared_model().solve(down_pose(np.array([x, y, z]), yaw), shared_model().home)


def derivatives(start, motion):
    """Largest share of the speed limit, acceleration and jerk, from rest to rest."""
    joints = np.concatenate([[start, start], motion.joints, [motion.goal]])
    speeds = np.diff(joints, axis=0) / LIMITS.seconds_per_tick
    accelerations = np.diff(speeds, axis=0) / LIMITS.seconds_per_tick
    jerks = np.diff(accelerations, axis=0) / LIMITS.seconds_per_tick
    share = (np.abs(speeds) / shared_model().velocity).max()
    return share, np.abs(accelerations).max(), np.abs(jerks[:-1]).max()


@pytest.mark.parametrize("seed", range(4))
def test_motions_keep_speed_acceleration_and_jerk(seed):
    rng = np.random.default_rng(seed)
    points = rng.uniform((0.3, -0.4, 0.05), (0.6, 0.4, 0.3), (4, 3))
    postures = [posture(*point) for point in points]
    for waypoints in (postures[:2], postures):
        motion = joint_motion(shared_model(), waypoints, LIMITS)
        share, acceleration, jerk = derivatives(waypoints[0], motion)
        assert share <= LIMITS.speed + 1e-6
        assert acceleration <= LIMITS.acceleration * 1.001
        assert jerk <= LIMITS.jerk * 1.01
        np.testing.assert_allclose(motion.goal, waypoints[-1], atol=1e-9)


def test_a_line_is_straight_and_keeps_the_tools_speed():
    model, start = shared_model(), posture(0.4, 0.1, 0.2)
    goal = down_pose(np.array([0.55, -0.2, 0.08]), -1.0)
    motion = line_motion(model, start, [goal], LIMITS, metres_per_second=0.2)
    tools = np.array([model.tool_pose(joints) for joints in motion.joints])
    here, there = model.tool_pose(start)[:3, 3], goal[:3, 3]
    way = (there - here) / np.linalg.norm(there - here)
    offset = tools[:, :3, 3] - here
    off_line = offset - (offset @ way)[:, None] * way
    assert np.linalg.norm(off_line, axis=1).max() < 1e-3
    speed = np.linalg.norm(np.diff(tools[:, :3, 3], axis=0), axis=1) / LIMITS.seconds_per_tick
    assert 0.15 < speed.max() < 0.21
    share, acceleration, _ = derivatives(start, motion)
    assert share <= LIMITS.speed and acceleration <= LIMITS.acceleration * 1.001
    np.testing.assert_allclose(tools[-1], goal, atol=1e-3)


def test_a_motion_takes_over_the_arms_speed():
    start, goal = posture(0.4, 0.1, 0.2), posture(0.5, -0.2, 0.2)
    speed = np.full(7, 0.3)
    motion = joint_motion(shared_model(), [start, goal], LIMITS, velocity=speed)
    first = (motion.joints[0] - start) / LIMITS.seconds_per_tick
    np.testing.assert_allclose(first, speed, atol=0.05)


def test_a_line_out_of_reach_is_refused():
    goal = down_pose(np.array([1.1, 0.0, 0.2]), -1.57)
    start = posture(0.4, 0.1, 0.2)
    assert line_motion(shared_model(), start, [goal], LIMITS, metres_per_second=0.2) is None


def tower(height, *, x=0.42, y=0.0, wide=0.1):
    entity = Entity(
        id="tower", kind="object", category="box", position=np.array([x, y, 0.5 * height]),
        size=np.array([wide, wide, height]),
    )  # fmt: skip
    return State(tick=0, seconds=0.0, entities={"tower": entity})


def test_a_blocked_way_leads_over_the_top():
    planner = Planner(shared_model(), default_cell(), LIMITS)
    start, goal = posture(0.42, 0.25, 0.1), posture(0.42, -0.25, 0.1)
    nothing = State(tick=0, seconds=0.0)
    free, blocked = planner.reach(start, goal, nothing), planner.reach(start, goal, tower(0.2))

    def highest(motion):
        return max(shared_model().tool_pose(joints)[2, 3] for joints in motion.joints)

    assert highest(blocked) > highest(free) + 0.1
    np.testing.assert_allclose(blocked.goal, goal)
    spheres = shared_model().spheres_along(blocked.joints)[:, shared_model().base_spheres :]
    boxes = world_boxes(default_cell(), tower(0.2))
    assert boxes.gaps(spheres.reshape(-1, 4)).min() > 0.0


def test_what_is_held_needs_room_too():
    planner = Planner(shared_model(), default_cell(), LIMITS)
    start, goal = posture(0.42, 0.2, 0.2), posture(0.42, -0.2, 0.2)
    held = np.array([[0.0, 0.0, 0.12, 0.03]])
    free = planner.reach(start, goal, tower(0.12, wide=0.03))
    loaded = planner.reach(start, goal, tower(0.12, wide=0.03), held=held)
    assert len(loaded) > len(free)


def test_a_goal_inside_a_thing_is_refused_with_its_name():
    planner = Planner(shared_model(), default_cell(), LIMITS)
    start, goal = posture(0.42, 0.25, 0.3), posture(0.42, 0.0, 0.08)
    with pytest.raises(NoWayError, match="tower is in the way"):
        planner.reach(start, goal, tower(0.3))


def test_an_open_drawer_is_in_the_way_where_it_then_is():
    cell = default_cell()
    fixture = cell["left_drawer"]
    drawer = Entity(
        id="left_drawer", kind="drawer", category="drawer", position=np.zeros(3),
        size=np.zeros(3), opened=1.0,
    )  # fmt: skip
    where = np.array([[fixture.handle[0] - fixture.travel, fixture.handle[1], 0.09, 0.01]])
    shut = world_boxes(cell, State(tick=0, seconds=0.0))
    opened = world_boxes(cell, State(tick=0, seconds=0.0, entities={"left_drawer": drawer}))
    assert shut.gaps(where).min() > 0.05
    assert opened.gaps(where).min() < 0.0
