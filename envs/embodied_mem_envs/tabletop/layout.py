"""What stands where when an episode begins."""

from collections.abc import Sequence
from dataclasses import dataclass

from embodied_mem.errors import ConfigError
from embodied_mem_envs.tabletop.catalogue import colour_of, kind

Position = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """One thing of the catalogue, put somewhere."""

    kind: str
    """A kind of `catalogue.KINDS`, such as `mug`."""
    colour: str = ""
    """One of the kind's colours; its first where empty."""
    position: Position
    """Middle of its footprint and height of its underside in the world, m."""
    yaw: float = 0.0
    """Turn about the vertical, rad."""
    name: str = ""
    """By which truth and faults call it; colour and kind with a number where empty."""


OBSTACLE_AT: Position = (3.4, 2.4, -0.5)
"""Where the box that blocks paths waits, far from all cameras, m."""


def named(layout: Sequence[Placed]) -> dict[str, Placed]:
    """Returns the layout by name, every colour spelled out.

    Raises:
        ConfigError: If a kind or colour is unknown or two things share a name.
    """
    found: dict[str, Placed] = {}
    for placed in layout:
        colour = colour_of(kind(placed.kind), placed.colour)
        base = placed.name or f"{colour}_{placed.kind}"
        name, number = base, 2
        while name in found and not placed.name:
            name, number = f"{base}_{number}", number + 1
        if name in found:
            raise ConfigError(f"two things are called {name!r}; give each a name of its own")
        found[name] = Placed(
            kind=placed.kind, colour=colour, position=placed.position, yaw=placed.yaw, name=name
        )
    return found
