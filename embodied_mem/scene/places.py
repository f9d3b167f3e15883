"""Rooms, found from the occupancy: regions of floor that walls and doorways set apart.

`floor_plan` divides the map; here the regions get ids that stay, measures, and neighbours.
"""

__all__ = ["Place", "PlaceConfig", "PlaceFinder"]


from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment

from embodied_mem.scene.floor_plan import FloorPlan, PlaceConfig, meetings_of
from embodied_mem.scene.numbers import Numbers
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.types import BoolArray, Float64Array, Int64Array, IntArray

_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A room or another region of floor that is set apart."""

    id: str
    """Stable name, such as `place-0003`."""
    centroid: tuple[float, float]
    """World x and y of the cell nearest to the region's mean, m."""
    area: float
    """Floor seen of it, furniture included, m2."""
    elongation: float
    """Ratio of the two main extents, from 1 (round or square) upwards."""
    bounds: tuple[float, float, float, float]
    """Lowest x, lowest y, highest x, highest y, m."""
    neighbours: tuple[str, ...]
    """Ids of the places that one can walk to directly, sorted."""
    doorways: tuple[tuple[float, float], ...]
    """World x and y where it meets each neighbour, in the order of `neighbours`."""
    floor: int = 0
    """Index of the floor."""


class PlaceFinder:
    """Finds the places of an occupancy map, with ids that stay from one call to the next."""

    def __init__(self, config: PlaceConfig | None = None, numbers: Numbers | None = None) -> None:
        self.config = config or PlaceConfig()
        self.places: tuple[Place, ...] = ()
        """The places as last found."""
        self.labels: IntArray = np.zeros((0, 0), np.int32)
        """(rows, cols) of the map as last seen: 0, or the index in `places` plus one."""
        self._near: IntArray = np.zeros((0, 0), np.int32)
        self._corner = (0, 0)
        self._cell = 1.0
        self._numbers: list[int] = []
        self._fresh = numbers or Numbers()

    def find(self, occupancy: Occupancy) -> tuple[Place, ...]:
        """Finds the places anew. Meant for once in a while, not for every frame.

        Args:
            occupancy: The map as it is now.

        Returns:
            The places in the order of their ids.
        """
        if not occupancy.states.any():
            return self.places
        plan = FloorPlan(occupancy, self.config)
        labels = plan.regions()
        labels = self._number(labels, occupancy)
        self.labels = labels
        self._corner, self._cell = occupancy.corner, occupancy.cell
        self._near = _spread(
            labels, plan.barrier, int(np.ceil(self.config.margin / occupancy.cell))
        )
        self.places = self._describe(occupancy)
        return self.places

    def place_at(self, xy: ArrayLike) -> str | None:
        """Returns the place of a (2,) world point as last found, or None where there is none.

        A point on furniture or within `margin` of a place, on the same side of the wall, counts.
        """
        point = np.asarray(xy, np.float64)
        lattice = np.floor(point[:2] / self._cell).astype(np.int64)
        row, col = int(lattice[1]) - self._corner[0], int(lattice[0]) - self._corner[1]
        rows, cols = self._near.shape
        if not (0 <= row < rows and 0 <= col < cols):
            return None
        label = int(self._near[row, col])
        return self.places[label - 1].id if label else None

    def renumber(self, floor: int) -> None:
        """Hears that its floor has got another index."""
        self.places = tuple(replace(place, floor=floor) for place in self.places)

    def _number(self, labels: IntArray, occupancy: Occupancy) -> IntArray:
        """Relabels 1..n in the order of the ids, handing ids over by overlap."""
        found = np.unique(labels)
        found = found[found > 0]
        numbers = self._matched_numbers(labels, found, occupancy)
        for index in range(len(found)):
            if numbers[index] < 0:
                numbers[index] = self._fresh.take()
        order = np.argsort(numbers)
        table = np.zeros(int(labels.max(initial=0)) + 1, np.int32)
        table[found[order]] = np.arange(1, len(found) + 1)
        self._numbers = [int(numbers[i]) for i in order]
        result: IntArray = table[labels]
        return result

    def _matched_numbers(
        self, labels: IntArray, found: IntArray, occupancy: Occupancy
    ) -> Int64Array:
        """Returns for each label the number of the old place that it overlaps most, or -1."""
        numbers = np.full(len(found), -1, np.int64)
        if not self._numbers or len(found) == 0:
            return numbers
        shift = np.array(self._corner) - np.array(occupancy.corner)
        old = np.zeros(labels.shape, np.int32)
        rows, cols = np.nonzero(self.labels)
        to = np.stack([rows, cols]) + shift[:, None]
        old[to[0], to[1]] = self.labels[rows, cols]
        index = np.searchsorted(found, labels[labels > 0])
        pairs = np.bincount(
            old[labels > 0] * len(found) + index, minlength=(len(self._numbers) + 1) * len(found)
        ).reshape(-1, len(found))[1:]
        for i, j in zip(*linear_sum_assignment(-pairs), strict=True):
            if pairs[i, j] > 0:
                numbers[j] = self._numbers[i]
        return numbers

    def _describe(self, occupancy: Occupancy) -> tuple[Place, ...]:
        """Measures the labelled regions."""
        meetings = meetings_of(self.labels)
        ids = [f"place-{number:04d}" for number in self._numbers]
        places = []
        for label, place_id in enumerate(ids, start=1):
            cells = np.argwhere(self.labels == label)
            centres = occupancy.centres_of(cells)
            mean = centres.mean(axis=0)
            middle = centres[np.argmin(((centres - mean) ** 2).sum(axis=1))]
            doors = _doors_of(label, ids, meetings, occupancy)
            low, high = centres.min(axis=0), centres.max(axis=0)
            half = 0.5 * occupancy.cell
            places.append(
                Place(
                    id=place_id,
                    centroid=(_rounded(middle[0]), _rounded(middle[1])),
                    area=round(len(cells) * occupancy.cell**2, 3),
                    elongation=round(_elongation(centres), 3),
                    bounds=(
                        _rounded(low[0] - half),
                        _rounded(low[1] - half),
                        _rounded(high[0] + half),
                        _rounded(high[1] + half),
                    ),
                    neighbours=tuple(name for name, _ in doors),
                    doorways=tuple(xy for _, xy in doors),
                    floor=occupancy.floor,
                )
            )
        return tuple(places)


def _doors_of(
    label: int, ids: list[str], meetings: dict[tuple[int, int], Int64Array], occupancy: Occupancy
) -> list[tuple[str, tuple[float, float]]]:
    """Returns the neighbours of a place with the middles of the doorways to them, by id."""
    doors = []
    for pair, cells in meetings.items():
        if label in pair:
            other = pair[0] if pair[1] == label else pair[1]
            middle = occupancy.centres_of(cells).mean(axis=0)
            doors.append((ids[other - 1], (_rounded(middle[0]), _rounded(middle[1]))))
    return sorted(doors)


def _spread(labels: IntArray, barrier: BoolArray, steps: int) -> IntArray:
    """Grows labels outwards over what is no wall, and at last over the face of the walls."""
    near = labels
    for step in range(steps + 2):
        grown = cv2.dilate(near.astype(np.uint16), _CROSS).astype(np.int32)
        allowed = barrier if step >= steps else ~barrier
        near = np.where((near == 0) & allowed, grown, near)
    return near


def _elongation(centres: Float64Array) -> float:
    """Returns the ratio of the standard deviations along the main axes of a region."""
    low, high = np.linalg.eigvalsh(np.cov(centres.T))
    return float(np.sqrt(high / max(low, 1e-9)))


def _rounded(value: float) -> float:
    return round(float(value), 4) + 0.0
