"""What only the hand has felt, and the way back from it."""

import numpy as np
import pytest

pytest.importorskip("pybullet")

from arm_bench import shared_model
from embodied_mem.brain.arm.bumps import BACK, LASTS, Bumps
from embodied_mem.brain.arm.hand_shape import down_pose


def walk(bumps, *, crossing, steps=30):
    """Walks along -y at 0.2 m height; returns the postures."""
    model, joints, way = shared_model(), shared_model().home, []
    for y in np.linspace(0.1, -0.1, steps):
        joints = model.solve(down_pose(np.array([0.4, y, 0.2]), -1.57), joints)
        bumps.walked(joints, crossing=crossing)
        way.append(joints)
    return way


def tool(joints):
    return shared_model().tool_pose(joints)[:3, 3]


def test_the_way_back_is_the_way_that_was_walked():
    bumps = Bumps(shared_model())
    assert bumps.way_back(shared_model().home) is None
    way = walk(bumps, crossing=True)
    back = bumps.way_back(way[-1])
    assert BACK <= tool(back)[1] - tool(way[-1])[1] < 1.3 * BACK
    assert tool(bumps.way_back(way[-8]))[1] > tool(way[-8])[1]
    assert bumps.way_back(shared_model().home) is None


def test_what_was_hit_stands_ahead_and_is_forgotten_in_time():
    bumps = Bumps(shared_model())
    way = walk(bumps, crossing=True)
    bumps.note(100)
    bumps.note(101)
    (box,) = bumps.boxes(102).centre
    assert box[1] < tool(way[-1])[1] - 0.05
    assert box[0] == pytest.approx(0.4, abs=0.01)
    assert bumps.boxes(100 + LASTS).names == ()


def test_what_is_hit_again_is_taken_to_be_higher():
    bumps = Bumps(shared_model())
    for tick in (0, 1):
        walk(bumps, crossing=True)
        bumps.note(tick)
    boxes = bumps.boxes(2)
    tops = boxes.centre[:, 2] + boxes.half[:, 2]
    assert tops[1] > tops[0] + 0.05
    bumps.forget()
    assert bumps.boxes(2).names == ()


def test_what_is_touched_on_purpose_is_no_obstacle():
    bumps = Bumps(shared_model())
    walk(bumps, crossing=False)
    bumps.note(0)
    assert bumps.boxes(1).names == ()
