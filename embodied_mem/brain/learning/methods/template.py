"""Subtrees with holes: ids of things and points are taken out, and others are put in.

A hole of an entity is a name that starts with `hole_`, in arguments and in conditions alike. A spot
of the table is a pair of numbers beyond any workspace, which conditions and points can hold as they
hold real ones. Conditions are read and printed by their own grammar, never replaced as text.
"""

import math
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal, NamedTuple

import msgspec

from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.conditions.expressions import (
    Call,
    Comparison,
    Constant,
    Expression,
    Not,
    Several,
)
from embodied_mem.brain.plan.schema import Handler, Node, Step, Task
from embodied_mem.brain.skill import Argument

NEAR: Final = 0.02
"""A point this near to a spot is that spot, m."""
_HOLE: Final = "hole_"
_BASE: Final = 1e9
"""Numbers from here on stand for spots."""
_POINT_TEXT: Final = re.compile(r"\(-?\d+\.\d+, -?\d+\.\d+\)")
_NUMBERED: Final = re.compile(r"_\d+$")


class NotGeneralError(Exception):
    """A subtree names something that no other scene is known to have."""


class Spot(NamedTuple):
    """A point of the table, m, and the turn of a thing that lies there, rad."""

    x: float
    y: float
    yaw: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Filling:
    """What goes into the holes."""

    things: Mapping[str, str]
    """Ids by the name of their hole."""
    spots: Sequence[Spot] = ()


@dataclass(slots=True)
class Names:
    """Ids that no other node of the plan has."""

    given: Counter[str] = field(default_factory=Counter)

    def new(self, stem: str) -> str:
        """Returns an id that starts with a stem."""
        self.given[stem] += 1
        return stem if self.given[stem] == 1 else f"{stem}_{self.given[stem]}"


def abstract(
    node: Node,
    holes: Mapping[str, str],
    spots: Sequence[Spot] = (),
    *,
    foreign: Callable[[str], bool] = lambda name: False,
) -> Node:
    """Takes ids and points out of a subtree.

    Args:
        node: The subtree.
        holes: Names of holes by the id that is taken out.
        spots: Points that are taken out.
        foreign: Tells whether an id that is left in belongs to this scene alone.

    Raises:
        NotGeneralError: If such an id or another point of the table is left in.
    """
    return _Abstraction(holes, spots, foreign).node(node)


def abstract_condition(
    text: str,
    holes: Mapping[str, str],
    spots: Sequence[Spot] = (),
    *,
    foreign: Callable[[str], bool] = lambda name: False,
    type: Literal["truth", "number"] = "truth",
) -> str:
    """Takes ids and points out of a condition or a number; see `abstract`."""
    return _Abstraction(holes, spots, foreign).condition(text, type)


def fill(node: Node, filling: Filling, names: Names) -> Node:
    """Puts ids and points into a subtree with holes, and names its nodes anew."""
    renamed: dict[str, str] = {}
    return _Fill(filling, names, renamed).node(node)


def fill_condition(text: str, filling: Filling, type: Literal["truth", "number"] = "truth") -> str:
    """Puts ids and points into a condition or a number with holes."""
    return _Fill(filling, Names(), {}).condition(text, type)


def holes_in(text: str) -> list[str]:
    """Returns the names of the holes of a condition.

    >>> holes_in("inside(hole_thing, red_bin)")
    ['thing']
    """
    return [n.removeprefix(_HOLE) for n in parse_condition(text).entities if n.startswith(_HOLE)]


@lru_cache(maxsize=4096)
def _parsed(text: str, type: Literal["truth", "number"]) -> Expression:
    """Parses a condition; those of operators are filled again and again."""
    return parse_condition(text, type=type).expression


def spot_point() -> tuple[float, float, float]:
    """Returns the first spot as a point that a step is given."""
    x, y, _ = _numbers(0)
    return x, y, 0.0


def spot_condition(near: float) -> str:
    """Returns the condition that the thing of an operator is this near to the first spot, m."""
    x, y, _ = _numbers(0)
    return f"at({_HOLE}thing, {x:.0f}, {y:.0f}, tol={near})"


class _Change(ABC):
    """Goes through a subtree and changes ids, points and prose."""

    def node(self, node: Node) -> Node:
        if isinstance(node, Step):
            return msgspec.structs.replace(
                node,
                id=self.id(node.id),
                args=self.arguments(node.args),
                pre=tuple(map(self.condition, node.pre)),
                invariant=tuple(map(self.condition, node.invariant)),
                post=tuple(map(self.condition, node.post)),
                handlers=tuple(map(self.handler, node.handlers)),
            )
        return self.task(node)

    def task(self, task: Task) -> Task:
        return msgspec.structs.replace(
            task,
            id=self.id(task.id),
            goal=self.prose(task.goal),
            children=tuple(map(self.node, task.children)),
            post=tuple(map(self.condition, task.post)),
            handlers=tuple(map(self.handler, task.handlers)),
        )

    def handler(self, handler: Handler) -> Handler:
        when = self.condition(handler.when) if handler.when else ""
        to = self.id(handler.to) if handler.to else ""
        return msgspec.structs.replace(handler, when=when, to=to)

    def condition(self, text: str, type: Literal["truth", "number"] = "truth") -> str:
        expression = _parsed(text, type)
        return str(_rewritten(expression, self.entity, self.point))

    @abstractmethod
    def id(self, name: str) -> str: ...

    @abstractmethod
    def prose(self, text: str) -> str: ...

    @abstractmethod
    def entity(self, name: str) -> str: ...

    @abstractmethod
    def point(self, x: float, y: float) -> tuple[float, float]: ...

    @abstractmethod
    def arguments(self, given: Mapping[str, Argument]) -> dict[str, Argument]: ...


class _Abstraction(_Change):
    """Takes out."""

    def __init__(
        self, holes: Mapping[str, str], spots: Sequence[Spot], foreign: Callable[[str], bool]
    ) -> None:
        # Longer ids first: `red_block_2` is not `red_block` and a 2.
        self._holes = dict(sorted(holes.items(), key=lambda each: -len(each[0])))
        self._spots = spots
        self._foreign = foreign

    def id(self, name: str) -> str:
        for known, hole in self._holes.items():
            name = name.replace(known, f"<{hole}>")
        return _NUMBERED.sub("", name)

    def prose(self, text: str) -> str:
        for known, hole in self._holes.items():
            text = text.replace(known, f"<{hole}>").replace(said(known), f"<{hole}>")
        return _POINT_TEXT.sub("<spot>", text)

    def entity(self, name: str) -> str:
        if name in self._holes:
            return _HOLE + self._holes[name]
        if self._foreign(name):
            raise NotGeneralError(f"{name} is known in this scene alone")
        return name

    def point(self, x: float, y: float) -> tuple[float, float]:
        for number, spot in enumerate(self._spots):
            if math.hypot(spot.x - x, spot.y - y) <= NEAR:
                return _numbers(number)[:2]
        raise NotGeneralError(f"nothing tells why it is the point ({x:.3f}, {y:.3f})")

    def arguments(self, given: Mapping[str, Argument]) -> dict[str, Argument]:
        changed: dict[str, Argument] = {}
        number = None
        for name, value in given.items():
            if isinstance(value, str):
                changed[name] = self.entity(value)
            elif isinstance(value, tuple | list):
                x, y = self.point(*value[:2])
                number = round((x - _BASE) / 4)
                changed[name] = (x, y, *value[2:])
            else:
                changed[name] = value
        if number is not None and "yaw" in changed:
            changed["yaw"] = _numbers(number)[2]
        return changed


class _Fill(_Change):
    """Puts in."""

    def __init__(self, filling: Filling, names: Names, renamed: dict[str, str]) -> None:
        self._filling = filling
        self._names = names
        self._renamed = renamed

    def id(self, name: str) -> str:
        if name not in self._renamed:
            filled = name
            for hole, thing in self._filling.things.items():
                filled = filled.replace(f"<{hole}>", thing)
            self._renamed[name] = self._names.new(filled)
        return self._renamed[name]

    def prose(self, text: str) -> str:
        for hole, thing in self._filling.things.items():
            text = text.replace(f"<{hole}>", said(thing))
        spots = self._filling.spots
        return text.replace("<spot>", f"({spots[0].x:.2f}, {spots[0].y:.2f})") if spots else text

    def entity(self, name: str) -> str:
        return self._filling.things[name.removeprefix(_HOLE)] if name.startswith(_HOLE) else name

    def point(self, x: float, y: float) -> tuple[float, float]:
        if x < _BASE:
            return x, y
        spot = self._filling.spots[round((x - _BASE) / 4)]
        return round(spot.x, 3), round(spot.y, 3)

    def arguments(self, given: Mapping[str, Argument]) -> dict[str, Argument]:
        changed: dict[str, Argument] = {}
        spot: Spot | None = None
        for name, value in given.items():
            if isinstance(value, str):
                changed[name] = self.entity(value)
            elif isinstance(value, tuple | list) and value[0] >= _BASE:
                spot = self._filling.spots[round((value[0] - _BASE) / 4)]
                changed[name] = (round(spot.x, 4), round(spot.y, 4), *value[2:])
            else:
                changed[name] = value
        if spot is not None:
            changed.pop("yaw", None)
            if spot.yaw is not None:
                changed["yaw"] = round(spot.yaw, 3)
        return changed


def said(name: str) -> str:
    """Says an id.

    >>> said("left_drawer")
    'left drawer'
    """
    return name.replace("_", " ")


def _numbers(spot: int) -> tuple[float, float, float]:
    """Returns what stands for x, y and yaw of a spot."""
    return _BASE + 4 * spot, _BASE + 4 * spot + 1, _BASE + 4 * spot + 2


def _rewritten(
    part: Expression,
    entity: Callable[[str], str],
    point: Callable[[float, float], tuple[float, float]],
) -> Expression:
    """Returns an expression with other entities, and other points in `at`."""
    if isinstance(part, Constant):
        return Constant("entity", entity(str(part.value))) if part.type == "entity" else part
    if isinstance(part, Not):
        return Not(_rewritten(part.part, entity, point))
    if isinstance(part, Several):
        return Several(part.operator, tuple(_rewritten(p, entity, point) for p in part.parts))
    if isinstance(part, Comparison):
        left, right = (_rewritten(p, entity, point) for p in (part.left, part.right))
        return Comparison(part.operator, left, right)
    arguments = {
        name: None if value is None else _rewritten(value, entity, point)
        for name, value in part.arguments
    }
    x, y = arguments.get("x"), arguments.get("y")
    if part.name == "at" and isinstance(x, Constant) and isinstance(y, Constant):
        new = point(float(x.value), float(y.value))
        arguments["x"], arguments["y"] = (Constant("number", value) for value in new)
    return Call(part.name, part.type, tuple(arguments.items()))
