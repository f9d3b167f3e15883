"""Whether a thing can be recognised by its piece of a picture, however coarse that is held."""

from collections.abc import Mapping
from typing import Final, final

import cv2
import numpy as np

from embodied_mem.memory import MemoryRecord
from embodied_mem.memory.codec.pictures import decode_picture
from embodied_mem.types import Float32Array, Int64Array, UInt8Array
from embodied_mem_envs.bench.allocation.pictures_walk import PictureWalk

_SIDE: Final = 32
_CELLS: Final = 4
_TURNS: Final = 8
_LAB_BINS: Final = (6, 8, 8)
_LAB_RANGES: Final = [0, 256, 64, 192, 64, 192]


def describe(picture: UInt8Array, box: tuple[int, int, int, int]) -> Float32Array:
    """Describes a piece of a picture by its edges and its colours, two halves of length 1.

    The edges are histograms of their direction in 4 x 4 cells (Dalal and Triggs, CVPR 2005,
    without blocks), the colours a histogram in CIE L*a*b*; of both the square root.

    Args:
        picture: (h, w, 3) RGB.
        box: x0, y0, x1, y1, exclusive.
    """
    x0, y0, x1, y1 = box
    crop = np.ascontiguousarray(picture[y0:y1, x0:x1])
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB)
    colours = cv2.calcHist([lab], [0, 1, 2], None, [*_LAB_BINS], _LAB_RANGES)
    return np.concatenate(
        [_unit(_edges(np.asarray(grey))), _unit(np.asarray(colours, np.float32).ravel())]
    )


def _edges(grey: UInt8Array) -> Float32Array:
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    turn = (np.arctan2(down, across) % np.pi / np.pi * _TURNS).astype(np.int64) % _TURNS
    row = np.arange(_SIDE) // (_SIDE // _CELLS)
    cell = row[:, None] * _CELLS + row
    strength = np.hypot(across, down)
    bins = (cell * _TURNS + turn).ravel()
    return np.bincount(bins, strength.ravel(), minlength=_CELLS**2 * _TURNS).astype(np.float32)


def _unit(histogram: Float32Array) -> Float32Array:
    root = np.sqrt(histogram)
    return np.asarray(root / max(float(np.linalg.norm(root)), 1e-9), np.float32)


@final
class Recogniser:
    """Knows every thing of a house from all full pictures of it, and names what a piece shows.

    A piece is recognised as what the most similar piece of another picture shows.
    """

    def __init__(self, walk: PictureWalk) -> None:
        known, true, tick = [], [], []
        for index in range(len(walk)):
            picture = decode_picture(walk.layers[index])
            for column in np.flatnonzero(walk.true[index] >= 0).tolist():
                x0, y0, x1, y1 = walk.boxes[index, column].tolist()
                known.append(describe(picture, (x0, y0, x1, y1)))
                true.append(int(walk.true[index, column]))
                tick.append(int(walk.streams.tick[index]))
        self._known: Float32Array = np.stack(known)
        self._tick: Int64Array = np.array(tick)
        self._true: Int64Array = np.array(true)
        self._named: dict[tuple[int, int, str], int] = {}
        self._pictures: dict[tuple[int, int], UInt8Array] = {}

    def recognise(self, record: MemoryRecord, thing: str) -> int | None:
        """Returns the true thing that a record's picture is taken to show as `thing`.

        Args:
            record: As it is held, however coarse; its content names its picture by the tick.
            thing: Id of one of the things that it shows.
        """
        content: Mapping[str, object] = record.content
        boxes = content["boxes"]
        assert isinstance(boxes, Mapping)
        x0, y0, x1, y1 = boxes[thing]
        if x1 <= x0 or y1 <= y0:
            return None
        tick = int(record.content["tick"])
        # The same layers of the same picture are the same pixels: each is looked at once.
        key = (tick, len(record.payload), thing)
        if key not in self._named:
            piece = describe(decode_picture(record.payload), (x0, y0, x1, y1))
            likeness = np.where(self._tick == tick, -np.inf, self._known @ piece)
            self._named[key] = int(self._true[likeness.argmax()])
        return self._named[key]
