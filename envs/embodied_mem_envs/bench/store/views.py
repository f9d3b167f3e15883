"""Pictures of houses with an object each whose look and category are known."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from embodied_mem.perception.descriptor import ColourShapeEmbedder
from embodied_mem.perception.frame import Frame, default_stride, make_frame
from embodied_mem.perception.instance import InstanceSegmenter
from embodied_mem.perception.segmentation import Segmentation
from embodied_mem.types import Float32Array, Intrinsics, Observation, UInt8Array
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.house import CameraConfig, HouseBody, generate_house

_FIRST_HOUSE: Final = 700
_PER_HOUSE: Final = 60
_EVERY: Final = 7
"""Ticks between the pictures of a walk: about a turn of the head, or two steps."""
_LEAST_SHARE: Final = 0.01
"""Share of the picture that the object has to cover."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class View:
    """One picture, and the object that covers most of it."""

    picture: UInt8Array
    """(h, w, 3) as it was rendered."""
    category: str
    frame: Frame
    """At the stride of perception; its observation is as small."""
    mask: Segmentation
    """The object alone."""

    def descriptor(self, picture: UInt8Array) -> Float32Array:
        """Returns the (44,) descriptor of the object with the colours of another picture."""
        rgb = picture[:: self.frame.stride, :: self.frame.stride]
        descriptors = ColourShapeEmbedder().embed(replace(self.frame, rgb=rgb), self.mask)
        return np.asarray(descriptors[0], np.float32)


def views(count: int, width: int = 640, height: int = 480) -> Iterator[View]:
    """Renders walks through houses, sixty pictures each."""
    found = 0
    seed = _FIRST_HOUSE
    while found < count:
        for view in _walk(seed, min(_PER_HOUSE, count - found), width, height):
            yield view
            found += 1
        seed += 1


def _walk(seed: int, count: int, width: int, height: int) -> Iterator[View]:
    house = generate_house(seed)
    body = HouseBody(house, camera=CameraConfig(width=width, height=height))
    body.connect()
    for tick, (x, y, yaw) in enumerate(tour(house, seed)):
        if count == 0:
            return
        if tick % _EVERY == 0:
            body.place(x, y, yaw)
            view = _view(body.observe())
            if view is not None:
                yield view
                count -= 1


def _view(observation: Observation) -> View | None:
    frame = make_frame(observation, default_stride(observation.intrinsics.width))
    found = InstanceSegmenter(errors=None).segment(frame)
    pixels = np.bincount(found.mask[frame.valid], minlength=len(found) + 1)[1:]
    if not len(found) or pixels.max() < _LEAST_SHARE * frame.depth.size:
        return None
    largest = int(pixels.argmax())
    mask = Segmentation(
        mask=(found.mask == largest + 1).astype(np.int32),
        categories=(found.categories[largest],),
        confidence=np.ones(1, np.float32),
    )
    return View(
        picture=observation.rgb,
        category=mask.categories[0],
        frame=replace(frame, observation=_small(observation, frame)),
        mask=mask,
    )


def _small(observation: Observation, frame: Frame) -> Observation:
    """Keeps the pose and what the frame holds anyway; the rest is large."""
    height, width = frame.shape
    return replace(
        observation,
        rgb=frame.rgb.copy(),
        depth=frame.depth,
        instance=None,
        intrinsics=Intrinsics.from_hfov(width, height, np.pi / 2),
    )
