"""Where things usually are, by common sense: in which rooms, and whether they get moved."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import msgspec

from embodied_mem.assets import asset_path
from embodied_mem.scene.room_types import room_posterior, room_types

_HEAVY: Final = frozenset(
    {
        *("furniture", "storage furniture", "bathroom fitting", "sanitary ware", "white goods"),
        *("surface", "table", "cabinet", "bedroom furniture", "plumbing fixture", "structure"),
        *("office furniture", "shelf"),
    }
)
"""Groups of things that hardly anybody moves."""
_LIGHT: Final = frozenset({"seat", "chair kind"})
"""Furniture that is moved all the same."""
_FLOOR_OF_SHARES: Final = 0.03
"""Anything may lie anywhere: the least share that a room type has of a thing."""


class _Thing(msgspec.Struct, frozen=True):
    groups: tuple[str, ...] = ()
    rooms: dict[str, float] = {}


class _Knowledge(msgspec.Struct, frozen=True):
    things: dict[str, _Thing]


@lru_cache(maxsize=1)
def _things() -> Mapping[str, _Thing]:
    return msgspec.json.decode(asset_path("commonsense.json").read_bytes(), type=_Knowledge).things


def is_portable(category: str) -> bool:
    """Tells whether a thing of a category is likely to be carried about.

    >>> is_portable("mug"), is_portable("refrigerator"), is_portable("armchair")
    (True, False, True)
    """
    thing = _things().get(category)
    if thing is None:
        return True
    groups = set(thing.groups)
    return bool(groups & _LIGHT) or not groups & _HEAVY


def can_hold_things(category: str) -> bool:
    """Tells whether things are likely to be put down on or in such a piece."""
    thing = _things().get(category)
    return thing is not None and bool(_HEAVY & set(thing.groups))


def room_shares(categories: Iterable[str]) -> dict[str, float]:
    """Returns for each room type how likely one of some categories is in such a room.

    >>> shares = room_shares(["toilet"])
    >>> max(shares, key=shares.get)
    'bathroom'
    """
    known = [_things()[name].rooms for name in categories if name in _things()]
    known = [rooms for rooms in known if rooms]
    types = room_types()
    if not known:
        return dict.fromkeys(types, 1.0 / len(types))
    return {
        name: max(_FLOOR_OF_SHARES, sum(rooms.get(name, 0.0) for rooms in known) / len(known))
        for name in types
    }


def relevance(shares: Mapping[str, float], seen_here: Mapping[str, float]) -> float:
    """Returns how much likelier than anywhere a thing is in a room, by what else stands there.

    Args:
        shares: From `room_shares`.
        seen_here: Category -> weight of the things seen in that room.

    Returns:
        A factor around 1: above it where the room is of the thing's kind.
    """
    posterior = room_posterior(seen_here)
    prior = room_posterior({})
    here = sum(posterior[name] * shares.get(name, 0.0) / prior[name] for name in posterior)
    anywhere = sum(shares.values())
    return here / max(anywhere, 1e-9)
