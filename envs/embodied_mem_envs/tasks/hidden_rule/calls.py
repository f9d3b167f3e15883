"""What the robot can ask of the world, and what it hears back: lines of JSON."""

from typing import Final, Literal

import msgspec

Tool = Literal["move", "activate", "rest", "look", "note", "submit"]
TOOLS: Final[tuple[Tool, ...]] = ("move", "activate", "rest", "look", "note", "submit")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One tool call."""

    tool: Tool
    target: str = ""
    """Name of a room for `move`, of a kind of thing for `activate`, any text for `note`."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the robot senses after a call; visits and history it has to remember itself."""

    call: Call | None
    """What was done; None at the start, and while the robot was thinking."""
    step: int
    """Number of the step that this was, from 1 on; 0 at the start."""
    room: str
    energy: int
    score: int
    shut: tuple[str, ...]
    """Doors that are shut, by their rooms."""
    lit: tuple[str, ...]
    """Kinds of things that are lit."""
    error: str = ""
    """Why nothing was done."""
    told: str = ""
    """What a look tells: doors and things of the room."""


def encode_call(call: Call) -> str:
    """Writes a call as a line of JSON.

    >>> encode_call(Call(tool="move", target="kitchen"))
    '{"tool":"move","target":"kitchen"}'
    """
    return msgspec.json.encode(call).decode()


def decode_call(text: str) -> Call:
    """Reads a call.

    Raises:
        msgspec.DecodeError: If the text is no call.
    """
    return msgspec.json.decode(text, type=Call)


def encode_outcome(outcome: Outcome) -> str:
    """Writes an outcome as a line of JSON."""
    return msgspec.json.encode(outcome).decode()


def decode_outcome(text: str) -> Outcome:
    """Reads an outcome.

    Raises:
        msgspec.DecodeError: If the text is no outcome.
    """
    return msgspec.json.decode(text, type=Outcome)
