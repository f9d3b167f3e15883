"""Turns expressions into closures over the state, so that a tick neither parses nor looks up."""

import operator
from collections.abc import Callable
from typing import Any

from embodied_mem.brain.plan.conditions.expressions import (
    Call,
    Comparison,
    Constant,
    Expression,
    Not,
    Several,
)
from embodied_mem.brain.plan.conditions.functions import FUNCTIONS, Function
from embodied_mem.brain.plan.conditions.relations import NAN
from embodied_mem.brain.state import Entity, State

Evaluation = Callable[[State], Any]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def compile_expression(expression: Expression) -> Evaluation:
    """Returns a function that gives the expression's value in a state.

    What an unknown entity makes undefined is false, not a number, or the empty id; a comparison
    with one of the latter two is false.
    """
    if isinstance(expression, Constant):
        value = expression.value
        return lambda state: value
    if isinstance(expression, Not):
        part = compile_expression(expression.part)
        return lambda state: not part(state)
    if isinstance(expression, Several):
        return _compile_several(expression)
    if isinstance(expression, Comparison):
        return _compile_comparison(expression)
    return _compile_call(expression)


def _compile_several(expression: Several) -> Evaluation:
    parts = tuple(compile_expression(part) for part in expression.parts)
    if expression.operator == "and":
        return lambda state: all(part(state) for part in parts)
    return lambda state: any(part(state) for part in parts)


def _compile_comparison(expression: Comparison) -> Evaluation:
    left, right = compile_expression(expression.left), compile_expression(expression.right)
    compare = _OPERATORS[expression.operator]
    if expression.operator != "!=":
        if expression.left.type == "entity":
            return lambda state: bool(left(state) == right(state) != "")
        return lambda state: compare(left(state), right(state))

    def differ(state: State) -> bool:
        one, two = left(state), right(state)
        # What is undefined (not a number, no entity) does not differ from anything either.
        return bool(one != two and one == one and two == two and "" not in (one, two))

    return differ


def _compile_call(call: Call) -> Evaluation:
    function = FUNCTIONS[call.name]
    values: list[Evaluation | None] = []
    constants: list[Any] = []
    for parameter, (_, given) in zip(function.parameters, call.arguments, strict=True):
        constant = given is None or isinstance(given, Constant)
        constants.append(given.value if isinstance(given, Constant) else parameter.default)
        values.append(None if constant or given is None else compile_expression(given))
    if any(value is not None for value in values):
        return _vary(function, values, constants)
    entities = [each.type == "entity" for each in function.parameters]
    if not function.resolves or not any(entities):
        invoke, fixed = function.call, tuple(constants)
        return lambda state: invoke(state, *fixed)
    # Entities come first in every function's parameters.
    return _fix(function, sum(entities), constants)


def _fix(function: Function, entities: int, constants: list[Any]) -> Evaluation:
    """Compiles the usual call, of which every argument is written down."""
    invoke, undefined = function.call, _undefined(function)
    rest = tuple(constants[entities:])
    one = constants[0]
    if entities == 1:

        def evaluate_one(state: State) -> Any:
            a = state.entities.get(one)
            return undefined if a is None else invoke(state, a, *rest)

        return evaluate_one
    two = constants[1]

    def evaluate_two(state: State) -> Any:
        a, b = state.entities.get(one), state.entities.get(two)
        return undefined if a is None or b is None else invoke(state, a, b, *rest)

    return evaluate_two


def _vary(function: Function, values: list[Evaluation | None], constants: list[Any]) -> Evaluation:
    """Compiles a call with arguments that the state decides."""
    invoke, undefined = function.call, _undefined(function)
    looked_up = [function.resolves and each.type == "entity" for each in function.parameters]

    def evaluate(state: State) -> Any:
        arguments = []
        for value, constant, is_entity in zip(values, constants, looked_up, strict=True):
            argument: Any = constant if value is None else value(state)
            if is_entity:
                found: Entity | None = state.entities.get(argument)
                if found is None:
                    return undefined
                argument = found
            arguments.append(argument)
        return invoke(state, *arguments)

    return evaluate


def _undefined(function: Function) -> Any:
    return {"truth": False, "number": NAN, "entity": "", "text": ""}[function.type]
