"""What a client says to a gateway.

Times are seconds on the gateway's own clock, which begins when it is started: the clock of one
machine means nothing on another, so a client measures how that clock lies to its own (`clock.py`).
"""

from typing import Annotated, Literal

from msgspec import Meta

from embodied_mem.robots.gateway.wire import (
    SECONDS_OF_LOOK,
    JointNames,
    Message,
    Name,
    Number,
    Priority,
    Rows,
    Text,
    WireCommand,
)


class Hello(Message, frozen=True, tag="hello"):
    """The first message of a connection: who is there, and what the connection is for."""

    protocol: Number
    number: Number
    """Every request has a number, higher than those before; its answer has the same."""
    name: Name
    priority: Priority
    role: Literal["control", "pictures"]


class Drive(Message, frozen=True, tag="drive"):
    """A command; of all that wait, only the newest of each client is looked at."""

    number: Number
    at: float
    """When it was given, on the gateway's clock as the client knows it, s."""
    command: WireCommand
    stop: Text
    """Why the client's own gate stops the robot; empty where it does not."""


class Beat(Message, frozen=True, tag="beat"):
    """A sign of life; asks for the newest readings."""

    number: Number


class Halt(Message, frozen=True, tag="halt"):
    """An emergency stop; obeyed from everyone, without a hello too."""

    number: Number
    reason: Text


class Reset(Message, frozen=True, tag="reset"):
    """Ends an emergency stop."""

    number: Number
    stops: Number
    """How many emergency stops of others the sender knows of; one that it did not know of stays."""


class Enable(Message, frozen=True, tag="enable"):
    """The deadman's switch is held at this moment, at the client's end."""

    number: Number


class Follow(Message, frozen=True, tag="follow"):
    """A whole trajectory, to begin at once."""

    number: Number
    at: float
    """As in `Drive`."""
    joints: JointNames
    positions: Rows
    """(N, J) float64 little endian, rad."""
    times: Rows
    """(N,) float64 little endian, s."""


class Look(Message, frozen=True, tag="look"):
    """Asks for a picture that is newer than the one of that number."""

    number: Number
    newer: Number | None
    """None takes any."""
    wait: Annotated[float, Meta(ge=0.0, le=SECONDS_OF_LOOK)]
    """How long to wait for one, s."""


class Ask(Message, frozen=True, tag="ask"):
    """Asks for the checks of the robot's end; they may take seconds."""

    number: Number


class Bye(Message, frozen=True, tag="bye"):
    """The client leaves: its commands end now."""


Request = Hello | Drive | Beat | Halt | Reset | Enable | Follow | Look | Ask | Bye
