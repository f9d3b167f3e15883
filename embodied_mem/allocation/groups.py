"""What kinds of things and of rooms are told apart when it is decided what to keep.

`commonsense.json` sorts each category into groups of its own, many and overlapping. Here they are
folded into `inputs.GROUPS`, and its room types into `inputs.ROOMS`.
"""

from functools import lru_cache
from typing import Final

import msgspec

from embodied_mem.allocation.inputs import GROUPS, ROOMS
from embodied_mem.assets import asset_path
from embodied_mem.scene.room_types import room_types

_FOLDED: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("seating", frozenset({"seat"})),
    ("storage", frozenset({"cabinet", "shelf", "storage furniture"})),
    ("tables", frozenset({"table", "surface"})),
    (
        "sanitary",
        frozenset({"plumbing fixture", "sanitary ware", "bathroom fitting", "toiletry"}),
    ),
    ("lighting", frozenset({"lamp"})),
    (
        "textiles",  # with beds, which are mostly that
        frozenset({"bedding", "bedroom furniture", "linen", "soft furnishing", "textile"}),
    ),
    ("appliances", frozenset({"appliance", "heating thing", "kitchen appliance", "white goods"})),
    (
        "kitchenware",  # with what is kept in it
        frozenset({"cookware", "crockery", "cutlery", "drink vessel", "food thing", "kitchenware"}),
    ),
    (
        "electronics",
        frozenset({"audio thing", "computer", "electrical thing", "electronics", "screen"}),
    ),
    (
        "belongings",
        frozenset(
            {
                *("bag", "clothing", "luggage", "musical instrument", "office equipment"),
                *("personal thing", "reading matter", "sports gear", "stationery", "toy"),
            }
        ),
    ),
    ("decoration", frozenset({"clock", "decoration", "plant thing"})),
)
"""Group and the groups of `commonsense.json` that make it up; of several, the first counts."""

GROUP_NAMES: Final = (*(name for name, _ in _FOLDED), "other")
"""Names of the groups by index."""
OTHER: Final = GROUPS - 1
"""Index of the group of everything else, tools, cleaning and boxes above all."""


class _Thing(msgspec.Struct, frozen=True):
    groups: tuple[str, ...] = ()


class _Things(msgspec.Struct, frozen=True):
    """The part of `commonsense.json` that sorts things."""

    things: dict[str, _Thing]


@lru_cache(maxsize=1)
def _groups() -> dict[str, int]:
    data = msgspec.json.decode(asset_path("commonsense.json").read_bytes(), type=_Things)
    return {category: _fold(frozenset(thing.groups)) for category, thing in data.things.items()}


def _fold(groups: frozenset[str]) -> int:
    return next((index for index, (_, own) in enumerate(_FOLDED) if own & groups), OTHER)


def group_of(category: str) -> int:
    """Returns the index of a category's group; the last for what common sense does not know.

    >>> GROUP_NAMES[group_of("armchair")], GROUP_NAMES[group_of("thingamajig")]
    ('seating', 'other')
    """
    return _groups().get(category, OTHER)


@lru_cache(maxsize=1)
def _rooms() -> dict[str, int]:
    return {name: min(index, ROOMS - 1) for index, name in enumerate(room_types())}


def room_index(room_type: str) -> int:
    """Returns the index of a room type; the last for rare ones and for what has no type.

    >>> room_index("kitchen"), room_index("storage") == room_index("room") == ROOMS - 1
    (0, True)
    """
    return _rooms().get(room_type, ROOMS - 1)
