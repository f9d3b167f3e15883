"""Stairs as a camera sees them: steps where they are, and nothing shows through the slab."""

import numpy as np
import pytest

from embodied_mem.types import BoolArray, Float64Array, Intrinsics
from embodied_mem_envs.house import CameraConfig, House, HouseConfig, generate_house
from embodied_mem_envs.house.body import body_pose, mount_pose
from embodied_mem_envs.house.stairs import PARAPET_HEIGHT, TREAD, Stairs
from embodied_mem_envs.house.view import HouseRenderer

SMALL = Intrinsics.from_hfov(80, 60, np.pi / 2)


def hits(renderer: HouseRenderer, pose: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Returns the (N, 3) world points that a camera sees, and which of them are structure."""
    view = renderer.render(pose, SMALL)
    assert (view.depth > 0.0).all()
    v, u = np.indices(view.depth.shape)
    z = view.depth.astype(np.float64)
    local = np.stack([(u - SMALL.cx) / SMALL.fx * z, (v - SMALL.cy) / SMALL.fy * z, z], axis=-1)
    world = local @ pose[:3, :3].T + pose[:3, 3]
    return world.reshape(-1, 3), view.instance.reshape(-1)


def indoors(house: House, floor: int, points: Float64Array) -> BoolArray:
    """Tells which (N, 2) points lie in a room or a doorway of a floor, 2 mm spared."""
    inside = np.zeros(len(points), bool)
    for room in house.rooms:
        if room.floor == floor:
            low, high = np.array(room.min) - 2e-3, np.array(room.max) + 2e-3
            inside |= ((points >= low) & (points <= high)).all(axis=1)
    for door in house.doors:
        if door.floor == floor:
            half = np.full(2, door.width / 2 + 2e-3)
            half[door.axis] = house.config.wall_thickness / 2 + 2e-3
            inside |= (np.abs(points - door.centre) <= half).all(axis=1)
    return inside


def viewpoints(house: House, stairs: Stairs, rng: np.random.Generator) -> list[Float64Array]:
    """Draws cameras on the flight, on both landings and beside the flight on both floors."""
    poses = []
    for _ in range(6):
        for low, high, side, floor in (
            (0.0, stairs.run / 2, 0.5, 0),
            (stairs.run / 2, stairs.run, 0.5, 1),
            (-0.8, -0.3, 0.5, 0),
            (stairs.run + 0.3, stairs.run + 0.8, 0.5, 1),
            (-0.8, stairs.run + 0.8, stairs.width + 0.5, 0),
            (-0.8, stairs.run + 0.8, stairs.width + 0.5, 1),
        ):
            x, y = stairs.world(float(rng.uniform(low, high)), side)
            z = house.height_at(x, y, floor)
            pose = body_pose(x, y, float(rng.uniform(-3.1, 3.1)), z)
            tilt = float(rng.uniform(-0.9, 0.9))
            poses.append(pose @ mount_pose(CameraConfig(tilt=0.0), tilt))
    return poses


@pytest.mark.parametrize("seed", range(8))
def test_nothing_shows_through_the_slab_or_out_of_the_house(seed: int) -> None:
    house = generate_house(seed, HouseConfig(floors=2))
    stairs = house.stairs
    assert stairs is not None
    renderer = HouseRenderer(house)
    flight, ceiling = stairs.flight().grown(1e-3), house.config.wall_height
    between = 0
    for pose in viewpoints(house, stairs, np.random.default_rng(seed)):
        points, _ = hits(renderer, pose)
        assert points[:, 2].min() > -1e-3
        assert points[:, 2].max() < house.levels[1] + ceiling + 1e-3
        slab = (points[:, 2] > ceiling + 2e-3) & (points[:, 2] < house.levels[1] - 2e-3)
        assert (flight.distance(points[slab, :2]) == 0.0).all()
        between += int(slab.sum())
        for floor, low, high in ((0, 0.0, ceiling), (1, house.levels[1], 9.0)):
            on = (points[:, 2] > low + 2e-3) & (points[:, 2] < high - 2e-3)
            assert indoors(house, floor, points[on][:, :2]).all()
    assert between > 1000


@pytest.mark.parametrize("seed", range(8))
def test_steps_are_seen_where_they_are(seed: int) -> None:
    house = generate_house(seed, HouseConfig(floors=2))
    stairs = house.stairs
    assert stairs is not None
    renderer = HouseRenderer(house)
    yaw = float(np.arctan2(stairs.up[1], stairs.up[0]))
    seen = np.zeros(stairs.steps - 1, int)
    for share, turn, tilt in (
        (0.0, 0.0, -0.6),
        (0.5, 0.0, -0.6),
        (0.6, np.pi, -0.7),
        (1.0, np.pi, -0.7),
    ):
        x, y = stairs.world(share * (stairs.run + 0.2) - 0.1, stairs.width / 2)
        level = body_pose(x, y, yaw + turn, house.height_at(x, y, int(share > 0.5)))
        points, instance = hits(renderer, level @ mount_pose(CameraConfig(tilt=tilt)))
        local = np.array([stairs.local(*point[:2]) for point in points])
        inside = (local[:, 0] > 0.01) & (local[:, 0] < stairs.run - 0.01)
        inside &= (local[:, 1] > 0.01) & (local[:, 1] < stairs.width - 0.01)
        phase = (local[:, 0] / TREAD) % 1.0
        assert not instance[inside & (points[:, 2] < stairs.height)].any()
        top = inside & (phase > 0.05) & (phase < 0.95) & (points[:, 2] < stairs.height)
        step = np.floor(local[top, 0] / TREAD).astype(int)
        near = points[top, 2] < (step + 1) * stairs.rise + 0.05
        np.testing.assert_allclose(
            points[top, 2][near], ((step + 1) * stairs.rise)[near], atol=2e-3
        )
        seen += np.bincount(step[near], minlength=len(seen))
    assert (seen > 0).mean() > 0.9


def test_the_parapet_hides_the_floor_behind_it_but_not_the_room() -> None:
    house = generate_house(3, HouseConfig(floors=2))
    stairs = house.stairs
    assert stairs is not None
    renderer = HouseRenderer(house)
    x, y = stairs.world(2.0, stairs.width + 0.5)
    yaw = float(np.arctan2(-stairs.across[1], -stairs.across[0]))
    level = house.levels[1]
    points, _ = hits(renderer, body_pose(x, y, yaw, level) @ mount_pose(CameraConfig(tilt=0.0)))
    across = np.array([stairs.local(*point[:2])[1] for point in points])
    behind = across < stairs.width - 1e-3
    assert behind.any() and (points[~behind, 2] <= level + PARAPET_HEIGHT + 2e-3).any()
    wall = points[across < 2e-3]
    assert wall[:, 2].min() < level + PARAPET_HEIGHT


def test_both_floors_render_as_fast_as_one() -> None:
    flat = HouseRenderer(generate_house(3, HouseConfig(rooms=6)))
    tall = HouseRenderer(generate_house(3, HouseConfig(rooms=6, floors=2)))
    assert tall.triangles < 2 * flat.triangles
