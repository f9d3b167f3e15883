"""What a picture costs a store: layers of a progressive JPEG, a vector, and the metadata."""

from collections.abc import Sequence
from typing import Final

from embodied_mem.allocation.view import StoreView
from embodied_mem.brain.remember.maker import RecordMaker
from embodied_mem.memory.codec.pictures import encode_layers
from embodied_mem.memory.facts import SnapshotFact
from embodied_mem.memory.record import pose_of
from embodied_mem.types import Observation

COARSE_LAYERS: Final = 2
"""Layers of the picture that the coarse level keeps: averages, and colours."""
QUALITY: Final = 85
_VECTOR_BYTES: Final = 2 * 44
"""A descriptor of what it shows, in float16."""


def picture_bytes(observation: Observation, shown: Sequence[str]) -> tuple[int, int]:
    """Returns the bytes of a picture's record, coarse and in full.

    Args:
        observation: What was seen.
        shown: Ids of the objects that it shows.
    """
    height, width = observation.rgb.shape[:2]
    maker = RecordMaker(0, "")
    maker.tick = observation.tick
    fact = SnapshotFact(
        tick=observation.tick,
        cluster=tuple(shown),
        # A box costs the same wherever it lies, but for the size of its numbers.
        boxes={name: (0, 0, width, height) for name in shown},
        width=width,
        height=height,
        quality={name: 0.5 for name in shown},
    )
    layers = encode_layers(observation.rgb, QUALITY)
    coarse, full = (
        StoreView.bytes_needed(
            maker.make(
                maker.new_id(),
                fact,
                about=tuple(shown),
                pose=pose_of(observation.T_world_camera),
                place="place-0000",
                payload=kept,
            )
        )
        for kept in (layers[:COARSE_LAYERS], layers)
    )
    return coarse + _VECTOR_BYTES, full + _VECTOR_BYTES
