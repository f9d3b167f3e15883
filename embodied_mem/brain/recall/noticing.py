"""Notices what the robot takes and lets go of, from its hand and its eyes."""

from dataclasses import dataclass, replace
from typing import Final, final

import msgspec
import numpy as np

from embodied_mem.brain.recall.facts import Lying
from embodied_mem.perception.colour import COLOUR_TERMS
from embodied_mem.perception.segmentation import UNKNOWN_CATEGORY
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.scene.relations import supports
from embodied_mem.types import Float64Array, Int64Array, Observation

_REACH: Final = 0.35
"""How far the hand may be from the box of what it takes, metres."""
_RIM: Final = 0.2
"""By so much more a piece of furniture may reach than was seen of it, metres."""
_FURNITURE: Final = 0.4
"""Nothing narrower is taken for a piece of furniture that was seen in part, metres."""
_SMALL: Final = 0.05
"""Half the side of a thing of which nothing is known, metres."""
_LARGE: Final = 1.2
"""Nothing with a longer diagonal is taken by hand, metres."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What the hand holds."""

    tick: int
    source: Lying
    on: Lying | None
    object_id: str


@final
class HandWatcher:
    """Finds out what a hand took and where it put it.

    A body with a hand tells in `proprioception` whether it holds something (`holding`, above 0.5)
    and where the hand is in the body's frame (`hand_x`, `hand_y`, `hand_z`, metres).
    """

    def __init__(self, scene: SceneGraph) -> None:
        self._scene = scene
        self.taken: Taken | None = None
        """What is held now."""

    def before(self, observation: Observation) -> None:
        """Looks at the scene as it was before an observation that shows a thing gone."""
        holding = observation.proprioception.get("holding", 0.0) > 0.5
        if not holding or self.taken is not None:
            return
        table = self._scene.objects
        row = self._nearest(observation, np.flatnonzero(table.live))
        self.taken = Taken(
            tick=observation.tick,
            source=self._nothing_known(observation) if row is None else self._lying(row),
            on=None if row is None else self._support(row),
            object_id="" if row is None else table.ids[row],
        )

    def after(self, observation: Observation) -> tuple[Taken, Lying, Lying | None] | None:
        """Returns what was let go of, where, and on what, where that just happened."""
        holding = observation.proprioception.get("holding", 0.0) > 0.5
        if holding or self.taken is None:
            return None
        taken, self.taken = self.taken, None
        table = self._scene.objects
        rows = np.flatnonzero(table.live & ~table.missing & (table.last == observation.tick))
        known = taken.source.category
        same = [row for row in rows if known in (UNKNOWN_CATEGORY, table.category[row])]
        row = self._nearest(observation, np.array(same, np.int64))
        if row is None:
            return taken, self._unseen(observation, taken.source), None
        seen = self._lying(row)
        if known == UNKNOWN_CATEGORY:  # what it was shows only now
            named = msgspec.structs.replace(
                taken.source, category=seen.category, colour=seen.colour
            )
            taken = replace(taken, source=named)
        target = msgspec.structs.replace(
            seen, category=taken.source.category, colour=taken.source.colour
        )
        return taken, target, self._support(row)

    def _nearest(self, observation: Observation, rows: Int64Array) -> int | None:
        """Returns the row of the thing at the hand."""
        table, hand = self._scene.objects, hand_of(observation)
        best: tuple[float, int] | None = None
        for row in rows.tolist():
            low, high = table.low[row].astype(float), table.high[row].astype(float)
            outside = np.maximum(np.maximum(low - hand, hand - high), 0.0)
            if np.linalg.norm(outside) > _REACH or np.linalg.norm(high - low) > _LARGE:
                continue
            middle = float(np.linalg.norm(0.5 * (low + high) - hand))
            best = min(best or (middle, row), (middle, row))
        return None if best is None else best[1]

    def _lying(self, row: int) -> Lying:
        table = self._scene.objects
        low, high = table.low[row].tolist(), table.high[row].tolist()
        return Lying(
            category=table.category[row],
            colour=COLOUR_TERMS[int(table.colour[row].argmax())],
            low=(low[0], low[1], low[2]),
            high=(high[0], high[1], high[2]),
            place=self._scene.place_of(row),
        )

    def _support(self, row: int) -> Lying | None:
        table = self._scene.objects
        rows = np.unique(np.append(np.flatnonzero(table.confirmed()), row))
        carrier = supports(rows, table.low, table.high).get(row)
        if carrier is None:  # of large things only a part may have been seen so far
            wide = (table.high[rows] - table.low[rows])[:, :2].max(axis=1) >= _FURNITURE
            others = rows[(rows != row) & wide]
            low, high = table.low.copy(), table.high.copy()
            low[others, :2] -= _RIM
            high[others] += (_RIM, _RIM, _RIM)
            carrier = supports(np.unique(np.append(others, row)), low, high).get(row)
        return None if carrier is None else self._lying(carrier)

    def _nothing_known(self, observation: Observation) -> Lying:
        """Returns something at the hand that was not seen before it was taken."""
        hand = hand_of(observation)
        low, high = (hand - _SMALL).tolist(), (hand + _SMALL).tolist()
        return Lying(
            category=UNKNOWN_CATEGORY,
            colour="",
            low=(low[0], low[1], low[2]),
            high=(high[0], high[1], high[2]),
            place=self._scene.place_at(hand[:2]),
        )

    def _unseen(self, observation: Observation, source: Lying) -> Lying:
        """Returns a thing at the hand, as large as it was."""
        hand = hand_of(observation)
        half = 0.5 * (np.array(source.high) - np.array(source.low))
        low, high = (hand - half).tolist(), (hand + half).tolist()
        return Lying(
            category=source.category,
            colour=source.colour,
            low=(low[0], low[1], low[2]),
            high=(high[0], high[1], high[2]),
            place=self._scene.place_at(hand[:2]),
        )


def hand_of(observation: Observation) -> Float64Array:
    """Returns where the hand is, (3,) in the world; the body's own place where it has none."""
    read = observation.proprioception
    point = np.array([read.get(f"hand_{axis}", 0.0) for axis in "xyz"] + [1.0])
    result: Float64Array = (observation.T_world_body @ point)[:3]
    return result
