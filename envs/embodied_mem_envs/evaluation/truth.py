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
    low: Float64Array
    """(N, 3) lower corners of the world-aligned boxes, metres."""
    high: Float64Array
    """(N, 3) upper corners, metres."""
    shown: BoolArray
    """(N,)"""
    room_categories: tuple[str, ...]
    """Category of every room of the house, empty rooms too, sorted."""

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
    objects = sorted(truth["objects"], key=lambda item: str(item["id"]))
    seen = frozenset(shown)
    return HouseView(
        ids=tuple(item["id"] for item in objects),
        categories=tuple(item["category"] for item in objects),
        colours=tuple(item["colour"] for item in objects),
        room_ids=tuple(item["room"] for item in objects),
        rooms=tuple(rooms[item["room"]] for item in objects),
        low=np.array([item["box_min"] for item in objects], float).reshape(-1, 3),
        high=np.array([item["box_max"] for item in objects], float).reshape(-1, 3),
        shown=np.array([item["id"] in seen for item in objects], bool),
        room_categories=tuple(sorted(rooms.values())),
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
