"""What stands where when an episode begins."""

from dataclasses import dataclass

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
