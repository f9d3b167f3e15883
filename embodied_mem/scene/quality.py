"""How well a frame shows an object: near, large, whole and sharp is good."""

import cv2
import numpy as np

from embodied_mem.perception import Frame
from embodied_mem.scene.objects import ObjectTable
from embodied_mem.scene.sightings import Sightings
from embodied_mem.types import Float32Array, Int64Array

GOOD_AREA = 0.06
"""Share of the picture from which an object counts as shown large."""
NEAR, FAR = 1.0, 5.0
"""Depths in metres from which a view counts as nearest and farthest."""
TRUNCATED = 0.5
"""What a view is worth whose mask is cut by the border of the picture."""


def sharpness(frame: Frame) -> float:
    """Returns 0 (blurred) to 1 (sharp) from how much finer detail survives than coarse.

    Motion blur and defocus take away one-pixel differences long before four-pixel ones, so their
    ratio tells blur from a plain wall, which has little of either and counts as sharp.
    """
    green = frame.observation.rgb[:: frame.stride, :, 1]
    fine = float(cv2.norm(green[:, 1:], green[:, :-1], cv2.NORM_L1)) / green.size
    coarse = float(cv2.norm(green[:, 4:], green[:, :-4], cv2.NORM_L1)) / green.size
    return float(np.clip(4.0 * (fine + 0.5) / (coarse + 1.0) - 0.4, 0.0, 1.0))


def view_quality(
    frame: Frame, sightings: Sightings, rows: Int64Array, table: ObjectTable
) -> Float32Array:
    """Rates the view of each matched sighting; returns (n,) in (0, 1]."""
    area = sightings.pixels / float(frame.depth.size)
    large = np.minimum(np.sqrt(area / GOOD_AREA), 1.0)
    near = np.clip((FAR - sightings.depth) / (FAR - NEAR), 0.0, 1.0)
    known = np.array([len(table.keys[row]) << (2 * table.level[row]) for row in rows])
    seen = np.array([len(keys) for keys in sightings.keys])
    whole = np.minimum(seen / np.maximum(0.6 * known, 1.0), 1.0)  # one side shows about 0.6
    cut = np.where(sightings.truncated, TRUNCATED, 1.0)
    rating = (0.4 * large + 0.3 * near + 0.3 * whole) * cut * (0.5 + 0.5 * sharpness(frame))
    quality: Float32Array = np.maximum(rating, 0.01).astype(np.float32)
    return quality
