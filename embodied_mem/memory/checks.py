"""The border of the store: what a record must be before it is taken in."""

import math
from typing import get_args

import numpy as np

from embodied_mem.errors import StoreError
from embodied_mem.memory.record import Kind, MemoryRecord, Status

_KINDS, _STATUSES = frozenset(get_args(Kind)), frozenset(get_args(Status))
_HEX = frozenset("0123456789abcdef")
LARGEST_PART = 1 << 30
"""Bytes of one layer or one embedding at most."""


def check_id(record_id: object) -> str:
    """Checks a record id.

    Raises:
        StoreError: If it is not 32 lower-case hex digits.
    """
    if isinstance(record_id, str) and len(record_id) == 32 and _HEX.issuperset(record_id):
        return record_id
    raise StoreError(
        f"{record_id!r} is not a record id; expected 32 lower-case hex digits, "
        "as `RecordIds(seed).new(tick)` gives them"
    )


def check_record(record: MemoryRecord) -> None:
    """Checks all fields but the content, which is checked by encoding it.

    Raises:
        StoreError: If one is out of its range; the message names the record and the field.
    """
    check_id(record.id)
    problem = (
        _names(record) or _times(record) or _pose(record) or _embedding(record) or _payload(record)
    )
    if problem:
        raise StoreError(f"record {record.id}: {problem}")


def _names(record: MemoryRecord) -> str:
    if record.kind not in _KINDS:
        return f"kind {record.kind!r} is not one of {', '.join(sorted(_KINDS))}"
    if record.status not in _STATUSES:
        return f"status {record.status!r} is not one of {', '.join(sorted(_STATUSES))}"
    if not isinstance(record.content, dict):
        return f"content is a {type(record.content).__name__}; expected a dict"
    for link in record.links:
        check_id(link.id)
    names = (*record.about, *record.provenance, record.observer, record.session, record.space)
    if not all(isinstance(name, str) for name in names):
        return "about, provenance, observer, session and space hold strings"
    return "" if record.place is None or isinstance(record.place, str) else "place is a string"


def _times(record: MemoryRecord) -> str:
    for first, last, name in (
        (record.valid_from, record.valid_to, "valid"),
        (record.recorded_at, record.superseded_at, "recorded"),
    ):
        if not isinstance(first, int) or not (last is None or isinstance(last, int)):
            return f"{name} times are whole ticks or None"
        if abs(first) >= 1 << 62 or (last is not None and not first <= last < 1 << 62):
            return f"{name} from {first} to {last}: the end lies before the start, or too far off"
    return ""


def _pose(record: MemoryRecord) -> str:
    if record.pose is None:
        return ""
    whole = len(record.pose) == 7 and all(math.isfinite(value) for value in record.pose)
    return "" if whole else "pose is not 7 finite numbers x y z qw qx qy qz"


def _embedding(record: MemoryRecord) -> str:
    if not isinstance(record.embedding, bytes) or len(record.embedding) > LARGEST_PART:
        return "embedding is bytes, at most 1 GiB"
    if len(record.embedding) % 4:
        return f"embedding of {len(record.embedding)} bytes is not a float32 vector"
    if record.embedding and not np.isfinite(record.vector).all():
        return "embedding holds numbers that are not finite"
    return ""


def _payload(record: MemoryRecord) -> str:
    for layer in record.payload:
        if not isinstance(layer, bytes) or len(layer) > LARGEST_PART:
            return "payload layers are bytes, at most 1 GiB each"
    if record.losses and len(record.losses) < len(record.payload):
        return f"{len(record.losses)} losses for {len(record.payload)} payload layers"
    if any(a < b for a, b in zip(record.losses, record.losses[1:], strict=False)):
        return "losses rise from one layer to the next"
    return ""
