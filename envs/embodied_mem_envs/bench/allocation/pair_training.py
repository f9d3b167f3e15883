"""Trains one policy for both tasks of the pair, by Stable-Baselines3's PPO.

Imports torch and Stable-Baselines3, so import it only where something is trained.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, final

from embodied_mem.errors import MissingExtraError
from embodied_mem_envs.bench.allocation.pair_env import (
    ENTRY_INPUTS,
    SHARED_INPUTS,
    STEPS,
    SUITS,
    pair_with_agent,
)
from embodied_mem_envs.bench.allocation.pair_policy import PairPolicy

try:
    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.policies import ActorCriticPolicy
    from stable_baselines3.common.vec_env import DummyVecEnv
    from torch import Tensor, nn
    from torch.distributions import Categorical
except ImportError as error:
    raise MissingExtraError("training a policy of the pair", "train") from error

_ABSENT: Final = -1e9


@dataclass(frozen=True, kw_only=True, slots=True)
class PairTrainingConfig:
    """Settings of PPO; whole episodes of many environments make an update."""

    updates: int = 80
    """Updates in all."""
    environments: int = 256
    """Episodes an update."""
    minibatches: int = 12
    """Gradient steps an epoch."""
    epochs: int = 4
    """Passes over the data of an update."""
    learning_rate: float = 2e-3
    """Of Adam, at first; falls linearly to 5 %."""
    entropy: float = 0.03
    """Weight of the entropy, at first; falls linearly to 0. With less, the answers to one task are
    settled before the other is understood."""
    discount: float = 0.95
    """Gamma."""
    smoothing: float = 0.95
    """Lambda of generalised advantage estimation."""
    hidden: int = 32
    """Hidden units."""

    @property
    def steps(self) -> int:
        """Steps of the environment in all."""
        return self.updates * self.environments * STEPS


@final
class PairNetwork(nn.Module):
    """The network of `PairPolicy`, with a head that estimates the return."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.entry = nn.Linear(ENTRY_INPUTS, hidden)
        self.shared = nn.Linear(SHARED_INPUTS, hidden, bias=False)
        self.mix = nn.Linear(hidden, hidden)
        self.pool = nn.Linear(2 * hidden, hidden, bias=False)
        self.score = nn.Linear(hidden, 2)
        self.sharpness = nn.Parameter(torch.tensor([3.0]))
        self.value = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        with torch.no_grad():
            self.score.weight.mul_(0.1)  # so that it begins by trying everything

    def forward(self, entries: Tensor, shared: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns (B, SUITS) and (B, SLOTS) logits and (B, 1) estimates of the return."""
        held = entries[:, :, -1:]
        hidden = torch.relu(self.entry(entries) + self.shared(shared)[:, None]) * held
        pooled = torch.cat([hidden.sum(1) / held.sum(1), hidden.amax(1)], 1)
        scores = self.score(torch.relu(self.mix(hidden) + self.pool(pooled)[:, None]))
        reads = scores[:, :, 0].masked_fill(held[:, :, 0] == 0, _ABSENT).softmax(1)
        answers = self.sharpness * (reads[:, :, None] * entries[:, :, :SUITS]).sum(1)
        return answers, scores[:, :, 1], self.value(pooled)

    def parameters_of_policy(self) -> dict[str, Any]:
        """Returns the weights that `PairPolicy` needs."""
        state = self.state_dict()
        return {name: state[name].numpy() for name in state if not name.startswith("value.")}


@final
class PairActorCritic(ActorCriticPolicy):
    """`PairNetwork` as a policy of Stable-Baselines3: two independent choices."""

    def __init__(self, *args: Any, hidden: int, **rest: Any) -> None:
        self._hidden = hidden
        super().__init__(*args, **rest)

    def _build(self, lr_schedule: Callable[[float], float]) -> None:
        self.network = PairNetwork(self._hidden)
        self.optimizer = self.optimizer_class(
            self.network.parameters(),
            lr=lr_schedule(1),  # type: ignore[call-arg]
            **self.optimizer_kwargs,
        )

    def _choices(self, obs: Any) -> tuple[tuple[Categorical, Categorical], Tensor]:
        answers, goes, value = self.network(obs["entries"], obs["shared"])
        return (Categorical(logits=answers), Categorical(logits=goes)), value

    def forward(self, obs: Any, deterministic: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """Returns actions, estimates of the return and logarithms of the probabilities."""
        choices, value = self._choices(obs)
        likeliest = [choice.probs.argmax(1) for choice in choices]
        actions = torch.stack(likeliest if deterministic else _draw(choices), 1)
        return actions, value, _log_probability(choices, actions)

    def evaluate_actions(self, obs: Any, actions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns estimates of the return, logarithms of the probabilities, and entropies."""
        choices, value = self._choices(obs)
        return value, _log_probability(choices, actions), _entropy(choices)

    def predict_values(self, obs: Any) -> Tensor:
        """Returns estimates of the return."""
        return self._choices(obs)[1]


# torch's distributions are not typed.
def _draw(choices: tuple[Any, ...]) -> list[Tensor]:
    return [choice.sample() for choice in choices]


def _entropy(choices: tuple[Any, ...]) -> Tensor:
    total: Tensor = sum(choice.entropy() for choice in choices)
    return total


def _log_probability(choices: tuple[Any, ...], actions: Tensor) -> Tensor:
    parts = zip(choices, actions.long().unbind(1), strict=True)
    total: Tensor = sum(choice.log_prob(action) for choice, action in parts)
    return total


@final
class _FallingEntropy(BaseCallback):
    """Lowers the weight of the entropy to 0 over the training."""

    model: PPO

    def __init__(self, entropy: float) -> None:
        super().__init__()
        self._entropy = entropy

    def _on_rollout_end(self) -> None:
        self.model.ent_coef = self._entropy * self.model._current_progress_remaining

    def _on_step(self) -> bool:
        return True


def train_pair(seed: int, config: PairTrainingConfig) -> PairPolicy:
    """Trains one policy; the same seed gives the same weights on the same machine."""
    torch.set_num_threads(1)
    rate = config.learning_rate
    model = PPO(
        PairActorCritic,
        DummyVecEnv([pair_with_agent] * config.environments),
        n_steps=STEPS,
        batch_size=STEPS * config.environments // config.minibatches,
        n_epochs=config.epochs,
        learning_rate=lambda left: rate * (0.05 + 0.95 * left),
        ent_coef=config.entropy,
        gamma=config.discount,
        gae_lambda=config.smoothing,
        policy_kwargs={"hidden": config.hidden},
        device="cpu",
        seed=seed,
    )
    model.learn(config.steps, callback=_FallingEntropy(config.entropy))
    network = model.policy.network
    assert isinstance(network, PairNetwork)
    about = {"algorithm": "ppo", "seed": seed, "config": asdict(config), "steps": config.steps}
    return PairPolicy(network.parameters_of_policy(), about)
