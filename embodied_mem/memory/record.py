"""The one unit of memory, and what can be done to it."""

import hashlib
from typing import Any, Literal

import msgspec
import numpy as np

from embodied_mem.types import Float32Array, Float64Array

Kind = Literal["snapshot", "frontier", "event", "fact", "summary", "skill"]
Status = Literal["active", "archived", "tombstone"]
Visibility = Literal["private", "shared"]
Pose = tuple[float, float, float, float, float, float, float]
"""x, y, z in metres and a quaternion w, x, y, z, in the world frame."""


class Link(msgspec.Struct, frozen=True, array_like=True):
    """A typed pointer from one record to another."""

    type: str
    id: str


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """How a record has been used; updated by readers, never part of the digest."""

    reads: int = 0
    citations: int = 0
    last_read: int | None = None


class MemoryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One remembered thing: a snapshot, a frontier, an event, a fact, a summary or a skill.

    Two time axes, both in ticks: `valid_from` to `valid_to` is when it held in the world,
    `recorded_at` to `superseded_at` is when the agent believed it. An open end is None.
    """

    id: str
    """32 hex digits; sorts by the tick of creation."""
    kind: Kind
    content: dict[str, Any] = {}
    """JSON-like facts; see `embodied_mem.memory.facts` for the typed forms."""
    place: str | None = None
    """Id of the place (room) that it lies in."""
    pose: Pose | None = None
    about: tuple[str, ...] = ()
    """Ids of the scene objects or places that it is about."""
    observer: str = "agent"
    session: str = ""
    valid_from: int = 0
    valid_to: int | None = None
    recorded_at: int = 0
    superseded_at: int | None = None
    embedding: bytes = b""
    """Little-endian float32 vector; rebuilt from its sign planes where `bits` is below 32."""
    space: str = ""
    """Name of the embedder; vectors are compared only within one space and one dimension."""
    bits: int = 32
    """Bits a dimension that the embedding is held at: 32 is exact, below it sign planes."""
    payload: tuple[bytes, ...] = ()
    """Layers of a progressive encoding, coarse first: any prefix, joined, decodes as a whole."""
    losses: tuple[float, ...] = ()
    """Error of the prefix of 1, 2, ... layers: squared error over the signal's variance.

    As long as the full payload and falling, ending in 0; empty where it was not measured."""
    links: tuple[Link, ...] = ()
    provenance: tuple[str, ...] = ()
    version: int = 1
    status: Status = "active"
    statistics: Statistics = Statistics()
    visibility: Visibility = "private"
    level: int = -1
    """How many payload layers are held; -1 in a new record stands for all of them."""

    @property
    def vector(self) -> Float32Array:
        """The embedding as an array."""
        return np.frombuffer(self.embedding, dtype="<f4")

    @property
    def nbytes(self) -> int:
        """Bytes that the payload and the embedding take."""
        return len(self.embedding) + sum(map(len, self.payload))


class Add(msgspec.Struct, frozen=True, kw_only=True):
    """ADD: store a new record; its id must be new."""

    record: MemoryRecord


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """UPDATE: change fields of a record in place, or supersede it by a new version.

    With `supersede_as`, the old record keeps its content, its validity ends at `tick`, and a new
    active version with the changes applied is stored under the id `supersede_as`.
    """

    id: str
    tick: int
    changes: dict[str, Any] = {}
    supersede_as: str | None = None


class Delete(msgspec.Struct, frozen=True, kw_only=True):
    """DELETE: forget a record; links that point to it are removed from the others."""

    id: str


class Noop(msgspec.Struct, frozen=True):
    """NOOP: the candidate is refused."""


Operation = Add | Update | Delete | Noop


class RecordIds:
    """Hands out sortable 128-bit ids from the seed and the tick, so that runs repeat exactly.

    >>> ids = RecordIds(seed=7)
    >>> ids.new(tick=1) < ids.new(tick=1) < ids.new(tick=2)
    True
    """

    def __init__(self, seed: int) -> None:
        self._salt = hashlib.sha256(f"embodied_mem:{seed}".encode()).hexdigest()[:12]
        self._count = 0

    def new(self, tick: int) -> str:
        """Returns an id never given before: 48 bits of tick, 32 of count, 48 of seed."""
        self._count += 1
        return f"{tick:012x}{self._count:08x}{self._salt}"


def pose_of(transform: Float64Array) -> Pose:
    """Turns a 4x4 transform into position and unit quaternion (w >= 0)."""
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_matrix(transform[:3, :3]).as_quat(canonical=True)
    px, py, pz = transform[:3, 3]
    values = (px, py, pz, w, x, y, z)
    return tuple(round(float(v), 6) + 0.0 for v in values)  # type: ignore[return-value]
