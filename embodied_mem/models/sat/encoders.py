"""From distinct frames to vectors: (U, ...) to (U, width); any `nn.Module` that does so will do."""

from typing import Protocol, final, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray


@runtime_checkable
class Centred(Protocol):
    """An encoder that can take something off all that it makes."""

    def __call__(self, frames: Tensor) -> Tensor:
        """Returns (U, width)."""

    def centre(self, common: Tensor) -> None:
        """Makes all results less by `common`, (width,), from now on."""


@final
class CellEncoder(nn.Module):
    """Encodes pictures that are made of squares, each of which is one of a few pictures.

    The squares are encoded first, each different one once, as a convolution with the stride of its
    kernel does; what is in the picture, wherever it is, and what is where are then added.

    Args:
        squares: (S, c, c, 3) uint8, every square that there is; the frames are then numbers of
            them. None where the frames are pictures.
        cell: c, pixels from side to side of a square.
        grid: Rows and columns of squares.
        width: Of the result.
        features: Numbers that stand for a square.
    """

    squares: Tensor | None
    """(S, 3 c^2) float32 in 0 to 1."""

    def __init__(
        self,
        *,
        squares: AnyArray | Tensor | None = None,
        cell: int = 9,
        grid: tuple[int, int] = (5, 5),
        width: int = 128,
        features: int = 64,
    ) -> None:
        super().__init__()
        self.cell, self.grid = cell, grid
        numbers = None if squares is None else torch.tensor(np.asarray(squares)).flatten(1) / 255
        self.register_buffer("squares", numbers, persistent=False)
        self.square = nn.Sequential(nn.Linear(3 * cell**2, features), nn.ReLU())
        self.what = nn.Linear(features, width)
        self.where = nn.Linear(grid[0] * grid[1] * features, width)

    def forward(self, frames: Tensor) -> Tensor:
        """Returns (U, width).

        Args:
            frames: (U, rows, columns) int64 numbers of squares, or pictures
                (U, rows * c, columns * c, 3) uint8.
        """
        seen = self._numbers(frames) if frames.ndim == 3 else self._pictures(frames)
        encoded: Tensor = self.what(seen.amax(dim=1)) + self.where(seen.flatten(1))
        return encoded

    @torch.no_grad()
    def centre(self, common: Tensor) -> None:
        """Makes all results less by `common`, (width,)."""
        self.what.bias.sub_(common)

    def _numbers(self, frames: Tensor) -> Tensor:
        if self.squares is None:
            raise ConfigError("frames are numbers of squares; give the encoder their pictures")
        encoded: Tensor = self.square(self.squares)
        # Unlike indexing, an embedding adds up its gradients in a fixed order, and faster.
        return nn.functional.embedding(frames.flatten(1), encoded)

    def _pictures(self, frames: Tensor) -> Tensor:
        (rows, columns), cell = self.grid, self.cell
        cut = frames.view(len(frames), rows, cell, columns, cell, 3).transpose(2, 3)
        squares = cut.reshape(len(frames), rows * columns, -1).float() / 255
        encoded: Tensor = self.square(squares)
        return encoded


@final
class PatchEncoder(nn.Module):
    """Encodes patches of 16 x 16 pixels by three convolutions, each of which halves the sides."""

    def __init__(self, *, width: int = 128) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 64, 2, 2),
            nn.ReLU(),
            nn.Conv2d(64, 64, 2, 2),
            nn.ReLU(),
            nn.Conv2d(64, 32, 2, 2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(128, width),
        )

    def forward(self, frames: Tensor) -> Tensor:
        """Returns (U, width) for (U, 16, 16, 3) uint8."""
        encoded: Tensor = self.layers(frames.permute(0, 3, 1, 2).float() / 255)
        return encoded

    @torch.no_grad()
    def centre(self, common: Tensor) -> None:
        """Makes all results less by `common`, (width,)."""
        _lower(self.layers, common)


@final
class VectorEncoder(nn.Module):
    """Encodes vectors.

    Args:
        size: Numbers of a vector.
        width: Of the result.
        hidden: Units of the layer between.
    """

    def __init__(self, *, size: int, width: int = 128, hidden: int = 128) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(size, hidden), nn.ReLU(), nn.Linear(hidden, width))

    def forward(self, frames: Tensor) -> Tensor:
        """Returns (U, width) for (U, size) float32."""
        encoded: Tensor = self.layers(frames.flatten(1).float())
        return encoded

    @torch.no_grad()
    def centre(self, common: Tensor) -> None:
        """Makes all results less by `common`, (width,)."""
        _lower(self.layers, common)


@final
class SymbolEncoder(nn.Module):
    """Encodes symbols, each by a learned vector.

    Args:
        symbols: How many there are.
        width: Of the result.
    """

    def __init__(self, *, symbols: int, width: int = 128) -> None:
        super().__init__()
        self.table = nn.Embedding(symbols, width)

    def forward(self, frames: Tensor) -> Tensor:
        """Returns (U, width) for (U,) int64."""
        encoded: Tensor = self.table(torch.as_tensor(frames))
        return encoded

    @torch.no_grad()
    def centre(self, common: Tensor) -> None:
        """Makes all results less by `common`, (width,)."""
        self.table.weight.sub_(common)


def _lower(layers: nn.Sequential, common: Tensor) -> None:
    last = layers[-1]
    assert isinstance(last, nn.Linear)
    last.bias.sub_(common)
