"""The renderer against closed forms, and its channels against each other."""

import pickle

import numpy as np
import pytest

from embodied_mem.types import Float64Array, Intrinsics
from embodied_mem_envs.bench.house import camera_poses
from embodied_mem_envs.house import (
    CameraConfig,
    House,
    HouseConfig,
    HouseObject,
    Spot,
    generate_house,
)
from embodied_mem_envs.house.body import body_pose, mount_pose
from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.house.layout import Room
from embodied_mem_envs.house.mesh import Atlas, join, object_soup, structure_soup
from embodied_mem_envs.house.render import RayScene, View
from embodied_mem_envs.house.structure import panels
from embodied_mem_envs.house.view import HouseRenderer

SMALL = Intrinsics.from_hfov(96, 72, np.pi / 2)
EMPTY = Room(id="room-0", category="bedroom", min=(0.0, 0.0), max=(4.0, 3.0))


@pytest.fixture(scope="module")
def house() -> House:
    return generate_house(7)


@pytest.fixture(scope="module")
def views(house: House) -> list[tuple[Float64Array, View]]:
    renderer = HouseRenderer(house)
    return [(pose, renderer.render(pose, SMALL)) for pose in camera_poses(house, 40)]


def empty_room_scene(*things: HouseObject) -> RayScene:
    atlas = Atlas()
    soups = [structure_soup(panels((EMPTY,), (), HouseConfig(), 0), atlas)]
    soups += [object_soup(thing, index, atlas) for index, thing in enumerate(things)]
    return RayScene(join(soups), atlas)


def wardrobe(x: float, y: float, yaw: float) -> HouseObject:
    return HouseObject(
        id="wardrobe-0", category="wardrobe", colour="red", material="wood", room="room-0",
        on=None, position=(x, y, 1.0), yaw=yaw, size=(0.6, 1.2, 2.0), style=5,
    )  # fmt: skip


def pixel_rays(pose: Float64Array, camera: Intrinsics) -> Float64Array:
    """Returns (H, W, 3) world rays whose length along the camera axis is 1."""
    v, u = np.indices((camera.height, camera.width))
    local = np.stack(
        [(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u)], axis=-1
    )
    rays: Float64Array = local @ pose[:3, :3].T
    return rays


def box_depth(pose: Float64Array, rays: Float64Array, lo: object, hi: object) -> Float64Array:
    """Returns the ray parameter where rays enter a box, inf where they miss (slab method)."""
    with np.errstate(divide="ignore"):
        a = (np.asarray(lo) - pose[:3, 3]) / rays
        b = (np.asarray(hi) - pose[:3, 3]) / rays
    near, far = np.minimum(a, b).max(axis=-1), np.maximum(a, b).min(axis=-1)
    result: Float64Array = np.where((near <= far) & (near > 0), near, np.inf)
    return result


@pytest.mark.parametrize("yaw", [0.0, 0.7, -2.0])
@pytest.mark.parametrize("tilt", [-0.5, 0.0, 0.4])
def test_depth_in_an_empty_room_is_that_of_the_box(yaw: float, tilt: float) -> None:
    pose = body_pose(1.3, 1.1, yaw) @ mount_pose(CameraConfig(), tilt)
    view = empty_room_scene().render(pose, SMALL, np.array([0], np.int32))
    with np.errstate(divide="ignore"):
        a = ((0.0, 0.0, 0.0) - pose[:3, 3]) / pixel_rays(pose, SMALL)
        b = ((4.0, 3.0, 2.5) - pose[:3, 3]) / pixel_rays(pose, SMALL)
    exact = np.maximum(a, b).min(axis=-1)
    np.testing.assert_allclose(view.depth, exact, atol=2e-4)
    assert not view.instance.any()


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_an_object_shows_where_its_box_is(quarter: int) -> None:
    thing = wardrobe(3.2, 1.5, quarter * np.pi / 2)
    pose = body_pose(0.5, 1.4, 0.0) @ mount_pose(CameraConfig())
    view = empty_room_scene(thing).render(pose, SMALL, np.array([9, 0], np.int32))
    enters = box_depth(pose, pixel_rays(pose, SMALL), thing.box_min, thing.box_max)
    shown = view.instance == 9
    assert shown.sum() > 200
    assert np.isfinite(enters[shown]).all()
    # Doors and plinth lie a little behind the faces of the box.
    behind = view.depth[shown] - enters[shown]
    assert behind.min() > -1e-3 and np.median(behind) < 0.08
    inner = box_depth(
        pose, pixel_rays(pose, SMALL), np.add(thing.box_min, 0.07), np.subtract(thing.box_max, 0.07)
    )
    assert shown[np.isfinite(inner)].all()


def test_no_ray_leaves_a_house(views: list[tuple[Float64Array, View]]) -> None:
    assert all((view.depth > 0).all() for _, view in views)


def test_every_pixel_of_an_object_lies_in_its_box(
    house: House, views: list[tuple[Float64Array, View]]
) -> None:
    checked = 0
    for pose, view in views:
        points = pixel_rays(pose, SMALL) * view.depth[..., None] + pose[:3, 3]
        for number, object_id in house.instance_to_object.items():
            mask = view.instance == number
            if mask.any():
                thing = house.object(object_id)
                assert (points[mask] >= np.array(thing.box_min) - 5e-3).all(), object_id
                assert (points[mask] <= np.array(thing.box_max) + 5e-3).all(), object_id
                checked += 1
    assert checked > 100


def test_structure_pixels_lie_on_walls_floor_or_ceiling(
    house: House, views: list[tuple[Float64Array, View]]
) -> None:
    top = house.config.wall_height
    for pose, view in views:
        points = pixel_rays(pose, SMALL) * view.depth[..., None] + pose[:3, 3]
        points = points[view.instance == 0]
        level = (np.abs(points[:, 2]) < 1e-3) | (np.abs(points[:, 2] - top) < 1e-3)
        inside = np.zeros(len(points), bool)
        for room in house.rooms:
            inside |= (
                (points[:, :2] > np.array(room.min) + 1e-3)
                & (points[:, :2] < np.array(room.max) - 1e-3)
            ).all(axis=1)
        assert (level | ~inside).all()


def test_colour_is_optional_and_changes_nothing_else(house: House) -> None:
    renderer = HouseRenderer(house)
    pose = camera_poses(house, 1)[0]
    with_colour, without = renderer.render(pose, SMALL), renderer.render(pose, SMALL, colour=False)
    assert with_colour.rgb.any() and not without.rgb.any()
    np.testing.assert_array_equal(with_colour.depth, without.depth)
    np.testing.assert_array_equal(with_colour.instance, without.instance)


def test_large_images_equal_small_ones_at_the_same_rays(house: House) -> None:
    renderer = HouseRenderer(house)
    pose = camera_poses(house, 3)[2]
    large = Intrinsics.from_hfov(320, 240, np.pi / 2)
    view = renderer.render(pose, large)  # five chunks
    crop = Intrinsics(
        width=64, height=64, fx=large.fx, fy=large.fy, cx=large.cx - 100, cy=large.cy - 90
    )
    part = renderer.render(pose, crop)
    np.testing.assert_allclose(part.depth, view.depth[90:154, 100:164], rtol=1e-5)
    assert np.mean(part.instance == view.instance[90:154, 100:164]) > 0.999


def test_the_colour_of_an_object_can_be_told_from_its_pixels() -> None:
    known = catalogue().colours
    names = list(known)
    table = np.array([known[name] for name in names], float)
    pose = body_pose(0.8, 1.5, 0.0) @ mount_pose(CameraConfig())
    right = []
    for name in names:
        for style in (1, 2, 3):
            thing = wardrobe(3.2, 1.5, np.pi)
            thing = HouseObject(**{**_fields(thing), "colour": name, "style": style})
            view = empty_room_scene(thing).render(pose, SMALL, np.array([9, 0], np.int32))
            mean = np.median(view.rgb[view.instance == 9], axis=0)
            right.append(names[int(np.linalg.norm(table - mean, axis=1).argmin())] == name)
    assert np.mean(right) >= 0.9


def _fields(thing: HouseObject) -> dict[str, object]:
    return {name: getattr(thing, name) for name in HouseObject.__slots__}


def test_two_instances_of_one_colour_look_different() -> None:
    pose = body_pose(0.8, 1.5, 0.0) @ mount_pose(CameraConfig())
    pictures = []
    for style in (1, 2):
        thing = HouseObject(**{**_fields(wardrobe(3.2, 1.5, np.pi)), "style": style})  # type: ignore[arg-type]
        view = empty_room_scene(thing).render(pose, SMALL, np.array([9, 0], np.int32))
        pictures.append(view.rgb[view.instance == 9].astype(int))
    assert np.abs(pictures[0] - pictures[1]).mean() > 3


def test_walls_are_muted_and_floors_textured(views: list[tuple[Float64Array, View]]) -> None:
    structure = np.concatenate([view.rgb[view.instance == 0] for _, view in views]).astype(int)
    assert (structure.max(axis=1) - structure.min(axis=1)).mean() < 30
    assert structure.std(axis=0).min() > 8


def test_a_change_is_seen_at_once() -> None:
    house = generate_house(3, HouseConfig(rooms=3))
    renderer = HouseRenderer(house)
    pose = body_pose(*house.start) @ mount_pose(CameraConfig())
    before = renderer.render(pose, SMALL)
    x, y, yaw = house.start
    box = house.add("cardboard box", Spot(x=x + 0.7 * np.cos(yaw), y=y + 0.7 * np.sin(yaw)))
    after = renderer.render(pose, SMALL)
    number = {v: k for k, v in house.instance_to_object.items()}[box.id]
    assert number not in before.instance and (after.instance == number).sum() > 50
    unchanged = after.instance == before.instance
    np.testing.assert_allclose(after.depth[unchanged], before.depth[unchanged], rtol=1e-5)


def test_a_renderer_can_be_pickled(house: House) -> None:
    renderer = HouseRenderer(house)
    pose = camera_poses(house, 1)[0]
    view = renderer.render(pose, SMALL)
    again = pickle.loads(pickle.dumps(renderer)).render(pose, SMALL)
    np.testing.assert_array_equal(view.rgb, again.rgb)
    np.testing.assert_array_equal(view.instance, again.instance)


def test_the_benchmark_house_has_enough_triangles(house: House) -> None:
    assert HouseRenderer(house).triangles >= 5000
