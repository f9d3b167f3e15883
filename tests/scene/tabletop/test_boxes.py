import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.scene.tabletop.boxes import Box, covers, fit_box, footprint, turned

ANGLE = st.floats(-3.1, 3.1)


@given(ANGLE, st.floats(0.02, 0.06), st.floats(0.3, 0.9))
def test_a_box_is_found_from_the_points_of_its_top(yaw: float, length: float, ratio: float) -> None:
    pixel = 0.002
    steps = [np.arange(-0.5 * side, 0.5 * side + 1e-9, pixel) for side in (length, ratio * length)]
    grid = np.stack(np.meshgrid(*steps), axis=-1).reshape(-1, 2)
    cos, sin = np.cos(yaw), np.sin(yaw)
    flat = grid @ np.array([[cos, sin], [-sin, cos]]) + (0.4, -0.1)
    points = np.column_stack([flat, np.full(len(flat), 0.05)]).astype(np.float32)
    box = fit_box(points, 0.01, pixel)
    spans = np.ptp(grid, axis=0)
    assert box.position == pytest.approx((*flat.mean(axis=0), 0.03), abs=1e-4)
    assert box.size == pytest.approx((*sorted(spans + pixel, reverse=True), 0.04), abs=3e-4)
    assert box.fill > 0.97
    if spans[0] > 1.1 * spans[1]:
        assert abs(np.sin(box.yaw - yaw)) < 0.05


@given(ANGLE)
def test_a_turn_is_equal_to_itself_by_half_a_circle(yaw: float) -> None:
    assert -0.5 * np.pi - 1e-9 < turned(yaw) <= 0.5 * np.pi + 1e-9
    assert abs(np.sin(turned(yaw) - yaw)) < 1e-9


@given(ANGLE, st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
def test_what_is_inside_the_footprint_is_covered(yaw: float, along: float, across: float) -> None:
    box = Box(
        position=np.array([0.4, 0.1, 0.02]), size=np.array([0.08, 0.03, 0.04]), yaw=yaw, fill=1
    )
    corners = footprint(box.position, box.size, yaw)
    middle = corners.mean(axis=0)
    point = (
        middle + along * 0.5 * (corners[0] - corners[1]) + across * 0.5 * (corners[1] - corners[2])
    )
    assert covers(box, point, 1e-6)
    assert not covers(box, middle + 1.2 * (corners[0] - middle))


def test_noise_at_the_rim_is_trimmed() -> None:
    rng = np.random.default_rng(0)
    flat = rng.uniform(-0.02, 0.02, (400, 2))
    flat[:4] += 0.05
    points = np.column_stack([flat, np.full(400, 0.04)]).astype(np.float32)
    assert fit_box(points, 0.0, 0.0).size[0] > 0.08
    assert fit_box(points, 0.0, 0.0, noise=0.001).size[0] < 0.045
