import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem.perception import default_stride, make_frame
from embodied_mem.perception.detection.overlapping import resolved
from embodied_mem.perception.masks import BoxDepthConfig, BoxDepthMasks
from embodied_mem.perception.masks.maker import inside_boxes
from embodied_mem.types import Command, Observation
from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house
from painted_world import PaintedBox, PaintedWorld


def views(seed: int, count: int = 6) -> list[Observation]:
    house = generate_house(seed, HouseConfig(rooms=3))
    body = HouseBody(house, CameraConfig(width=480, height=360))
    rng = np.random.default_rng(seed)
    body.connect()
    seen = []
    for _ in range(count):
        seen.append(body.observe())
        body.act(Command(turn=float(rng.uniform(0.5, 1.5)), forward=float(rng.uniform(0.0, 0.6))))
    body.close()
    return seen


def boxes_of(seen: Observation) -> tuple[np.ndarray, list[int]]:
    """The boxes that a detector without errors would give."""
    assert seen.instance is not None
    corners, numbers = [], []
    for number in np.unique(seen.instance):
        rows, columns = np.nonzero(seen.instance == number)
        if int(number) in seen.labels and len(rows) >= 120:
            corners.append([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
            numbers.append(int(number))
    return np.array(corners, np.float32).reshape(-1, 4), numbers


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / max((first | second).sum(), 1))


def test_things_of_unseen_houses_are_cut_out_of_their_boxes() -> None:
    maker = BoxDepthMasks()
    found: dict[str, list[float]] = {"box": [], "mask": [], "resolved": []}
    for seed in (21, 22, 23, 24):  # the limits were chosen on 11 to 16
        for seen in views(seed):
            frame = make_frame(seen, default_stride(480))
            corners, numbers = boxes_of(seen)
            masks = maker.masks(frame, corners)
            picture, kept = resolved(frame, masks, np.full(len(masks), 0.5, np.float32))
            rank = {int(k): place for place, k in enumerate(kept, 1)}
            assert seen.instance is not None
            shown = seen.instance[:: frame.stride, :: frame.stride]
            for k, number in enumerate(numbers):
                true = shown == number
                found["box"].append(overlap(inside_boxes(frame, corners)[k], true))
                found["mask"].append(overlap(masks[k], true))
                found["resolved"].append(overlap(picture == rank.get(k, -1), true))
    mean = {name: float(np.mean(values)) for name, values in found.items()}
    assert len(found["box"]) > 80
    assert mean["mask"] > 0.75 and mean["resolved"] > 0.75, mean
    assert mean["mask"] > mean["box"] + 0.08, mean


def test_what_geometry_cannot_tell_apart_is_cut_out_by_depth() -> None:
    # A flat picture on a wall of its own colour, and a wall behind it.
    wall = PaintedBox((3.0, -3.0, 0.0), (3.2, 3.0, 3.0), (120, 120, 120))
    frame = PaintedWorld([wall]).frame((0.0, 0.0, 1.2), (3.0, 0.0, 1.2))
    corners = np.array([[60, 40, 100, 80]], np.float32)
    (mask,) = BoxDepthMasks().masks(frame, corners)
    np.testing.assert_array_equal(mask, inside_boxes(frame, corners)[0])


def test_without_depth_there_is_no_mask() -> None:
    frame = PaintedWorld().frame((0.0, 0.0, 1.2), (3.0, 0.0, 9.0))  # the sky
    assert not frame.valid.any()
    corners = np.array([[10, 10, 60, 60], [0, 0, 0, 0], [158, 118, 160, 120]], np.float32)
    masks = BoxDepthMasks().masks(frame, corners)
    assert masks.shape == (3, *frame.shape) and not masks.any()
    assert BoxDepthMasks().masks(frame, corners[:0]).shape == (0, *frame.shape)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_boxes_of_the_whole_picture_are_found_at_the_stride(stride: int) -> None:
    observation = PaintedWorld().observe((0.0, 0.0, 1.2), (3.0, 0.0, 0.2))
    frame = make_frame(observation, stride)
    whole = np.zeros((120, 160), dtype=bool)
    whole[31:97, 14:50] = True
    (inside,) = inside_boxes(frame, np.array([[14, 31, 50, 97]], np.float32))
    np.testing.assert_array_equal(inside, whole[::stride, ::stride])


def test_shares_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="inside"):
        BoxDepthConfig(inside=1.5)
