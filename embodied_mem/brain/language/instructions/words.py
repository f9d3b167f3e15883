"""The words of instructions: an asset of phrases, and the names of one work cell's fixtures."""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol

import msgspec

from embodied_mem.assets import asset_path
from embodied_mem.brain.language.morphology import plural_of
from embodied_mem.brain.language.normalise import sentences
from embodied_mem.brain.language.vocabulary import load_vocabulary

Words = tuple[str, ...]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A word for things of several categories, such as `cutlery`."""

    names: tuple[str, ...]
    members: tuple[str, ...]


class InstructionPhrases(msgspec.Struct, frozen=True, kw_only=True):
    """The asset `instruction_words.json`; values are phrases unless said otherwise."""

    categories: dict[str, tuple[str, ...]]
    groups: dict[str, Group]
    lookalikes: dict[str, tuple[str, ...]]
    """Of a category, those of much the same shape."""
    colours: dict[str, tuple[str, ...]]
    fixtures: dict[str, tuple[str, ...]]
    """By the last word of a fixture's id."""
    verbs: dict[str, tuple[str, ...]]
    prepositions: dict[str, tuple[str, ...]]
    sided: dict[str, tuple[str, ...]]
    """What tells one fixture from its twin, before its name."""
    sides: dict[str, tuple[str, ...]]
    """The same after its name, and directions."""
    times: dict[str, tuple[str, ...]]
    by: dict[str, tuple[str, ...]]
    order: dict[str, tuple[str, ...]]
    everything: tuple[str, ...]
    generic: tuple[str, ...]
    every: tuple[str, ...]
    determiners: tuple[str, ...]
    pronouns: tuple[str, ...]
    people: tuple[str, ...]
    conjunctions: tuple[str, ...]
    piles: tuple[str, ...]
    total: tuple[str, ...]
    questions: tuple[str, ...]
    auxiliaries: tuple[str, ...]
    fillers: tuple[str, ...]


class Sense(NamedTuple):
    """One part that a phrase can play, and what it says exactly."""

    tag: str
    value: str = ""
    plural: bool = False


class Named(Protocol):
    """What language needs to know of a fixture."""

    @property
    def kind(self) -> str:
        """`drawer`, `bin`, `tray`, `zone`, `table` or another."""

    @property
    def colour(self) -> str:
        """By which people tell it from others."""


class FixtureName(NamedTuple):
    """What language keeps of a fixture."""

    kind: str
    colour: str


@lru_cache(maxsize=1)
def phrases() -> InstructionPhrases:
    """Returns the asset."""
    data = asset_path("instruction_words.json").read_bytes()
    return msgspec.json.decode(data, type=InstructionPhrases)


def members_of(category: str) -> Collection[str]:
    """Returns the categories that a word for things covers: of a group its members.

    >>> sorted(members_of("cutlery")), members_of("mug")
    (['fork', 'knife', 'spoon'], ('mug',))
    """
    group = phrases().groups.get(category)
    return group.members if group else (category,)


@lru_cache(maxsize=1 << 13)
def _split(phrase: str) -> Words:
    """Returns the plain words of a phrase; kept, for every work cell shares most of them."""
    found = sentences(phrase)
    return found[0] if found else ()


def lookalikes_of(category: str) -> Collection[str]:
    """Returns the categories that are easily mistaken for one.

    >>> lookalikes_of("mug")
    ('cup',)
    """
    return phrases().lookalikes.get(category, ())


class InstructionWords:
    """Every phrase that an instruction can be made of, for one work cell and what lies in it."""

    def __init__(self, fixtures: Mapping[str, Named], categories: Iterable[str] = ()) -> None:
        """Builds the table.

        Args:
            fixtures: The fixtures by id.
            categories: Kinds of things that are known here, beside those of the asset.
        """
        self.fixtures = dict(fixtures)
        self.senses: dict[Words, tuple[Sense, ...]] = {}
        self._add_form()
        self._add_nouns(categories)
        self.longest = max(map(len, self.senses))
        single = {word for words in self.senses for word in words}
        self.known = tuple(sorted(single, key=lambda word: (not self._is_noun(word), word)))

    def heads(self, word: str) -> list[str]:
        """Returns the ids of the fixtures that a word such as `drawer` may mean."""
        return [name for name in self.fixtures if name.split("_")[-1] == word]

    def _is_noun(self, word: str) -> bool:
        senses = self.senses.get((word,), ())
        return any(sense.tag in ("noun", "fixture", "colour") for sense in senses)

    def _add(self, phrase: str, tag: str, value: str = "", plural: bool = False) -> None:
        words = _split(phrase)
        if words:
            sense = Sense(tag, value, plural)
            if sense not in self.senses.get(words, ()):
                self.senses[words] = (*self.senses.get(words, ()), sense)

    def _add_form(self) -> None:
        asset = phrases()
        tables = {
            "verb": asset.verbs,
            "preposition": asset.prepositions,
            "sided": asset.sided,
            "side": asset.sides,
            "time": asset.times,
            "by": asset.by,
            "order": asset.order,
        }
        for tag, table in tables.items():
            for value, group in table.items():
                for phrase in group:
                    self._add(phrase, tag, value)
        lists = {
            "everything": asset.everything,
            "generic": asset.generic,
            "every": asset.every,
            "determiner": asset.determiners,
            "pronoun": asset.pronouns,
            "person": asset.people,
            "conjunction": asset.conjunctions,
            "pile": asset.piles,
            "total": asset.total,
            "question": asset.questions,
            "auxiliary": asset.auxiliaries,
            "filler": asset.fillers,
        }
        for tag, group in lists.items():
            for phrase in group:
                self._add(phrase, tag)

    def _add_nouns(self, categories: Iterable[str]) -> None:
        asset = phrases()
        names = {name: synonyms for name, synonyms in asset.categories.items()}
        names |= {name: () for name in categories if name not in names}
        for name, synonyms in names.items():
            self._add_noun("noun", name, (name, *synonyms))
        for name, group in asset.groups.items():
            self._add_noun("noun", name, group.names)
        for name in self.fixtures:
            head = name.split("_")[-1]
            self._add_noun("fixture", head, (head, *asset.fixtures.get(head, ())))
            for word in name.split("_")[:-1]:
                if word != self.fixtures[name].colour:
                    self._add(word, "sided", word)
        for words, colour in load_vocabulary().colours.items():
            self._add(" ".join(words), "colour", colour)
        for colour, synonyms in asset.colours.items():
            for phrase in synonyms:
                self._add(phrase, "colour", colour)

    def _add_noun(self, tag: str, value: str, synonyms: Iterable[str]) -> None:
        for phrase in synonyms:
            self._add(phrase, tag, value)
            many = plural_of(phrase)
            if many != phrase:
                self._add(many, tag, value, plural=True)


@lru_cache(maxsize=16)
def _words(fixtures: tuple[tuple[str, str, str], ...], categories: Words) -> InstructionWords:
    named = {name: FixtureName(kind, colour) for name, kind, colour in fixtures}
    return InstructionWords(named, categories)


def instruction_words(
    fixtures: Mapping[str, Named], categories: Iterable[str] = ()
) -> InstructionWords:
    """Returns the words for a work cell and for the kinds of things known there; kept for reuse.

    Args:
        fixtures: The fixtures by id: a `WorkCell` or anything with `kind` and `colour`.
        categories: Kinds of things that are known, beside those that the asset lists.
    """
    named = tuple((name, f.kind, f.colour) for name, f in fixtures.items())
    return _words(named, tuple(sorted(set(categories))))
