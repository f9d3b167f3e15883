"""What a person asks for, understood: the frame that planners and the skill pool share."""

from typing import Literal

import msgspec

Action = Literal[
    "sort",
    "stack",
    "put",
    "bring",
    "restore",
    "swap",
    "count",
    "clear",
    "set",
    "push",
    "open",
    "close",
    "pour",
    "wipe",
    "hand_over",
    "look",
]
"""The verbs, whatever words were used. `set` and `restore` are about how things lay before."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """Things or a fixture that an instruction speaks of, as it describes them."""

    category: str = ""
    """Such as `block`; empty for any (`the red things`)."""
    colour: str = ""
    fixture: str = ""
    """Id of a fixture of the work cell, such as `left_drawer`; then the rest is empty."""
    every: bool = False
    """Whether all that fit are meant (`the blocks`), or one."""


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """One request. Two texts that ask for the same have equal frames but for `text`."""

    text: str
    action: Action
    themes: tuple[Reference, ...] = ()
    """What it is done to; of a tower, from the lowest to the highest."""
    destination: Reference | None = None
    source: Reference | None = None
    by: Literal["", "colour", "category"] = ""
    """What things are sorted by."""
    time: Literal["", "before", "last_time"] = ""
    """`before`: as it was earlier on this visit; `last_time`: as on the visit before."""
    side: Literal["", "left", "right", "front", "behind", "beside"] = ""
    """On which side of the destination, not in or on it; without one, which way to go. `front` is
    nearer to the robot."""
    shut: bool = True
    """Whether a drawer that had to be opened is to be closed again."""
