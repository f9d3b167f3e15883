"""Where a hand takes things and where it puts them, judged from boxes alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pybullet")

from arm_bench import shared_model
from embodied_mem.brain.arm.boxes import Boxes
from embodied_mem.brain.arm.grasps import grasps
from embodied_mem.brain.arm.hand_shape import down_pose, footprint_gaps, hand_boxes
from embodied_mem.brain.arm.spots import Carried, spots
from embodied_mem.brain.state import Entity, State
from embodied_mem_envs.tabletop import default_cell

CELL = default_cell()


def thing(name, x, y, size, *, yaw=0.0, category="box", z=None, place="table"):
    height = 0.5 * size[2] if z is None else z
    return Entity(
        id=name, kind="object", category=category, position=np.array([x, y, height]),
        size=np.array(size), yaw=yaw, place=place,
    )  # fmt: skip


def state(*entities, **opened):
    found = {entity.id: entity for entity in entities}
    for name, share in opened.items():
        found[name] = Entity(
            id=name, kind="drawer", category="drawer", position=np.zeros(3), size=np.zeros(3),
            opened=share,
        )  # fmt: skip
    return State(tick=0, seconds=0.0, entities=found)


def ways(target, *others):
    return grasps(shared_model(), CELL, state(target, *others), target)


def test_the_shorter_side_is_between_the_fingers():
    target = thing("it", 0.4, 0.0, (0.12, 0.03, 0.03), yaw=0.3)
    best = ways(target)[0]
    assert abs(np.cos(best.yaw - (0.3 + np.pi / 2))) == pytest.approx(1.0)
    assert best.opening > 0.04


def test_the_fingers_go_where_neighbours_leave_room():
    size = (0.04, 0.04, 0.04)
    target = thing("it", 0.4, 0.0, size)
    beside = [thing("left", 0.4, 0.05, size), thing("right", 0.4, -0.05, size)]
    best = ways(target, *beside)[0]
    assert abs(np.cos(best.yaw)) == pytest.approx(1.0)
    walls = [thing("front", 0.45, 0.0, size), thing("back", 0.35, 0.0, size)]
    assert ways(target, *beside, *walls) == []


def test_what_is_too_wide_is_taken_by_its_knob():
    best = ways(thing("it", 0.4, 0.0, (0.125, 0.125, 0.038), category="plate"))[0]
    assert best.position[2] == pytest.approx(0.024, abs=0.003)


def test_the_palm_stays_above_tall_things():
    best = ways(thing("it", 0.4, 0.0, (0.045, 0.045, 0.12), category="bottle"))[0]
    assert best.position[2] + 0.036 > 0.12


def test_the_top_of_a_stack_is_taken_without_touching_what_is_below():
    size = (0.04, 0.04, 0.04)
    below, top = thing("below", 0.4, 0.0, size), thing("top", 0.4, 0.0, size, z=0.06)
    assert ways(top, below)[0].position[2] > 0.05


def carried(size, opening=0.04):
    T_tool_box = np.linalg.inv(down_pose(np.array([0.0, 0.0, 0.02]), 0.0))
    box = np.eye(4)
    box[2, 3] = 0.5 * size[2]
    return Carried(T_tool_box=T_tool_box @ box, size=np.array(size), opening=opening)


def footprint(spot, item):
    pose = spot.pose() @ item.T_tool_box
    yaw = np.arctan2(pose[1, 0], pose[0, 0])
    return Boxes(("it",), pose[None, :3, 3], 0.5 * item.size[None], np.array([yaw]))


@pytest.mark.parametrize("place", ["red_bin", "tray", "lane", "table", "left_drawer"])
def test_spots_are_inside_and_free(place):
    rng = np.random.default_rng(5)
    item = carried((0.05, 0.03, 0.04))
    low, high = np.array(CELL[place].low), np.array(CELL[place].high)
    others = [
        thing(f"t{k}", *rng.uniform((0.3, -0.3), (0.5, 0.3)), (0.04, 0.04, 0.05)) for k in range(6)
    ]
    believed = state(*others, left_drawer=1.0, right_drawer=0.0)
    found = list(spots(CELL, believed, item, "it", place))
    assert found
    for spot in found:
        x, y = footprint(spot, item).centre[0, :2]
        shift = 0.19 if place == "left_drawer" else 0.0
        assert low[0] - shift < x < high[0] and low[1] < y < high[1]
        near = Boxes.of([(each.id, each.position, 0.5 * each.size, each.yaw) for each in others])
        assert footprint_gaps(footprint(spot, item), near).min() > 0.0
        lifted = spot.position + np.array([0.0, 0.0, spot.drop])
        hand = hand_boxes(lifted[None], np.array([spot.yaw]), np.array([0.06]))
        assert footprint_gaps(hand, near).min() > 0.0


def filling(place, height):
    low, high = np.array(CELL[place].low), np.array(CELL[place].high)
    middle = 0.5 * (low + high)
    return thing("filler", middle[0], middle[1], (0.17, 0.17, height))


def test_a_full_tray_has_no_spot():
    believed = state(filling("tray", 0.05))
    assert list(spots(CELL, believed, carried((0.04, 0.04, 0.04)), "it", "tray")) == []


def test_a_full_bin_is_heaped():
    item = carried((0.04, 0.04, 0.04))
    spot = next(spots(CELL, state(filling("red_bin", 0.05)), item, "it", "red_bin"))
    assert footprint(spot, item).centre[0, 2] == pytest.approx(0.05 + 0.02)


def test_what_is_round_needs_no_room_for_its_corners():
    believed = state(left_drawer=1.0)
    square = carried((0.125, 0.125, 0.038))
    turned = square.T_tool_box.copy()
    turned[:3, :3] = (
        turned[:3, :3] @ down_pose(np.zeros(3), 0.125 * np.pi)[:3, :3] @ np.diag([1, -1, -1])
    )
    square = replace(square, T_tool_box=turned)
    assert list(spots(CELL, believed, square, "it", "left_drawer")) == []
    plate = replace(square, round=True)
    assert list(spots(CELL, believed, plate, "it", "left_drawer"))


def test_a_stack_is_square():
    base = thing("base", 0.4, 0.1, (0.04, 0.04, 0.04), yaw=0.4)
    item = carried((0.04, 0.04, 0.04))
    spot = next(spots(CELL, state(base), item, "it", "base"))
    box = footprint(spot, item)
    np.testing.assert_allclose(box.centre[0], (0.4, 0.1, 0.06), atol=1e-9)
    assert abs(np.sin(2 * (box.yaw[0] - 0.4))) < 1e-9


angles = st.floats(-3.1, 3.1)
lengths = st.floats(0.01, 0.1)


@settings(max_examples=60, deadline=None)
@given(st.tuples(lengths, lengths, angles, lengths, lengths, angles, angles, lengths))
def test_the_gap_of_footprints_is_never_more_than_the_distance(numbers):
    a, b, turn, c, d, other, bearing, far = numbers
    at = 2.5 * far * np.array([np.cos(bearing), np.sin(bearing), 0.0])
    one = Boxes.of([("one", np.zeros(3), np.array([a, b, 0.1]), turn)])
    two = Boxes.of([("two", at, np.array([c, d, 0.1]), other)])
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 15)] * 2), axis=-1).reshape(-1, 2)

    def points(half, yaw, centre):
        cosine, sine = np.cos(yaw), np.sin(yaw)
        return grid * half @ np.array([[cosine, sine], [-sine, cosine]]) + centre

    mine, theirs = points((a, b), turn, (0, 0)), points((c, d), other, at[:2])
    nearest = np.linalg.norm(mine[:, None] - theirs, axis=2).min()
    assert footprint_gaps(one, two)[0, 0] <= nearest + 1e-9
