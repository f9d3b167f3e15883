"""Whether streams are what `Streams` says: shapes, types, order and ranges."""

from typing import Final

import numpy as np

from embodied_mem.allocation.inputs import GROUPS, ROOMS
from embodied_mem.errors import MemoryFileError
from embodied_mem.types import AnyArray, BoolArray
from embodied_mem_envs.allocation.streams import MOST_OBJECTS, Streams

DIMENSION: Final = 16
"""Entries of an embedding."""
_LENGTH_TOLERANCE: Final = 1e-3
_TYPES: Final = {
    **dict.fromkeys(("item_start", "object_start", "seed", "tick"), np.int64),
    **dict.fromkeys(("visit", "place", "room", "objects", "versions", "group"), np.int16),
    **dict.fromkeys(("bytes", "embedding", "quality"), np.float32),
    "held_out": np.bool_,
}
"""Type of each array."""


def check_streams(streams: Streams) -> None:
    """Checks everything that can be wrong with streams.

    Raises:
        MemoryFileError: If anything is.
    """
    _check_shapes(streams)
    _check_starts(streams.item_start, len(streams.tick), "item_start")
    _check_starts(streams.object_start, len(streams.group), "object_start")
    if len(np.unique(streams.seed)) != len(streams):
        raise MemoryFileError("a house is among the streams twice; each counts once")
    _check_ranges(streams)
    _check_order(streams)
    _check_objects(streams)


def _check_shapes(streams: Streams) -> None:
    count, items, things = len(streams.seed), len(streams.tick), len(streams.group)
    shapes: dict[str, tuple[int, ...]] = {
        **dict.fromkeys(("item_start", "object_start"), (count + 1,)),
        **dict.fromkeys(("seed", "held_out"), (count,)),
        **dict.fromkeys(("tick", "visit", "place", "room"), (items,)),
        **dict.fromkeys(("objects", "versions", "quality"), (items, MOST_OBJECTS)),
        "bytes": (items, 2),
        "embedding": (items, DIMENSION),
        "group": (things,),
    }
    for name, shape in shapes.items():
        array = getattr(streams, name)
        if array.shape != shape or array.dtype != _TYPES[name]:
            raise MemoryFileError(
                f"{name} is {array.dtype} {array.shape}; expected {np.dtype(_TYPES[name])} {shape}"
            )
    if not count:
        raise MemoryFileError("there are no streams; record one at least")


def _check_starts(starts: AnyArray, end: int, name: str) -> None:
    if starts[0] != 0 or starts[-1] != end or (np.diff(starts) < 1).any():
        raise MemoryFileError(f"{name} does not rise from 0 to {end}, by 1 at least")


def _check_ranges(streams: Streams) -> None:
    _require((streams.seed >= 0).all(), "seed is negative")
    _require((streams.visit >= 0).all() and (streams.place >= 0).all(), "visit or place < 0")
    _require(_within(streams.room, ROOMS), f"room is outside 0 to {ROOMS - 1}")
    _require(_within(streams.group, GROUPS), f"group is outside 0 to {GROUPS - 1}")
    coarse, full = streams.bytes.T
    _require(((coarse > 0) & (coarse <= full)).all(), "bytes are not 0 < coarse <= full")
    _require(np.isfinite(full).all(), "bytes are not finite")
    # Written so that NaN fails.
    quality = (streams.quality >= 0.0) & (streams.quality <= 1.0)
    _require(quality.all(), "quality is outside 0 to 1")
    length = np.linalg.norm(streams.embedding, axis=1)
    _require((abs(length - 1.0) < _LENGTH_TOLERANCE).all(), "an embedding has not length 1")


def _check_order(streams: Streams) -> None:
    inside = np.ones(len(streams.tick) - 1, bool)
    inside[streams.item_start[1:-1] - 1] = False
    _require((np.diff(streams.tick)[inside] > 0).all(), "tick does not rise within a stream")
    _require((np.diff(streams.visit)[inside] >= 0).all(), "visit falls within a stream")


def _check_objects(streams: Streams) -> None:
    objects = streams.objects
    shown = objects >= 0
    things = np.repeat(np.diff(streams.object_start), np.diff(streams.item_start))
    _require((objects >= -1).all(), "objects holds a number below -1")
    _require((objects < things[:, None]).all(), "objects holds a thing that its stream lacks")
    _require(shown[:, 0].all(), "a candidate shows nothing")
    _require((shown[:, :-1] | ~shown[:, 1:]).all(), "objects has a gap between two things")
    ordered = np.sort(objects, axis=1)
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    _require(not twice.any(), "a candidate shows a thing twice")
    quality = streams.quality
    _require((quality[~shown] == 0.0).all(), "quality of a view that is not there")
    _require(
        (quality[:, :-1] >= quality[:, 1:]).all(), "objects are not in the order of their quality"
    )
    _require((streams.versions >= 0).all(), "versions is negative")
    _require((streams.versions[~shown] == 0).all(), "version of a thing that is not there")
    _require(_versions_rise(streams, shown), "the version of a thing falls")


def _versions_rise(streams: Streams, shown: BoolArray) -> bool:
    item, column = np.nonzero(shown)
    stream = np.searchsorted(streams.item_start, item, side="right") - 1
    thing = streams.object_start[stream] + streams.objects[item, column]
    order = np.argsort(thing, kind="stable")  # items rise within each thing then
    same = np.diff(thing[order]) == 0
    return bool((np.diff(streams.versions[item, column][order])[same] >= 0).all())


def _within(array: AnyArray, end: int) -> bool:
    return bool(((array >= 0) & (array < end)).all())


def _require(holds: bool | np.bool_, what: str) -> None:
    if not holds:
        raise MemoryFileError(f"these are no streams: {what}")
