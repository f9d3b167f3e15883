"""The recurrent scorer as a policy of sb3-contrib's RecurrentPPO."""

from collections.abc import Callable
from typing import Any, final

import torch
from gymnasium import spaces
from sb3_contrib.common.maskable.distributions import MaskableCategoricalDistribution
from sb3_contrib.common.recurrent.policies import RecurrentActorCriticPolicy
from sb3_contrib.common.recurrent.type_aliases import RNNStates
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor

from embodied_mem.allocation.recurrent import RecurrentScorer
from embodied_mem.allocation.training import distribution
from embodied_mem.allocation.training.networks import Scorer

States = tuple[Tensor, ...]


@final
class ContextAndCandidate(BaseFeaturesExtractor):
    """What the LSTM reads of an observation."""

    def __init__(self, observation_space: spaces.Dict) -> None:
        context, slots = observation_space["context"].shape, observation_space["slots"].shape
        assert context is not None
        assert slots is not None
        super().__init__(observation_space, context[0] + slots[1])

    def forward(self, observations: Any) -> Tensor:
        """Returns (B, C + F)."""
        return torch.cat((observations["context"], observations["slots"][:, -1]), dim=1)


@final
class RecurrentScorerPolicy(RecurrentActorCriticPolicy):
    """Chooses by a `Scorer` that is also told what an LSTM remembers; only valid actions.

    Args:
        observation_space: `slots`, `context` and `mask`.
        action_space: Four operations of each entry.
        lr_schedule: As Stable-Baselines3 has it.
        make_scorer: Makes the network.
        units: Units of the LSTM.
        **rest: As Stable-Baselines3 has it.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Callable[[float], float],
        *,
        make_scorer: Callable[[], Scorer],
        units: int,
        **rest: Any,
    ) -> None:
        self._make_scorer = make_scorer
        super().__init__(
            observation_space,
            action_space,
            lr_schedule,
            features_extractor_class=ContextAndCandidate,
            lstm_hidden_size=units,
            shared_lstm=True,
            enable_critic_lstm=False,
            **rest,
        )

    def _build(self, lr_schedule: Callable[[float], float]) -> None:
        # The base class makes the LSTM after this, and an optimiser of all weights.
        self.scorer: Scorer = self._make_scorer()

    def _decide(self, obs: Any, states: States, starts: Tensor) -> tuple[Tensor, Tensor, States]:
        """Returns logarithms of the probabilities, estimates of the return, and new states."""
        features = self.features_extractor(obs)
        memory, after = self._process_sequence(
            features, (states[0], states[1]), starts, self.lstm_actor
        )
        scores, pooled = self.scorer(obs["slots"], torch.cat((obs["context"], memory), dim=1))
        log_p = distribution.log_probabilities(scores, obs["mask"] > 0.5)
        return log_p, self.scorer.estimate(pooled)[:, None], tuple(after)

    # sb3-contrib's base class has these signatures, and its own base class others.
    def forward(  # type: ignore[override]
        self, obs: Any, lstm_states: RNNStates, episode_starts: Tensor, deterministic: bool = False
    ) -> tuple[Tensor, Tensor, Tensor, RNNStates]:
        """Returns actions, estimates, logarithms of the probabilities, and new states."""
        log_p, values, states = self._decide(obs, lstm_states.pi, episode_starts)
        actions = log_p.argmax(dim=1) if deterministic else distribution.draw(log_p)
        return actions, values, distribution.chosen(log_p, actions), RNNStates(states, states)

    def evaluate_actions(  # type: ignore[override]
        self, obs: Any, actions: Tensor, lstm_states: RNNStates, episode_starts: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Returns estimates, logarithms of the probabilities, and entropies."""
        log_p, values, _ = self._decide(obs, lstm_states.pi, episode_starts)
        return values, distribution.chosen(log_p, actions), distribution.entropy(log_p)

    def predict_values(  # type: ignore[override]
        self, obs: Any, lstm_states: States, episode_starts: Tensor
    ) -> Tensor:
        """Returns estimates of the return."""
        return self._decide(obs, lstm_states, episode_starts)[1]

    def get_distribution(  # type: ignore[override]
        self, obs: Any, lstm_states: States, episode_starts: Tensor
    ) -> tuple[MaskableCategoricalDistribution, States]:
        """Returns the distribution over actions, for `predict`, and new states."""
        log_p, _, states = self._decide(obs, lstm_states, episode_starts)
        head = MaskableCategoricalDistribution(log_p.shape[1]).proba_distribution(log_p)
        return head, states

    def exported(self) -> RecurrentScorer:
        """Returns the same policy for NumPy, without the estimate of the return."""
        weights = self.lstm_actor.state_dict()
        lstm = {name.removesuffix("_l0"): tensor.numpy() for name, tensor in weights.items()}
        return RecurrentScorer(self.scorer.exported(), lstm)
