"""What one picture shows: the instances in it, measured once for every memory."""

from dataclasses import dataclass
from typing import final

import numpy as np

from embodied_mem.perception import Frame, default_stride, make_frame
from embodied_mem.perception.colour import colour_votes
from embodied_mem.perception.descriptor import ColourShapeEmbedder
from embodied_mem.perception.instance import InstanceSegmenter
from embodied_mem.scene.sightings import make_sightings
from embodied_mem.types import Float32Array, Float64Array, Observation, UInt8Array

_VOXEL = 0.05


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Shown:
    """One instance in one picture."""

    instance: int
    """The simulator's id; means nothing in another visit."""
    category: str
    colour: Float32Array
    """(12,) votes for the colour terms."""
    low: Float64Array
    """(3,) lower corner of the box of the points seen, m."""
    high: Float64Array
    """(3,) upper corner, m."""
    share: float
    """Of the picture's pixels that it covers."""
    box_share: float
    """Of the picture that its pixel box covers."""
    middle: tuple[float, float]
    """Of its pixel box, as shares of the picture's width."""
    away: float
    """Horizontal metres from the camera to the middle of its box."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Look:
    """One picture with all that is in it."""

    number: int
    """Of the look, from 0 on."""
    visit: int
    tick: int
    position: Float64Array
    """(3,) of the camera, m."""
    heading: float
    """Of the camera on the floor plan, rad."""
    rgb: UInt8Array
    shown: tuple[Shown, ...]


@final
class Eye:
    """Turns observations into looks, with the simulator's masks and no errors."""

    def __init__(self) -> None:
        self._segmenter = InstanceSegmenter()
        self._embedder = ColourShapeEmbedder()
        self._count = 0
        self.visit = 0

    def frame(self, observation: Observation) -> Frame:
        """Returns the observation at the stride that perception works at."""
        return make_frame(observation, default_stride(observation.intrinsics.width))

    def look(self, frame: Frame) -> Look:
        """Measures what a frame shows, up to 5 m away."""
        observation = frame.observation
        segmentation = self._segmenter.segment(frame)
        sightings = make_sightings(
            frame, segmentation, self._embedder, colour_votes(frame, segmentation), _VOXEL
        )
        labels, first = np.unique(segmentation.mask * frame.valid, return_index=True)
        instance = observation.instance
        assert instance is not None  # the segmenter needs it too
        ids = instance[:: frame.stride, :: frame.stride].ravel()[first][labels > 0]
        camera = observation.T_world_camera[:3, 3]
        height, width = observation.depth.shape
        shown = []
        for row, number in enumerate(ids.tolist()):
            if sightings.depth[row] > 5.0:
                continue
            x0, y0, x1, y1 = sightings.boxes[row].tolist()
            low = sightings.low[row].astype(np.float64)
            high = sightings.high[row].astype(np.float64)
            gap = 0.5 * (low + high)[:2] - camera[:2]
            shown.append(
                Shown(
                    instance=int(number),
                    category=sightings.categories[row],
                    colour=sightings.colour[row],
                    low=low,
                    high=high,
                    share=float(sightings.pixels[row]) / (frame.shape[0] * frame.shape[1]),
                    box_share=(x1 - x0) * (y1 - y0) / (width * height),
                    middle=(0.5 * (x0 + x1) / width, 0.5 * (y0 + y1) / width),
                    away=float(np.hypot(*gap)),
                )
            )
        self._count += 1
        return Look(
            number=self._count - 1,
            visit=self.visit,
            tick=observation.tick,
            position=camera.copy(),
            heading=float(np.arctan2(*observation.T_world_camera[[1, 0], 2])),
            rgb=observation.rgb,
            shown=tuple(shown),
        )
