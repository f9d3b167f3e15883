"""What each tool is called with; the JSON schemas that models read are made from these."""

from typing import Annotated

import msgspec
from msgspec import Meta

from embodied_mem.memory.record import Kind

MOST_HITS = 20
LONGEST_QUERY = 500
LONGEST_NOTE = 2000
"""Characters."""

_Thing = Annotated[
    str,
    Meta(
        description="A thing in plain words (red mug), or its id (mug-3), or the id of a record.",
        min_length=1,
        max_length=LONGEST_QUERY,
    ),
]
_Tokens = Annotated[
    int | None,
    Meta(description="Length of the answer in tokens at most, 50 to 4000; null for 400."),
]
_Words = Annotated[str, Meta(min_length=1, max_length=LONGEST_QUERY)]
_Names = Annotated[list[str], Meta(max_length=50)]


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all arguments: a field with a default may be null or left out."""


class Recall(Arguments, frozen=True, kw_only=True):
    """Search everything remembered, by words and meaning: facts, events, notes, pictures."""

    query: Annotated[
        str,
        Meta(description="What to look for, in words.", min_length=1, max_length=LONGEST_QUERY),
    ]
    k: Annotated[
        int | None, Meta(description=f"How many hits at most, 1 to {MOST_HITS}; null for 5.")
    ] = None
    kinds: Annotated[
        Annotated[list[Kind], Meta(max_length=6)] | None,
        Meta(description="Only these kinds of records; null for all."),
    ] = None
    place: Annotated[
        _Words | None, Meta(description="Only in this room (kitchen); null for all.")
    ] = None
    since: Annotated[
        int | None, Meta(description="Only what held at or after this tick; null for any time.")
    ] = None
    until: Annotated[
        int | None, Meta(description="Only what held at or before this tick; null for any time.")
    ] = None
    max_tokens: _Tokens = None


class WhereIs(Arguments, frozen=True, kw_only=True):
    """Tell where a thing or a room is now, how sure that is, and which picture proves it."""

    thing: _Thing
    max_tokens: _Tokens = None


class WhatIsNear(Arguments, frozen=True, kw_only=True):
    """List what is near a thing, nearest first, or what is in a room and which rooms adjoin."""

    target: Annotated[
        str,
        Meta(
            description="A thing (sofa, mug-3) or a room (kitchen).",
            min_length=1,
            max_length=LONGEST_QUERY,
        ),
    ]
    within: Annotated[
        float | None, Meta(description="Metres, above 0 and at most 50; null for 1.5.")
    ] = None
    max_tokens: _Tokens = None


class History(Arguments, frozen=True, kw_only=True):
    """Tell where a thing was and what was believed of it, from first to last; notes on it too."""

    thing: _Thing
    max_tokens: _Tokens = None


class Remember(Arguments, frozen=True, kw_only=True):
    """Write a note into the memory. It can be recalled at once."""

    text: Annotated[
        str,
        Meta(description="What to remember, in words.", min_length=1, max_length=LONGEST_NOTE),
    ]
    about: Annotated[
        _Names | None, Meta(description="Things, rooms or people that it is about; null for none.")
    ] = None
    private: Annotated[
        bool | None,
        Meta(description="Whether nobody else may be told; null for no."),
    ] = None
    based_on: Annotated[
        _Names | None, Meta(description="Ids of records that it is drawn from; null for none.")
    ] = None


class Forget(Arguments, frozen=True, kw_only=True):
    """Erase records for good, by their ids or all that are about something. Give one of the two."""

    ids: Annotated[
        _Names | None, Meta(description="Ids of the records; null where about is given.")
    ] = None
    about: Annotated[
        _Words | None,
        Meta(
            description="A thing, room or person of which all is erased; null where ids are given."
        ),
    ] = None


class ShowSnapshot(Arguments, frozen=True, kw_only=True):
    """Show a remembered picture: the one with an id, or the one that shows a thing best."""

    what: Annotated[
        str,
        Meta(
            description="The id of a snapshot (k3fm7qp), or a thing in plain words (red mug).",
            min_length=1,
            max_length=LONGEST_QUERY,
        ),
    ]
