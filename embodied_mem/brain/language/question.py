"""What a question asks, once understood."""

from typing import Literal

import msgspec

from embodied_mem.brain.language.vocabulary import How

Kind = Literal[
    "where",
    "which_room",
    "which_floor",
    "how_many",
    "colour",
    "exists",
    "near",
    "superlative",
    "on",
    "in_room",
    "list",
    "rooms",
    "how_many_rooms",
    "last_seen",
    "moved",
    "before",
    "distance",
    "size",
    "free",
    "not_understood",
]
"""`free`: whatever a model was asked, which answers in its own words."""
Measure = Literal["size", "height", "width", "top", "distance"]
RelationKind = Literal["on", "in", "under", "above", "near"]


class NounPhrase(msgspec.Struct, frozen=True, kw_only=True):
    """A description of a thing, such as "the red mugs"."""

    text: str
    """As it was said, without articles."""
    label: str
    """The noun in the singular, as it was said: `couch`, `gas lamp`."""
    categories: tuple[str, ...] = ()
    """The categories that it may mean; () where it is unknown or means every thing."""
    how: How = "name"
    plural: bool = False
    colour: str | None = None
    unverified: tuple[str, ...] = ()
    """Descriptions that memory cannot check: `wooden`."""
    prefers_large: bool | None = None
    """True for "the big plant", False for "the small plant"."""
    room: "RoomPhrase | None" = None
    """The room of a reference: "nearest to the chair in the kitchen"."""


class RoomPhrase(msgspec.Struct, frozen=True, kw_only=True):
    """A description of a room, such as "the second bedroom"."""

    category: str
    number: int | None = None
    plural: bool = False
    label: str = ""
    """As it was said: `lounge`."""


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """Where something is, told by another thing: "on the table"."""

    kind: RelationKind
    anchor: NounPhrase


class Extreme(msgspec.Struct, frozen=True, kw_only=True):
    """Which one of several: "the biggest", "the nearest to the fridge"."""

    measure: Measure
    largest: bool
    word: str
    """As it was said: `biggest`."""
    reference: NounPhrase | None = None
    """From what a distance is measured; None means from where the asker or the body is."""
    compared: bool = False
    """Whether the things to choose from were named: "which is bigger, the sofa or the bed"."""


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """A misspelt word and what it was read as."""

    word: str
    read_as: str
    others: tuple[str, ...] = ()
    """Words that are as near."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed question. What does not apply to its kind is empty."""

    text: str
    kind: Kind
    subjects: tuple[NounPhrase, ...] = ()
    """What is asked about; several where they are joined by "and" or "or"."""
    every: bool = False
    """Whether a question of existence asks for all subjects ("and") and not for any of them."""
    room: RoomPhrase | None = None
    floors: tuple[int, ...] = ()
    """The floors that it is about; () for all."""
    relation: Relation | None = None
    extreme: Extreme | None = None
    here: bool = False
    """Whether it asks for what is near the asker."""
    corrections: tuple[Correction, ...] = ()
    unused: tuple[str, ...] = ()
    """Words that were not understood, and that the answer passes over."""
    suggestions: tuple[str, ...] = ()
    """For a question that was not understood: the nearest ones that can be answered."""

    @property
    def subject(self) -> NounPhrase | None:
        """The first thing that is asked about."""
        return self.subjects[0] if self.subjects else None
