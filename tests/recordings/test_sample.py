"""The real sample: sixty frames of a kitchen from a Kinect."""

import json
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from embodied_mem.perception import (
    GeometricSegmenter,
    Segmentation,
    basic_colour,
    colour_votes,
    make_frame,
)
from embodied_mem.perception.normals import world_normals
from embodied_mem.recordings import open_recording
from embodied_mem.types import Observation
from kitchen_objects import OUTLINES, large_objects, match, missing_reason, sample_folder

pytestmark = pytest.mark.skipif(missing_reason() is not None, reason=str(missing_reason()))


@pytest.fixture(scope="module")
def outlined_frames() -> dict[int, Observation]:
    outlines = json.loads(OUTLINES.read_text())["objects"]
    wanted = {view["frame"] for item in outlines for view in item["views"]}
    return {o.tick: o for o in open_recording(sample_folder()) if o.tick in wanted}


def test_all_frames_are_read_and_the_room_stands_upright() -> None:
    reader = open_recording(sample_folder())
    assert len(reader) == 60
    heights = []
    for observation in reader:
        assert observation.tick % 5 == 0
        assert 1.0 < observation.T_world_camera[2, 3] < 1.8
        if observation.tick % 50 == 0:
            frame = make_frame(observation, 4)
            normals, good = world_normals(frame)
            heights.append(frame.points[..., 2][good & (normals[..., 2] > 0.97)])
    assert (reader.frames_read, reader.frames_skipped) == (60, 0)
    level = np.concatenate(heights)
    # What is level lies on the floor, on the seats, on the table or on the counter.
    assert np.mean(np.abs(level) < 0.05) > 0.15
    assert np.mean((level > 0.69) & (level < 0.76)) > 0.15
    assert np.mean(level < -0.06) < 0.01


def test_colour_lies_on_depth(outlined_frames: dict[int, Observation]) -> None:
    """The outlines are drawn on depth; what they hold must have the colour of the object."""
    named = {
        "left cabinets": "red",
        "back cabinets": "red",
        "white mug": "white",
        "chair by the table": "brown",
    }
    outlines = {item["name"]: item for item in json.loads(OUTLINES.read_text())["objects"]}
    for name, term in named.items():
        votes = np.zeros(12, np.float32)
        for view in outlines[name]["views"]:
            observation = outlined_frames[view["frame"]]
            frame = make_frame(observation, 4)
            mask = outline(observation, view["polygon"])[::4, ::4].astype(np.int32)
            inside = (frame.depth > view["depth"][0]) & (frame.depth < view["depth"][1])
            votes += colour_votes(frame, one_mask(mask * inside))[0]
        assert basic_colour(votes) == term, name


def test_the_outlined_objects_are_where_they_look_to_be() -> None:
    objects = {item.name: item for item in large_objects()}
    assert len(objects) >= 15
    table, mug = objects["dining table"], objects["white mug"]
    assert table.high[2] == pytest.approx(0.74, abs=0.04)
    assert mug.low[2] > table.high[2] - 0.03
    assert 0.05 < (mug.high - mug.low)[2] < 0.15
    assert 0.75 < objects["left cabinets"].high[2] < 0.95
    assert objects["purple book"].low[2] > 0.85
    for item in objects.values():
        assert item.low[2] > -0.05
        assert ((item.high - item.low) < 2.6).all(), item.name
    # Each object's own box stands for it, and a box around the whole room for none.
    boxes = [(item.low, item.high) for item in objects.values()]
    assert len(match(list(objects.values()), boxes)) == len(objects)
    room = (np.array([-1.0, -2.0, 0.0]), np.array([4.0, 3.0, 2.5]))
    assert match(list(objects.values()), [room]) == {}


def test_one_look_segments_most_of_the_outlined_objects(
    outlined_frames: dict[int, Observation],
) -> None:
    segmenter = GeometricSegmenter()
    fits = []
    for item in json.loads(OUTLINES.read_text())["objects"]:
        for view in item["views"]:
            observation = outlined_frames[view["frame"]]
            frame = make_frame(observation, 4)
            result = segmenter.segment(frame)
            mask = outline(observation, view["polygon"])[::4, ::4] & frame.valid
            mask &= (frame.depth > view["depth"][0]) & (frame.depth < view["depth"][1])
            owner = np.bincount(result.mask[mask], minlength=len(result) + 1)
            best = int(np.argmax(owner[1:])) + 1
            # Most of the outline is one segment, and that is not half of the picture.
            small = (result.mask == best).mean() < 0.5
            fits.append(owner[best] > 0.6 * mask.sum() and small)
    assert np.mean(fits) >= 0.85


def outline(observation: Observation, polygon: Sequence[Sequence[int]]) -> np.ndarray:
    mask = np.zeros(observation.depth.shape, np.uint8)
    cv2.fillPoly(mask, [np.array(polygon, np.int32)], 1)
    return mask > 0


def one_mask(mask: np.ndarray) -> Segmentation:
    return Segmentation(mask=mask, categories=("x",), confidence=np.ones(1, np.float32))
