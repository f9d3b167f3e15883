"""PPO with invalid actions masked, through Stable-Baselines3 and sb3-contrib.

Proximal policy optimisation (Schulman et al., arXiv 1707.06347) with the mask of sb3-contrib's
`MaskablePPO` (Huang and Ontanon, arXiv 2006.14171).
"""

from dataclasses import dataclass
from typing import Any, Final, final

from sb3_contrib import MaskablePPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import Logger

from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.restrictions import RESTRICTIONS, RestrictedScorer
from embodied_mem.allocation.training.episodes import EpisodeSet
from embodied_mem.allocation.training.networks import Scorer
from embodied_mem.allocation.training.ppo_policy import ScorerPolicy
from embodied_mem.allocation.training.sb3 import get_algorithm, put_algorithm
from embodied_mem.allocation.training.schedule import Ramp
from embodied_mem.allocation.training.snapshot import Snapshot
from embodied_mem.allocation.training.vec_env import CoreVecEnv

_LOGGED: Final = {
    "entropy_loss": "entropy",
    "approx_kl": "divergence",
    "clip_fraction": "clipped",
    "explained_variance": "explained",
    "value_loss": "value_loss",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class PpoConfig:
    """Settings of PPO."""

    updates: int = 20
    """Updates of the whole training; the learning rate falls over them."""
    rows: int = 512
    """Episodes played at a time."""
    steps: int = 64
    """Operations of each row in an update."""
    epochs: int = 3
    """Passes over the decisions of an update."""
    batch: int = 4096
    """Decisions of a gradient step."""
    learning_rate: float = 2e-3
    last_learning_rate: float = 1e-4
    discount: float = 0.99
    trace: float = 0.9
    """Lambda of the generalised advantage estimate."""
    clip: float = 0.2
    """Ratio of probabilities beyond which a decision no longer pulls."""
    entropy: float = 0.003
    """Weight of the entropy, against settling too early."""
    value: float = 0.5
    """Weight of the error of the estimate of the return."""
    reward_scale: float = 0.1
    """Rewards are multiplied by this, so that returns are of the order of 1."""
    shaped: bool = False
    """Let each reward tell at once what the operation was good for; see `CoreVecEnv`."""
    gradient_norm: float = 0.5
    """Longest gradient."""
    hidden: int = 64
    """Hidden units of the network."""
    masked: bool = True
    """Let only valid actions be drawn; else the validity term has to teach it."""


def surrogate_arguments(config: PpoConfig) -> dict[str, Any]:
    """Returns what every kind of PPO in Stable-Baselines3 and sb3-contrib is told alike."""
    return {
        "n_steps": config.steps,
        "batch_size": config.batch,
        "n_epochs": config.epochs,
        "gamma": config.discount,
        "gae_lambda": config.trace,
        "clip_range": config.clip,
        "ent_coef": config.entropy,
        "vf_coef": config.value,
        "max_grad_norm": config.gradient_norm,
    }


@final
class Ppo:
    """Trains a `Scorer` on the reward of every step.

    Args:
        config: Settings.
        episodes: To play.
        seed: Of everything that is drawn.
        restriction: Name of one of `RESTRICTIONS`, for baselines that may do less.
        start: A trained network to go on from; its estimate of the return starts anew.
    """

    def __init__(
        self,
        config: PpoConfig,
        episodes: EpisodeSet,
        seed: int,
        restriction: str | None = None,
        start: ScorerNetwork | None = None,
    ) -> None:
        self.config = config
        self.done = 0
        self._restriction = restriction
        self.environment = CoreVecEnv(
            episodes,
            config.rows,
            seed,
            reward_scale=config.reward_scale,
            shaped=config.shaped,
            restriction=None if restriction is None else RESTRICTIONS[restriction],
        )
        rate = Ramp(start=config.learning_rate, end=config.last_learning_rate)
        self.model = MaskablePPO(
            ScorerPolicy,
            self.environment,
            # By our own count of updates: Stable-Baselines3 knows of one `learn` call at a time.
            learning_rate=lambda _: rate(self.done / config.updates),
            **surrogate_arguments(config),
            policy_kwargs={
                "make_scorer": lambda: Scorer(
                    episodes.slot_features, episodes.context_features, config.hidden
                )
            },
            seed=seed,
            device="cpu",
        )
        self.model.set_logger(Logger(folder=None, output_formats=[]))
        if start is not None:
            self._policy.scorer.take_over(start)

    @property
    def updates(self) -> int:
        """Updates of the whole training."""
        return self.config.updates

    @property
    def ready(self) -> bool:
        """Whether its policy may be kept."""
        return self.done > 0

    def update(self) -> dict[str, float]:
        """Plays and learns once; returns what is worth logging."""
        self.model.learn(
            self.config.rows * self.config.steps,
            log_interval=2,  # of one iteration: never, for we log ourselves
            reset_num_timesteps=self.done == 0,
            use_masking=self.config.masked,
        )
        self.done += 1
        return {**self.environment.drain(), **logged_by(self.model)}

    def trained(self) -> ScorerNetwork | RestrictedScorer:
        """Returns the greedy policy as it is now."""
        network = self._policy.scorer.exported()
        if self._restriction is None:
            return network
        return RestrictedScorer(network, self._restriction)

    @property
    def _policy(self) -> ScorerPolicy:
        policy = self.model.policy
        assert isinstance(policy, ScorerPolicy)
        return policy

    def snapshot(self) -> Snapshot:
        """Returns all that is needed to go on exactly."""
        snapshot = Snapshot(values={"done": self.done})
        put_algorithm(snapshot, self.model, self.environment)
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Goes on from what `snapshot` returned, of a trainer made alike."""
        self.done = snapshot.values["done"]
        get_algorithm(snapshot, self.model, self.environment)


def logged_by(model: BaseAlgorithm) -> dict[str, float]:
    """Returns what one of Stable-Baselines3's PPOs logged of its last gradient steps."""
    logged = model.logger.name_to_value
    return {name: float(logged[f"train/{theirs}"]) for theirs, name in _LOGGED.items()}
