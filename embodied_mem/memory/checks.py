"""The border of the store: what a record must be before it is taken in."""

import operator
from typing import Final, get_args

from embodied_mem.errors import StoreError
from embodied_mem.memory.record import Kind, Link, MemoryRecord, Status, Visibility

_KINDS, _STATUSES = frozenset(get_args(Kind)), frozenset(get_args(Status))
_HEX = frozenset("0123456789abcdef")
_VISIBILITIES: Final = get_args(Visibility)
_MANY: Final = 1 << 31
_FARTHEST: Final = 1e30
_FAR: Final = 1 << 62
LARGEST_PART: Final = 1 << 30
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
    """Checks what the types of the fields leave open; the types are checked by encoding them.

    Raises:
        StoreError: If a field is out of its range; the message names the record and the field.
    """
    check_id(record.id)
    problem = _times(record) or _counts(record) or _pose(record) or _payload(record)
    if record.kind not in _KINDS:
        problem = f"kind {record.kind!r} is not one of {', '.join(sorted(_KINDS))}"
    elif record.status not in _STATUSES:
        problem = f"status {record.status!r} is not one of {', '.join(sorted(_STATUSES))}"
    elif not isinstance(record.content, dict):
        problem = f"content is a {type(record.content).__name__}; expected a dict"
    elif record.links and not all(isinstance(link, Link) for link in record.links):
        problem = "links are not all of type Link"
    if problem:
        raise StoreError(f"record {record.id}: {problem}")


def _times(record: MemoryRecord) -> str:
    for first, last, name in (
        (record.valid_from, record.valid_to, "valid"),
        (record.recorded_at, record.superseded_at, "recorded"),
    ):
        if type(first) is not int or not (last is None or type(last) is int):
            return f"{name} times are whole ticks or None"
        if not -_FAR < first < _FAR or (last is not None and not first <= last < _FAR):
            return f"{name} from {first} to {last}: the end lies before the start, or too far off"
    return ""


def _counts(record: MemoryRecord) -> str:
    use = record.statistics
    if not _whole(record.version, 1, _MANY):
        return f"version {record.version!r} is not a number from 1 on"
    if not (_whole(use.reads, 0, _MANY) and _whole(use.citations, 0, _MANY)):
        return "statistics count reads and citations from 0 on"
    if use.last_read is not None and not _whole(use.last_read, 0, _FAR):
        return f"statistics say it was read at {use.last_read!r}; expected a tick or None"
    return "" if record.visibility in _VISIBILITIES else f"visibility {record.visibility!r}"


def _whole(value: object, least: int, beyond: int) -> bool:
    return type(value) is int and least <= value < beyond


def _pose(record: MemoryRecord) -> str:
    pose = record.pose
    if pose is None or (len(pose) == 7 and all(-_FARTHEST < value < _FARTHEST for value in pose)):
        return ""
    return "pose is not 7 finite numbers x y z qw qx qy qz"


def _payload(record: MemoryRecord) -> str:
    embedding, losses = record.embedding, record.losses
    if type(embedding) is not bytes or len(embedding) > LARGEST_PART:
        return "embedding is bytes, at most 1 GiB"
    if len(embedding) % 4:
        return f"embedding of {len(embedding)} bytes is not a float32 vector"
    for layer in record.payload:
        if type(layer) is not bytes or len(layer) > LARGEST_PART:
            return "payload layers are bytes, at most 1 GiB each"
    if losses and len(losses) < len(record.payload):
        return f"{len(losses)} losses for {len(record.payload)} payload layers"
    if any(map(operator.lt, losses, losses[1:])):
        return "losses rise from one layer to the next"
    if losses and not (losses[0] < _FARTHEST and losses[-1] >= 0):
        return "losses are not finite numbers from 0 on"
    return ""
