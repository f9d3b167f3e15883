"""Requests to count: nothing is moved, and the answer is filled in from what is then believed."""

from embodied_mem.brain.instruction import Reference
from embodied_mem.brain.language.instructions.words import members_of
from embodied_mem.brain.planning.rules.achieve import UnplannableError
from embodied_mem.brain.planning.rules.errand import Errand
from embodied_mem.brain.planning.rules.goals import said
from embodied_mem.brain.planning.rules.matching import described

FRESH = 5
"""A look is fresh for so many seconds."""


def count(errand: Errand) -> None:
    """Looks once over everything; the answer is filled in from what is then believed."""
    instruction = errand.instruction
    place = instruction.source.fixture if instruction.source is not None else ""
    reference = instruction.themes[0]
    parts = [_counted(ref, place, errand) for ref in instruction.themes]
    number = parts[0] if len(parts) == 1 else ""
    noun = described(Reference(category=reference.category, colour=reference.colour))
    within = "in" if errand.world.kind(place) in ("bin", "drawer") else "on"
    where = f" {within} the {said(place)}" if place else ""
    if number:
        errand.answer = f"Number of {noun}s{where}: {{{number}}}"
    else:
        each = "; ".join(
            f"{described(ref)}s{where}: {{{part}}}"
            for ref, part in zip(instruction.themes, parts, strict=True)
        )
        errand.answer = f"I count {each}"
    # Nothing is changed, but it must be counted from a fresh look.
    errand.post += [f"age({table}) < {FRESH}" for table in errand.world.of_kind("table")[:1]]


def _counted(reference: Reference, place: str, errand: Errand) -> str:
    arguments = []
    kinds = {view.kind for view in errand.world.fixtures.values()}
    if reference.category in kinds:
        arguments.append(f'kind="{reference.category}"')
    else:
        arguments.append('kind="object"')
        members = list(members_of(reference.category)) if reference.category else []
        if len(members) > 1:
            raise UnplannableError(f"I can count one kind of thing, not {reference.category}")
        arguments += [f'category="{member}"' for member in members]
    if reference.colour:
        arguments.append(f'colour="{reference.colour}"')
    if place:
        arguments.append(f"place={place}")
    return f"count({', '.join(arguments)})"
