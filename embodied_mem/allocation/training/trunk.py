"""The layers of the scorer with their gradient worked out by hand: fewer passes over memory.

`network` has the formulas. Autograd would keep and revisit every intermediate array; here each of
the two hidden arrays is written in place once and kept, which about halves a gradient step.
"""

from collections.abc import Callable
from typing import Any, Final, final

import torch
from torch import Tensor

_relu_gradient = torch.ops.aten.threshold_backward


@final
class Trunk(torch.autograd.Function):
    """From entries and context to scores and the summary of the memory."""

    @staticmethod
    def forward(
        ctx: Any,
        slots: Tensor,
        context: Tensor,
        held: Tensor,
        entry: Tensor,
        entry_bias: Tensor,
        context_weight: Tensor,
        mix: Tensor,
        mix_bias: Tensor,
        pool: Tensor,
        score: Tensor,
        score_bias: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Returns scores (B, 4 E) and summary (B, 3 H).

        Args:
            ctx: Where the gradient's inputs are kept.
            slots: (B, E, F), the candidate last.
            context: (B, C).
            held: (B, E), 1 or 0.
            entry: (H, F); this and the rest as `network.parameter_shapes` has them.
            entry_bias: (H,).
            context_weight: (H, C).
            mix: (H, H).
            mix_bias: (H,).
            pool: (H, 3 H).
            score: (4, H).
            score_bias: (4,).
        """
        batch, entries, inputs = slots.shape
        flat = slots.reshape(-1, inputs)
        hidden = (flat @ entry.t()).view(batch, entries, -1)
        hidden += torch.addmm(entry_bias, context, context_weight.t())[:, None]
        hidden.relu_().mul_(held[:, :, None])
        share = 1.0 / held.sum(dim=1, keepdim=True).clamp_(min=1.0)
        largest = hidden.amax(dim=1)
        pooled = torch.cat((hidden.sum(dim=1) * share, largest, hidden[:, -1]), dim=1)
        mixed = (hidden.view(batch * entries, -1) @ mix.t()).view(batch, entries, -1)
        mixed += torch.addmm(mix_bias, pooled, pool.t())[:, None]
        mixed.relu_()
        scores = torch.addmm(score_bias, mixed.view(batch * entries, -1), score.t())
        ctx.save_for_backward(flat, context, share, hidden, pooled, mixed, mix, pool, score)
        return scores.view(batch, -1), pooled

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Returns the gradient of each weight; none of the inputs."""
        flat, context, share, hidden, pooled, mixed, mix, pool, score = ctx.saved_tensors
        of_scores, of_pooled = gradients
        batch, entries, size = hidden.shape
        of_scores = of_scores.reshape(batch * entries, -1)
        flat_mixed, flat_hidden = mixed.view(-1, size), hidden.view(-1, size)
        of_mixed = _relu_gradient(of_scores @ score, flat_mixed, 0.0)
        of_shift = of_mixed.view(batch, entries, size).sum(dim=1)
        of_pooled = torch.addmm(of_pooled, of_shift, pool)
        of_hidden = (of_mixed @ mix).view(batch, entries, size)
        of_mean, of_largest = of_pooled[:, :size], of_pooled[:, size : 2 * size]
        of_hidden += (of_mean * share)[:, None]
        is_largest = hidden == pooled[:, None, size : 2 * size]
        of_each = of_largest / is_largest.sum(dim=1)
        of_hidden += torch.where(is_largest, of_each[:, None], 0.0)
        of_hidden[:, -1] += of_pooled[:, 2 * size :]
        # What an empty slot's hidden units got is 0, and relu passes nothing back there.
        of_entry = _relu_gradient(of_hidden, hidden, 0.0)
        of_all = of_entry.sum(dim=1)
        return (
            None,
            None,
            None,
            of_entry.view(-1, size).t() @ flat,
            of_all.sum(dim=0),
            of_all.t() @ context,
            of_mixed.t() @ flat_hidden,
            of_shift.sum(dim=0),
            of_shift.t() @ pooled,
            of_scores.t() @ flat_mixed,
            of_scores.sum(dim=0),
        )


trunk: Final[Callable[..., tuple[Tensor, Tensor]]] = Trunk.apply
"""Applies the layers; arguments as of `Trunk.forward`, without the first."""
