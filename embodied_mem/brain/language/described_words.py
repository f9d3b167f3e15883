"""What is known of household words: other names, and what a thing is and is for."""

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from embodied_mem.assets import asset_path
from embodied_mem.brain.language.vocabulary import load_vocabulary


class DescribedWord(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one word."""

    names: tuple[str, ...] = ()
    """Other names, and names of special kinds of it."""
    descriptions: tuple[str, ...] = ()
    """What a dictionary says that it is."""
    own: tuple[str, ...] = ()
    """What it is and what it is for, written for this project."""
    called: tuple[str, ...] = ()
    """Other names, written for this project by somebody who saw nothing but the words."""
    said: tuple[str, ...] = ()
    """How people may speak of it, written likewise."""
    development: tuple[str, ...] = ()
    """A name and a paraphrase of it that people may use; matching was developed with these."""


class _File(msgspec.Struct, frozen=True, kw_only=True):
    words: dict[str, DescribedWord]


@lru_cache(maxsize=1)
def described_words() -> Mapping[str, DescribedWord]:
    """Returns what `assets/household_meanings.json` says, by word; see its `source`."""
    return msgspec.json.decode(asset_path("household_meanings.json").read_bytes(), type=_File).words


def names_of(word: str, described: DescribedWord) -> tuple[str, ...]:
    """Returns a word with its other names, those of the lexicon of questions among them."""
    thing = load_vocabulary().knowledge.things.get(word)
    synonyms = thing.synonyms if thing else ()
    names = (*described.names, *described.called, *described.development[:1])
    return tuple(dict.fromkeys((word, *synonyms, *names)))


def sayings_of(described: DescribedWord) -> tuple[str, ...]:
    """Returns what is said of a word."""
    own = (*described.own, *described.said, *described.development[1:])
    return tuple(dict.fromkeys((*described.descriptions, *own)))
