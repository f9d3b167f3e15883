"""How times and places become vectors that are added to what was seen."""

import math
from typing import Final, final

import torch
from torch import Tensor, nn

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.config import SATConfig

PERIODS: Final = 20
"""Of the time: 2, 4, ... 2^20 ticks."""
_BASE: Final = 10_000.0


def sinusoid(number: Tensor, width: int) -> Tensor:
    """Returns (..., width) sines and then cosines of a number, at frequencies 10000^(-f / width).

    The embedding of Vaswani et al. (2017, section 3.5), with its halves one behind the other, as
    the Spatially-Aware Transformer (ICLR 2024) has it for time and place.

    Args:
        number: (...), any.
        width: Even.
    """
    steps = torch.arange(0, width, 2, device=number.device, dtype=torch.float32)
    angle = number[..., None].float() * torch.exp(steps * (-math.log(_BASE) / width))
    return torch.cat((angle.sin(), angle.cos()), dim=-1)


@final
class SineTime(nn.Module):
    """Time by sines and cosines of periods that double from 2 ticks to 2^20.

    Each bit of the time is one pair, so that both "how long ago" and "at which phase" can be read.
    Room Ballet's dances have a clock of 32 ticks, which is one of the periods.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.project = nn.Linear(2 * PERIODS, width, bias=False)

    def forward(self, time: Tensor) -> Tensor:
        """Returns (..., width) for (...) int64 ticks."""
        periods = 2 ** torch.arange(1, PERIODS + 1, device=time.device)
        # Whole periods are taken off before anything is rounded, so no time is too late.
        phase = torch.remainder(time[..., None], periods) / periods * (2 * math.pi)
        embedded: Tensor = self.project(torch.cat((phase.sin(), phase.cos()), dim=-1))
        return embedded


@final
class FourierTime(nn.Module):
    """Time by sines and cosines of learned periods, which begin where `SineTime` has them.

    Learned frequencies rather than a table: they say something of times never trained on
    (learnable Fourier features, Li et al. 2021, arXiv 2106.02795).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.octave = nn.Parameter(torch.arange(1, PERIODS + 1, dtype=torch.float32))
        self.project = nn.Linear(2 * PERIODS, width, bias=False)

    def forward(self, time: Tensor) -> Tensor:
        """Returns (..., width) for (...) int64 ticks."""
        turns = time[..., None].double() * torch.exp2(-self.octave.double())
        phase = (turns - turns.detach().floor()).to(self.octave.dtype) * (2 * math.pi)
        embedded: Tensor = self.project(torch.cat((phase.sin(), phase.cos()), dim=-1))
        return embedded


@final
class SinePlace(nn.Module):
    """A place by the sinusoid of its number; nothing where it is not known."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.project = nn.Linear(width, width, bias=False)

    def forward(self, place: Tensor) -> Tensor:
        """Returns (..., width) for (...) int64 numbers, -1 where the place is not known."""
        embedded: Tensor = self.project(sinusoid(place, self.width))
        return embedded * (place >= 0)[..., None]


@final
class LearnedPlace(nn.Module):
    """A place by a vector of its own; nothing where it is not known."""

    def __init__(self, width: int, places: int) -> None:
        super().__init__()
        self.table = nn.Embedding(places, width)

    def forward(self, place: Tensor) -> Tensor:
        """Returns (..., width) for (...) int64 numbers, -1 where the place is not known.

        Raises:
            ConfigError: If a number is beyond the table.
        """
        if int(place.max()) >= self.table.num_embeddings:
            raise ConfigError(
                f"there is a place {int(place.max())}, and a vector for {self.table.num_embeddings}"
                " places only; make SATConfig.places larger"
            )
        embedded: Tensor = self.table(place.clamp(min=0))
        return embedded * (place >= 0)[..., None]


@final
class SinePose(nn.Module):
    """A position by the mean of the sinusoids of its coordinates, as for the paper's grid."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.project = nn.Linear(width, width, bias=False)

    def forward(self, pose: Tensor) -> Tensor:
        """Returns (..., width) for (..., P) coordinates."""
        embedded: Tensor = self.project(sinusoid(pose, self.width).mean(dim=-2))
        return embedded


def make_time(config: SATConfig) -> nn.Module | None:
    """Returns the embedding of time that a config names."""
    if config.time == "none":
        return None
    return SineTime(config.width) if config.time == "sine" else FourierTime(config.width)


def make_place(config: SATConfig) -> nn.Module | None:
    """Returns the embedding of places that a config names; None where poses are compared."""
    if config.place == "sine":
        return SinePlace(config.width)
    return LearnedPlace(config.width, config.places) if config.place == "learned" else None
