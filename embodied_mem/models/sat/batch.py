"""What the transformer reads: memories of frames with time and place, and queries to them."""

from dataclasses import dataclass, fields, replace
from typing import Final, Self

import torch
from torch import Tensor

from embodied_mem.errors import ConfigError

_NUMBERS: Final = (
    "entry_frame",
    "entry_time",
    "entry_place",
    "entry_held",
    "query_frame",
    "query_time",
    "query_place",
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EpisodicBatch:
    """B memories of up to N entries each, with Q queries of T tokens to each of them.

    Entries and query tokens name their frame by its number in `frames`, so that a frame that is
    held many times is encoded once.
    """

    frames: Tensor
    """(U, ...) the distinct frames of all memories and queries, in whatever form the encoder takes:
    pictures (U, H, W, 3) uint8, vectors (U, D) float32, symbols (U,) int64."""
    entry_frame: Tensor
    """(B, N) int64, number of the frame of each entry; anything valid where none is held."""
    entry_time: Tensor
    """(B, N) int64, when it was seen, in ticks: the true time, never the number of the slot."""
    entry_place: Tensor
    """(B, N) int64, number of its place within this memory, from 0; -1 where it is not known."""
    entry_held: Tensor
    """(B, N) bool, whether there is an entry; N is 1 at least."""
    query_frame: Tensor
    """(B, Q, T) int64, number of the frame of each token."""
    query_time: Tensor
    """(B, Q, T) int64, ticks."""
    query_place: Tensor
    """(B, Q, T) int64; -1 where it is not known, as for "where did I see this?"."""
    entry_pose: Tensor | None = None
    """(B, N, P) float32, position in metres, or x, y and heading; where places have a geometry."""
    query_pose: Tensor | None = None
    """(B, Q, T, P) float32."""

    def __post_init__(self) -> None:
        """Checks shapes and kinds, and on the CPU the numbers of frames, too.

        Raises:
            ConfigError: If they do not fit each other, or a frame is named that is not there.
        """
        entries, tokens = self.entry_frame.shape, self.query_frame.shape
        fit = len(entries) == 2 and len(tokens) == 3 and entries[0] == tokens[0]
        if not fit or not entries[1]:
            raise ConfigError(
                f"entry_frame is {tuple(entries)} and query_frame {tuple(tokens)}; expected (B, N) "
                "and (B, Q, T), and one slot at least, if only one that is not held"
            )
        for name in _NUMBERS:
            given, like = getattr(self, name), entries if name.startswith("entry") else tokens
            kind = torch.bool if name == "entry_held" else torch.int64
            if given.shape != like or given.dtype != kind:
                raise ConfigError(
                    f"{name} is {tuple(given.shape)} {given.dtype}; expected {tuple(like)} {kind}"
                )
        if (self.entry_pose is None) != (self.query_pose is None):
            raise ConfigError("entry_pose and query_pose come together")
        for pose, like in (self.entry_pose, entries), (self.query_pose, tokens):
            if pose is not None and pose.shape[:-1] != like:
                raise ConfigError(f"a pose is {tuple(pose.shape)}; expected {(*like, 'P')}")
        self._check_frames()

    def _check_frames(self) -> None:
        for name in ("entry_frame", "query_frame"):
            number = getattr(self, name)
            # On another device this would wait for all that is computed there.
            if number.device.type != "cpu" or not number.numel():
                continue
            first, last = int(number.min()), int(number.max())
            if first < 0 or last >= len(self.frames):
                raise ConfigError(
                    f"{name} is {first} to {last}; expected numbers of {len(self.frames)} frames, "
                    "from 0"
                )

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """B, N, Q and T."""
        (batch, entries), (_, queries, tokens) = self.entry_frame.shape, self.query_frame.shape
        return batch, entries, queries, tokens

    def to(self, device: torch.device | str) -> Self:
        """Returns it on a device."""
        tensors = {
            field.name: value.to(device)
            for field in fields(self)
            if (value := getattr(self, field.name)) is not None
        }
        return replace(self, **tensors)
