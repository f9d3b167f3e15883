"""Which things an instruction means: descriptions are matched with what is known of the scene."""

from collections.abc import Collection, Iterator

from embodied_mem.brain.instruction import Reference
from embodied_mem.brain.language.instructions.words import lookalikes_of, members_of
from embodied_mem.brain.planning.rules.world import Piece, World

UNRECOGNISED = "thing"
"""Category of what perception has no name for."""


def fits(reference: Reference, piece: Piece) -> bool:
    """Tells whether a thing is as it was described."""
    if reference.fixture or (reference.colour and reference.colour != piece.colour):
        return False
    if not reference.category:
        return True
    return piece.category in members_of(reference.category)


def matches(
    reference: Reference,
    world: World,
    *,
    place: str = "",
    but: Collection[str] = (),
) -> list[str]:
    """Returns the things that a description fits, those in sight first.

    Where nothing fits, one thing that nearly does is meant, if it is the only one: of no kind that
    was recognised but of the right colour, of a kind that is easily mistaken for it, or of the
    kind but of another colour.

    Args:
        reference: The description.
        world: What is known.
        place: Where it must be, if that was said.
        but: Things that are not meant.
    """
    there = [
        piece
        for piece in world.things.values()
        if piece.id not in but and (not place or piece.place == place)
    ]
    found = [piece for piece in there if fits(reference, piece)]
    if not found and reference.category and not reference.every:
        found = next((near for near in _near_fits(reference, there) if len(near) == 1), [])
    found.sort(key=lambda piece: (piece.missing, not piece.visible, piece.id))
    return [piece.id for piece in found]


def _near_fits(reference: Reference, there: list[Piece]) -> Iterator[list[Piece]]:
    """Yields what nearly fits, the likeliest first."""
    coloured = [p for p in there if not reference.colour or p.colour == reference.colour]
    yield [p for p in coloured if p.category == UNRECOGNISED]
    alike = lookalikes_of(reference.category)
    yield [p for p in coloured if p.category in alike]
    if reference.colour:
        yield [p for p in there if p.category in members_of(reference.category)]


def described(reference: Reference) -> str:
    """Says a description.

    >>> described(Reference(category="block", colour="red"))
    'red block'
    """
    if reference.fixture:
        return reference.fixture.replace("_", " ")
    return f"{reference.colour} {reference.category or 'thing'}".strip()
