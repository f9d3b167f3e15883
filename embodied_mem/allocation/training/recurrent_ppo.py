"""PPO of a scorer with an LSTM, through sb3-contrib's RecurrentPPO; only valid actions."""

from dataclasses import dataclass, field
from typing import Final, final

import numpy as np
import torch
from sb3_contrib import RecurrentPPO
from sb3_contrib.common.recurrent.type_aliases import RNNStates
from stable_baselines3.common.logger import Logger

from embodied_mem.allocation.recurrent import RecurrentScorer, memory_names
from embodied_mem.allocation.training.episodes import EpisodeSet
from embodied_mem.allocation.training.networks import Scorer
from embodied_mem.allocation.training.ppo import PpoConfig, logged_by, surrogate_arguments
from embodied_mem.allocation.training.recurrent_policy import RecurrentScorerPolicy
from embodied_mem.allocation.training.sb3 import get_algorithm, put_algorithm
from embodied_mem.allocation.training.schedule import Ramp
from embodied_mem.allocation.training.snapshot import Snapshot
from embodied_mem.allocation.training.vec_env import CoreVecEnv


@dataclass(frozen=True, kw_only=True, slots=True)
class RecurrentPpoConfig:
    """Settings of PPO with an LSTM."""

    ppo: PpoConfig = field(default_factory=PpoConfig)
    """All that it shares with PPO; `masked` has to be true."""
    units: int = 32
    """Units of the LSTM."""


_STATES: Final = ("pi_hidden", "pi_cell", "vf_hidden", "vf_cell")


@final
class RecurrentPpo:
    """Trains a `Scorer` and an LSTM on the reward of every step.

    Args:
        config: Settings.
        episodes: To play.
        seed: Of everything that is drawn.
    """

    def __init__(self, config: RecurrentPpoConfig, episodes: EpisodeSet, seed: int) -> None:
        ppo = config.ppo
        self.config = config
        self.done = 0
        self.environment = CoreVecEnv(
            episodes,
            ppo.rows,
            seed,
            reward_scale=ppo.reward_scale,
            shaped=ppo.shaped,
            show_mask=True,
        )
        rate = Ramp(start=ppo.learning_rate, end=ppo.last_learning_rate)
        names = (*episodes.context_features, *memory_names(config.units))
        self.model = RecurrentPPO(
            RecurrentScorerPolicy,
            self.environment,
            # By our own count of updates: Stable-Baselines3 knows of one `learn` call at a time.
            learning_rate=lambda _: rate(self.done / ppo.updates),
            **surrogate_arguments(ppo),
            policy_kwargs={
                "make_scorer": lambda: Scorer(episodes.slot_features, names, ppo.hidden),
                "units": config.units,
            },
            seed=seed,
            device="cpu",
        )
        self.model.set_logger(Logger(folder=None, output_formats=[]))

    @property
    def updates(self) -> int:
        """Updates of the whole training."""
        return self.config.ppo.updates

    @property
    def ready(self) -> bool:
        """Whether its policy may be kept."""
        return self.done > 0

    def update(self) -> dict[str, float]:
        """Plays and learns once; returns what is worth logging."""
        self.model.learn(
            self.config.ppo.rows * self.config.ppo.steps,
            log_interval=2,  # of one iteration: never, for we log ourselves
            reset_num_timesteps=self.done == 0,
        )
        self.done += 1
        return {**self.environment.drain(), **logged_by(self.model)}

    def trained(self) -> RecurrentScorer:
        """Returns the greedy policy as it is now."""
        policy = self.model.policy
        assert isinstance(policy, RecurrentScorerPolicy)
        return policy.exported()

    def snapshot(self) -> Snapshot:
        """Returns all that is needed to go on exactly."""
        snapshot = Snapshot(values={"done": self.done})
        put_algorithm(snapshot, self.model, self.environment)
        states = self.model._last_lstm_states
        assert states is not None
        for name, state in zip(_STATES, (*states.pi, *states.vf), strict=True):
            snapshot.arrays[f"states/{name}"] = np.array(state.numpy())
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Goes on from what `snapshot` returned, of a trainer made alike."""
        self.done = snapshot.values["done"]
        get_algorithm(snapshot, self.model, self.environment)
        states = [torch.from_numpy(snapshot.arrays[f"states/{name}"]) for name in _STATES]
        restored = RNNStates((states[0], states[1]), (states[2], states[3]))
        self.model._last_lstm_states = restored  # type: ignore[assignment]
