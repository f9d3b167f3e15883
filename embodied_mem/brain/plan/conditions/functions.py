"""The table of functions that a condition may call: names, typed parameters, meaning."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from embodied_mem.brain.plan.conditions import relations
from embodied_mem.brain.plan.conditions.expressions import ValueType


@dataclass(frozen=True, slots=True)
class FunctionParameter:
    """One typed argument of a function."""

    name: str
    type: ValueType
    default: float | str | None = None
    required: bool = True

    def __str__(self) -> str:
        if self.required:
            return self.name
        if self.default is None:
            return f"[{self.name}]"
        shown = f'"{self.default}"' if isinstance(self.default, str) else f"{self.default:g}"
        return f"{self.name}={shown}"


@dataclass(frozen=True, slots=True)
class Function:
    """Something that a condition may ask of the state."""

    name: str
    parameters: tuple[FunctionParameter, ...]
    type: ValueType
    help: str
    call: Callable[..., Any]
    """Takes the state and all arguments, entities looked up where `resolves`."""
    resolves: bool = True
    """Whether entities are handed over as such, and an unknown one makes it false or not a
    number; else their ids are."""

    sighted: bool = True
    """Whether its answer depends on pictures, not on what the body feels."""

    @property
    def signature(self) -> str:
        """How it is written, such as `near(a, b, metres=0.1)`."""
        return f"{self.name}({', '.join(map(str, self.parameters))})"


def _things(*names: str) -> tuple[FunctionParameter, ...]:
    return tuple(FunctionParameter(name, "entity") for name in names)


def _optional(name: str, type: ValueType, default: float | str | None) -> FunctionParameter:
    return FunctionParameter(name, type, default, required=False)


_A, _AB = _things("a"), _things("a", "b")

_TABLE: tuple[Function, ...] = (
    Function("on", _AB, "truth", "a rests on b, or lies in it if b is a container", relations.on),
    Function(
        "inside",
        _AB,
        "truth",
        "a is in the bin, drawer, tray or room b, or over any part of the zone b",
        relations.inside,
    ),
    Function("above", _AB, "truth", "a is somewhere over b, held or not", relations.above),
    Function(
        "near",
        (*_AB, _optional("metres", "number", 0.1)),
        "truth",
        "the gap between a and b is at most so wide",
        relations.near,
    ),
    Function("touching", _AB, "truth", "there is no gap between a and b", relations.touching),
    Function("left_of", _AB, "truth", "a is to the robot's left of b", relations.left_of),
    Function("right_of", _AB, "truth", "a is to the robot's right of b", relations.right_of),
    Function("in_front_of", _AB, "truth", "a is nearer to the robot than b", relations.in_front_of),
    Function("behind", _AB, "truth", "a is farther from the robot than b", relations.behind),
    Function(
        "holding", _A, "truth", "the hand holds a", relations.holding, resolves=False, sighted=False
    ),
    Function(
        "holding_any", (), "truth", "the hand holds something", relations.holding_any, sighted=False
    ),
    Function(
        "hand_empty", (), "truth", "the hand holds nothing", relations.hand_empty, sighted=False
    ),
    Function("visible", _A, "truth", "a is seen now", relations.visible),
    Function("missing", _A, "truth", "a was seen not to be where it was", relations.missing),
    Function("known", _A, "truth", "a is known at all", relations.known, resolves=False),
    Function("clear", _A, "truth", "nothing lies on, in or (for a zone) over a", relations.clear),
    Function(
        "opened",
        (*_things("d"), _optional("share", "number", 0.5)),
        "truth",
        "the drawer d is open at least so far, from 0 to 1",
        relations.opened,
    ),
    Function("closed", _things("d"), "truth", "the drawer d is closed", relations.closed),
    Function(
        "at",
        (
            *_A,
            FunctionParameter("x", "number"),
            FunctionParameter("y", "number"),
            _optional("z", "number", None),
            _optional("tol", "number", 0.03),
        ),
        "truth",
        "the middle of a is within tol metres of the point; any height if z is left out",
        relations.at,
    ),
    Function("distance", _AB, "number", "metres between the middles", relations.distance),
    Function("age", _A, "number", "seconds since a was last seen", relations.age),
    Function(
        "count",
        (
            _optional("kind", "text", "object"),
            _optional("category", "text", ""),
            _optional("colour", "text", ""),
            _optional("place", "entity", None),
        ),
        "number",
        "how many known things fit",
        relations.count,
        resolves=False,
    ),
    Function("place", _A, "entity", "what a is in or on; `hand` where it is held", relations.place),
    Function("reached", _A, "truth", "the hand or the base is at a", relations.reached),
    Function(
        "tilted",
        (*_A, _optional("least", "number", 0.5)),
        "truth",
        "a leans from upright by at least so many radians",
        relations.tilted,
    ),
    Function(
        "contact",
        (),
        "number",
        "force from outside on the hand, N",
        relations.contact,
        sighted=False,
    ),
    Function(
        "grip",
        (),
        "number",
        "force of the fingers on what is held, N",
        relations.grip,
        sighted=False,
    ),
    Function(
        "opening", (), "number", "distance of the fingers, m", relations.opening, sighted=False
    ),
    Function(
        "collided", (), "truth", "the body bumped into something", relations.collided, sighted=False
    ),
    Function(
        "reading",
        (FunctionParameter("name", "text"),),
        "number",
        "another number of the body by its name",
        relations.reading,
        sighted=False,
    ),
    Function("seconds", (), "number", "time since the start, s", relations.seconds, sighted=False),
)

FUNCTIONS = {function.name: function for function in _TABLE}
"""Every function by its name."""
