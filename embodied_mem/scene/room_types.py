"""Tells what kind of room it is from the things that stand in it."""

import math
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from embodied_mem.assets import asset_path

UNKNOWN_ROOM = "room"
"""The category of a room in which nothing tells what it is for."""

_SMOOTHING = 0.08
"""Share of every category's evidence that is spread over all types: labels can be wrong."""
_MIN_POSTERIOR = 0.45
"""A type less likely than this is not named."""


class _RoomType(msgspec.Struct, frozen=True):
    prior: float


class _Thing(msgspec.Struct, frozen=True):
    rooms: dict[str, float]


class _Evidence(msgspec.Struct, frozen=True):
    """The part of `commonsense.json` that tells rooms apart."""

    room_types: dict[str, _RoomType]
    things: dict[str, _Thing]


@lru_cache(maxsize=1)
def _evidence() -> _Evidence:
    return msgspec.json.decode(asset_path("commonsense.json").read_bytes(), type=_Evidence)


def room_types() -> tuple[str, ...]:
    """Returns the room types that can be told apart."""
    return tuple(_evidence().room_types)


def room_posterior(category_weights: Mapping[str, float]) -> dict[str, float]:
    """Returns the probability of every room type.

    Naive Bayes with P(room type | category) from common sense: each category multiplies the
    odds by P(type | category) / P(type), to the power of its weight. Weights above 1 count as
    their square root, for six chairs tell hardly more than two.

    Args:
        category_weights: Category -> how many of it were seen, each weighted by its confidence;
            unknown categories and weights that are not positive are passed over.

    >>> posterior = room_posterior({"toilet": 1.0, "towel": 2.0})
    >>> max(posterior, key=posterior.get)
    'bathroom'
    """
    evidence = _evidence()
    priors = {name: room.prior for name, room in evidence.room_types.items()}
    scores = {name: math.log(prior) for name, prior in priors.items()}
    for category in sorted(category_weights):
        weight = category_weights[category]
        thing = evidence.things.get(category)
        if thing is None or not thing.rooms or not weight > 0.0:
            continue
        power = weight if weight <= 1.0 else math.sqrt(weight)
        for name, prior in priors.items():
            share = (1.0 - _SMOOTHING) * thing.rooms.get(name, 0.0) + _SMOOTHING * prior
            scores[name] += power * math.log(share / prior)
    highest = max(scores.values())
    likelihoods = {name: math.exp(score - highest) for name, score in scores.items()}
    total = sum(likelihoods.values())
    return {name: likelihood / total for name, likelihood in likelihoods.items()}


def room_category(category_weights: Mapping[str, float]) -> tuple[str, float]:
    """Names a room by the things in it.

    Args:
        category_weights: As for `room_posterior`.

    Returns:
        The likeliest room type and its probability; `("room", probability of the best guess)`
        where no type is likely enough to be named.

    >>> room_category({})[0], room_category({"refrigerator": 1.0, "stove": 1.0})[0]
    ('room', 'kitchen')
    """
    posterior = room_posterior(category_weights)
    best = max(posterior, key=lambda name: posterior[name])
    if posterior[best] < _MIN_POSTERIOR:
        return UNKNOWN_ROOM, posterior[best]
    return best, posterior[best]
