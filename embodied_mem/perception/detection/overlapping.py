"""Makes one picture of masks that overlap."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.perception.frame import Frame
from embodied_mem.types import BoolArray, Float32Array, Int64Array, IntArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlapping:
    """Whose a pixel is that several masks claim."""

    min_pixels: int = 12
    """Strided pixels with depth that an instance must keep; as many as `InstanceSegmenter` asks."""
    same: float = 0.8
    """Overlap (intersection over union) from which on two masks are one thing: the surer stays."""
    within: float = 0.8
    """Share of a mask inside of another from which on it is a thing in or on that one."""
    reach: float = 0.15
    """How far from a mask's median depth its pixels lie at least, metres; more where they vary."""

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            ConfigError: If a share lies outside of (0, 1], or an instance may have no pixel.
        """
        if not (0.0 < self.same <= 1.0 and 0.0 < self.within <= 1.0) or self.min_pixels < 1:
            raise ConfigError("shares of masks must lie in (0, 1] and min_pixels be at least 1")


def resolved(
    frame: Frame, masks: BoolArray, scores: Float32Array, config: Overlapping | None = None
) -> tuple[IntArray, Int64Array]:
    """Gives each pixel to one mask.

    A pixel goes to a mask whose depth it fits before one whose depth it does not; of those, to
    what lies in or on the other; then to the surer.

    Args:
        frame: What is seen.
        masks: (n, h, w), overlapping.
        scores: (n,)
        config: Settings; the defaults where None.

    Returns:
        (h, w) the mask of each pixel from 1, 0 for none, and the index of each mask that is left.
    """
    config = config or Overlapping()
    alive = _told_apart(masks & frame.valid, scores, config)
    while True:
        picture = _painted(frame, masks, scores, alive, config)
        left = np.bincount(picture[frame.valid], minlength=len(masks) + 1)[1:]
        kept = alive[left[alive] >= config.min_pixels]
        if len(kept) == len(alive):
            break
        alive = kept  # what was too small gives its pixels back to the others
    number = np.zeros(len(masks) + 1, np.int32)
    number[alive + 1] = np.arange(1, len(alive) + 1)
    return number[picture], alive


def _told_apart(seen: BoolArray, scores: Float32Array, config: Overlapping) -> Int64Array:
    """Returns the masks that are large enough and not a second one of a surer thing."""
    pixels = np.count_nonzero(seen, axis=(1, 2))
    candidates = np.flatnonzero(pixels >= config.min_pixels)
    candidates = candidates[np.argsort(-scores[candidates], kind="stable")]
    shared = _shared(seen[candidates])
    size = pixels[candidates]
    same = shared >= config.same * (size[:, None] + size[None, :] - shared)
    alive = np.ones(len(candidates), dtype=bool)
    for index in range(len(candidates)):
        if alive[index]:
            alive[index + 1 :] &= ~same[index, index + 1 :]
    return np.sort(candidates[alive])


def _shared(masks: BoolArray) -> Float32Array:
    """Returns (n, n) how many pixels masks have in common."""
    flat = masks.reshape(len(masks), masks.shape[1] * masks.shape[2]).astype(np.float32)
    common: Float32Array = flat @ flat.T
    return common


def _painted(
    frame: Frame,
    masks: BoolArray,
    scores: Float32Array,
    alive: Int64Array,
    config: Overlapping,
) -> IntArray:
    """Paints masks over each other, the last word last: first anywhere, then where depth fits."""
    picture = np.zeros(frame.shape, np.int32)
    own = masks[alive]
    seen = own & frame.valid
    size = np.maximum(np.count_nonzero(seen, axis=(1, 2)), 1)
    inside = _shared(seen) / size[:, None] >= config.within
    nested = (inside & (size[:, None] < size[None, :])).sum(axis=1)
    order = np.lexsort((-np.arange(len(alive)), scores[alive], nested))
    for index in order:
        picture[own[index]] = alive[index] + 1
    for index in order:
        depth = frame.depth[seen[index]]
        middle = np.median(depth) if depth.size else np.float32(0.0)
        spread = np.median(np.abs(depth - middle)) if depth.size else np.float32(0.0)
        reach = max(config.reach, 3.0 * float(spread))
        fits = own[index] & (~frame.valid | (np.abs(frame.depth - middle) <= reach))
        picture[fits] = alive[index] + 1
    return picture
