"""What is made of the tokens that the transformer returns; each takes (B, Q, T, width)."""

from typing import final

import torch
from torch import Tensor, nn

from embodied_mem.errors import ConfigError


@final
class ClassificationHead(nn.Module):
    """Classes of a query, from the mean of its tokens.

    Args:
        width: Of the tokens.
        classes: How many there are.
    """

    def __init__(self, *, width: int, classes: int) -> None:
        super().__init__()
        self.out = nn.Linear(width, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        """Returns (B, Q, classes) logits."""
        logits: Tensor = self.out(tokens.mean(dim=2))
        return logits


@final
class PredictionHead(nn.Module):
    """A vector for each token, such as that of the frame that is seen next.

    Args:
        width: Of the tokens.
        size: Of the vector.
    """

    def __init__(self, *, width: int, size: int) -> None:
        super().__init__()
        self.out = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, size))

    def forward(self, tokens: Tensor) -> Tensor:
        """Returns (B, Q, T, size)."""
        vectors: Tensor = self.out(tokens)
        return vectors


@final
class AnswerHead(nn.Module):
    """Which of some candidates is the answer to a query, by how they fit the mean of its tokens.

    Args:
        width: Of the tokens.
        size: Of a candidate's vector.
    """

    def __init__(self, *, width: int, size: int) -> None:
        super().__init__()
        self.out = nn.Linear(width, size)

    def forward(self, tokens: Tensor, candidates: Tensor) -> Tensor:
        """Returns (B, Q, A) logits.

        Args:
            tokens: (B, Q, T, width).
            candidates: (B, Q, A, size).
        """
        wanted = self.out(tokens.mean(dim=2))
        fit: Tensor = torch.einsum("bqe,bqae->bqa", wanted, candidates) * wanted.shape[-1] ** -0.5
        return fit


@final
class PolicyHead(nn.Module):
    """What to do, and how good the situation is, from the mean of a query's tokens.

    Args:
        width: Of the tokens.
        actions: How many there are.
    """

    def __init__(self, *, width: int, actions: int) -> None:
        super().__init__()
        self.policy, self.value = nn.Linear(width, actions), nn.Linear(width, 1)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Returns (B, Q, actions) logits and (B, Q) values."""
        pooled = tokens.mean(dim=2)
        return self.policy(pooled), self.value(pooled).squeeze(-1)


@final
class PictureHead(nn.Module):
    """A picture for each token: a linear layer and transposed convolutions, each twice as large.

    Args:
        width: Of the tokens.
        side: Of the picture, in pixels; 8 times a whole number.
    """

    def __init__(self, *, width: int, side: int = 16) -> None:
        super().__init__()
        if side < 8 or side % 8:
            raise ConfigError(f"side is {side}; expected a multiple of 8 pixels")
        self.start = side // 8
        self.open = nn.Linear(width, 32 * self.start**2)
        self.layers = nn.Sequential(
            nn.ReLU(),
            nn.ConvTranspose2d(32, 64, 2, 2),
            nn.ReLU(),
            nn.ConvTranspose2d(64, 64, 2, 2),
            nn.ReLU(),
            nn.ConvTranspose2d(64, 3, 2, 2),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Returns (B, Q, T, side, side, 3) in 0 to 1."""
        opened = self.open(tokens.flatten(0, 2)).unflatten(1, (32, self.start, self.start))
        drawn = self.layers(opened).tanh() / 2 + 0.5
        pictures: Tensor = drawn.permute(0, 2, 3, 1)
        return pictures.reshape(*tokens.shape[:3], *pictures.shape[1:])
