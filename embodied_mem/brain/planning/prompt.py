"""Writes a situation as a conversation that any language model can read.

What never changes comes first (role, conditions), then what seldom does (skills, the schema of a
plan or a task, fixtures and things as they are), then memory, then the request, and what was done
so far and went wrong: a server that keeps the beginning of a prompt need not read it again.
The sections with data are JSON in the types of `sections`, each on a line of its own under its
heading.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from embodied_mem.brain.plan.conditions import condition_reference
from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.plan.schema import Plan, Task
from embodied_mem.brain.planning.sections import (
    ArrangedView,
    FixtureView,
    MemoryView,
    Point,
    RememberedView,
    SceneView,
    SectionName,
    Stop,
    ThingView,
)
from embodied_mem.brain.planning.situation import Arrangement, Situation
from embodied_mem.brain.skill import SkillLibrary
from embodied_mem.errors import MalformedOutputError
from embodied_mem.models.client import Message
from embodied_mem.models.mending import Mended, mend

ROLE = """\
You plan for a robot arm at a table. Write one plan as JSON, nothing else.
A plan is a tree. A task says what is to be reached; its children reach it one after the other.
Where the post-conditions of a task hold at once, its children are skipped: write alternatives,
such as places to search, as tasks whose post-conditions hold once they are not needed any more.
A step is one skill with its arguments; name the conditions that must hold before it (pre), while
it runs (invariant) and after it (post), and handlers for what can go wrong, the particular before
the general. Use only the skills and the ids of entities that you are given.
Drawers open only with an empty hand and if nothing stands before them; close what you opened.
A thing is picked up only if nothing lies on it, and put only where there is room.
Where you cannot help, write {"stop": "<what to tell the person>"} instead.
Distances are in metres, angles in radians; x points away from the robot, y to its left, z up."""
T = TypeVar("T")


def plan_messages(situation: Situation) -> tuple[Message, ...]:
    """Returns the conversation that asks for a plan."""
    sections = (*_sections(situation), _section("Instruction", situation.instruction))
    return (
        _system(situation.skills, "Plan"),
        Message(role="user", text="\n".join(sections), images=situation.images),
    )


def replan_messages(request: ReplanRequest, situation: Situation) -> tuple[Message, ...]:
    """Returns the conversation that asks for a subtree in the place of one that went wrong."""
    sections = (
        *_sections(situation),
        _section("Instruction", situation.instruction),
        _section("History", situation.history.splitlines()),
        _section("Failure", request),
        "Write the task that replaces `task` of the failure, for the same goal, from how things "
        f"are now. Ids of its nodes end in _r{request.number}.",
    )
    return (
        _system(situation.skills, "Task"),
        Message(role="user", text="\n".join(sections), images=situation.images),
    )


@lru_cache(maxsize=2)
def schema_of(reply: str) -> Mapping[str, Any]:
    """Returns the JSON schema of a `Plan` or a `Task`."""
    return msgspec.json.schema({"Plan": Plan, "Task": Task}[reply])


def _system(skills: SkillLibrary, reply: str) -> Message:
    parts = (
        ROLE,
        f"# Conditions\n{condition_reference()}",
        f"# Skills\n{_skills(skills)}",
        f"# JSON schema\n{_schema_text(reply)}\nof a {reply}",
    )
    return Message(role="system", text="\n\n".join(parts))


@lru_cache(maxsize=2)
def _schema_text(reply: str) -> str:
    """Returns a schema with what plans and tasks are both made of first."""
    schema = dict(_without_titles(schema_of(reply)))
    parts = sorted(schema.pop("$defs").items(), key=lambda part: (part[0] == "Plan", part[0]))
    return msgspec.json.encode({"$defs": dict(parts), **schema}).decode()


def _without_titles(schema: Any) -> Any:
    """Leaves out the titles of a schema, which repeat the names."""
    if isinstance(schema, dict):
        kept = {k: v for k, v in schema.items() if not (k == "title" and isinstance(v, str))}
        return {key: _without_titles(value) for key, value in kept.items()}
    if isinstance(schema, list):
        return [_without_titles(value) for value in schema]
    return schema


def _skills(skills: SkillLibrary) -> str:
    lines = []
    for name, spec in skills.items():
        parameters = ", ".join(
            f"{key}: {p.type}" + ("" if p.default is None else f" = {p.default!r}")
            for key, p in spec.parameters.items()
        )
        lines.append(f"- {name}({parameters}): {spec.help}")
        lines += [f"    {key}: {p.help}" for key, p in spec.parameters.items()]
    return "\n".join(lines)


def _sections(situation: Situation) -> tuple[str, ...]:
    return (
        _section("Scene", scene_view(situation)),
        _section("Memory", memory_view(situation)),
    )


def _section(name: SectionName, content: Any) -> str:
    return f"## {name}\n{msgspec.json.encode(content).decode()}"


def scene_view(situation: Situation) -> SceneView:
    """Returns what is believed now, as a prompt carries it."""
    state = situation.state
    entities = state.entities
    return SceneView(
        holding=state.hand.holding if state.hand is not None else "",
        fixtures={
            name: FixtureView(
                kind=fixture.kind,
                low=_point(fixture.low),
                high=_point(fixture.high),
                colour=fixture.colour,
                opened=round(entities[name].opened, 2) if name in entities else 0.0,
                handle=None if fixture.handle is None else _point(fixture.handle),
                slides=None if fixture.slides is None else _point(fixture.slides),
                travel=fixture.travel,
            )
            for name, fixture in situation.cell.items()
        },
        things={
            name: ThingView(
                category=entity.category,
                colour=entity.colour,
                position=_point(entity.position),
                size=_point(entity.size),
                yaw=round(entity.yaw, 3),
                place=entity.place,
                visible=entity.visible,
                missing=entity.missing,
            )
            for name, entity in entities.items()
            if entity.kind == "object"
        },
    )


def memory_view(situation: Situation) -> MemoryView:
    """Returns what was recalled, as a prompt carries it."""
    return MemoryView(
        remembered=tuple(
            RememberedView(
                entity=fact.entity,
                place=fact.place,
                position=_point(fact.position),
                tick=fact.tick,
                session=fact.session,
                closed_in=fact.closed_in,
            )
            for fact in situation.remembered
        ),
        before=_arranged(situation.before),
        last_time=_arranged(situation.last_time),
    )


def _arranged(arrangement: Arrangement) -> dict[str, ArrangedView]:
    return {
        name: ArrangedView(position=_point(position), yaw=round(float(yaw), 3), place=place)
        for name, (position, yaw, place) in arrangement.items()
    }


def _point(values: Any) -> Point:
    x, y, z = (round(float(value), 3) for value in values)
    return (x, y, z)


def section_of(messages: Sequence[Message], name: SectionName, type: type[T]) -> T | None:
    """Reads a section back from a conversation; None where there is none.

    Raises:
        msgspec.ValidationError: If it is not of that type.
    """
    pattern = re.compile(rf"^## {name}\n(.*)$", re.MULTILINE)
    for message in messages:
        found = pattern.search(message.text) if message.role == "user" else None
        if found:
            return msgspec.json.decode(found.group(1), type=type)
    return None


def skills_of(messages: Sequence[Message]) -> tuple[str, ...]:
    """Reads back the names of the skills that a conversation offers."""
    for message in messages:
        if message.role == "system":
            _, _, skills = message.text.partition("\n# Skills\n")
            return tuple(re.findall(r"^- (\w+)\(", skills, re.MULTILINE))
    return ()


def read_reply(text: str, reply: type[T]) -> Mended[T | Stop]:
    """Reads what a model wrote: a plan, a task, or that it cannot help; see `mend`.

    Raises:
        MalformedOutputError: If it cannot be read as one, or as both.
    """
    try:
        found = mend(text, reply)
    except MalformedOutputError as error:
        try:
            refusal = mend(text, Stop)
        except MalformedOutputError:
            raise error from None
        return Mended(value=refusal.value, repaired=refusal.repaired)
    if found.repaired and _says_stop(text):
        raise MalformedOutputError("it says both that you stop and how to go on; write one")
    return Mended(value=found.value, repaired=found.repaired)


def _says_stop(text: str) -> bool:
    try:
        mend(text, Stop)
    except MalformedOutputError:
        return False
    return True
