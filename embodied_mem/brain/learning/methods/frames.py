"""The key of what was learned: what an instruction asks for, without its words and its things."""

from embodied_mem.brain.instruction import Instruction, Reference
from embodied_mem.robots.arm import WorkCell


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
    exact = instruction.action in ("count", "look")
    parts = [instruction.action, *(_class_of(each, cell, exact) for each in instruction.themes)]
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
