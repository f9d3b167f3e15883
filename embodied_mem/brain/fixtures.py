"""The fixtures of a cell as a plan names them."""

from collections.abc import Mapping
from typing import Final, cast

import numpy as np

from embodied_mem.brain.state import Entity, EntityKind
from embodied_mem.robots.arm import Fixture, WorkCell

_KINDS: Final = ("table", "bin", "drawer", "zone", "tray")


def fixture_entities(
    cell: WorkCell, opened: Mapping[str, float], seen_tick: int
) -> dict[str, Entity]:
    """Returns an entity for each fixture; a drawer's is its inside, where that is now.

    Args:
        cell: The fixtures.
        opened: How far each drawer is open, from 0 to 1.
        seen_tick: When the newest picture was taken.
    """
    return {
        name: _entity(name, fixture, opened.get(name, 0.0), seen_tick)
        for name, fixture in cell.items()
    }


def _entity(name: str, fixture: Fixture, opened: float, seen_tick: int) -> Entity:
    low, high = np.array(fixture.low), np.array(fixture.high)
    way = np.array(fixture.slides or (0.0, 0.0, 0.0)) * (opened * fixture.travel)
    # Things can be put on whatever else there is, as on a table.
    kind = fixture.kind if fixture.kind in _KINDS else "table"
    return Entity(
        id=name,
        kind=cast(EntityKind, kind),
        category=fixture.kind,
        colour=fixture.colour,
        position=0.5 * (low + high) + way,
        size=high - low,
        seen_tick=seen_tick,
        opened=opened,
    )
