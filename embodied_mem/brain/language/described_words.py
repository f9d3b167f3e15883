"""What is known of household words: other names, and what a thing is and is for."""

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from embodied_mem.assets import asset_path


class DescribedWord(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one word."""

    names: tuple[str, ...] = ()
    """Other names, and names of special kinds of it."""
    descriptions: tuple[str, ...] = ()
    """What a dictionary says that it is."""
    own: tuple[str, ...] = ()
    """What it is and what it is for, written for this project."""
    development: tuple[str, ...] = ()
    """A name and a paraphrase of it that people may use; matching was developed with these."""


class _File(msgspec.Struct, frozen=True, kw_only=True):
    words: dict[str, DescribedWord]


@lru_cache(maxsize=1)
def described_words() -> Mapping[str, DescribedWord]:
    """Returns what `assets/household_meanings.json` says, by word; see its `source`."""
    return msgspec.json.decode(asset_path("household_meanings.json").read_bytes(), type=_File).words
