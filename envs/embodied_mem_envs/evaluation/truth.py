"""A house's ground truth as arrays, and the distances that questions and scores are made of."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.types import BoolArray, Float64Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HouseView:
    """The objects of one house (rows sorted by object id) and which of them showed on a walk."""

    ids: tuple[str, ...]
    categories: tuple[str, ...]
    colours: tuple[str, ...]
    room_ids: tuple[str, ...]
    rooms: tuple[str, ...]
    """Category of the room that each object is in."""
    floors: tuple[int, ...]
    """Floor that each object is on, 0 for the lowest."""
    low: Float64Array
    """(N, 3) lower corners of the world-aligned boxes, metres."""
    high: Float64Array
    """(N, 3) upper corners, metres."""
    shown: BoolArray
    """(N,)"""
    room_categories: tuple[str, ...]
    """Category of every room of the house, empty rooms too, sorted."""
    room_floors: tuple[int, ...]
    """Floor of each of `room_categories`."""

    @property
    def volumes(self) -> Float64Array:
        """(N,) volume of each box, cubic metres."""
        sides = self.high - self.low
        return sides[:, 0] * sides[:, 1] * sides[:, 2]

    @property
    def centres(self) -> Float64Array:
        """(N, 3) middle of each box, metres."""
        return 0.5 * (self.low + self.high)

    @property
    def single_rooms(self) -> tuple[str, ...]:
        """Room categories of which the house has exactly one room: `the kitchen` names one room."""
        names = self.room_categories
        return tuple(sorted({name for name in names if names.count(name) == 1}))

    @property
    def has_floors(self) -> bool:
        """Whether the house has more than one floor."""
        return len(set(self.room_floors)) > 1

    @property
    def rooms_single_on_floor(self) -> tuple[tuple[str, int], ...]:
        """Categories and floors of the rooms that `the hallway upstairs` is needed to name."""
        rooms = list(zip(self.room_categories, self.room_floors, strict=True))
        singles = self.single_rooms
        return tuple(sorted({r for r in rooms if rooms.count(r) == 1 and r[0] not in singles}))

    def gaps_to(self, row: int) -> Float64Array:
        """Returns (N,) metres of free space between the box of one object and every box."""
        return box_gaps(self.low[row], self.high[row], self.low, self.high)


def view_house(truth: Mapping[str, Any], shown: Collection[str]) -> HouseView:
    """Turns the ground truth of a house (`House.truth()`) into arrays.

    Args:
        truth: The house's ground truth, as a JSON-like mapping.
        shown: Ids of the objects that showed enough during the walk.
    """
    rooms = {room["id"]: room["category"] for room in truth["rooms"]}
    floors = {room["id"]: int(room.get("floor", 0)) for room in truth["rooms"]}
    by_category = sorted((rooms[room_id], floors[room_id]) for room_id in rooms)
    objects = sorted(truth["objects"], key=lambda item: str(item["id"]))
    seen = frozenset(shown)
    return HouseView(
        ids=tuple(item["id"] for item in objects),
        categories=tuple(item["category"] for item in objects),
        colours=tuple(item["colour"] for item in objects),
        room_ids=tuple(item["room"] for item in objects),
        rooms=tuple(rooms[item["room"]] for item in objects),
        floors=tuple(floors[item["room"]] for item in objects),
        low=np.array([item["box_min"] for item in objects], float).reshape(-1, 3),
        high=np.array([item["box_max"] for item in objects], float).reshape(-1, 3),
        shown=np.array([item["id"] in seen for item in objects], bool),
        room_categories=tuple(category for category, _ in by_category),
        room_floors=tuple(floor for _, floor in by_category),
    )


def box_gaps(
    low_a: ArrayLike, high_a: ArrayLike, low_b: ArrayLike, high_b: ArrayLike
) -> Float64Array:
    """Returns the shortest distances between axis-aligned boxes, 0 where they overlap.

    Corners are (..., 3) metres and broadcast; a point is a box whose two corners are equal.

    >>> box_gaps([0, 0, 0], [1, 1, 1], [4, 5, 0], [6, 6, 1]).item()
    5.0
    """
    apart = np.maximum(
        np.asarray(low_b, float) - np.asarray(high_a, float),
        np.asarray(low_a, float) - np.asarray(high_b, float),
    )
    return np.linalg.norm(np.maximum(apart, 0.0), axis=-1)  # type: ignore[no-any-return]
