"""What a kind of recording must tell the reader: which frames there are, and how to load one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from embodied_mem.errors import EmbodiedMemError
from embodied_mem.types import Float32Array, Float64Array, Intrinsics, UInt8Array


class FrameError(EmbodiedMemError):
    """One frame of a recording cannot be used; the reader skips and counts it.

    The message is the reason alone, without the frame's name, so that equal reasons are counted
    together.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameEntry:
    """Where the parts of one frame lie; nothing is opened yet."""

    name: str
    tick: int
    colour: Path | None
    depth: Path | None
    pose: Path | tuple[float, ...] | None
    """A file, or the values themselves, in the form that the layout reads."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RawFrame:
    """One frame as recorded, checked and in project units, in the recording's own world."""

    rgb: UInt8Array
    """(H, W, 3)"""
    depth: Float32Array
    """(H, W) metres, 0 where invalid."""
    T_recording_camera: Float64Array
    """(4, 4), rotation exactly rigid."""


class Layout(Protocol):
    """One format of recordings on disk, bound to one folder."""

    @property
    def format(self) -> str:
        """The name of the format."""

    @property
    def intrinsics(self) -> Intrinsics:
        """The camera of all frames; what has another size is skipped."""

    @property
    def seconds_per_tick(self) -> float:
        """Length of a tick."""

    @property
    def upright(self) -> bool:
        """Whether the recording's own z axis points up."""

    @property
    def entries(self) -> Sequence[FrameEntry]:
        """All frames in order of time, ticks strictly rising."""

    def load(self, entry: FrameEntry) -> RawFrame:
        """Loads one frame.

        Raises:
            FrameError: If it cannot be used; the message is the reason.
        """
