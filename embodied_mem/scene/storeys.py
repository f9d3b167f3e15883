"""The floors of a house: on which one the body stands, and which there are.

A floor is opened when the body stands on a level surface about a storey away from those that are
known. While it is between two floors, on stairs, its pictures belong to the map of neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.perception.frame import Frame
from embodied_mem.scene.flights import Flight, FlightConfig, find_flight
from embodied_mem.scene.frontiers import Frontier, FrontierConfig, FrontierTracker
from embodied_mem.scene.numbers import Numbers
from embodied_mem.scene.occupancy import Occupancy, OccupancyConfig
from embodied_mem.scene.places import PlaceConfig, PlaceFinder
from embodied_mem.scene.stair_book import Level, StairBook
from embodied_mem.scene.stairs import Stairs
from embodied_mem.types import Float64Array

LOOK_EVERY = 1
"""A body that climbs looks for stairs once in so many ticks: first steps show in few pictures."""
_GLANCE_EVERY = 4
"""The same for a body that does not climb, which need not know of every flight."""
_SAME_PLACE = 0.8
"""Hints nearer to each other than this, m, are one."""
_EVEN, _WALKED = 0.03, 0.45
"""A way of the second, longer than any tread, is level if it climbs less than the first, m."""
_PATCH = 0.2
"""Edge of the squares in which level ground is counted, m."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreyConfig:
    """When a level counts as a floor of its own."""

    storey: float = 1.8
    """Floors are at least this far apart, m."""
    guess: float = 2.8
    """So far above or below lies a floor that nobody stood on yet, m."""
    reach: float = 0.3
    """A body within this of a floor's height, m, is on it still: sills, ramps, a first step."""
    arrival: float = 0.08
    """A body that comes from elsewhere is on a floor within this of its height, m."""
    level_ground: float = 1.0
    """So much ground at the body's height must be seen for a floor to be opened, m2."""
    flights: FlightConfig = field(default_factory=FlightConfig)

    def __post_init__(self) -> None:
        """Checks that floors cannot be taken for each other.

        Raises:
            ConfigError: If the distances are not ordered.
        """
        if not 0.0 < self.arrival <= self.reach < 0.5 * self.storey <= self.guess:
            raise ConfigError("expected 0 < arrival <= reach < storey / 2 <= guess")


class Floor:
    """The map of one floor with its frontiers and places."""

    def __init__(
        self, occupancy: Occupancy, tracker: FrontierTracker, finder: PlaceFinder, opened: int
    ) -> None:
        self.opened = opened
        """How many floors were opened before it: a number that never changes."""
        self.occupancy = occupancy
        self.tracker = tracker
        self.finder = finder

    @property
    def index(self) -> int:
        """Number of the floor, from 0 for the lowest that is known of."""
        return self.occupancy.floor

    @property
    def height(self) -> float:
        """World height of the floor, m."""
        return self.occupancy.floor_height

    @property
    def frontiers(self) -> tuple[Frontier, ...]:
        """Its frontiers when the body was last on it."""
        return self.tracker.frontiers

    def renumber(self, index: int) -> None:
        """Gives the floor another index, because one was found below it."""
        if index != self.occupancy.floor:
            self.occupancy.floor = index
            self.tracker.renumber(index)
            self.finder.renumber(index)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Hint:
    flight: Flight
    floor: Floor


class Storeys:
    """Keeps the floors, and tells on which of them the body stands."""

    def __init__(
        self,
        config: StoreyConfig,
        occupancy: OccupancyConfig,
        frontiers: FrontierConfig,
        places: PlaceConfig,
    ) -> None:
        self.config = config
        self._parts = (occupancy, frontiers, places)
        self.frontier_numbers, self.place_numbers = Numbers(), Numbers()
        self._levels: list[Level[Floor]] = []
        self._book: StairBook[Floor] = StairBook(config.flights)
        self.current = self._make()
        """The floor that the body stands on, or stood on last."""
        self.climbs = False
        """Whether the body takes stairs, so that hints of them are worth noting."""
        self.between = False
        """Whether the body is on stairs, where no map applies."""
        self._trail: list[Float64Array] = []
        self._hints: list[_Hint] = []
        self._dropped: list[Float64Array] = []

    @property
    def floors(self) -> tuple[Floor, ...]:
        """All floors that the body stood on, the lowest first."""
        if not self._levels:
            return (self.current,)
        return tuple(level.floor for level in self._levels if level.floor is not None)

    @property
    def stairs(self) -> tuple[Stairs, ...]:
        """The flights that are known, in the order in which they were found."""
        if not self._book.tracks:
            return ()
        index = {id(level): number for number, level in enumerate(self._levels)}
        return self._book.stairs(index)

    @property
    def heights(self) -> dict[int, float]:
        """World height of each floor that was stood on, in this visit or before, by its index."""
        return {k: level.height for k, level in enumerate(self._levels) if level.measured}

    def expect(self, heights: Mapping[int, float]) -> None:
        """Hears of the floors of earlier visits, before the first picture.

        Args:
            heights: World height of each floor by its index, m.
        """
        if len(heights) > 1:
            self._levels = [Level(height=heights[k], measured=True) for k in sorted(heights)]

    def index_at(self, z: float) -> int:
        """Returns the index of the floor on or above which a world height lies."""
        found = 0
        for index, level in enumerate(self._levels):
            if level.height <= z + self.config.reach:
                found = index
        return found

    def floor_at(self, z: float) -> Floor | None:
        """Returns the floor on or above which a world height lies; None if not yet stood on."""
        return self._levels[self.index_at(z)].floor if self._levels else self.current

    def floor(self, index: int) -> Floor | None:
        """Returns the floor of an index; None where the body did not stand on it yet."""
        inside = 0 <= index < len(self._levels)
        return self._levels[index].floor if inside else None

    def retire_stairs(self, stairs_id: str) -> None:
        """Gives up a flight that cannot be taken."""
        self._book.retire(stairs_id)

    def stand(self, frame: Frame) -> None:
        """Brings `current` and `between` up to date with where the body is."""
        pose = frame.observation.T_world_body
        z = float(pose[2, 3])
        if not self._levels or all(level.floor is None for level in self._levels):
            self._begin(z)
        off = abs(z - self.current.height)
        if off <= self.config.arrival:
            self._arrive(self.current)
            return
        here = pose[:3, 3].astype(np.float64)
        self._trail = [*self._trail[-5:], here]
        level = self._level_at(z)
        if level is not None and level.floor is not self.current:
            self._change(level, z)
            return
        if self._is_storey(z):
            area, height = _level_ground(frame, z)
            if self._walks_level() or area >= self.config.level_ground:
                self._change(self._new_level(z), height if area > 0.0 else z)
                return
        self.between = off > self.config.reach or self._book.on_flight(here[:2])

    def look(self, frame: Frame) -> None:
        """Looks for stairs from the floor on which the body stands."""
        if self.between or frame.observation.tick % (LOOK_EVERY if self.climbs else _GLANCE_EVERY):
            return
        flight = find_flight(frame, self.current.height, self.config.flights, hints=self.climbs)
        if flight is None:
            return
        if not flight.sure:
            if self.climbs:
                self._note_hint(flight)
            return
        self._hints = [hint for hint in self._hints if not _near(hint.flight, flight.edge)]
        here = self._own_level()
        there = self._neighbour(here, 1 if flight.up else -1)
        if self._book.note(flight, here, there):
            self._settle_levels()
            self._mark_open()

    @property
    def hints(self) -> tuple[Flight, ...]:
        """What may be flights from the floor that the body is on, and was seen from beside only."""
        found = [hint.flight for hint in self._hints if hint.floor is self.current]
        least = 2 if self._book.tracks else 1
        return tuple(
            sorted((each for each in found if each.steps >= least), key=lambda each: -each.steps)
        )

    def drop_hint(self, hint: Flight) -> None:
        """Gives a hint up: a look from in front showed no flight."""
        self._dropped.append(hint.edge)
        self._hints = [other for other in self._hints if other.flight is not hint]

    def _note_hint(self, flight: Flight) -> None:
        stairs = self.stairs
        if any(bool(each.covers(flight.edge, margin=_SAME_PLACE)) for each in stairs):
            return
        if flight.steps == 1 and stairs:
            return  # so little is worth a look only where no way up is known
        for hint in self._hints:
            if hint.floor is self.current and _near(hint.flight, flight.edge):
                if flight.steps > hint.flight.steps:
                    self._hints.remove(hint)
                    break
                return
        if not any(_near(flight, edge) for edge in self._dropped):
            self._hints.append(_Hint(flight=flight, floor=self.current))

    def _begin(self, z: float) -> None:
        """Sets the first map on the floor that is known to be there, or on a new one."""
        known = [level for level in self._levels if abs(level.height - z) < 0.5]
        level = min(known, key=lambda each: abs(each.height - z), default=None)
        if level is None:
            level = Level(height=z, measured=True)
            self._levels.append(level)
        level.floor, level.height = self.current, z
        self.current.occupancy.floor_height = z
        self._settle_levels()

    def _arrive(self, floor: Floor) -> None:
        self.current, self.between = floor, False
        self._trail = []

    def _level_at(self, z: float) -> "Level[Floor] | None":
        """Returns the level with a measured height that the body has arrived at."""
        for level in self._levels:
            limit = self.config.arrival if level.floor is not None else self.config.reach
            if level.measured and abs(level.height - z) <= limit:
                return level
        return None

    def _is_storey(self, z: float) -> bool:
        measured = [level.height for level in self._levels if level.measured]
        return min(abs(z - height) for height in measured) >= self.config.storey

    def _walks_level(self) -> bool:
        """Tells whether the last metres led neither up nor down, as no flight does."""
        offset = np.array(self._trail) - self._trail[-1]
        level = np.abs(offset[:, 2]) < _EVEN
        return bool((level & (np.hypot(offset[:, 0], offset[:, 1]) > _WALKED)).any())

    def _new_level(self, z: float) -> "Level[Floor]":
        """Returns the level that was only reckoned with so far, or a new one."""
        reckoned = [
            level
            for level in self._levels
            if not level.measured and abs(level.height - z) < 0.5 * self.config.guess
        ]
        if reckoned:
            return min(reckoned, key=lambda level: abs(level.height - z))
        level: Level[Floor] = Level(height=z, measured=True)
        self._levels.append(level)
        return level

    def _change(self, level: "Level[Floor]", z: float) -> None:
        """Lets the body stand on another floor, which is opened where it is new."""
        if level.floor is None:
            if abs(z - level.height) > self.config.arrival and level.measured:
                return  # it is still a step away
            height = level.height if level.measured else z
            heading = self._heading(level)
            level.floor = self._make(height=height, climbed=True, heading=heading)
            level.height, level.measured = height, True
            self._settle_levels()
            self._mark_open()
        self._arrive(level.floor)

    def _heading(self, level: "Level[Floor]") -> Float64Array | None:
        """Returns the (2,) direction in which the body came to a level by stairs unknown.

        None where the stairs are known, and with them where there is no floor, or where it was
        carried there.
        """
        own = self._own_level()
        for track in self._book.tracks:
            if {id(track.lower), id(track.upper)} == {id(own), id(level)}:
                return None
        if not self._trail:
            return None
        step = (self._trail[-1] - self._trail[0])[:2]
        length = float(np.hypot(*step))
        return None if length < 0.1 else step / length

    def _make(
        self,
        *,
        height: float | None = None,
        climbed: bool = False,
        heading: Float64Array | None = None,
    ) -> Floor:
        occupancy, frontiers, places = self._parts
        return Floor(
            Occupancy(occupancy, height=height, climbed=climbed, heading=heading),
            FrontierTracker(frontiers, self.frontier_numbers),
            PlaceFinder(places, self.place_numbers),
            opened=sum(level.floor is not None for level in self._levels),
        )

    def _own_level(self) -> "Level[Floor]":
        return next(level for level in self._levels if level.floor is self.current)

    def _neighbour(self, level: "Level[Floor]", step: int) -> "Level[Floor]":
        """Returns the level next above (1) or below (-1); one that is reckoned where none is."""
        index = self._levels.index(level) + step
        if 0 <= index < len(self._levels):
            return self._levels[index]
        return Level(height=level.height + step * self.config.guess, measured=False)

    def _settle_levels(self) -> None:
        """Puts the levels in order and numbers the floors by them."""
        linked = {id(level): level for level in self._book.levels()}
        for level in self._levels:
            if level.measured:
                linked[id(level)] = level
        self._levels = list(linked.values())
        self._levels.sort(key=lambda level: level.height)
        for index, level in enumerate(self._levels):
            if level.floor is not None:
                level.floor.renumber(index)

    def _mark_open(self) -> None:
        """Tells the upper floors where flights leave them open."""
        for stairs in self.stairs:
            upper = self.floor(stairs.upper)
            if upper is not None and stairs.measured:
                upper.occupancy.mark_drop(stairs.open_above(upper.occupancy.cell))


def _near(flight: Flight, xy: Float64Array) -> bool:
    return float(np.hypot(*(flight.edge - xy))) < _SAME_PLACE


def _level_ground(frame: Frame, z: float) -> tuple[float, float]:
    """Returns how much ground about a height a picture shows, m2, and how high that lies, m."""
    points = frame.points[frame.valid]
    ground = points[np.abs(points[:, 2] - z) < 0.06]
    if len(ground) == 0:
        return 0.0, z
    squares = np.floor(ground[:, :2] / _PATCH).astype(np.int64)
    area = float(len(np.unique(squares, axis=0))) * _PATCH**2
    return area, float(np.median(ground[:, 2]))
