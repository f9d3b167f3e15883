"""What a sighting looks like, painted, and how its words are embedded, by hashing."""

import hashlib
from typing import final

import cv2
import numpy as np

from embodied_mem.memory.codec.pictures import progressive_picture
from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.types import Float32Array, UInt8Array
from embodied_mem_envs.bench.store.moving_world import Sighting

_SIDE = 160


@final
class PlainSenses:
    """Textured pictures, and texts embedded by their words."""

    def __init__(self, *, pictures: bool = True) -> None:
        self._embedder = HashingEmbedder()
        self._pictures = pictures

    def picture(self, sighting: Sighting, tick: int) -> tuple[tuple[bytes, ...], tuple[float, ...]]:
        """Returns a picture of some thousand bytes in progressive layers, and their losses."""
        if not self._pictures:
            return (), ()
        encoded = progressive_picture(_paint(f"{sighting.name} {tick}"))
        return encoded.layers, encoded.losses

    def embed(self, text: str) -> Float32Array:
        """Returns the vector of a text."""
        return np.asarray(self._embedder.embed([text])[0])


def _paint(what: str) -> UInt8Array:
    """Paints blurred noise: smooth shapes with some grain, as photographs have."""
    rng = np.random.default_rng(_seed(what))
    shapes = cv2.resize(rng.integers(0, 256, (9, 9, 3)).astype(np.uint8), (_SIDE, _SIDE))
    grain = rng.integers(0, 24, (_SIDE, _SIDE, 1), np.uint8)
    return np.asarray(cv2.add(shapes, np.repeat(grain, 3, axis=2)), np.uint8)


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
