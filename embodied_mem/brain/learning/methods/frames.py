"""The key of what was learned: what an instruction asks for, without its words and its things."""

import msgspec

from embodied_mem.brain.instruction import Instruction, Reference
from embodied_mem.robots.arm import WorkCell


def canonical(instruction: Instruction, cell: WorkCell) -> Instruction:
    """Returns one frame of those that ask for the same.

    To put on the tray is to bring, to stack one thing on another is to put it there, to set is to
    restore; and where the order of themes says nothing, it is that of their names.

    >>> red, blue = (Reference(category="block", colour=colour) for colour in ("red", "blue"))
    >>> stack = Instruction(text="", action="stack", themes=(blue, red))
    >>> put = Instruction(text="", action="put", themes=(red,), destination=blue)
    >>> canonical(stack, {}) == canonical(put, {})
    True
    """
    change = msgspec.structs.replace
    themes, destination = instruction.themes, instruction.destination
    singular = not any(reference.every for reference in themes)
    if instruction.action == "stack" and len(themes) == 2 and singular and destination is None:
        lower, upper = themes
        return change(instruction, action="put", themes=(upper,), destination=lower)
    if instruction.action in ("put", "bring", "swap"):
        named = sorted(themes, key=lambda each: (each.category, each.colour, each.fixture))
        instruction = change(instruction, themes=tuple(named))
    if instruction.action == "put" and destination is not None and not instruction.side:
        fixture = cell.get(destination.fixture)
        if fixture is not None and fixture.kind == "tray":
            return change(instruction, action="bring", destination=None)
    if instruction.action == "set" and instruction.time:
        return change(instruction, action="restore")
    return instruction


def frame_key(instruction: Instruction, cell: WorkCell) -> str:
    """Returns the signature of an instruction's frame.

    It has the action, the class of each thing, how many there are, the kind of the fixtures and the
    time; never a colour or an id, which the things of another scene differ in. Of a question, whose
    answer is text, it has those too.

    >>> from embodied_mem.robots.arm import Fixture
    >>> cell = {"left_drawer": Fixture(kind="drawer", low=(0, 0, 0), high=(1, 1, 1))}
    >>> duck, drawer = Reference(category="duck"), Reference(fixture="left_drawer")
    >>> frame_key(Instruction(text="", action="put", themes=(duck,), destination=drawer), cell)
    'put duck to drawer'
    """
    instruction = canonical(instruction, cell)
    exact = instruction.action in ("count", "look")
    parts = [instruction.action, *(_class_of(each, cell, exact) for each in instruction.themes)]
    themes = instruction.themes
    if instruction.time and (not themes or any(reference.every for reference in themes)):
        # All that was arranged, or those of it that are meant: what is done is the same.
        parts = [instruction.action]
    if instruction.source is not None:
        parts.append(f"from {_class_of(instruction.source, cell, exact)}")
    if instruction.destination is not None:
        parts.append(f"to {_class_of(instruction.destination, cell, exact)}")
    if instruction.by:
        parts.append(f"by {instruction.by}")
    if instruction.side:
        parts.append(f"side {instruction.side}")
    if instruction.time:
        parts.append(instruction.time)
    return " ".join(parts if instruction.shut else [*parts, "left open"])


def _class_of(reference: Reference, cell: WorkCell, exact: bool) -> str:
    if reference.fixture:
        fixture = cell.get(reference.fixture)
        return reference.fixture if exact or fixture is None else fixture.kind
    name = reference.category or "thing"
    if exact and reference.colour:
        name = f"{reference.colour} {name}"
    return f"every {name}" if reference.every else name
