"""A moment of a stream as a record holds it."""

from typing import Final

import msgspec

MOMENT_TAG: Final = "moment"


class MomentFact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=MOMENT_TAG):
    """What was seen at one tick of a stream, as one vector. Kind `event`, an instant.

    The record holds the carrier, and the picture where the view was new.
    """

    tick: int
    new: bool
    """Whether nothing like it had been seen before."""
