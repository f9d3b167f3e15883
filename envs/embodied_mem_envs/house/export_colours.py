"""Vertex colours that name objects: told apart however a reader rounds them."""

import numpy as np

from embodied_mem.errors import HouseError
from embodied_mem.types import AnyArray, UInt8Array

_MARGIN = 0.08


def srgb(linear: AnyArray) -> AnyArray:
    """Converts linear light to sRGB, both from 0 to 1 (IEC 61966-2-1)."""
    value = np.asarray(linear, np.float64)
    return np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)


def _steps() -> tuple[UInt8Array, UInt8Array]:
    """Returns linear bytes and the sRGB bytes that they become, rounded or cut off alike."""
    linear = np.arange(256)
    converted = 255.0 * srgb(linear / 255.0)
    whole = np.floor(converted)
    safe = (converted - whole > _MARGIN) & (converted - whole < 0.5 - _MARGIN)
    chosen, values = linear[safe], whole[safe]
    _, first = np.unique(values, return_index=True)
    return chosen[first].astype(np.uint8), values[first].astype(np.uint8)


def id_colours(count: int) -> tuple[UInt8Array, UInt8Array]:
    """Returns colours that are all different.

    glTF holds vertex colours as linear light, and Habitat converts them to sRGB before it looks
    them up in the annotations, where they therefore have to be written as sRGB.

    Args:
        count: How many.

    Returns:
        (count, 3) linear bytes for the vertices and (count, 3) sRGB bytes for the annotations.

    Raises:
        HouseError: If there are not so many.
    """
    linear, converted = _steps()
    steps = len(linear)
    if count > steps**3:
        raise HouseError(f"{count} objects need more colours than there are ({steps**3})")
    # Neighbouring ids get colours far apart, which makes a picture of them legible.
    number = (np.arange(count) * _stride(steps**3)) % steps**3
    digits = np.stack([number // steps**2, number // steps % steps, number % steps], axis=1)
    return linear[digits], converted[digits]


def _stride(total: int) -> int:
    """Returns a step that visits all of `total` numbers before it repeats."""
    stride = int(total * 0.38196601125)
    while np.gcd(stride, total) != 1:
        stride += 1
    return stride
