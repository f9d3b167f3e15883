"""Events as records hold them."""

from typing import Final

import msgspec

from embodied_mem.memory.facts import Vector

CARRY_TAG: Final = "carry"
STAY_TAG: Final = "stay"
VISIT_TAG: Final = "visit"


class Lying(msgspec.Struct, frozen=True, kw_only=True):
    """A thing where it lay."""

    category: str
    colour: str
    low: Vector
    high: Vector
    place: str | None = None
    """Id of the place that it lay in."""


class CarryFact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=CARRY_TAG):
    """The robot carried something. Kind `event`; valid from when it took it until it let go."""

    visit: int
    source: Lying
    target: Lying
    source_on: Lying | None = None
    target_on: Lying | None = None


class StayFact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=STAY_TAG):
    """The robot was in a place, from its first tick there to its last. Kind `event`."""

    visit: int
    place_id: str
    last_tick: int
    point: tuple[float, float]


class VisitFact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=VISIT_TAG):
    """A visit came to its end. Kind `event`."""

    visit: int
    last_tick: int
