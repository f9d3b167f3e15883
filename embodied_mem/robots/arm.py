"""A body with an arm: the same border as any body, plus joints that are sensed at every tick."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from embodied_mem.robots.body import Body
from embodied_mem.types import Float64Array, Observation


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ArmState:
    """What an arm's own sensors say at one tick; no camera, so it is cheap."""

    tick: int
    joints: Float64Array
    """(J,) joint positions, rad."""
    velocities: Float64Array
    """(J,) joint velocities, rad/s."""
    efforts: Float64Array
    """(J,) joint torques that the motors give, Nm."""
    opening: float
    """Distance of the fingers, m."""
    grip: float
    """Force with which the fingers press on what is between them, N; 0 where nothing is."""
    contact: float
    """Force from outside on the hand, its weight and load left out, N."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmDescription:
    """What must be known of an arm to move it; readable before connecting."""

    urdf: Path
    """The arm's description, meshes beside it."""
    joints: tuple[str, ...]
    """Names of the moving joints in the URDF, in the order of `ArmState.joints`."""
    tool_frame: str
    """The URDF link between the finger tips."""
    home: tuple[float, ...]
    """Joint positions in which the arm hides nothing from the front camera, rad."""
    T_world_base: tuple[tuple[float, ...], ...] = field(
        default_factory=lambda: tuple(tuple(map(float, row)) for row in np.eye(4))
    )
    """Where the arm stands."""
    widest: float = 0.08
    """Distance of the opened fingers, m."""


@runtime_checkable
class Arm(Body, Protocol):
    """A body with an arm and a gripper; `act` takes `Command.joints` and `Command.gripper`."""

    @property
    def description(self) -> ArmDescription:
        """The arm's kinematics; readable while disconnected."""

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names that `observe` takes; the first is the main camera."""

    def sense(self) -> ArmState:
        """Returns the newest joint readings; cheap enough for every control tick."""

    def observe(self, camera: str = "front") -> Observation:
        """Returns the newest observation of a camera.

        `T_world_body` is the base of the arm. `instance` is None: things are known by how they
        look.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Fixture:
    """Something of the work cell that never moves as a whole, known as an engineer measured it."""

    kind: str
    """`table`, `chest` (the body around drawers), `bin`, `drawer`, `zone` or `tray`."""
    low: tuple[float, float, float]
    """Lowest corner of its box in the world, m; of a drawer, closed, its inside."""
    high: tuple[float, float, float]
    """Highest corner, m."""
    colour: str = ""
    """By which people tell it from others, such as `red`."""
    handle: tuple[float, float, float] | None = None
    """Middle of a closed drawer's handle, a bar across the way it opens, m."""
    slides: tuple[float, float, float] | None = None
    """Unit vector along which a drawer opens."""
    travel: float = 0.0
    """How far a drawer opens, m."""


WorkCell = Mapping[str, Fixture]
"""The fixtures by name, such as `left_drawer` or `red_bin`; what lies in them is never in here."""
