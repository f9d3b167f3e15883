from dataclasses import replace

import numpy as np
import pytest

from embodied_mem.perception import (
    UNKNOWN_CATEGORY,
    Frame,
    GeometricSegmenter,
    InstanceSegmenter,
    Segmentation,
    make_frame,
)
from embodied_mem.perception.normals import world_normals
from embodied_mem.perception.structure import StructureConfig, find_structure
from painted_world import PaintedBox, PaintedWorld, best_overlap

WOOD, RED, WHITE, GREY = (150, 100, 60), (190, 30, 30), (235, 235, 235), (170, 170, 165)
EYE, TARGET = (0.0, 0.0, 1.4), (2.0, 0.0, 0.6)

TABLE = [
    PaintedBox((1.4, -0.6, 0.70), (2.4, 0.6, 0.74), WOOD, 1),
    *(
        PaintedBox((x, y, 0.0), (x + 0.06, y + 0.06, 0.70), WOOD, 1)
        for x in (1.42, 2.32)
        for y in (-0.58, 0.52)
    ),
]
MUG = PaintedBox((1.7, -0.2, 0.74), (1.8, -0.1, 0.85), WHITE, 2)
CRATE = PaintedBox((2.0, 0.1, 0.74), (2.25, 0.4, 0.95), RED, 3)
MAGAZINE = PaintedBox((1.55, 0.15, 0.74), (1.85, 0.38, 0.744), WHITE, 4)
WALL = PaintedBox((3.2, -4.0, 0.0), (3.3, 4.0, 2.6), GREY)
SIDE_WALL = PaintedBox((-1.0, 1.9, 0.0), (3.3, 2.0, 2.6), (160, 165, 170))
CABINET = PaintedBox((2.6, -1.8, 0.0), (3.2, -0.7, 0.9), RED, 5)


def truth(frame: Frame, instance: int) -> np.ndarray:
    assert frame.observation.instance is not None
    return (frame.observation.instance == instance) & frame.valid


def segment(
    *boxes: PaintedBox, eye: tuple[float, float, float] = EYE
) -> tuple[Frame, Segmentation]:
    frame = PaintedWorld(list(boxes)).frame(eye, TARGET)
    return frame, GeometricSegmenter().segment(frame)


def test_furniture_and_what_stands_on_it_are_instances_of_their_own() -> None:
    frame, result = segment(*TABLE, MUG, CRATE, WALL, SIDE_WALL, CABINET)
    assert set(result.categories) == {UNKNOWN_CATEGORY}
    for instance, least in ((1, 0.8), (2, 0.7), (3, 0.8), (5, 0.8)):
        assert best_overlap(result, truth(frame, instance)) > least, instance
    assert ((result.confidence > 0) & (result.confidence < 1)).all()


def test_the_building_is_background() -> None:
    corner = PaintedWorld([WALL, SIDE_WALL]).frame(EYE, (2.0, 1.2, 0.9))
    assert len(GeometricSegmenter().segment(corner)) == 0
    frame, result = segment(*TABLE, WALL, SIDE_WALL, CABINET)
    structure = truth(frame, 0)
    assert (result.mask[structure] > 0).mean() < 0.03


def test_a_table_and_its_legs_are_one() -> None:
    frame, result = segment(*TABLE, WALL)
    legs = truth(frame, 1) & (frame.points[..., 2] < 0.5) & (frame.points[..., 2] > 0.1)
    top = truth(frame, 1) & (frame.points[..., 2] > 0.72)
    table = np.bincount(result.mask[top]).argmax()
    assert table > 0
    front = legs & (frame.points[..., 0] < 1.6)
    assert (result.mask[front] == table).mean() > 0.8


def test_a_flat_magazine_is_found_by_its_colour() -> None:
    frame, result = segment(*TABLE, MAGAZINE, WALL)
    assert best_overlap(result, truth(frame, 4)) > 0.7
    assert best_overlap(result, truth(frame, 1)) > 0.7


def test_two_rows_of_cabinets_that_meet_in_a_corner_are_two() -> None:
    left = PaintedBox((1.0, 1.3, 0.0), (3.2, 1.9, 0.9), RED, 6)
    back = PaintedBox((2.6, -1.9, 0.0), (3.2, 1.3, 0.9), RED, 7)
    # From below their top, which would join them.
    world = PaintedWorld([left, back, WALL, SIDE_WALL])
    frame = world.frame((0.0, 0.0, 0.85), (2.0, 0.8, 0.5))
    result = GeometricSegmenter().segment(frame)
    fronts = frame.points[..., 2] < 0.8
    one = np.bincount(result.mask[truth(frame, 6) & fronts]).argmax()
    other = np.bincount(result.mask[truth(frame, 7) & fronts]).argmax()
    assert one > 0
    assert other > 0
    assert one != other


def test_the_outer_corner_of_a_box_joins_its_sides() -> None:
    box = PaintedBox((2.0, -0.5, 0.0), (3.0, 0.5, 1.0), RED, 8)
    frame, result = segment(box, WALL, eye=(0.0, 1.6, 1.5))
    assert best_overlap(result, truth(frame, 8)) > 0.9


def test_a_low_upright_front_is_no_wall_and_a_high_one_is() -> None:
    for top, wall in ((0.9, False), (1.8, False), (2.6, True)):
        front = PaintedBox((2.0, -0.7, 0.0), (2.4, 0.7, top), RED, 9)
        frame = PaintedWorld([front, WALL]).frame((-0.8, 0.0, 1.4), (2.0, 0.0, 1.2))
        structure = find_structure(frame, *world_normals(frame), StructureConfig())
        face = truth(frame, 9) & (frame.points[..., 2] < top - 0.1)
        assert ((structure.walls[face] > 0).mean() > 0.9) == wall, top


def test_normals_are_those_of_the_surfaces() -> None:
    frame = PaintedWorld([WALL, CABINET]).frame(EYE, TARGET)
    normals, good = world_normals(frame)
    floor = good & (frame.points[..., 2] < 0.01)
    wall = good & (frame.points[..., 2] > 1.2)
    assert floor.sum() > 1000
    assert wall.sum() > 500
    # Some are blurred, where floor and cabinet meet.
    assert np.mean(normals[floor] @ np.array([0, 0, 1.0]) > 0.99) > 0.95
    assert np.median(normals[wall] @ np.array([-1.0, 0, 0])) > 0.999


@pytest.mark.parametrize("share", [0.0, 0.15])
def test_noise_and_missing_depth_leave_the_large_things(share: float) -> None:
    observation = PaintedWorld([*TABLE, CRATE, WALL, SIDE_WALL, CABINET]).observe(EYE, TARGET)
    rng = np.random.default_rng(1)
    depth = observation.depth
    noisy = depth + rng.normal(0.0, 0.0015, depth.shape) * depth**2
    noisy[rng.random(depth.shape) < share] = 0.0
    noisy[:, 150:] = 0.0
    noisy = np.where(depth > 0, noisy, 0.0).astype(np.float32)
    frame = make_frame(replace(observation, depth=noisy), 1)
    result = GeometricSegmenter().segment(frame)
    for instance in (1, 3, 5):
        assert best_overlap(result, truth(frame, instance)) > 0.6, instance


@pytest.mark.parametrize("depth", [0.0, 0.4, 9.99, np.nan])
def test_degenerate_frames_are_survived(depth: float) -> None:
    observation = PaintedWorld().observe(EYE, TARGET)
    flat = np.full_like(observation.depth, depth)
    result = GeometricSegmenter().segment(make_frame(replace(observation, depth=flat), 1))
    assert result.mask.shape == observation.depth.shape
    assert len(result) == result.mask.max()


def test_random_depth_is_survived_and_labels_are_dense() -> None:
    observation = PaintedWorld().observe(EYE, TARGET)
    rng = np.random.default_rng(0)
    for _ in range(5):
        depth = rng.uniform(0.3, 6.0, observation.depth.shape).astype(np.float32)
        depth[rng.random(depth.shape) < 0.5] = 0.0
        rgb = rng.integers(0, 256, observation.rgb.shape, dtype=np.uint8)
        frame = make_frame(replace(observation, depth=depth, rgb=rgb), 1)
        result = GeometricSegmenter().segment(frame)
        assert sorted(np.unique(result.mask[result.mask > 0])) == list(range(1, len(result) + 1))
        assert not (result.mask[~frame.valid] > 0).any()


def test_the_same_frame_gives_the_same_masks() -> None:
    _, first = segment(*TABLE, MUG, CRATE, WALL)
    _, second = segment(*TABLE, MUG, CRATE, WALL)
    np.testing.assert_array_equal(first.mask, second.mask)


def test_most_of_what_is_large_in_a_house_is_found() -> None:
    house_module = pytest.importorskip("embodied_mem_envs.house")
    from embodied_mem.types import Command

    fits: list[float] = []
    for seed in (1, 3):
        body = house_module.HouseBody(house_module.generate_house(seed))
        body.connect()
        for _ in range(12):
            frame = make_frame(body.observe(), 4)
            result = GeometricSegmenter().segment(frame)
            wanted = InstanceSegmenter(min_pixels=150).segment(frame)
            for k in range(len(wanted)):
                mask = wanted.mask == k + 1
                if frame.depth[mask].mean() < 4.5:
                    fits.append(best_overlap(result, mask))
            body.act(Command(turn=np.pi / 6))
    assert len(fits) >= 15
    assert np.mean(np.array(fits) > 0.5) >= 0.6
