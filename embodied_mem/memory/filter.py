"""Which records a question is about: kind, place, entity, nearness and both time axes at once."""

import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import numpy as np
from numpy.typing import NDArray

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.memory.columns import KINDS, OPEN_END, STATUSES, Columns
from embodied_mem.memory.record import Kind, Status

Point = tuple[float, float] | tuple[float, float, float]
StatusChoice = Status | Literal["any"]
Slots = NDArray[np.intp]
_Mask = NDArray[np.bool_]

_ACTIVE: Final = STATUSES.index("active")
_ARCHIVED: Final = STATUSES.index("archived")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Conditions that a record must meet, all of them; one left out (None) is not asked.

    Three questions, one query each:

    - where is it: `Filter(about=it)`
    - where was it at t: `Filter(about=it, valid_at=t)`
    - what did I believe at t: `Filter(about=it, as_of=t)`; both may be given: what did I believe
      at `as_of` of the world at `valid_at`.

    Which statuses count, where `status` is left out: active records always. Archived ones count
    as soon as the past is asked for. With `as_of`, those whose belief ended after it. With
    `valid_at` or `between` but without `as_of`, those whose validity was closed: they held until
    then and are outlived; an archived record whose validity is still open was withdrawn, not
    outlived, and says nothing about the world. So `as_of=now` is the same as no time at all.

    Validity and belief last from their first tick up to, not including, their end. An active
    record with both ends of its validity on one tick is an instant and holds on that tick. With
    `as_of`, an end of validity that only the superseding set counts as open: nobody knew it yet.

    Several values (`kind`, `place`, `about`, `observer`, `session`, `ids`) mean any of them; an
    empty sequence matches nothing.

    Raises:
        ConfigError: If a value has the wrong form or range.
    """

    kind: Kind | Sequence[Kind] | None = None
    """One kind of record or several."""
    place: str | Sequence[str] | None = None
    """Id of the place that it lies in, or several; "" is for records that lie in none."""
    about: str | Sequence[str] | None = None
    """Id of an entity (object or place) that it is about, or several."""
    near: tuple[Point, float] | None = None
    """A point (x, y[, z]) and a radius, metres; with x and y alone, as the crow flies over the
    floor. Records without a pose are near nothing. Positions are held in float32."""
    between: tuple[int, int] | None = None
    """First and last tick of a span; what held in the world on any tick of it."""
    as_of: int | None = None
    """A tick; what was believed then."""
    valid_at: int | None = None
    """A tick; what held in the world then."""
    status: StatusChoice | None = None
    """Exactly this status, or `any`; left out: see above."""
    observer: str | Sequence[str] | None = None
    """Who observed it, or several."""
    session: str | Sequence[str] | None = None
    """The session that it was recorded in, or several; "" is for none."""
    ids: Sequence[str] | None = None
    """Record ids to choose from."""
    viewer: str | None = None
    """Who is to be told: only what is shared, and what this one is the observer of."""

    def __post_init__(self) -> None:
        for name in ("kind", "place", "about", "observer", "session", "ids"):
            self._put(name, _names(name, getattr(self, name)))
        for kind in self.kind or ():
            if kind not in KINDS:
                raise unknown_name("kind of record", kind, KINDS)
        if self.status is not None and self.status not in (*STATUSES, "any"):
            raise unknown_name("status", str(self.status), (*STATUSES, "any"))
        if self.viewer is not None and not (isinstance(self.viewer, str) and self.viewer):
            raise ConfigError(f"viewer must be a name, not {self.viewer!r}")
        for name in ("as_of", "valid_at"):
            self._put(name, _tick(name, getattr(self, name)))
        self._put("between", _span(self.between))
        self._put("near", _circle(self.near))

    def _put(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)


def matching(
    filter: Filter,
    columns: Columns,
    about: Mapping[str, set[int]],
    slots_by_id: Mapping[str, int] | None = None,
) -> Slots:
    """Returns the slots of the records that meet a filter, ascending.

    Args:
        filter: The conditions.
        columns: The store's resident arrays.
        about: Slots by entity id.
        slots_by_id: Slot of every live record; without it `ids` costs a walk over all of them.
    """
    chosen = _listed(filter, columns, about, slots_by_id)
    among: Slots | slice = slice(0, columns.size) if chosen is None else chosen
    mask = columns.alive[among].copy()
    _test_status(mask, filter, columns, among)
    if filter.kind is not None:
        _keep_any(mask, columns.kind[among], [KINDS.index(kind) for kind in filter.kind])
    for name in ("place", "observer", "session"):
        wanted = getattr(filter, name)
        if wanted is not None:
            codes = [columns.known_code(each) if each else -1 for each in wanted]
            _keep_any(mask, getattr(columns, name)[among], codes)
    if filter.viewer is not None:
        own = columns.observer[among] == columns.known_code(filter.viewer)
        mask &= columns.shared[among] | own
    slots = np.flatnonzero(mask) if chosen is None else chosen[mask]
    for test in (_in_time, _nearby):
        slots = test(slots, filter, columns)
    return slots


def _listed(
    filter: Filter,
    columns: Columns,
    about: Mapping[str, set[int]],
    slots_by_id: Mapping[str, int] | None,
) -> Slots | None:
    """Returns the slots that `about` and `ids` list, which may be of dead records; None for all."""
    listed: set[int] | None = None
    if filter.about is not None:
        listed = set().union(*(about.get(entity, set()) for entity in filter.about))
    if filter.ids is not None:
        if slots_by_id is None:
            wanted = set(filter.ids)
            found = {slot for slot, each in enumerate(columns.ids) if each in wanted}
        else:
            found = {slots_by_id[each] for each in filter.ids if each in slots_by_id}
        listed = found if listed is None else listed & found
    if listed is None:
        return None
    slots = np.fromiter(listed, dtype=np.intp, count=len(listed))
    slots.sort()
    return slots


def _keep_any(mask: _Mask, column: NDArray[Any], codes: list[int]) -> None:
    if len(codes) == 1:
        mask &= column == codes[0]
    else:
        mask &= np.isin(column, codes)


def _test_status(mask: _Mask, filter: Filter, columns: Columns, among: Slots | slice) -> None:
    status = columns.status[among]
    if filter.status == "any":
        return
    if filter.status is not None:
        mask &= status == STATUSES.index(filter.status)
    elif filter.as_of is not None:
        mask &= (status == _ACTIVE) | (
            (status == _ARCHIVED) & (columns.superseded_at[among] != OPEN_END)
        )
    elif filter.valid_at is not None or filter.between is not None:
        mask &= (status == _ACTIVE) | (
            (status == _ARCHIVED) & (columns.valid_to[among] != OPEN_END)
        )
    else:
        mask &= status == _ACTIVE


def _in_time(slots: Slots, filter: Filter, columns: Columns) -> Slots:
    if filter.as_of is not None:
        believed = columns.recorded_at[slots] <= filter.as_of
        believed &= columns.superseded_at[slots] > filter.as_of
        slots = slots[believed]
    if filter.valid_at is None and filter.between is None:
        return slots
    start, end = columns.valid_from[slots], columns.valid_to[slots]
    if filter.as_of is not None:
        end = np.where(end == columns.superseded_at[slots], OPEN_END, end)
    instant = (end == start) & (columns.status[slots] == _ACTIVE)
    end = end + instant
    held = np.ones(len(slots), bool)
    if filter.valid_at is not None:
        held &= (start <= filter.valid_at) & (end > filter.valid_at)
    if filter.between is not None:
        held &= (start <= filter.between[1]) & (end > filter.between[0]) & (end > start)
    return slots[held]


def _nearby(slots: Slots, filter: Filter, columns: Columns) -> Slots:
    if filter.near is None:
        return slots
    point, radius = filter.near
    with np.errstate(over="ignore"):
        for axis, centre in enumerate(point):  # the box first, in float32, a little too wide
            held = columns.position[:, axis][slots]
            low, high = np.array([centre - radius, centre + radius], np.float32)
            close = held >= np.nextafter(low, np.float32(-np.inf))  # false for NaN, no pose
            close &= held <= np.nextafter(high, np.float32(np.inf))
            slots = slots[close]
        apart = columns.position[slots, : len(point)].astype(np.float64) - point
        within: _Mask = np.einsum("ij,ij->i", apart, apart) <= radius * radius
    return slots[within]


def _names(what: str, value: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = (value,) if isinstance(value, str) or not isinstance(value, Iterable) else tuple(value)
    if not all(isinstance(name, str) for name in names):
        raise ConfigError(f"{what} must be text or several texts, not {value!r}")
    return tuple(dict.fromkeys(names))


def _tick(what: str, value: object) -> int | None:
    if value is None:
        return None
    try:
        tick = operator.index(cast(Any, value))
    except TypeError:
        raise ConfigError(f"{what} must be a whole number of ticks, not {value!r}") from None
    if not -OPEN_END < tick < OPEN_END:
        raise ConfigError(f"{what} must fit into 64 bits, not {tick}")
    return tick


def _span(value: tuple[int, int] | None) -> tuple[int, int] | None:
    if value is None:
        return None
    try:
        first, last = value
    except (TypeError, ValueError):
        raise ConfigError(f"between must be a first and a last tick, not {value!r}") from None
    first, last = cast(int, _tick("between", first)), cast(int, _tick("between", last))
    if None in (first, last) or first > last:
        raise ConfigError(f"between must be a first and a later last tick, not {value!r}")
    return (first, last)


def _circle(value: tuple[Point, float] | None) -> tuple[Point, float] | None:
    if value is None:
        return None
    try:
        point, radius = tuple(map(float, value[0])), float(value[1])
    except (TypeError, ValueError, IndexError):
        raise ConfigError(f"near must be a point and a radius, not {value!r}") from None
    if len(value) != 2 or len(point) not in (2, 3) or not all(map(math.isfinite, point)):
        raise ConfigError(f"near must be a finite point (x, y[, z]) and a radius, not {value!r}")
    if not 0 <= radius < math.inf:
        raise ConfigError(f"the radius of near must be finite and not negative, not {radius}")
    return (cast(Point, point), radius)
