"""The scorer in torch: the same weights under the same names as `network.ScorerNetwork`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, final

import torch
from torch import Tensor, nn

from embodied_mem.allocation.head import OPERATIONS
from embodied_mem.allocation.network import GAIN, ScorerNetwork
from embodied_mem.allocation.training.trunk import trunk
from embodied_mem.types import AnyArray

_FIRST_SCORES: Final = 0.05
"""Spread of the first scores: small, so that a new policy tries everything alike."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ScorerWeights:
    """All of a `Scorer` as plain arrays, for other processes."""

    arrays: Mapping[str, AnyArray]
    slot_features: tuple[str, ...]
    context_features: tuple[str, ...]


@final
class Scorer(nn.Module):
    """Scores the operations of each entry, and estimates the return; `network` has the formulas.

    Args:
        slot_features: Names of the inputs of an entry; `held` is among them.
        context_features: Names of the inputs that all entries share.
        hidden: Hidden units.
    """

    def __init__(
        self, slot_features: Sequence[str], context_features: Sequence[str], hidden: int = 64
    ) -> None:
        super().__init__()
        self.slot_features = tuple(slot_features)
        self.context_features = tuple(context_features)
        self.held = self.slot_features.index("held")
        self.entry = nn.Linear(len(self.slot_features), hidden)
        self.context = nn.Linear(len(self.context_features), hidden, bias=False)
        self.mix = nn.Linear(hidden, hidden)
        self.pool = nn.Linear(3 * hidden, hidden, bias=False)
        self.score = nn.Linear(hidden, len(OPERATIONS))
        inputs, shared = len(self.slot_features), len(self.context_features)
        self.base = nn.Linear(inputs, len(OPERATIONS), bias=False)
        self.sense = nn.Linear(shared + 2 * inputs, hidden)
        self.steer = nn.Linear(hidden, len(OPERATIONS) * inputs, bias=False)
        self.value = nn.Sequential(nn.Linear(3 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        for layer in (self.entry, self.context, self.mix, self.pool):
            nn.init.orthogonal_(layer.weight, 2**0.5)
        nn.init.normal_(self.score.weight, std=_FIRST_SCORES / hidden**0.5)
        nn.init.normal_(self.base.weight, std=_FIRST_SCORES / GAIN)
        nn.init.zeros_(self.steer.weight)
        for module in (self.entry, self.mix, self.score):
            nn.init.zeros_(module.bias)

    def forward(self, slots: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Returns scores (B, 4 E), entry by entry, and the summary of the memory (B, 3 H).

        Args:
            slots: (B, E, F), the candidate last.
            context: (B, C).
        """
        held = slots[:, :, self.held]
        scores, pooled = trunk(
            slots,
            context,
            held,
            self.entry.weight,
            self.entry.bias,
            self.context.weight,
            self.mix.weight,
            self.mix.bias,
            self.pool.weight,
            self.score.weight,
            self.score.bias,
        )
        share = held / held.sum(dim=1, keepdim=True).clamp(min=1.0)
        mean = torch.bmm(share[:, None], slots)[:, 0]
        situation = torch.relu(self.sense(torch.cat((context, mean, slots[:, -1]), dim=1)))
        rule = self.steer(situation).view(len(slots), slots.shape[2], -1) + self.base.weight.t()
        return scores + GAIN * torch.bmm(slots, rule).flatten(1), pooled

    def estimate(self, pooled: Tensor) -> Tensor:
        """Returns (B,) the return that is to be expected, from the summary of the memory."""
        value: Tensor = self.value(pooled)
        return value.squeeze(-1)

    def make_linear(self) -> None:
        """Leaves only `base` and the bias of the scores to be learned, and all else without effect.

        The scores are then GAIN base s_j + bias, a `LinearHead`.
        """
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(name in ("base.weight", "score.bias"))
        for weight in (self.score.weight, self.steer.weight):
            nn.init.zeros_(weight)

    def policy_parameters(self) -> dict[str, Tensor]:
        """Returns the weights that choose actions, by name."""
        return {
            name: tensor
            for name, tensor in self.state_dict().items()
            if not name.startswith("value.")
        }

    def weights(self) -> ScorerWeights:
        """Returns a copy of all weights, the estimate of the return with them."""
        arrays = {k: v.detach().cpu().numpy().copy() for k, v in self.state_dict().items()}
        return ScorerWeights(
            arrays=arrays,
            slot_features=self.slot_features,
            context_features=self.context_features,
        )

    @classmethod
    def of(cls, weights: ScorerWeights) -> Self:
        """Returns the scorer with these weights; draws nothing from torch's own chance."""
        hidden = len(weights.arrays["entry.bias"])
        with torch.random.fork_rng(devices=[]):
            scorer = cls(weights.slot_features, weights.context_features, hidden)
        # Arrays that came from another process may be read-only, which torch knows nothing of.
        state = {name: torch.from_numpy(value.copy()) for name, value in weights.arrays.items()}
        scorer.load_state_dict(state)
        return scorer

    def exported(self, about: Mapping[str, Any] | None = None) -> ScorerNetwork:
        """Returns the same scorer for NumPy, without the estimate of the return."""
        parameters = {
            name: tensor.detach().cpu().numpy() for name, tensor in self.policy_parameters().items()
        }
        return ScorerNetwork(
            parameters,
            slot_features=self.slot_features,
            context_features=self.context_features,
            about=about,
        )

    def take_over(self, network: ScorerNetwork) -> None:
        """Starts from the weights of a trained scorer; the estimate of the return stays new."""
        weights = {name: torch.from_numpy(value) for name, value in network.parameters.items()}
        self.load_state_dict({**self.state_dict(), **weights})
