"""What all messages of a gateway are made of: bounded types, and the base of every struct."""

from typing import Annotated

from msgspec import Meta, Struct

from embodied_mem.errors import BodyError

PROTOCOL = 1
"""Raised with every change of a message; both ends must have the same."""
SMALL_BYTES = 256 * 1024
"""The largest part of any message but a picture: a trajectory of 4000 points of seven joints."""
PICTURE_BYTES = 64 * 1024 * 1024
"""A gateway that says that its pictures are larger than this is not believed."""
SECONDS_OF_LOOK = 2.0
"""A request for a newer picture is answered after this at the latest."""

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=500)]
Number = Annotated[int, Meta(ge=0, le=2**53)]
Priority = Annotated[int, Meta(ge=0, le=255)]
Joints = Annotated[tuple[float, ...], Meta(max_length=64)]
JointNames = Annotated[tuple[Name, ...], Meta(max_length=64)]
Rows = Annotated[bytes, Meta(max_length=SMALL_BYTES)]
Ages = Annotated[dict[Name, float], Meta(max_length=64)]
Counts = Annotated[dict[Name, Number], Meta(max_length=64)]
Faults = Annotated[tuple[Text, ...], Meta(max_length=32)]
Pose = Annotated[tuple[float, ...], Meta(min_length=16, max_length=16)]
Pixels = Annotated[int, Meta(ge=1, le=8192)]


class WireError(BodyError):
    """What the other end sent does not follow the protocol."""


class Message(Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """Base of all messages."""


class WireCommand(Message, frozen=True):
    """`Command`, field by field."""

    forward: float
    turn: float
    tilt: float
    joints: Joints | None
    gripper: float | None
