from dataclasses import replace

import numpy as np

from embodied_mem.recordings.registration import ColourCamera, register_colour
from painted_world import PaintedBox, PaintedWorld, look_at
from recording_folders import INTRINSICS

EYE, TARGET = (0.0, 0.0, 1.2), (2.0, 0.0, 0.9)
WORLD = PaintedWorld(
    [
        PaintedBox((1.0, -0.3, 0.8), (1.2, 0.0, 1.2), (200, 30, 30)),
        PaintedBox((1.5, 0.1, 0.6), (1.7, 0.4, 1.3), (30, 60, 200)),
        PaintedBox((3.0, -3.0, 0.0), (3.1, 3.0, 2.5), (60, 160, 70)),
    ]
)


def test_colour_lands_on_its_own_depth() -> None:
    wide = replace(INTRINSICS, fx=120.0, fy=120.0)
    camera = ColourCamera(focal=120.0, cx=79.5, cy=59.5, shift_x=-0.06, shift_y=0.0)
    depth_view = WORLD.observe(EYE, TARGET, intrinsics=INTRINSICS)
    right = look_at(EYE, TARGET)[:3, 0]
    beside = tuple(np.add(EYE, 0.06 * right))
    target = tuple(np.add(TARGET, 0.06 * right))
    colour_view = WORLD.observe(beside, target, intrinsics=wide)
    moved = register_colour(colour_view.rgb, depth_view.depth, INTRINSICS, camera)
    apart = np.abs(moved.astype(int) - depth_view.rgb.astype(int)).max(axis=2)
    unmoved = np.abs(colour_view.rgb.astype(int) - depth_view.rgb.astype(int)).max(axis=2)
    # What stays wrong is what the colour camera cannot see past the edges of the boxes.
    assert (apart < 30).mean() > 0.94
    assert (unmoved < 30).mean() < 0.90


def test_missing_depth_takes_the_nearest() -> None:
    camera = ColourCamera(focal=140.0, cx=79.5, cy=59.5, shift_x=-0.06, shift_y=0.0)
    view = WORLD.observe(EYE, TARGET, intrinsics=INTRINSICS)
    flat = np.full_like(view.depth, 2.0)
    holes = flat.copy()
    holes[::3, ::2] = 0.0
    whole = register_colour(view.rgb, flat, INTRINSICS, camera)
    np.testing.assert_array_equal(register_colour(view.rgb, holes, INTRINSICS, camera), whole)
    nothing = np.zeros_like(flat)
    assert register_colour(view.rgb, nothing, INTRINSICS, camera).shape == view.rgb.shape
