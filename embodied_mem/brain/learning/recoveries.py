"""What helped when a step failed: another skill or other arguments, read off reports."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from embodied_mem.brain.plan.report import ExecutionReport
from embodied_mem.brain.plan.schema import Plan, Step
from embodied_mem.brain.plan.walk import steps
from embodied_mem.brain.skill import Argument, Parameter, SkillLibrary
from embodied_mem.brain.state import State

_TRIED: Final = re.compile(r"tried (\w+)\((.*)\)(?: again| instead|, which helped before)$")
_GIVEN: Final = re.compile(r"(\w+)=(\([^)]*\)|[^,]*)")


class RecoveryFact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="recovery"):
    """Something that helped when a step failed. Kind `skill`."""

    text: str
    skill: str
    """The skill that failed."""
    category: str
    """Class of the thing that it was about; empty where it is about none."""
    anomaly: str
    instead: str
    """The skill that helped; the same one where only arguments changed."""
    changes: dict[str, Argument]
    """Numbers and switches that were different from those of the plan."""
    successes: int = 0
    failures: int = 0
    last_used: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """By what it is found."""
        return self.skill, self.category, self.anomaly

    @property
    def same(self) -> tuple[str, tuple[tuple[str, Argument], ...]]:
        """What was done: two recoveries that did the same are one."""
        return self.instead, tuple(sorted(self.changes.items()))

    def applied_to(self, step: Step, library: SkillLibrary) -> Step:
        """Returns a step with what helped before."""
        known = library[self.instead].parameters
        args = {name: value for name, value in step.args.items() if name in known}
        return msgspec.structs.replace(step, skill=self.instead, args={**args, **self.changes})


@dataclass(frozen=True, slots=True)
class Tried:
    """One remedy that a report tells of, and whether the step ended well right after it."""

    fact: RecoveryFact
    helped: bool


def remedies_in(
    report: ExecutionReport, plan: Plan, state: State, library: SkillLibrary
) -> Iterator[Tried]:
    """Yields the remedies of a run that changed something, in their order.

    Args:
        report: What happened.
        plan: What was carried out, with what was planned anew in its place.
        state: Knows the things that the steps were about.
        library: The skills that there are.
    """
    by_id = {step.id: step for step in steps(plan.root)}
    waiting: dict[str, RecoveryFact] = {}
    for event in report.events:
        if event.what not in ("done", "anomaly"):
            continue
        before = waiting.pop(event.node, None)
        if before is not None:
            yield Tried(before, event.what == "done")
        step = by_id.get(event.node)
        if event.what == "anomaly" and step is not None and step.skill in library:
            fact = _recovery(step, event.anomaly, event.action, state, library)
            if fact is not None:
                waiting[event.node] = fact


def category_of(step: Step, state: State) -> str:
    """Returns the class of the first thing that a step is about, empty where there is none."""
    for value in step.args.values():
        entity = state.entities.get(value) if isinstance(value, str) else None
        if entity is not None:
            return entity.category or entity.kind
    return ""


def _recovery(
    step: Step, anomaly: str, action: str, state: State, library: SkillLibrary
) -> RecoveryFact | None:
    found = _TRIED.search(action)
    if found is None or found.group(1) not in library:
        return None
    instead = found.group(1)
    given = dict(_GIVEN.findall(found.group(2)))
    changes = _changes(step, given, library[instead].parameters)
    if not changes and instead == step.skill:
        return None
    category = category_of(step, state)
    shown = ", ".join(f"{name} {value}" for name, value in changes.items())
    text = f"{step.skill} {category}: {anomaly}, {instead} {shown} helped"
    return RecoveryFact(
        text=text,
        skill=step.skill,
        category=category,
        anomaly=anomaly,
        instead=instead,
        changes=changes,
    )


def _changes(
    step: Step, given: Mapping[str, str], parameters: Mapping[str, Parameter]
) -> dict[str, Argument]:
    """Returns the numbers and switches that are not as the plan, or the skill, has them.

    Points and things are those of one scene; they help in no other.
    """
    changes: dict[str, Argument] = {}
    for name, text in given.items():
        parameter = parameters.get(name)
        if parameter is None or parameter.type not in ("number", "flag"):
            continue
        value = _value(text, parameter)
        planned = step.args.get(name, parameter.default)
        if value is not None and not _alike(value, planned):
            changes[name] = value
    return changes


def _value(text: str, parameter: Parameter) -> Argument | None:
    if parameter.type == "flag":
        return {"true": True, "false": False}.get(text.strip())
    try:
        return float(text)
    except ValueError:
        return None


def _alike(value: Argument, planned: Argument | None) -> bool:
    """Compares to the four digits that reports are written with."""
    numbers = isinstance(value, float | int) and isinstance(planned, float | int)
    return f"{value:.4g}" == f"{planned:.4g}" if numbers else value == planned
