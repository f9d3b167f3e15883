"""Checks a segmenter: masks, categories and confidences of frames, also of empty ones."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from embodied_mem.perception.frame import Frame, default_stride, make_frame
from embodied_mem.perception.segmentation import Segmentation, Segmenter
from embodied_mem.testing.expect import expect
from embodied_mem.types import Command, Observation


def check_segmenter(
    make: Callable[[], Segmenter], observations: Iterable[Observation] | None = None
) -> None:
    """Checks that the scene can be built from what a segmenter finds.

    Args:
        make: Makes a fresh segmenter, such as the class itself.
        observations: What to look at; a few views of a generated house where None.

    Raises:
        ContractError: If anything is not as `embodied_mem.perception.Segmenter` has it.
    """
    seen = list(_house_views() if observations is None else observations)
    expect(len(seen) > 0, "there is nothing to look at: give at least one observation")
    segmenter, again = make(), make()
    found = 0
    for observation in seen:
        for stride in (1, default_stride(observation.intrinsics.width)):
            frame = make_frame(observation, stride)
            result = _segment(segmenter, frame)
            if stride == default_stride(observation.intrinsics.width):
                found += len(result)
                expect(_same(result, again.segment(frame)), "the same frames gave other masks")
    expect(found > 0, f"it found nothing in {len(seen)} observations")
    _segment(make(), make_frame(_emptied(seen[0]), 1))


def _segment(segmenter: Segmenter, frame: Frame) -> Segmentation:
    """Segments one frame and checks what comes back."""
    rgb, depth = frame.rgb.copy(), frame.depth.copy()
    result = segmenter.segment(frame)
    untouched = np.array_equal(rgb, frame.rgb) and np.array_equal(depth, frame.depth)
    expect(untouched, "segment() changed the frame; it may only read it")
    mask, count = result.mask, len(result.categories)
    expect(mask.shape == frame.shape, f"mask is {mask.shape}; the frame is {frame.shape}")
    expect(mask.dtype == np.int32, f"mask is {mask.dtype}; expected int32")
    expect(
        mask.min(initial=0) >= 0 and mask.max(initial=0) <= count,
        f"mask holds {mask.min()} to {mask.max()}; with {count} categories it is 0 to {count}",
    )
    shown = np.bincount(mask[mask > 0], minlength=count + 1)[1:]
    expect(bool((shown > 0).all()), "a category has no pixel in the mask")
    named = all(isinstance(name, str) and name for name in result.categories)
    expect(named, f"categories must be words: {result.categories}")
    confidence = result.confidence
    expect(
        confidence.shape == (count,) and confidence.dtype == np.float32,
        f"confidence is {confidence.dtype} {confidence.shape}; expected float32 ({count},)",
    )
    inside = bool(((confidence >= 0.0) & (confidence <= 1.0)).all())
    expect(inside, f"confidence lies outside of [0, 1]: {confidence}")
    return result


def _emptied(seen: Observation) -> Observation:
    """Returns a view of nothing: no pixel has a depth, and no instance shows."""
    nothing = None if seen.instance is None else np.zeros_like(seen.instance)
    return replace(seen, depth=np.zeros_like(seen.depth), instance=nothing, labels={})


def _same(first: Segmentation, second: Segmentation) -> bool:
    return (
        np.array_equal(first.mask, second.mask)
        and first.categories == second.categories
        and np.array_equal(first.confidence, second.confidence)
    )


def _house_views() -> Iterable[Observation]:
    from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house

    body = HouseBody(generate_house(7, HouseConfig(rooms=3)), CameraConfig(width=320, height=240))
    body.connect()
    for _ in range(4):
        yield body.observe()
        body.act(Command(turn=1.5))
    body.close()
