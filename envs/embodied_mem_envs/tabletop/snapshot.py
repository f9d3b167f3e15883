"""The whole state of a body at one tick, to go back to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embodied_mem.types import Float64Array
from embodied_mem_envs.tabletop.faults import ActiveFault
from embodied_mem_envs.tabletop.touch import Feeling


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Snapshot:
    """What `TabletopBody.save` returns; good for that body until it is closed."""

    physics: int
    """Number of the state that PyBullet keeps."""
    owner: int
    """Number of the PyBullet server."""
    tick: int
    targets: Float64Array
    """(7,) joint targets, rad."""
    width: float
    """Target distance of the fingers, m."""
    feeling: Feeling
    chance: Mapping[str, Any]
    """State of the generator of noise."""
    faults: list[ActiveFault]
    """What the faults had come to."""
    rubber: tuple[float, float]
    """Friction and spinning friction of the fingers."""
