"""All that a cortex is told when it is asked for a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from embodied_mem.brain.skill import SkillLibrary
from embodied_mem.brain.state import State
from embodied_mem.robots.arm import WorkCell


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """One thing that memory holds of an entity: where it was once, and when."""

    entity: str
    """Id of the entity."""
    place: str
    """Id of the fixture in or on which it was; `hand` where it was held."""
    position: tuple[float, float, float]
    """Middle of its box in the world, m."""
    tick: int
    """When it was last seen there, in ticks of that session."""
    session: str = ""
    """The visit on which it was seen; empty for the present one."""
    closed_in: bool = False
    """Whether it was in a drawer when that was closed."""


class Arranged(NamedTuple):
    """How one thing lay in an arrangement that was seen."""

    position: tuple[float, float, float]
    """Middle of its box in the world, m."""
    yaw: float
    """Turn of its box about the vertical, rad."""
    place: str
    """Id of the fixture in or on which it lay."""


Arrangement = Mapping[str, Arranged]
"""How things lay at one time, by id."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Situation:
    """What is asked, what is believed, and what is remembered."""

    instruction: str
    """The words of the person."""
    state: State
    cell: WorkCell
    """The fixtures, as an engineer measured them; the same ids as in the state."""
    skills: SkillLibrary
    """The skills that the plan may use."""
    remembered: tuple[Remembered, ...] = ()
    """What memory brought back of the things in question, the newest last."""
    before: Arrangement = field(default_factory=dict)
    """How things lay earlier on this visit, before they were moved."""
    last_time: Arrangement = field(default_factory=dict)
    """How things lay at the end of the visit before."""
    history: str = ""
    """What was done about the instruction so far, as working memory renders it."""
    images: tuple[str, ...] = ()
    """Handles of pictures, for models that see."""
