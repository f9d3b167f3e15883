"""Probabilities of the valid actions, for batches; without the checks of torch.distributions."""

import torch
from torch import Tensor

_NEVER = -1e9
"""Score of an action that is not valid; finite, so that no gradient is."""


def log_probabilities(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Returns (B, A) logarithms of the probabilities; `_NEVER` and below where not valid.

    Args:
        scores: (B, A).
        mask: (B, A) bool, whether an action is valid; None if all are.
    """
    if mask is not None:
        scores = scores.masked_fill(~mask, _NEVER)
    return torch.log_softmax(scores, dim=1)


def draw(log_probability: Tensor, chance: torch.Generator | None = None) -> Tensor:
    """Draws (B,) actions: the maximum with Gumbel noise added; None for torch's own chance."""
    noise = torch.empty_like(log_probability).exponential_(generator=chance).log_()
    return (log_probability - noise).argmax(dim=1)


def chosen(log_probability: Tensor, actions: Tensor) -> Tensor:
    """Returns (B,) the logarithm of the probability of each action."""
    return log_probability.gather(1, actions[:, None]).squeeze(1)


def entropy(log_probability: Tensor) -> Tensor:
    """Returns (B,) the entropies, in nats."""
    # What is not valid has probability 0 exactly and a finite logarithm: it adds nothing.
    return -(log_probability.exp() * log_probability).sum(dim=1)
