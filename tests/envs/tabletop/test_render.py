"""Pictures: depth equals PyBullet's ray test, and what is drawn is where physics has it."""

import numpy as np
import pytest
from scipy.ndimage import maximum_filter, minimum_filter

from embodied_mem.types import Command, Float64Array, Observation
from embodied_mem_envs.tabletop import Placed, TabletopBody
from embodied_mem_envs.tabletop.camera import FRONT, TabletopCamera
from embodied_mem_envs.tabletop.catalogue import rgb_of
from embodied_mem_envs.tabletop.seal import bullet
from tabletop_operator import by

FLAT = ("block", "brick", "box", "book", "arch", "phone")


@pytest.fixture(scope="module")
def body() -> TabletopBody:
    colours = {"block": "red", "brick": "yellow", "box": "blue"}
    layout = [
        Placed(
            kind=kind,
            colour=colours.get(kind, ""),
            position=(0.33 + 0.14 * (k % 2), -0.25 + 0.1 * k, 0.0),
            yaw=0.5 * k,
        )
        for k, kind in enumerate(FLAT)
    ]
    body = TabletopBody([*layout, Placed(kind="ball", position=(0.3, 0.25, 0.0))])
    body.connect()
    body.set_drawer("left_drawer", 0.6)
    body.settle(0.4)
    return body


def disagreement(body: TabletopBody, seen: Observation, step: int) -> Float64Array:
    """How far PyBullet's z-depth of every `step`-th pixel is from the picture's, m.

    A ray on an edge may fall to either of its sides, so a pixel's neighbours count as well.
    """
    camera, T = seen.intrinsics, seen.T_world_camera
    v, u = np.mgrid[0 : camera.height : step, 0 : camera.width : step]
    rays = np.stack(
        [(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u, float)], axis=-1
    ).reshape(-1, 3)
    ends = T[:3, 3] + 3.0 * rays @ T[:3, :3].T
    starts = np.broadcast_to(T[:3, 3], ends.shape)
    hits = bullet().rayTestBatch(starts.tolist(), ends.tolist(), physicsClientId=body._world.client)
    depth = np.array([3.0 * hit[2] if hit[0] >= 0 else 0.0 for hit in hits])
    low = minimum_filter(seen.depth, 3)[::step, ::step].ravel()
    high = maximum_filter(seen.depth, 3)[::step, ::step].ravel()
    off = np.maximum(low - depth, depth - high).clip(0.0)
    exact = np.abs(seen.depth[::step, ::step].ravel() - depth)
    not_arm = np.array([hit[0] != body._world.arm for hit in hits])
    assert np.median(exact[not_arm]) < 1e-6
    assert np.quantile(exact[not_arm], 0.98) < 5e-4
    return off[not_arm]


@pytest.mark.parametrize(("camera", "step"), [("front", 4), ("wrist", 2)])
def test_depth_equals_the_ray_test(body: TabletopBody, camera: str, step: int) -> None:
    assert disagreement(body, body.observe(camera), step).max() < 1.5e-3


def test_a_moving_wrist_sees_the_same_world(body: TabletopBody) -> None:
    home = np.array(body.description.home)
    way = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    for ahead in np.linspace(0.0, 0.4, 60):
        body.act(Command(joints=tuple((home + ahead * way).tolist())))
    assert disagreement(body, body.observe("wrist"), 2).max() < 1.5e-3
    for _ in range(100):
        body.act(Command(joints=tuple(home.tolist())))


def test_things_are_drawn_in_their_colour_where_they_are(body: TabletopBody) -> None:
    seen = body.observe()
    for name, thing in body.truth().things.items():
        if name not in ("red_block", "yellow_brick", "blue_box"):
            continue
        top = thing.position + by(0.0, 0.0, 0.5 * thing.size[2])
        at = np.linalg.inv(seen.T_world_camera) @ [*top, 1.0]
        u = round(at[0] / at[2] * seen.intrinsics.fx + seen.intrinsics.cx)
        v = round(at[1] / at[2] * seen.intrinsics.fy + seen.intrinsics.cy)
        assert seen.depth[v, u] == pytest.approx(at[2], abs=4e-3)
        colour = np.array(rgb_of(thing.colour), float)
        drawn = seen.rgb[v, u].astype(float)
        assert drawn / drawn.max() == pytest.approx(colour / colour.max(), abs=0.03)


def test_at_home_the_arm_hides_nothing_of_the_loose_region(body: TabletopBody) -> None:
    seen = body.observe()
    corners = [(x, y) for x in np.linspace(0.27, 0.50, 24) for y in np.linspace(-0.33, 0.33, 60)]
    points = np.array([[x, y, 0.0, 1.0] for x, y in corners]) @ np.linalg.inv(seen.T_world_camera).T
    u = np.rint(points[:, 0] / points[:, 2] * seen.intrinsics.fx + seen.intrinsics.cx).astype(int)
    v = np.rint(points[:, 1] / points[:, 2] * seen.intrinsics.fy + seen.intrinsics.cy).astype(int)
    # Nothing in front of the table but low things: no depth is shorter by more than their height.
    assert (points[:, 2] - seen.depth[v, u]).max() < 0.12


def test_pictures_for_people_have_any_size(body: TabletopBody) -> None:
    small = body.render()
    wide = body.render(
        TabletopCamera(
            name="wide", width=200, height=90, hfov=1.0, eye=(1.2, 1.0, 0.8), target=(0.4, 0, 0)
        )
    )
    assert small.shape == (FRONT.height, FRONT.width, 3)
    assert wide.shape == (90, 200, 3)
    assert len(np.unique(wide.reshape(-1, 3), axis=0)) > 20


def test_the_kept_background_changes_nothing(body: TabletopBody) -> None:
    kept = body.observe()
    fresh = body.render(FRONT)
    assert np.array_equal(kept.rgb, fresh)


def test_shadows_fall_away_from_the_sun_and_only_in_pictures_for_people(body: TabletopBody) -> None:
    plain, shaded = body.render(FRONT).astype(int), body.render(FRONT, shadows=True).astype(int)
    darker = (shaded < plain).any(axis=-1)
    assert (shaded <= plain).all()
    assert 0.02 < darker.mean() < 0.3
    assert np.array_equal(body.observe().rgb, plain)
    smooth = body.render(FRONT, samples=2)
    assert smooth.shape == plain.shape
    assert np.abs(smooth - plain).mean() < 3.0
