"""A skill: a small closed loop that turns a wish into one command a tick.

Its life, in this order; the cerebellum calls, the skill never calls back:

- `can_execute(senses)` tells, as often as anyone likes and before anything else, how well the
  skill could do its work here and now: 0 never, 1 surely. It must not change anything.
- `enter(senses)` is called once, before the first step; it may plan but not move.
- `step(senses)` is called once a tick while `status` is RUNNING and returns that tick's command;
  on the tick on which the skill ends it returns a stop.
- `status` says RUNNING, SUCCEEDED (done) or FAILED (a bad end); `reason` says in words why.
- `leave()` is called once, after the end or when another skill takes over; it must not move.

A skill that ended or was left is never entered again: a retry makes a new one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, Protocol, TypeVar

from embodied_mem.types import Command

S_contra = TypeVar("S_contra", contravariant=True)
"""What a skill is told each tick."""


class Status(Enum):
    """Where a skill stands."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Skill(Protocol[S_contra]):
    """A closed loop with the life that this module's page describes."""

    status: Status
    reason: str

    def can_execute(self, senses: S_contra) -> float:
        """Returns how well the skill could do its work here and now, from 0 to 1."""

    def enter(self, senses: S_contra) -> None:
        """Gets ready."""

    def step(self, senses: S_contra) -> Command:
        """Returns the command of this tick and brings `status` up to date."""

    def leave(self) -> None:
        """Lets go of whatever was held."""


Argument = str | float | bool | tuple[float, ...]
"""What a plan hands to a skill: the id of an entity, a number, a switch, or a point in metres."""

ParameterType = Literal["entity", "number", "flag", "point", "text"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One typed argument of a skill."""

    type: ParameterType
    help: str
    default: Argument | None = None
    """None where a plan must give it."""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SkillSpec:
    """What a planner knows of a skill, and how to make one."""

    name: str
    help: str
    """One sentence that a model reads."""
    parameters: Mapping[str, Parameter]
    make: Callable[[Mapping[str, Argument]], Skill[Any]]
    """Builds a fresh skill from checked arguments, defaults filled in."""
    instead: tuple[str, ...] = ()
    """Other skills with the same parameters to try where this one fails."""
    jitter: Mapping[str, float] | None = None
    """Numbers that a retry may perturb, with the standard deviation."""


SkillLibrary = Mapping[str, SkillSpec]
"""All skills that there are, by name."""
