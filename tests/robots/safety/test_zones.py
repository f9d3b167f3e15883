"""What is ahead: seen once, moved by odometry, and the lowest speed wins."""

from dataclasses import replace
from math import inf, nan, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.robots.readings import CameraFrame
from embodied_mem.robots.safety.config import ZoneConfig
from embodied_mem.robots.safety.zones import Obstacles, Zones, free_distance, speed_cap
from embodied_mem.types import Float64Array
from gates import INTRINSICS, picture, pose, wall

RADIUS = 0.2
ZONE = ZoneConfig()


def look(frame: CameraFrame, *, fastest: float = 0.5, config: ZoneConfig = ZONE) -> Zones:
    zones = Zones(config, RADIUS, fastest)
    zones.look(frame)
    return zones


def test_the_free_distance_shrinks_as_the_body_moves_on() -> None:
    zones = Obstacles(picture(wall(1.0), taken=0.0, number=1), RADIUS, ZONE)
    for moved in (0.0, 0.25, 0.6, 0.9, 2.0):
        expected = max(0.0, 1.1 - RADIUS - moved) if moved < 1.1 else inf
        assert zones.free(pose(moved)) == pytest.approx(expected, abs=1e-5)
    assert zones.free(pose(-0.5)) == pytest.approx(1.4, abs=1e-5)
    assert zones.free(None) == pytest.approx(0.9, abs=1e-5)


def test_what_was_beside_the_way_is_before_it_after_a_turn() -> None:
    depth = wall(0.0)
    depth[:, :20] = 0.6  # far left
    zones = Obstacles(picture(depth, taken=0.0, number=1, at=pose(3.0, -2.0, 0.5)), RADIUS, ZONE)
    assert zones.free(pose(3.0, -2.0, 0.5)) == inf
    bearing = np.arctan2((INTRINSICS.cx - 10.0) / INTRINSICS.fx * 0.6, 0.7)
    turned = zones.free(pose(3.0, -2.0, 0.5 + bearing))
    assert 0.5 < turned < 0.9
    assert zones.free(pose(3.0, -2.0, 0.5 - bearing)) == inf


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 10**6),
    st.floats(-0.4, 0.4),
    st.floats(-0.3, 0.3),
    st.floats(-pi / 3, pi / 3),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from([0.6, 9.0]),
)
def test_few_points_say_the_same_as_all(
    seed: int, x: float, y: float, yaw: float, tilt: float, enough: float
) -> None:
    """Of a room with posts, as a camera (level, or looking down) sees them."""
    rng = np.random.default_rng(seed)
    columns = np.repeat(rng.uniform(0.3, 2.9, 16), 10)
    depth = np.tile(columns, (INTRINSICS.height, 1)).astype(np.float32)
    frame = picture(depth, taken=0.0, number=1)
    down = np.eye(4)
    down[1:3, 1:3] = [[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]]
    frame = replace(frame, T_world_camera=frame.T_world_camera @ down)
    there = pose(x, y, yaw)
    said = Obstacles(frame, RADIUS, ZONE, enough).free(there)
    moved = replace(frame, T_world_body=there)
    low, high = (
        free_distance(moved, RADIUS, replace(ZONE, corridor=ZONE.corridor + side * 0.015 / RADIUS))
        for side in (1.0, -1.0)
    )
    assert low - 1e-4 <= said
    assert said <= high + 0.015 or (said == inf and high > enough - 0.015)


def test_far_enough_is_as_good_as_nothing() -> None:
    frame = picture(wall(2.0), taken=0.0, number=1)
    assert Obstacles(frame, RADIUS, ZONE, 0.6).free(pose(0.3)) == inf
    assert Obstacles(frame, RADIUS, ZONE, 0.6).free(pose(1.5)) == pytest.approx(0.4, abs=1e-5)
    nothing = Obstacles(picture(wall(0.0), taken=0.0, number=1), RADIUS, ZONE, 0.6)
    assert nothing.free(pose(1.5)) == inf


@settings(max_examples=100, deadline=None)
@given(st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_less_space_never_allows_more_speed(one: float, other: float) -> None:
    near, far = sorted((one, other))
    assert speed_cap(near, ZONE, 0.5) <= speed_cap(far, ZONE, 0.5)


@pytest.mark.parametrize(
    ("free", "cap"),
    [(0.0, 0.0), (0.1, 0.0), (0.15, 0.05), (0.35, 0.2), (0.4, 0.2), (0.45, 0.35), (nan, 0.0)],
)
def test_the_lowest_of_stop_slow_and_approach_wins(free: float, cap: float) -> None:
    assert speed_cap(free, ZONE, 0.5) == pytest.approx(cap)


def test_a_picture_is_looked_at_once() -> None:
    depth = wall(1.0)
    frame = picture(depth, taken=0.0, number=1)
    zones = look(frame)
    assert zones.cap(None) == pytest.approx(0.8, abs=1e-4)
    depth[:] = 0.3
    zones.look(replace(frame))
    assert zones.cap(None) == pytest.approx(0.8, abs=1e-4)
    zones.look(replace(frame, number=2))
    assert zones.cap(None) == pytest.approx(0.1, abs=1e-4)


def test_a_blind_camera_is_told_from_one_that_sees_far() -> None:
    for depth in (0.0, nan, inf):
        assert "blind" in look(picture(wall(depth), taken=0.0, number=1)).blind()
    assert look(picture(wall(9.0), taken=0.0, number=1)).blind() == ""
    few = wall(0.0)
    few[:12] = 2.0
    assert look(picture(few, taken=0.0, number=1)).blind() == ""
    zones = Zones(ZONE, RADIUS, 0.5)
    zones.look(None)
    assert "no picture" in zones.blind() and zones.cap(None) == 0.0


def broken() -> Float64Array:
    unknown = pose()
    unknown[0, 3] = nan
    return unknown


def test_an_unknown_pose_leaves_no_room() -> None:
    assert look(picture(wall(2.0), taken=0.0, number=1)).cap(broken()) == 0.0
