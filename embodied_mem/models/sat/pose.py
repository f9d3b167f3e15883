"""Comparing positions by their difference, while the keys depend on the entries alone."""

import math
from typing import Final, final

import torch
from torch import Tensor, nn

FREQUENCIES: Final = 16
_LONGEST, _SHORTEST = 32.0, 0.5
"""Metres of the first wave lengths."""


@final
class PoseFeatures(nn.Module):
    """Learned Fourier features of a position.

    The cosine of a difference is a product of features of both sides, cos(a - b) = cos a cos b +
    sin a sin b. So attention can weigh an entry by where it lies seen from the query, by any
    function that waves of the learned frequencies make up, and an entry's features never change
    (learnable Fourier features, Li et al. 2021, arXiv 2106.02795; the turning is that of rotary
    embeddings, Su et al. 2021, arXiv 2104.09864).

    Args:
        size: P, numbers of a position.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        octaves = math.log2(_LONGEST / _SHORTEST) * torch.arange(FREQUENCIES) / (FREQUENCIES - 1)
        direction = nn.functional.normalize(torch.randn(FREQUENCIES, size), dim=1)
        lengths = _LONGEST * torch.exp2(-octaves)
        self.waves = nn.Parameter(direction * (2 * math.pi / lengths)[:, None])

    def forward(self, pose: Tensor) -> Tensor:
        """Returns (..., 2 F) cosines and then sines, for (..., P) metres."""
        # No product of matrices, which may be computed in bfloat16: that is too coarse for metres.
        angle = (pose[..., None, :] * self.waves).sum(dim=-1)
        return torch.cat((angle.cos(), angle.sin()), dim=-1)


def turned(weights: Tensor, features: Tensor) -> Tensor:
    """Returns what a query multiplies an entry's features with.

    Args:
        weights: (..., 2 F) of the cosines, and of the sines, of "entry minus query".
        features: (..., 2 F) of the query's own position.
    """
    (a, b), (cos, sin) = weights.chunk(2, dim=-1), features.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)


def seen_from(read: Tensor, features: Tensor) -> Tensor:
    """Returns the features of "entry minus query" from those of entries.

    Args:
        read: (..., 2 F) features of entries, or any mean of them.
        features: (..., 2 F) of the query's own position.
    """
    (x, y), (cos, sin) = read.chunk(2, dim=-1), features.chunk(2, dim=-1)
    return torch.cat((x * cos + y * sin, y * cos - x * sin), dim=-1)
