"""DQN through Stable-Baselines3 (Mnih et al., Nature 518, 2015), among valid actions only."""

from dataclasses import dataclass
from typing import final

from stable_baselines3.common.buffers import DictReplayBuffer
from stable_baselines3.common.logger import Logger

from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.training.dqn_policy import ScorerDqnPolicy, ScorerQ, ValidDqn
from embodied_mem.allocation.training.episodes import EpisodeSet
from embodied_mem.allocation.training.networks import Scorer
from embodied_mem.allocation.training.sb3 import get_algorithm, put_algorithm
from embodied_mem.allocation.training.schedule import Ramp
from embodied_mem.allocation.training.snapshot import Snapshot
from embodied_mem.allocation.training.vec_env import CoreVecEnv
from embodied_mem.types import AnyArray


@dataclass(frozen=True, kw_only=True, slots=True)
class DqnConfig:
    """Settings of DQN."""

    updates: int = 120
    """Updates of the whole training; learning rate and exploration fall over them."""
    rows: int = 128
    """Episodes played at a time."""
    steps: int = 64
    """Operations of each row in an update."""
    gradient_steps: int = 64
    """Gradient steps of an update."""
    batch: int = 1024
    """Decisions of a gradient step."""
    buffer: int = 65536
    """Decisions that are remembered."""
    learning_rate: float = 1e-3
    last_learning_rate: float = 1e-4
    discount: float = 0.97
    target_every: int = 64
    """Operations of each row between two changes of the target network."""
    exploration: float = 1.0
    last_exploration: float = 0.02
    explore_until: float = 0.4
    """Share of the training after which exploration falls no more."""
    reward_scale: float = 0.1
    """Rewards are multiplied by this, so that returns are of the order of 1."""
    gradient_norm: float = 1.0
    """Longest gradient."""
    hidden: int = 64
    """Hidden units of the network."""


@final
class Dqn:
    """Trains a `Scorer` as a Q-network.

    Args:
        config: Settings.
        episodes: To play.
        seed: Of everything that is drawn.
    """

    def __init__(self, config: DqnConfig, episodes: EpisodeSet, seed: int) -> None:
        self.config = config
        self.done = 0
        self.environment = CoreVecEnv(
            episodes, config.rows, seed, reward_scale=config.reward_scale, show_mask=True
        )
        rate = Ramp(start=config.learning_rate, end=config.last_learning_rate)
        explore = Ramp(
            start=config.exploration, end=config.last_exploration, until=config.explore_until
        )
        self.model = ValidDqn(
            ScorerDqnPolicy,
            self.environment,
            # By our own count of updates: Stable-Baselines3 knows of one `learn` call at a time.
            learning_rate=lambda _: rate(self.done / config.updates),
            buffer_size=config.buffer,
            learning_starts=0,
            batch_size=config.batch,
            gamma=config.discount,
            train_freq=(config.steps, "step"),
            gradient_steps=config.gradient_steps,
            target_update_interval=config.target_every * config.rows,
            max_grad_norm=config.gradient_norm,
            policy_kwargs={
                "make_scorer": lambda: Scorer(
                    episodes.slot_features, episodes.context_features, config.hidden
                )
            },
            seed=seed,
            device="cpu",
        )
        self.model.exploration_schedule = lambda _: explore(self.done / config.updates)
        self.model.exploration_rate = config.exploration
        self.model.set_logger(Logger(folder=None, output_formats=[]))

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
            log_interval=1_000_000,  # never, for we log ourselves
            reset_num_timesteps=self.done == 0,
        )
        self.done += 1
        loss = float(self.model.logger.name_to_value["train/loss"])
        terms = self.environment.drain()
        return {**terms, "loss": loss, "exploration": self.model.exploration_rate}

    def trained(self) -> ScorerNetwork:
        """Returns the greedy policy as it is now."""
        network = self.model.q_net
        assert isinstance(network, ScorerQ)
        return network.scorer.exported()

    def snapshot(self) -> Snapshot:
        """Returns all that is needed to go on exactly; what is remembered makes it large."""
        snapshot = Snapshot(values={"done": self.done})
        put_algorithm(snapshot, self.model, self.environment)
        memory = self._memory()
        for name, array in _arrays(memory).items():
            snapshot.arrays[f"memory/{name}"] = array.copy()
        snapshot.values |= {
            "calls": self.model._n_calls,
            "exploration": self.model.exploration_rate,
            "position": memory.pos,
            "full": memory.full,
        }
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Goes on from what `snapshot` returned, of a trainer made alike."""
        values = snapshot.values
        self.done = values["done"]
        get_algorithm(snapshot, self.model, self.environment)
        memory = self._memory()
        for name, array in _arrays(memory).items():
            array[...] = snapshot.arrays[f"memory/{name}"]
        memory.pos, memory.full = values["position"], values["full"]
        self.model._n_calls = values["calls"]
        self.model.exploration_rate = values["exploration"]

    def _memory(self) -> DictReplayBuffer:
        memory = self.model.replay_buffer
        assert isinstance(memory, DictReplayBuffer)
        return memory


def _arrays(memory: DictReplayBuffer) -> dict[str, AnyArray]:
    """Returns the arrays of what is remembered, by name."""
    arrays = {f"now/{name}": array for name, array in memory.observations.items()}
    arrays |= {f"next/{name}": array for name, array in memory.next_observations.items()}
    names = ("actions", "rewards", "dones", "timeouts")
    return arrays | {name: getattr(memory, name) for name in names}
