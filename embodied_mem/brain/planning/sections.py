"""The sections of a prompt that carry data, typed: what is written is what is read back.

A model reads them as JSON; the scripted client decodes the very same text into these types.
Lengths are in metres, rounded to millimetres, angles in radians.
"""

from typing import Literal

import msgspec

Point = tuple[float, float, float]


class FixtureView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fixture of the work cell."""

    kind: str
    low: Point
    high: Point
    """Corners of its box; of a drawer, of its inside while it is closed."""
    colour: str = ""
    opened: float = 0.0
    handle: Point | None = None
    slides: Point | None = None
    travel: float = 0.0


class ThingView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A thing that can be moved."""

    category: str
    colour: str = ""
    position: Point
    """Middle of its box."""
    size: Point
    yaw: float = 0.0
    place: str = "table"
    visible: bool = True
    missing: bool = False


class SceneView(msgspec.Struct, frozen=True, kw_only=True):
    """What is believed now; what changes seldom comes first."""

    fixtures: dict[str, FixtureView]
    things: dict[str, ThingView]
    holding: str = ""


class RememberedView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a thing was once."""

    entity: str
    place: str
    position: Point
    tick: int
    session: str = ""
    closed_in: bool = False


class ArrangedView(msgspec.Struct, frozen=True, kw_only=True):
    """How a thing lay."""

    position: Point
    yaw: float
    place: str


class MemoryView(msgspec.Struct, frozen=True, kw_only=True):
    """What memory brought back."""

    remembered: tuple[RememberedView, ...] = ()
    """Newest last."""
    before: dict[str, ArrangedView] = {}
    last_time: dict[str, ArrangedView] = {}


class Stop(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reply of a planner that cannot help."""

    stop: str
    """What to tell the person."""


SectionName = Literal["History", "Scene", "Memory", "Instruction", "Failure"]
