"""Turns the hand-made outlines of the sample's large objects into boxes in the world."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

from embodied_mem.recordings import open_recording
from embodied_mem.types import Float64Array, Observation

ROOT = Path(__file__).resolve().parents[2]
OUTLINES = ROOT / "tests" / "data" / "seven_scenes_large_objects.json"
ENVIRONMENT = "EMBODIED_MEM_DATA"

MARGIN = 0.05
"""Metres added to a found box before points are looked for in it: outlines and depth are rough."""
MIN_INSIDE = 0.6
"""Share of an object's outlined points that a found box must hold."""
SURROUND = 0.15
"""Metres around the outlined box within which a found box may reach at no cost."""
MIN_TIGHT = 0.3
"""Share of a found box that must lie there: one box around the whole room finds nothing."""


def sample_folder() -> Path:
    """Returns where the recording should be: under EMBODIED_MEM_DATA, else ../shared/data."""
    data = Path(os.environ.get(ENVIRONMENT, ROOT.parent / "shared" / "data"))
    return data / "seven_scenes_sample"


def missing_reason() -> str | None:
    """Returns why tests on the sample cannot run, or None where it is there."""
    folder = sample_folder()
    if folder.is_dir():
        return None
    return f"the real sample is not at {folder}; set {ENVIRONMENT} to the folder that holds it"


@dataclass(frozen=True)
class LargeObject:
    """One outlined object: its points from all outlined frames, and the box around them."""

    name: str
    points: Float64Array
    """(n, 3) world."""
    low: Float64Array
    high: Float64Array
    surround: float
    """Metres around the box that may belong to the object too."""


def large_objects() -> list[LargeObject]:
    """Cuts the outlined objects out of the depth images, in the reader's world frame."""
    outlines = json.loads(OUTLINES.read_text())["objects"]
    frames = {view["frame"] for item in outlines for view in item["views"]}
    seen = {o.tick: o for o in open_recording(sample_folder()) if o.tick in frames}
    return [_large_object(item, seen) for item in outlines]


def _large_object(item: dict[str, Any], seen: dict[int, Observation]) -> LargeObject:
    clouds = [_outlined_points(seen[view["frame"]], view) for view in item["views"]]
    # Every view counts alike, however near it was taken from.
    size = min(len(cloud) for cloud in clouds)
    assert size >= 50, f"an outline of {item['name']} holds only {size} pixels with depth"
    points = np.concatenate([cloud[:: len(cloud) // size] for cloud in clouds])
    low, high = np.percentile(points, [2.0, 98.0], axis=0)
    surround = max(SURROUND, item.get("hidden_body", 0.0))
    return LargeObject(item["name"], points, low, high, surround)


def _outlined_points(observation: Observation, view: dict[str, Any]) -> Float64Array:
    mask = np.zeros(observation.depth.shape, np.uint8)
    cv2.fillPoly(mask, [np.array(view["polygon"], np.int32)], 1)
    near, far = view["depth"]
    inside = (mask > 0) & (observation.depth > near) & (observation.depth < far)
    row, column = np.nonzero(inside)
    z = observation.depth[inside].astype(np.float64)
    k = observation.intrinsics
    camera = np.stack([(column - k.cx) / k.fx * z, (row - k.cy) / k.fy * z, z], axis=1)
    pose = observation.T_world_camera
    return camera @ pose[:3, :3].T + pose[:3, 3]


def is_found_by(target: LargeObject, low: Float64Array, high: Float64Array) -> bool:
    """Tells whether a box stands for an object.

    It must hold at least 60 % of the outlined points (with a margin of 5 cm), and at least 30 % of
    it must lie within 15 cm of the box around them: more where the outlines show only a front and
    the list says how far the body goes on behind it.
    """
    low, high = np.asarray(low) - MARGIN, np.asarray(high) + MARGIN
    reach = target.surround
    inside = ((target.points >= low) & (target.points <= high)).all(axis=1).mean()
    shared = np.minimum(high, target.high + reach) - np.maximum(low, target.low - reach)
    tight = np.prod(np.maximum(shared, 0.0)) / np.prod(high - low)
    return bool(inside >= MIN_INSIDE and tight >= MIN_TIGHT)


def match(
    targets: Sequence[LargeObject], boxes: Sequence[tuple[Float64Array, Float64Array]]
) -> dict[str, int]:
    """Pairs objects with boxes (lower corner, upper corner), one to one, as many as can be.

    Returns:
        The index of the box for the name of each object that was found.
    """
    fits = np.array([[is_found_by(target, *box) for box in boxes] for target in targets], int)
    rows, columns = linear_sum_assignment(-fits)
    return {
        targets[row].name: int(column)
        for row, column in zip(rows, columns, strict=True)
        if fits[row, column]
    }
