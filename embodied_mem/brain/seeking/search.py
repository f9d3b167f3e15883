"""Where to look next for a thing that memory does not know the place of."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol, final

import numpy as np

from embodied_mem.brain.exploration import expected_gain
from embodied_mem.brain.navigation import BEYOND, CostField, Navigator, Pose2, sight_clear
from embodied_mem.brain.seeking.likelihood import relevance
from embodied_mem.brain.seeking.searched import SQUARE, Searched
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.occupancy import FREE, Occupancy
from embodied_mem.types import Float64Array

_BLOCK: Final = 1.0
"""Known floor is looked into in blocks of this size, m."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchConfig:
    """How a search weighs what it may find against its way."""

    nearest: bool = False
    """Always the nearest frontier, whatever is sought (Yamauchi 1997): to compare with."""
    sight: float = 3.0
    """How far beyond a frontier new floor is expected to be seen, m."""
    rays: int = 32
    """Directions in which the map is searched for unknown floor."""
    enough_gain: float = 4.0
    """A frontier with this much behind it is two thirds as good as any, m2."""
    least_gain: float = 0.5
    """Frontiers with less behind them are left alone, m2."""
    patience: float = 5.0
    """A frontier is worth at most this way, m per m2 that may be seen."""
    overhead: float = 2.0
    """Added to every way, m: near and far are alike where both are near."""
    turn_cost: float = 0.25
    """Path length that turning by one radian is worth, m."""
    keep: float = 1.25
    """The last choice is kept unless another is better by this factor."""
    kin_range: float = 3.5
    """Things within this tell what kind of room a place belongs to, m."""
    close: float = 3.0
    """From beyond this a thing may be overlooked, m."""
    block_weight: float = 0.12
    """Worth of a block of known floor that was not looked into, against a frontier's."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Known:
    """What is known of the things around, one row each."""

    centres: Float64Array
    """(n, 2) metres."""
    low: Float64Array
    """(n, 2)"""
    high: Float64Array
    """(n, 2)"""
    categories: tuple[str, ...]
    weights: Float64Array
    """(n,) how sure the category is."""


class Interest(Protocol):
    """Says what a search is for."""

    @property
    def shares(self) -> dict[str, float]:
        """Room type -> how likely the thing is there."""

    def holds(self, category: str) -> float:
        """How likely the thing is found on or in a piece of furniture, as a weight."""

    @property
    def on_floor(self) -> float:
        """How likely it stands on the floor, as a weight."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Step:
    """Where to look next: at a frontier, or at a block of floor from a standpoint."""

    frontier: Frontier | None = None
    block: Float64Array | None = None
    """(2,) middle of a block, m."""
    standpoint: Float64Array | None = None
    worth: float = 0.0


@final
class Search:
    """Chooses the look that promises most for its way.

    A frontier is worth more, the more may be seen behind it and the better the room around it
    suits the thing (Naive Bayes over what stands near by, P(room | thing) from common sense). Floor
    and furniture that are known but were not looked into from near by count as well.
    """

    def __init__(
        self, navigator: Navigator, searched: Searched, config: SearchConfig | None = None
    ) -> None:
        self.config = config or SearchConfig()
        self._navigator = navigator
        self._searched = searched
        self._done: set[tuple[int, int, int]] = set()
        self._last: str | None = None

    def give_up_block(self, block: Float64Array) -> None:
        """Hears that a block was looked at; it is not proposed again."""
        self._give_up(_key(block))

    def next_step(
        self,
        occupancy: Occupancy,
        frontiers: tuple[Frontier, ...],
        pose: Pose2,
        known: Known,
        interest: Interest,
        *,
        blocks: bool = True,
    ) -> Step | None:
        """Returns the best look, None where nothing is left that can be reached.

        Args:
            occupancy: The map of the floor that the body is on.
            frontiers: Its frontiers.
            pose: Where the body is.
            known: The things on this floor.
            interest: What is searched for.
            blocks: Whether to look into known floor as well.
        """
        field = self._navigator.field(occupancy, pose.xy)
        steps = self._frontier_steps(field, frontiers, pose, known, interest)
        if blocks and not self.config.nearest:
            steps += self._block_steps(field, known, interest)
        if not steps:
            self._last = None
            return None
        best = max(steps, key=lambda step: step.worth)
        self._last = best.frontier.id if best.frontier is not None else None
        return best

    def _frontier_steps(
        self,
        field: CostField,
        frontiers: tuple[Frontier, ...],
        pose: Pose2,
        known: Known,
        interest: Interest,
    ) -> list[Step]:
        if not frontiers:
            return []
        config, occupancy = self.config, field.graph.occupancy
        gains = expected_gain(occupancy, list(frontiers), config.sight, config.rays)
        steps = []
        for frontier, gain in zip(frontiers, gains.tolist(), strict=True):
            cost = field.cost_to(frontier.standpoint)
            small = gain < config.least_gain and cost > config.patience * gain
            if not np.isfinite(cost) or small:
                continue
            if config.nearest:
                steps.append(Step(frontier=frontier, worth=1.0 / (cost + config.overhead)))
                continue
            cost += config.turn_cost * abs(pose.bearing_to(frontier.centroid))
            suits = self._suits(occupancy, frontier.centroid, known, interest)
            worth = suits * (1.0 - np.exp(-gain / config.enough_gain)) / (cost + config.overhead)
            worth *= config.keep if frontier.id == self._last else 1.0
            steps.append(Step(frontier=self._moved_up(field, frontier), worth=float(worth)))
        return steps

    def _moved_up(self, field: CostField, frontier: Frontier) -> Frontier:
        target = frontier.centroid + BEYOND * frontier.direction
        place = self._navigator.lookout(field, target, far=1.2)
        return frontier if place is None else replace(frontier, standpoint=place)

    def _suits(
        self, occupancy: Occupancy, place: Float64Array, known: Known, interest: Interest
    ) -> float:
        """Returns how well the room around a place suits what is searched for; 1 is neutral."""
        gap = np.hypot(*(known.centres - place).T)
        near = np.flatnonzero(gap < self.config.kin_range)
        if len(near) == 0:
            return 1.0
        starts = np.repeat(place[None], len(near), axis=0)
        # What hangs on or leans against a wall must not be hidden by it.
        ends = place + 0.8 * (known.centres[near] - place)
        same = sight_clear(~occupancy.wall_layer(), occupancy, starts, ends)
        seen: dict[str, float] = {}
        for row in near[same].tolist():
            name = known.categories[row]
            seen[name] = seen.get(name, 0.0) + float(known.weights[row])
        return relevance(interest.shares, seen)

    def _block_steps(self, field: CostField, known: Known, interest: Interest) -> list[Step]:
        """Returns looks at what was seen from afar only, or not since things may have moved."""
        blocks = self._unsearched(field.graph.occupancy, known, interest)
        config = self.config
        here = field.start
        best = sorted(
            blocks.items(),
            key=lambda item: (
                -item[1] / (config.overhead + float(np.hypot(*(_middle(item[0]) - here)))),
                item[0],
            ),
        )[:10]
        steps = []
        for key, mass in best:
            middle = _middle(key)
            place = self._navigator.lookout(field, middle, near=0.4, far=2.2)
            if place is None:
                self._give_up(key)
                continue
            suits = self._suits(field.graph.occupancy, place, known, interest)
            worth = config.block_weight * mass * suits / (field.cost_to(place) + config.overhead)
            steps.append(Step(block=middle, standpoint=place, worth=float(worth)))
        return steps

    def _unsearched(
        self, occupancy: Occupancy, known: Known, interest: Interest
    ) -> dict[tuple[int, int], float]:
        """Returns the mass of each block that was not looked into from near by."""
        found: dict[tuple[int, int], float] = {}
        if interest.on_floor > 0.0:
            cells = np.argwhere(occupancy.states == FREE)
            centres = occupancy.centres_of(cells)
            squares: Float64Array = np.unique(np.floor(centres / SQUARE), axis=0)
            self._add_mass(found, (squares + 0.5) * SQUARE, interest.on_floor)
        for row, category in enumerate(known.categories):
            weight = interest.holds(category)
            if weight > 0.0:
                self._add_mass(found, _squares_of(known.low[row], known.high[row]), weight)
        return {key: mass for key, mass in found.items() if mass >= 1.0}

    def _add_mass(
        self, found: dict[tuple[int, int], float], squares: Float64Array, weight: float
    ) -> None:
        missed = squares[self._searched.nearest(squares) > self.config.close]
        for key in map(tuple, np.floor(missed / _BLOCK).astype(np.int64).tolist()):
            if (self._searched.floor, *key) not in self._done:
                found[key] = found.get(key, 0.0) + weight

    def _give_up(self, key: tuple[int, int]) -> None:
        self._done.add((self._searched.floor, *key))


def _squares_of(low: Float64Array, high: Float64Array) -> Float64Array:
    """Returns the (n, 2) middles of the squares under a box."""
    x = np.arange(np.floor(low[0] / SQUARE), np.floor(high[0] / SQUARE) + 1)
    y = np.arange(np.floor(low[1] / SQUARE), np.floor(high[1] / SQUARE) + 1)
    grid: Float64Array = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    return (grid + 0.5) * SQUARE


def _key(point: Float64Array) -> tuple[int, int]:
    x, y = np.floor(point / _BLOCK).astype(np.int64).tolist()
    return (x, y)


def _middle(key: Iterable[int]) -> Float64Array:
    return (np.array(tuple(key), np.float64) + 0.5) * _BLOCK
