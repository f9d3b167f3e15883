"""Pictures made of smooth colours, stripes and shapes, large ones and small ones, from a seed."""

from typing import Final

import cv2
import numpy as np

from embodied_mem.types import Float32Array, UInt8Array

SIDE: Final = 88
"""Pixels from side to side."""
_FIELD: Final = 4
_STRIPED: Final = 2
_LARGE: Final = 4
_SMALL: Final = 14


def draw_pictures(count: int, rng: np.random.Generator) -> UInt8Array:
    """Returns (count, 88, 88, 3) RGB pictures.

    A field of smooth colours; over it two fields of stripes, each in a region of its own; over
    those 4 large and 14 small shapes. So neighbouring patches have something to do with each other,
    and yet nobody can tell a patch from its neighbours alone.

    Args:
        count: How many.
        rng: Source of chance.
    """
    return np.stack([_picture(rng) for _ in range(count)]) if count else _none()


def _none() -> UInt8Array:
    return np.zeros((0, SIDE, SIDE, 3), np.uint8)


def _picture(rng: np.random.Generator) -> UInt8Array:
    coarse = rng.random((_FIELD, _FIELD, 3), np.float32)
    field = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    for _ in range(_STRIPED):
        field = _striped(np.asarray(field, np.float32), rng)
    picture: UInt8Array = np.ascontiguousarray((255 * field).astype(np.uint8))
    for sizes, shapes in (((12, 26), _LARGE), ((2, 6), _SMALL)):
        for _ in range(shapes):
            _put_shape(picture, sizes, rng)
    return picture


def _striped(field: Float32Array, rng: np.random.Generator) -> Float32Array:
    """Adds stripes of a colour where a random plane wave of long waves is high."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    angles = rng.uniform(0, np.pi, 2)
    lengths = rng.uniform((60, 5), (120, 14))
    starts = rng.uniform(0, 2 * np.pi, 2)
    region, stripes = (
        np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / length + start)
        for angle, length, start in zip(angles, lengths, starts, strict=True)
    )
    weight = ((region > 0.2) & (stripes > 0))[..., None] * np.float32(0.6)
    mixed: Float32Array = field * (1 - weight) + weight * rng.random(3, np.float32)
    return mixed


def _put_shape(picture: UInt8Array, sizes: tuple[int, int], rng: np.random.Generator) -> None:
    centre = tuple(int(each) for each in rng.integers(SIDE, size=2))
    half = tuple(int(each) for each in rng.integers(*sizes, size=2))
    colour = tuple(int(each) for each in rng.integers(256, size=3))
    angle = float(rng.uniform(0, 180))
    if rng.random() < 0.5:
        cv2.ellipse(picture, centre, half, angle, 0, 360, colour, -1)
        return
    corners = cv2.boxPoints((centre, (2.0 * half[0], 2.0 * half[1]), angle))
    cv2.fillPoly(picture, [corners.astype(np.int32)], colour)
