"""Places found online, from where one was alone or also from what was seen there."""

from collections import Counter
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.errors import ConfigError
from embodied_mem.memory.episodic.communities import communities
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Int64Array

_SMOOTHED: Final = 12.0
"""Frames that what is seen is averaged over, so that it tells of the surroundings, not of the
direction that one looks in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OnlinePlacesConfig:
    """How places are found.

    Raises:
        ConfigError: If a value is out of its range.
    """

    radius: float = 0.6
    """Metres that a spot reaches; places are made of spots."""
    resolution: float = 0.06
    """Least share of the pairs of spots of two parts that one went between, for the two to be one
    place: the larger, the smaller the places."""
    look: float = 0.0
    """How much it parts two spots that they look different, by e^(-look * (1 - cosine)); 0 leaves
    vectors out. It made places no better in houses, where a place looks different from each side.
    """
    settle: int = 3
    """Frames in a row in another place after which one is there: one does not flicker on a
    border."""
    every: int = 32
    """Frames between two divisions into places, at least; more often only for the first spots."""
    most: int = 256
    """Spots at most; beyond them the nearest one reaches as far as it must."""

    def __post_init__(self) -> None:
        """Checks the values."""
        if not (self.radius > 0.0 and self.resolution > 0.0 and self.look >= 0.0):
            raise ConfigError(
                f"radius {self.radius}, resolution {self.resolution}, look {self.look}; expected "
                "more than 0, more than 0, and at least 0"
            )
        if min(self.settle, self.every, self.most) < 1:
            raise ConfigError(
                f"settle {self.settle}, every {self.every}, most {self.most}; expected at least 1"
            )


@final
class OnlinePlaces:
    """Finds the places of a stream of positions while it comes, in constant memory.

    Positions fall on spots (leader clustering: Hartigan 1975, chapter 3), and spots that one went
    between are linked. Inside a room one goes from anywhere to anywhere, and from room to room
    only through a door: so places are the communities of the spots (see `communities`). They are
    divided anew now and then, and only when spots or links came; then places may grow, part and
    merge, and each keeps the name under which most of its visits were. Work a frame is bounded by
    `most` and `every`, nothing is drawn by chance, and the same stream gives the same places.

    >>> places = OnlinePlaces()
    >>> walk = [(x / 2, y, 0) for y in (0, 9, 0) for x in (0, 1, 2, 1, 0, 1, 2)]
    >>> seen = [places.observe(position) for position in walk]
    >>> sorted(set(seen))
    ['found-0000', 'found-0001']
    """

    def __init__(self, config: OnlinePlacesConfig | None = None) -> None:
        self.config = config or OnlinePlacesConfig()
        most = self.config.most
        self._middle: Float64Array = np.zeros((most, 3))
        self._visits: Int64Array = np.zeros(most, np.int64)
        self._linked: BoolArray = np.zeros((most, most), np.bool_)
        self._place: Int64Array = np.zeros(most, np.int64)
        self._looks: Float64Array | None = None
        self._smooth: Float64Array | None = None
        self._spots = self._named = self._since = self._elsewhere = 0
        self._changed: bool = False
        self._last: Float64Array = np.zeros(3)
        self._here = -1
        self.spot = -1
        """The spot that one is on; -1 before the first frame."""

    @property
    def spots(self) -> int:
        """How many there are; they have the numbers from 0."""
        return self._spots

    @property
    def names(self) -> tuple[str, ...]:
        """The places that there are now, sorted."""
        return tuple(_name(number) for number in np.unique(self._place[: self._spots]).tolist())

    def place_of(self, spot: int) -> str:
        """Returns the place that a spot belongs to now, which later frames may change."""
        return _name(int(self._place[spot]))

    def nearest(self, position: ArrayLike) -> int:
        """Returns the spot that a position is nearest to; -1 where there is none."""
        if not self._spots:
            return -1
        apart = self._middle[: self._spots] - np.asarray(position, np.float64)
        return int(np.einsum("ij,ij->i", apart, apart).argmin())

    def observe(self, position: ArrayLike, vector: Float32Array | None = None) -> str:
        """Takes the next frame in.

        Args:
            position: (3,) metres, world frame.
            vector: (D,) what was seen, such as a carrier; of one D all along.

        Returns:
            The place that one is in, as far as is known now.

        Raises:
            ConfigError: If the position is not finite.
        """
        point = np.asarray(position, np.float64)
        if point.shape != (3,) or not np.isfinite(point).all():
            raise ConfigError(f"the position is {position!r}; expected three finite numbers")
        before, self.spot = self.spot, self._spot_at(point)
        if before not in (-1, self.spot) and self._walked_to(point):
            self._changed |= not bool(self._linked[before, self.spot])
            self._linked[before, self.spot] = self._linked[self.spot, before] = True
        self._last = point
        self._visits[self.spot] += 1
        self._look(vector)
        self._since += 1
        if self._changed and self._since >= min(self.config.every, self._spots):
            self.divide()
        return self._settled()

    def divide(self) -> None:
        """Divides the spots into places anew."""
        count = self._spots
        links = self._linked[:count, :count].astype(np.float64)
        if self._looks is not None:
            looks = self._looks[:count]
            looks = looks / np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-9)
            links *= np.exp(-self.config.look * (1.0 - looks @ looks.T))
        self._rename(communities(links, self.config.resolution))
        self._changed, self._since = False, 0

    # -- inside --------------------------------------------------------------------------------

    def _spot_at(self, point: Float64Array) -> int:
        spot = self.nearest(point)
        near = spot >= 0 and np.linalg.norm(point - self._middle[spot]) <= self.config.radius
        if near or self._spots == self.config.most:
            return spot
        new = self._spots
        self._middle[new] = point
        # Until spots are divided anew, one that was walked to belongs to where one came from.
        walked = self.spot >= 0 and self._walked_to(point)
        self._place[new] = self._place[self.spot] if walked else self._next_name()
        self._spots += 1
        self._changed = True
        return new

    def _walked_to(self, point: Float64Array) -> bool:
        """Tells whether one went there from the last position, and was not carried."""
        return float(np.linalg.norm(point - self._last)) <= 2.0 * self.config.radius

    def _look(self, vector: Float32Array | None) -> None:
        if vector is None or not self.config.look or not np.any(vector):
            return
        given = np.asarray(vector, np.float64)
        if self._looks is None or self._smooth is None:
            self._looks = np.zeros((self.config.most, given.size))
            self._smooth = given.copy()
        self._smooth += (given - self._smooth) / _SMOOTHED
        self._looks[self.spot] += self._smooth

    def _rename(self, parts: Int64Array) -> None:
        """Gives parts the names under which most of their visits were, each name once."""
        shared: Counter[tuple[int, int]] = Counter()
        for spot, part in enumerate(parts.tolist()):
            shared[part, int(self._place[spot])] += int(self._visits[spot])
        names: dict[int, int] = {}
        for part, old in sorted(shared, key=lambda pair: (-shared[pair], pair)):
            if part not in names and old not in names.values():
                names[part] = old
        for part in np.unique(parts).tolist():
            if part not in names:
                names[part] = self._next_name()
        self._place[: self._spots] = [names[part] for part in parts.tolist()]

    def _next_name(self) -> int:
        self._named += 1
        return self._named - 1

    def _settled(self) -> str:
        now = int(self._place[self.spot])
        self._elsewhere = 0 if now == self._here else self._elsewhere + 1
        gone = not bool((self._place[: self._spots] == self._here).any())
        if gone or self._elsewhere >= self.config.settle:
            self._here, self._elsewhere = now, 0
        return _name(self._here)


def _name(number: int) -> str:
    return f"found-{number:04d}"
