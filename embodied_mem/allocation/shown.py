"""What a record shows, read out of its content whatever wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from embodied_mem.allocation.groups import group_of, room_index
from embodied_mem.allocation.value_per_byte import COARSE_LEVEL
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.types import Float32Array

MOST_THINGS: Final = 8
"""Things that count of one record; of more, those with the best views."""
DIMENSION: Final = 16
_PROJECTION_SEED: Final = 16
_QUALITY: Final = 0.5
"""Of a view of which nothing is known."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Shown:
    """What is noted of a record when it is met."""

    things: tuple[str, ...]
    """Ids of what it shows, best view first, at most `MOST_THINGS`."""
    quality: float
    """Mean quality of these views, 0 to 1."""
    groups: Mapping[str, int]
    """Group of each thing of which the record itself tells the category."""
    positions: Mapping[str, tuple[float, float, float]]
    """Where it tells that they are, metres."""
    room: int | None
    """Type of its room, where it tells that itself."""
    coarse_bytes: float
    """Of the payload that lowering leaves; NaN where the payload was not at hand."""
    vector: Float32Array
    """(16,) its embedding, projected, of length 1; zeros where there is none."""


NOTHING: Final = Shown(
    things=(),
    quality=0.0,
    groups={},
    positions={},
    room=None,
    coarse_bytes=0.0,
    vector=np.zeros(DIMENSION, np.float32),
)


def shown_in(record: MemoryRecord, *, payload: bool) -> Shown:
    """Reads what a record shows.

    Of a picture, everything that it has a box of, although `about` names only the things that it
    was kept for; of any other record, what it is about.

    Args:
        record: Any record; content of other forms tells nothing.
        payload: Whether it has its payload and embedding with it.
    """
    content = record.content
    boxes, quality = _mapping(content, "boxes"), _mapping(content, "quality")
    views = {name: _share(quality.get(name)) for name in boxes or dict.fromkeys(record.about)}
    things = tuple(sorted(views, key=lambda name: -views[name])[:MOST_THINGS])
    room = content.get("room")
    coarse = float(sum(map(len, record.payload[:COARSE_LEVEL])))
    return Shown(
        things=things,
        quality=sum(views[name] for name in things) / max(len(things), 1),
        groups={name: group_of(str(c)) for name, c in _mapping(content, "categories").items()},
        positions={
            name: position
            for name, value in _mapping(content, "positions").items()
            if (position := _point(value)) is not None
        },
        room=room_index(room) if isinstance(room, str) else None,
        coarse_bytes=coarse if payload else float("nan"),
        vector=project(record.vector) if payload else np.zeros(DIMENSION, np.float32),
    )


def project(vector: Float32Array) -> Float32Array:
    """Projects an embedding to (16,) of length 1, the same way for all of one dimension.

    Cosines stay about what they were (Johnson and Lindenstrauss). Zeros for no embedding.
    """
    if not len(vector):
        return np.zeros(DIMENSION, np.float32)
    projected = vector @ projection(len(vector))
    length = float(np.linalg.norm(projected))
    return np.asarray(projected / max(length, 1e-9), np.float32)


@lru_cache(maxsize=8)
def projection(dimension: int) -> Float32Array:
    """Returns the (dimension, 16) matrix by which embeddings are projected."""
    rng = np.random.default_rng(_PROJECTION_SEED)
    return rng.normal(size=(dimension, DIMENSION)).astype(np.float32)


def _mapping(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = content.get(name)
    return value if isinstance(value, Mapping) else {}


def _share(value: object) -> float:
    return min(max(float(value), 0.0), 1.0) if isinstance(value, int | float) else _QUALITY


def _point(value: object) -> tuple[float, float, float] | None:
    if not isinstance(value, list | tuple) or len(value) != 3:
        return None
    if not all(isinstance(each, int | float) for each in value):
        return None
    return float(value[0]), float(value[1]), float(value[2])
