"""The choices of the memory level in arrays."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from gymnasium import spaces

from embodied_mem.brain.navigation import Pose2
from embodied_mem.types import AnyArray, Float32Array, UInt8Array
from embodied_mem_envs.tasks.levels.choices import FrontierChoice, PictureChoice
from embodied_mem_envs.tasks.levels.texts import encode_all

THUMBNAIL: Final = 48
"""Side of a picture that is shown, pixels."""
PICTURE_FEATURES: Final = 7
"""held, metres, cosine and sine of its bearing, age, relevance, number of things."""
FRONTIER_FEATURES: Final = 6
"""held, metres, cosine and sine of its bearing, square metres behind it, picture held."""
WORDS: Final = 96
"""Bytes of the categories that a picture shows."""
_BEARING: Final = slice(2, 4)
_FAR: Final = 100.0
_OLD: Final = 1e6


def shown_spaces(pictures: int, frontiers: int) -> dict[str, spaces.Space[AnyArray]]:
    """Returns the spaces of `shown_arrays`."""
    picture_low, picture_high = _limits(pictures, (1, _FAR, 1, 1, _OLD, 1, _FAR))
    frontier_low, frontier_high = _limits(frontiers, (1, _FAR, 1, 1, _FAR, 1))
    return {
        "pictures": spaces.Box(0, 255, (pictures * THUMBNAIL, THUMBNAIL, 3), np.uint8),
        "picture_features": spaces.Box(picture_low, picture_high, dtype=np.float32),
        "picture_words": spaces.Box(0, 255, (pictures * WORDS,), np.uint8),
        "frontiers": spaces.Box(0, 255, (frontiers * THUMBNAIL, THUMBNAIL, 3), np.uint8),
        "frontier_features": spaces.Box(frontier_low, frontier_high, dtype=np.float32),
    }


def shown_arrays(
    pictures: Sequence[PictureChoice],
    frontiers: Sequence[FrontierChoice],
    pose: Pose2 | None,
    tick: int,
    most_pictures: int,
    most_frontiers: int,
) -> dict[str, AnyArray]:
    """Returns thumbnails and features of what can be chosen; zeros in empty places.

    Args:
        pictures: In the order of the actions.
        frontiers: In the order of the actions.
        pose: Where the body is; None where it never saw anything.
        tick: Now.
        most_pictures: Places for pictures.
        most_frontiers: Places for frontiers.
    """
    words = [", ".join(dict.fromkeys(f.category for f in p.things)) for p in pictures]
    return {
        "pictures": _column([p.picture for p in pictures], most_pictures),
        "picture_features": _rows(
            [_picture_features(p, pose, tick) for p in pictures], most_pictures, PICTURE_FEATURES
        ),
        "picture_words": encode_all(words, most_pictures, WORDS),
        "frontiers": _column([f.picture for f in frontiers], most_frontiers),
        "frontier_features": _rows(
            [_frontier_features(f, pose) for f in frontiers], most_frontiers, FRONTIER_FEATURES
        ),
    }


def _picture_features(choice: PictureChoice, pose: Pose2 | None, tick: int) -> list[float]:
    x, y = choice.things[0].position[:2]
    metres, ahead, aside = _towards(pose, x, y)
    age = float(np.clip(tick - choice.fact.tick, 0, _OLD))
    number = min(float(len(choice.things)), _FAR)
    return [1.0, metres, ahead, aside, age, float(np.clip(choice.relevance, 0.0, 1.0)), number]


def _frontier_features(choice: FrontierChoice, pose: Pose2 | None) -> list[float]:
    _, ahead, aside = _towards(pose, *choice.place.tolist())
    held = float(choice.picture is not None)
    return [1.0, min(choice.metres, _FAR), ahead, aside, min(choice.gain, _FAR), held]


def _towards(pose: Pose2 | None, x: float, y: float) -> tuple[float, float, float]:
    """Returns metres as the crow flies, and cosine and sine of the bearing."""
    if pose is None:
        return 0.0, 1.0, 0.0
    bearing = pose.bearing_to((x, y))
    metres = min(float(np.hypot(x - pose.x, y - pose.y)), _FAR)
    return metres, float(np.cos(bearing)), float(np.sin(bearing))


def _column(pictures: Sequence[UInt8Array | None], most: int) -> UInt8Array:
    """Stacks thumbnails from the top down."""
    column = np.zeros((most, THUMBNAIL, THUMBNAIL, 3), np.uint8)
    for place, picture in zip(column, pictures, strict=False):
        if picture is not None:
            place[:] = cv2.resize(picture, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    return column.reshape(most * THUMBNAIL, THUMBNAIL, 3)


def _rows(rows: list[list[float]], most: int, width: int) -> Float32Array:
    features = np.zeros((most, width), np.float32)
    if rows:
        features[: len(rows)] = rows
    return features.reshape(-1)


def _limits(count: int, high: tuple[float, ...]) -> tuple[Float32Array, Float32Array]:
    """Returns the lowest and highest features; the bearing's cosine and sine may be negative."""
    low = np.zeros(len(high), np.float32)
    low[_BEARING] = -1.0
    return np.tile(low, count), np.tile(np.array(high, np.float32), count)
