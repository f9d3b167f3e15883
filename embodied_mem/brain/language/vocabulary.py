"""What the words for things, rooms and colours mean: the common sense that answers rest on."""

from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Literal

import msgspec

from embodied_mem.assets import asset_path
from embodied_mem.brain.language.morphology import plural_of, singulars_of
from embodied_mem.brain.language.normalise import sentences
from embodied_mem.brain.language.spelling import nearest_words

Words = tuple[str, ...]
How = Literal["name", "synonym", "group", "spelling", "compound", "unknown", "everything"]
"""How a phrase is known; a `compound` is an unknown kind of a known thing: "gas lamp"."""


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one category of things."""

    plural: str
    synonyms: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    common: bool = False
    """Whether the embedded house uses it; only breaks ties between spelling corrections."""


class RoomType(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one type of room."""

    synonyms: tuple[str, ...]
    inside: tuple[str, ...] = ()
    """Words that mean the room only after "in": "in the toilet"."""


class Colour(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one basic colour term."""

    synonyms: tuple[str, ...]
    near: tuple[str, ...]
    """Colours that a camera or a person may take it for."""


class Commonsense(msgspec.Struct, frozen=True, kw_only=True):
    """The part of `commonsense.json` that language needs."""

    room_types: dict[str, RoomType]
    other_rooms: dict[str, tuple[str, ...]]
    colours: dict[str, Colour]
    groups: dict[str, tuple[str, ...]]
    things: dict[str, Thing]


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """What one word or phrase for a thing means."""

    categories: tuple[str, ...]
    how: How
    label: str
    """The phrase in the singular, as the speaker would say it."""
    plural: bool


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a noun phrase was taken to mean."""

    phrase: str
    categories: tuple[str, ...]
    how: How
    label: str
    plural: bool
    suggestions: tuple[str, ...] = ()
    """Other words that a misspelt phrase may have been."""


def _words(phrase: str) -> Words:
    found = sentences(phrase)
    return found[0] if found else ()


class Vocabulary:
    """Resolves phrases to categories, rooms and colours.

    >>> load_vocabulary().resolve("red couches").categories
    ('sofa',)
    >>> reading = load_vocabulary().resolve("mgu")
    >>> reading.how, reading.categories
    ('spelling', ('mug',))
    """

    def __init__(self, knowledge: Commonsense, extra_categories: Iterable[str] = ()) -> None:
        """Builds the tables.

        Args:
            knowledge: The common sense.
            extra_categories: Categories that a memory holds and common sense does not know.
        """
        self.knowledge = knowledge
        self.extra_categories = tuple(extra_categories)
        self.terms: dict[Words, Term] = {}
        """Every known phrase for a thing, singular and plural."""
        self.rooms: dict[Words, str] = {}
        self.rooms_inside: dict[Words, str] = {}
        self.colours: dict[Words, str] = {}
        self._add_things(self.extra_categories)
        self._add_groups()
        self._add_heads()
        self._add_rooms_and_colours()
        self.longest = max(map(len, (*self.terms, *self.rooms, *self.colours)))
        common = {n for n, thing in knowledge.things.items() if thing.common}
        self._spellings = tuple(
            " ".join(words)
            for words, term in sorted(
                self.terms.items(), key=lambda item: item[1].categories[0] not in common
            )
        )

    def _add(self, phrase: str, categories: tuple[str, ...], how: How, plural: str = "") -> None:
        one = _words(phrase)
        if not one:
            return
        label = " ".join(one)
        many = _words(plural or plural_of(label))
        self.terms.setdefault(
            one, Term(categories=categories, how=how, label=label, plural=one == many)
        )
        self.terms.setdefault(many, Term(categories=categories, how=how, label=label, plural=True))

    def _add_things(self, extra: tuple[str, ...]) -> None:
        things = self.knowledge.things
        for name, thing in things.items():
            self._add(name, (name,), "name", thing.plural)
        for name in sorted(set(extra) - set(things)):
            words = _words(name)
            if words:
                self.terms[words] = Term(
                    categories=(name,), how="name", label=" ".join(words), plural=False
                )
                self._add(" ".join(words), (name,), "name")
        for name, thing in things.items():
            for synonym in thing.synonyms:
                self._add(synonym, (name,), "synonym")

    def _add_groups(self) -> None:
        for group, terms in self.knowledge.groups.items():
            members = self.members_of(group)
            for term in terms:
                self._add(term, members, "group")

    def _add_heads(self) -> None:
        """Lets the last word of a name stand for all names that end with it: "dispenser"."""
        by_head: dict[str, list[str]] = {}
        for words, term in self.terms.items():
            if term.how == "name" and len(words) > 1 and not term.plural:
                by_head.setdefault(words[-1], []).extend(term.categories)
        for head, names in by_head.items():
            if head not in _NOT_HEADS:
                self._add(head, tuple(dict.fromkeys(names)), "group")

    def _add_rooms_and_colours(self) -> None:
        for room, about in self.knowledge.room_types.items():
            for phrase in (room, *about.synonyms):
                self._add_room(phrase, room)
            for phrase in about.inside:
                self.rooms_inside[_words(phrase)] = room
        for room, synonyms in self.knowledge.other_rooms.items():
            for phrase in (room, *synonyms):
                self._add_room(phrase, room)
        for colour, look in self.knowledge.colours.items():
            for phrase in (colour, *look.synonyms):
                self.colours.setdefault(_words(phrase), colour)

    def _add_room(self, phrase: str, room: str) -> None:
        words = _words(phrase)
        self.rooms.setdefault(words, room)
        self.rooms.setdefault(_words(plural_of(" ".join(words))), room)

    def members_of(self, group: str) -> tuple[str, ...]:
        """Returns the categories of a group, in the order of the asset."""
        return tuple(n for n, thing in self.knowledge.things.items() if group in thing.groups)

    @cached_property
    def structure(self) -> tuple[str, ...]:
        """Parts of the building, which segmenters give as background: wall, floor, ..."""
        return self.members_of("structure")

    def near_colours(self, colour: str) -> tuple[str, ...]:
        """Returns the colours that one is easily taken for; () for an unknown colour."""
        about = self.knowledge.colours.get(colour)
        return about.near if about else ()

    def plural(self, noun: str) -> str:
        """Returns the plural of a category's name or of any other noun."""
        thing = self.knowledge.things.get(noun)
        return thing.plural if thing else plural_of(noun)

    def kin_of(self, category: str) -> tuple[str, ...]:
        """Returns the categories that share the head noun or a close group, without itself.

        "chair" -> "office chair", "armchair", ...: worth a mention where the thing itself was not
        seen, never a substitute for it.
        """
        head = category.split(" ")[-1]
        return tuple(
            name
            for name in self.knowledge.things
            if name != category and name.split(" ")[-1] == head
        )

    def resolve(self, phrase: str) -> Reading:
        """Reads a noun phrase: the whole, else its longest known tail, else a near spelling."""
        words = _words(phrase)
        for start in range(len(words)):
            term = self.terms.get(words[start:])
            if term is not None:
                return Reading(
                    phrase=phrase,
                    categories=term.categories,
                    how=term.how,
                    label=term.label,
                    plural=term.plural,
                )
        return self.resolve_unknown(words)

    def resolve_unknown(self, words: Words) -> Reading:
        """Reads a phrase of which no tail is known, through its likeliest spelling if any."""
        for start in range(len(words)):
            tail = " ".join(words[start:])
            near = nearest_words(tail, self._spellings)
            meanings = list(dict.fromkeys(self.terms[tuple(w.split(" "))].categories for w in near))
            if meanings:
                term = self.terms[tuple(near[0].split(" "))]
                return Reading(
                    phrase=tail,
                    categories=meanings[0] if len(meanings) == 1 else (),
                    how="spelling",
                    label=term.label,
                    plural=term.plural,
                    suggestions=tuple(
                        dict.fromkeys(self.terms[tuple(w.split(" "))].label for w in near)
                    )[:3],
                )
        return unknown(words)


def unknown(words: Words) -> Reading:
    """Reads a phrase as the name of something that no word list holds.

    >>> unknown(("flurbles",)).label
    'flurble'
    """
    singular = singulars_of(words[-1])[:1] if words else ()
    label = " ".join((*words[:-1], *singular)) if singular else " ".join(words)
    return Reading(
        phrase=" ".join(words), categories=(), how="unknown", label=label, plural=bool(singular)
    )


_NOT_HEADS = frozenset(
    (
        "can",
        "card",
        "cooking",
        "good",
        "head",
        "line",
        "mat",
        "pad",
        "paper",
        "part",
        "place",
        "room",
        "stand",
        "walker",
        "wash",
    )
)
"""Last words of names that alone mean something else, or nothing."""


@lru_cache(maxsize=1)
def _knowledge() -> Commonsense:
    return msgspec.json.decode(asset_path("commonsense.json").read_bytes(), type=Commonsense)


@lru_cache(maxsize=16)
def _vocabulary(extra_categories: tuple[str, ...]) -> Vocabulary:
    return Vocabulary(_knowledge(), extra_categories)


def load_vocabulary(extra_categories: Iterable[str] = ()) -> Vocabulary:
    """Returns the vocabulary of the asset, and of the extra categories that a memory holds."""
    return _vocabulary(tuple(sorted(set(extra_categories) - set(_knowledge().things))))
