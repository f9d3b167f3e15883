"""What is looked for in a house where nobody says what."""

from functools import lru_cache
from typing import Any, Final

import msgspec

from embodied_mem.assets import asset_path

STRUCTURE_WORDS: Final = ("wall", "floor", "ceiling", "door", "window", "stairs")
"""Parts of a building. They are looked for along with things, so that a detector has a name for
them other than that of a thing; what is found under them is background."""


class _Furniture(msgspec.Struct):
    """The names in `assets/furniture.json`; what they stand for is not read."""

    categories: dict[str, msgspec.Raw | Any]


@lru_cache(maxsize=1)
def household_words() -> tuple[str, ...]:
    """Returns the names of the things that the house's catalogue has, in order.

    >>> "sofa" in household_words(), len(household_words()) > 50
    (True, True)
    """
    found = msgspec.json.decode(asset_path("furniture.json").read_bytes(), type=_Furniture)
    return tuple(sorted(found.categories))
