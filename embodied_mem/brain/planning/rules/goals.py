"""Where a thing is to end up: as data for the planner, and as a condition for the plan."""

from dataclasses import dataclass

from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.conditions.expressions import Call, Constant, Expression, Several
from embodied_mem.brain.planning.rules.world import Piece, World, turn_between
from embodied_mem.errors import ConditionError

TOLERANCE = 0.03
"""A thing within this of its spot is where it belongs, m."""
TURN_TOLERANCE = 0.5
"""A long thing within this of its turn lies as it should, rad."""


@dataclass(frozen=True, kw_only=True, slots=True)
class In:
    """In a bin, a drawer or the tray."""

    holder: str

    def condition(self, thing: str) -> str:
        """Returns the condition that holds once the thing is there."""
        return f"inside({thing}, {self.holder})"

    def reached(self, world: World, piece: Piece) -> bool:
        """Tells whether the thing is there in thought."""
        return piece.place == self.holder

    def words(self) -> str:
        """Says it."""
        return f"in the {said(self.holder)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class On:
    """On top of another thing."""

    holder: str

    def condition(self, thing: str) -> str:
        """Returns the condition that holds once the thing is there."""
        return f"on({thing}, {self.holder})"

    def reached(self, world: World, piece: Piece) -> bool:
        """Tells whether the thing is there in thought."""
        return piece.id in world.on_top_of(self.holder)

    def words(self) -> str:
        """Says it."""
        return f"on the {said(self.holder)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class At:
    """At a point of the table."""

    x: float
    y: float
    yaw: float | None = None
    """Turn of its box, rad; None where any will do."""

    def condition(self, thing: str) -> str:
        """Returns the condition that holds once the thing is there."""
        return f"at({thing}, {self.x:.3f}, {self.y:.3f}, tol={TOLERANCE})"

    def reached(self, world: World, piece: Piece) -> bool:
        """Tells whether the thing is there in thought."""
        return world.lies_loose(piece) and self.is_near(piece) and not self.is_turned(piece)

    def is_near(self, piece: Piece) -> bool:
        """Tells whether a thing lies at the point, however it is turned."""
        dx, dy = piece.position[0] - self.x, piece.position[1] - self.y
        return dx * dx + dy * dy <= TOLERANCE * TOLERANCE

    def is_turned(self, piece: Piece) -> bool:
        """Tells whether a thing whose turn can be told is turned otherwise."""
        if self.yaw is None or not piece.is_long:
            return False
        return turn_between(piece.yaw, self.yaw) > TURN_TOLERANCE

    def words(self) -> str:
        """Says it."""
        return f"at ({self.x:.2f}, {self.y:.2f})"


Target = In | On | At


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a subtree is for, read off the conditions that end it."""

    targets: dict[str, Target]
    """Where things are to end up."""
    opened: tuple[str, ...] = ()
    shut: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    """Things that are to be found."""
    cleared: tuple[str, ...] = ()
    """Zones that nothing is to be over."""

    @property
    def empty(self) -> bool:
        """Whether nothing was understood."""
        return not (self.targets or self.opened or self.shut or self.seen or self.cleared)


def read_wish(conditions: tuple[str, ...], world: World) -> Wish:
    """Reads what conditions ask for; of alternatives the last counts, the rest are let be.

    The planner writes `at(x, ...) or <where x belongs in the end>` for a thing that is put aside.
    """
    targets: dict[str, Target] = {}
    named: dict[str, list[str]] = {}
    for text in conditions:
        try:
            expression = parse_condition(text).expression
        except ConditionError:
            continue
        for part in _conjuncts(expression):
            call = part.parts[-1] if isinstance(part, Several) else part
            if not isinstance(call, Call):
                continue
            names = _names(call)
            named.setdefault(call.name, []).extend(names[:1])
            target = _target(call, names, world)
            if target is not None:
                targets[names[0]] = target
    return Wish(
        targets=targets,
        opened=tuple(named.get("opened", ())),
        shut=tuple(named.get("closed", ())),
        seen=tuple(named.get("visible", ())),
        cleared=tuple(named.get("clear", ())),
    )


def _conjuncts(expression: Expression) -> tuple[Expression, ...]:
    if isinstance(expression, Several) and expression.operator == "and":
        return expression.parts
    return (expression,)


def _names(call: Call) -> list[str]:
    return [
        str(value.value)
        for _, value in call.arguments
        if isinstance(value, Constant) and value.type == "entity"
    ]


def _target(call: Call, names: list[str], world: World) -> Target | None:
    if not names or names[0] not in world.things:
        return None
    if call.name in ("inside", "on") and len(names) == 2:
        kind = world.kind(names[1])
        if kind == "object":
            return On(holder=names[1])
        return In(holder=names[1]) if kind in ("bin", "drawer", "tray") else None
    if call.name == "at":
        given = {name: v.value for name, v in call.arguments if isinstance(v, Constant)}
        return At(x=float(given["x"]), y=float(given["y"]))
    return None


def said(name: str) -> str:
    """Says an id.

    >>> said("left_drawer")
    'left drawer'
    """
    return name.replace("_", " ")
