"""Which things an instruction means: descriptions are matched with what is known of the scene."""

from collections.abc import Collection

from embodied_mem.brain.instruction import Reference
from embodied_mem.brain.language.instructions.words import members_of
from embodied_mem.brain.planning.rules.world import Piece, World


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

    Where only the colour is wrong and a single thing is of the kind, that one is meant: colours
    are told apart less surely than shapes, by people and by cameras.

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
    if not found and reference.category and reference.colour and not reference.every:
        kin = [p for p in there if piece_is_of(p, reference.category)]
        found = kin if len(kin) == 1 else []
    found.sort(key=lambda piece: (piece.missing, not piece.visible, piece.id))
    return [piece.id for piece in found]


def piece_is_of(piece: Piece, category: str) -> bool:
    """Tells whether a thing is of a kind, whatever its colour."""
    return piece.category in members_of(category)


def described(reference: Reference) -> str:
    """Says a description.

    >>> described(Reference(category="block", colour="red"))
    'red block'
    """
    if reference.fixture:
        return reference.fixture.replace("_", " ")
    return f"{reference.colour} {reference.category or 'thing'}".strip()
