"""What can be made to go wrong with the robot."""

import threading
from dataclasses import dataclass, field


@dataclass(kw_only=True, slots=True)
class Faults:
    """Everything that is wrong at this moment; read by all threads, changed by lines."""

    sensors: dict[str, str] = field(default_factory=dict)
    """Of `camera`, `odom`, `joints`: `frozen` (the same again with fresh stamps) or `stopped`."""
    depth: str = ""
    """`zero` or `nan`: nothing in the depth pictures is valid."""
    odom_nan: bool = False
    """Odometry's numbers are not finite."""
    clock: float = 0.0
    """How far the robot's clock is ahead, s."""
    malformed: int = 0
    """So many pictures more are broken."""
    oversized: int = 0
    """Size in bytes of the one picture that comes next; 0 where it is a usual one."""
    box: float | None = None
    """Free space before the body's edge to a board that stands in the way, m."""
    paused: threading.Event = field(default_factory=threading.Event)
    """While set, the robot's computer does nothing; its drives go on by themselves."""
