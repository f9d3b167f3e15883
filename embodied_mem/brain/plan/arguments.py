"""The arguments of steps: checked against what a skill takes, filled in, and perturbed."""

import difflib
import math
from collections.abc import Collection, Iterable, Mapping

import numpy as np

from embodied_mem.brain.plan.schema import Step
from embodied_mem.brain.skill import Argument, Parameter, SkillSpec
from embodied_mem.errors import PlanError

WHAT = {
    "entity": "the id of an entity",
    "number": "a number",
    "flag": "true or false",
    "point": "a point of two or three numbers in metres",
    "text": "a text",
}
"""How error messages call the types of parameters."""


def near_name(name: str, known: Iterable[str]) -> str:
    """Returns a hint at the nearest known name, or nothing."""
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def check_arguments(step: Step, spec: SkillSpec, entities: Collection[str] | None = None) -> None:
    """Checks the arguments of a step.

    Args:
        step: The step.
        spec: Its skill.
        entities: Ids that arguments may name; any where None.

    Raises:
        PlanError: If an argument is unknown, not given, of another type, or out of range.
    """
    for name in step.args:
        if name not in spec.parameters:
            known = ", ".join(spec.parameters) or "none"
            hint = near_name(name, spec.parameters)
            raise _error(step, f"{spec.name} has no argument {name!r}{hint} It has: {known}")
    for name, parameter in spec.parameters.items():
        if name in step.args:
            _check(step, name, parameter, entities)
        elif parameter.default is None:
            what = WHAT[parameter.type]
            raise _error(step, f"{spec.name} needs {name}, {what}: {parameter.help}")


def fill(step: Step, spec: SkillSpec) -> dict[str, Argument]:
    """Returns the checked arguments of a step with the defaults of those that it leaves out."""
    filled: dict[str, Argument] = {}
    for name, parameter in spec.parameters.items():
        value = step.args.get(name, parameter.default)
        if value is not None:
            filled[name] = tuple(value) if isinstance(value, list) else value
    return filled


def perturb(
    arguments: Mapping[str, Argument], spec: SkillSpec, rng: np.random.Generator
) -> dict[str, Argument]:
    """Returns arguments of which those that the skill names are drawn anew around their values."""
    drawn = dict(arguments)
    for name, deviation in (spec.jitter or {}).items():
        value, parameter = drawn.get(name), spec.parameters.get(name)
        if value is None or parameter is None or isinstance(value, str | bool):
            continue
        if isinstance(value, tuple):
            drawn[name] = tuple(float(each + rng.normal(0.0, deviation)) for each in value)
            continue
        low = -math.inf if parameter.low is None else parameter.low
        high = math.inf if parameter.high is None else parameter.high
        drawn[name] = float(min(max(value + rng.normal(0.0, deviation), low), high))
    return drawn


def entity_arguments(step: Step, spec: SkillSpec) -> tuple[str, ...]:
    """Returns the ids of the entities that a step is about."""
    return tuple(
        str(step.args[name])
        for name, parameter in spec.parameters.items()
        if parameter.type == "entity" and step.args.get(name)
    )


def shown(skill: str, arguments: Mapping[str, Argument]) -> str:
    """Returns a call as people write it, such as `pick(target=mug)`."""
    return f"{skill}({', '.join(f'{name}={_value(each)}' for name, each in arguments.items())})"


def _value(value: Argument) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, float | int):
        return f"{value:.4g}"
    return f"({', '.join(f'{each:.4g}' for each in value)})"


def _check(step: Step, name: str, parameter: Parameter, entities: Collection[str] | None) -> None:
    value = step.args[name]
    if not _fits(value, parameter):
        what = WHAT[parameter.type]
        raise _error(step, f"{name} of {step.skill} must be {what}, not {value!r}")
    if isinstance(value, float | int) and not isinstance(value, bool):
        low, high = parameter.low, parameter.high
        if (low is not None and value < low) or (high is not None and value > high):
            raise _error(step, f"{name} of {step.skill} is {value}; it must be in {low}..{high}")
    named = parameter.type == "entity" and value != parameter.default
    if named and entities is not None and value not in entities:
        hint = near_name(str(value), entities)
        raise _error(step, f"{name} of {step.skill}: nothing is called {value!r}{hint}")


def _fits(value: object, parameter: Parameter) -> bool:
    if parameter.type in ("entity", "text"):
        return isinstance(value, str) and (value != "" or parameter.default == "")
    if parameter.type == "flag":
        return isinstance(value, bool)
    if parameter.type == "number":
        return _is_number(value)
    if not isinstance(value, tuple | list):
        return False
    return len(value) in (2, 3) and all(map(_is_number, value))


def _is_number(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)


def _error(step: Step, message: str) -> PlanError:
    return PlanError(f"step {step.id!r}: {message}", node=step.id)
