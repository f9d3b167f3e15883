"""A condition: text of a small typed grammar, parsed once, evaluated on a state at every tick."""

from functools import lru_cache
from typing import Literal, final

from embodied_mem.brain.plan.conditions.compiler import compile_expression
from embodied_mem.brain.plan.conditions.expressions import (
    Call,
    Comparison,
    Constant,
    Expression,
    Not,
    Several,
)
from embodied_mem.brain.plan.conditions.functions import FUNCTIONS
from embodied_mem.brain.plan.conditions.parser import parse_expression
from embodied_mem.brain.state import State
from embodied_mem.errors import ConditionError


@final
class Condition:
    """A parsed condition, or a parsed number. Two that mean the same text are equal."""

    __slots__ = ("_evaluate", "entities", "expression", "sighted", "text")

    def __init__(self, text: str, expression: Expression) -> None:
        self.text = text
        """As it was written."""
        self.expression = expression
        self.entities: tuple[str, ...] = tuple(dict.fromkeys(_entities(expression)))
        """Ids that it names, in the order in which it does."""
        self.sighted = any(FUNCTIONS[call].sighted for call in _calls(expression))
        """Whether it depends on pictures, not only on what the body feels."""
        self._evaluate = compile_expression(expression)

    def evaluate(self, state: State) -> bool:
        """Tells whether it holds. A relation with an entity that the state lacks does not."""
        return bool(self._evaluate(state))

    def value(self, state: State) -> float:
        """Returns its number, 1 or 0 of a truth; not a number where an entity is unknown."""
        return float(self._evaluate(state))

    def __str__(self) -> str:
        """Prints it in one way whatever spaces and parentheses it was written with."""
        return str(self.expression)

    def __repr__(self) -> str:
        return f"Condition({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self.expression == other.expression

    def __hash__(self) -> int:
        return hash(self.expression)


def parse_condition(text: str, *, type: Literal["truth", "number"] = "truth") -> Condition:
    """Reads a condition, or with `type="number"` something that gives a number.

    >>> condition = parse_condition("not holding(mug) and (near(mug, tray) or grip() < 0.5)")
    >>> condition.entities
    ('mug', 'tray')
    >>> print(condition)
    not holding(mug) and (near(mug, tray) or grip() < 0.5)

    Args:
        text: In the grammar of `embodied_mem.brain.plan.conditions.parser`.
        type: What it must give.

    Raises:
        ConditionError: If the text does not follow the grammar; `position` says where.
    """
    return _parsed(text, type)


# A plan is checked, compiled and drawn, and many plans say the same: each text is read once.
@lru_cache(maxsize=4096)
def _parsed(text: str, type: Literal["truth", "number"]) -> Condition:
    try:
        expression = parse_expression(text)
        if expression.type != type:
            wanted = "a condition" if type == "truth" else "a number"
            raise ConditionError(
                f"expected {wanted}, found one that gives {expression.type}",
                position=expression.position,
            )
    except ConditionError as error:
        raise _placed(text, error) from None
    return Condition(text, expression)


def _placed(text: str, error: ConditionError) -> ConditionError:
    """Adds to an error where in the text it is."""
    at = error.position
    before, after = text[max(0, at - 20) : at], text[at : at + 20]
    shown = f"{before}>>>{after}"
    return ConditionError(f"at character {at}: {error}, in {shown!r}", position=at)


def _entities(expression: Expression) -> list[str]:
    if isinstance(expression, Constant):
        return [str(expression.value)] if expression.type == "entity" else []
    return [name for part in _parts(expression) for name in _entities(part)]


def _calls(expression: Expression) -> list[str]:
    own = [expression.name] if isinstance(expression, Call) else []
    return own + [name for part in _parts(expression) for name in _calls(part)]


def _parts(expression: Expression) -> tuple[Expression, ...]:
    if isinstance(expression, Call):
        return tuple(value for _, value in expression.arguments if value is not None)
    if isinstance(expression, Comparison):
        return (expression.left, expression.right)
    if isinstance(expression, Not):
        return (expression.part,)
    return expression.parts if isinstance(expression, Several) else ()
