"""How a connected robot is doing, for status lines, gateways and recordings."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """One look at a robot's host; nothing in it changes later."""

    connected: bool
    """Whether commands are streamed at all."""
    stopped: str
    """Why the robot is kept at rest; empty where it may move."""
    latched: bool
    """Whether an emergency stop holds until somebody resets it."""
    owner: str
    """Who moves the robot now; empty where nobody does."""
    ages: Mapping[str, float] = field(default_factory=dict)
    """Age of each required channel, s; infinite where nothing has come."""
    faults: tuple[str, ...] = ()
    """What is wrong with the link, the sensors or the host itself, in words."""
    lost: Mapping[str, int] = field(default_factory=dict)
    """Messages lost or refused on the wire so far, by channel."""
    sent: int = 0
    """Commands handed to the wire since connecting."""
    refused: int = 0
    """Commands that the gate did not take since connecting."""
    rate_hz: float = 0.0
    """How often the gate was asked during the newest periods, Hz."""
    late: int = 0
    """Periods that began more than one period too late: this machine is too slow."""
