"""What an allocator is trained and evaluated on, and its trainer, by name."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, TypeVar

import numpy as np

from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.rules import RULES
from embodied_mem.allocation.training.ama import Ama, AmaConfig
from embodied_mem.allocation.training.dcpo import Dcpo, DcpoConfig
from embodied_mem.allocation.training.dqn import Dqn, DqnConfig
from embodied_mem.allocation.training.episodes import Core, EpisodeSet
from embodied_mem.allocation.training.group_trainer import GroupConfig, GroupTrainer
from embodied_mem.allocation.training.grpo import Grpo, GrpoConfig
from embodied_mem.allocation.training.imitation import Imitation, ImitationConfig
from embodied_mem.allocation.training.labels import Lifetimes, LifetimeTeacher
from embodied_mem.allocation.training.ppo import Ppo, PpoConfig
from embodied_mem.allocation.training.recurrent_ppo import RecurrentPpo, RecurrentPpoConfig
from embodied_mem.allocation.training.rollouts import Rollouts, SerialRollouts
from embodied_mem.allocation.training.staged import WarmStarted
from embodied_mem.allocation.training.trainer import Trainer
from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.types import BoolArray, Float32Array, Int64Array
from embodied_mem_envs.allocation.bounds.clairvoyant import clairvoyant
from embodied_mem_envs.allocation.bounds.oracle import labels_of
from embodied_mem_envs.allocation.core import AllocationCore
from embodied_mem_envs.allocation.episode import Episode
from embodied_mem_envs.allocation.episode_sets import as_set, draw_episodes, draw_set
from embodied_mem_envs.allocation.generate import (
    VERSION,
    EpisodeConfig,
    generator_hash,
)
from embodied_mem_envs.allocation.streams import Streams
from embodied_mem_envs.allocation.teacher import action_values

ALGORITHMS: Final = (
    "ppo",
    "recurrent_ppo",
    "grpo",
    "dcpo",
    "dqn",
    "ama",
    "stacking",
    "push_skip",
    "imitation",
)
SHARDED: Final = ("grpo", "dcpo", "ama", "imitation")
"""Algorithms whose rollouts are whole queues of episodes, which can be played in shards."""
AMA_RULES: Final = ("fifo_coarse", "lifo_coarse", "lvfo_coarse", "mvfo_coarse")
"""What AMA chooses among: the published four, lowering before they drop, as suits a byte budget."""
_AFTER_WARM_PPO: Final = PpoConfig(
    updates=8,
    learning_rate=3e-4,
    last_learning_rate=5e-5,
    discount=0.95,
    trace=0.8,
    reward_scale=0.5,
    entropy=0.001,
    shaped=True,
)
_AFTER_WARM_GRPO: Final = GrpoConfig(updates=6, learning_rate=5e-4)
ALLOCATOR_DCPO: Final = DcpoConfig(segments=128, batch=1024)
"""An allocator's segments have one or two decisions each, so that many are drawn."""
_AFTER_WARM_DCPO: Final = replace(ALLOCATOR_DCPO, updates=6, learning_rate=5e-4)
"""Small steps: what the teacher taught is not to be lost while the return is learned."""

_VALIDATION, _HELD_OUT = 1_000_003, 1_000_033
"""Added to seeds, so that no two sets share an episode; those of evaluation are always the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PracticeConfig:
    """What is trained, and on what."""

    algorithm: str
    seed: int = 0
    """Of the episodes to train on and of everything that is drawn in training."""
    episode: EpisodeConfig = field(default_factory=EpisodeConfig)
    pool: int = 3072
    """Episodes to train on, drawn once."""
    labelled: int = 384
    """Episodes that an imitator trains on, if the pool has so many; each is solved first."""
    evaluated: int = 512
    """Episodes of each evaluation: some from the streams trained on, as many held out."""
    beta: float = 0.05
    """Weight of the compression term in the reward."""
    slots_told: bool = True
    """Tell which share of the slots is in use; not for a store, where only bytes are short."""
    warm: int = 30
    """Updates that PPO, GRPO and DCPO imitate the teacher for before they learn from the reward."""
    updates: int | None = None
    """Updates of the whole training, warm start left out; the algorithm's own number where None."""
    shards: int = 1
    """Parts that the episodes of an update are played in, for `SHARDED`; decides what is drawn."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If something is out of its range or no algorithm.
        """
        if self.algorithm not in ALGORITHMS:
            raise unknown_name("algorithm", self.algorithm, ALGORITHMS)
        sizes = {
            "pool": self.pool,
            "labelled": self.labelled,
            "evaluated": self.evaluated,
            "updates": 1 if self.updates is None else self.updates,
            "shards": self.shards,
        }
        for name, size in sizes.items():
            if size < 1:
                raise ConfigError(f"{name} is {size}; expected at least 1")
        if self.shards > 1 and self.algorithm not in SHARDED:
            raise ConfigError(
                f"{self.algorithm} plays no queues of episodes that can be cut into {self.shards} "
                f"shards; of the algorithms {', '.join(SHARDED)} do"
            )
        if self.warm < 0 or self.beta < 0:
            raise ConfigError(f"warm is {self.warm} and beta {self.beta}; expected at least 0")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Practice:
    """All that a session of training needs."""

    trainer: Trainer
    validation: EpisodeSet
    """From the streams that are trained on; the best policy is chosen by it."""
    held_out: EpisodeSet
    """From other streams; nothing is chosen by it."""
    about: Mapping[str, Any]


def prepare(config: PracticeConfig, streams: Streams, rollouts: Rollouts | None = None) -> Practice:
    """Draws the episodes and makes the trainer.

    Args:
        config: What is trained.
        streams: Recordings to draw episodes from.
        rollouts: Where shards are played, if there are several.

    Raises:
        ConfigError: If no stream is long enough for the episodes.
    """
    task_label = config.algorithm == "ama"
    labelled = min(config.labelled, config.pool)
    count = labelled if config.algorithm == "imitation" else config.pool
    training = replace(config.episode, held_out=False)
    drawn = draw_episodes(streams, training, count, config.seed)
    episodes = as_set(
        drawn,
        expected=True,
        task_label=task_label,
        beta=config.beta,
        slots_told=config.slots_told,
        seed=config.seed,
        hash=generator_hash(streams, training),
    )
    make = _TRAINERS[config.algorithm]
    trainer, settings = make(config, episodes, drawn, rollouts or SerialRollouts())
    held_out = replace(config.episode, held_out=True)
    about = {
        "algorithm": config.algorithm,
        "seed": config.seed,
        "settings": settings,
        "practice": asdict(config),
        "episodes": dict(episodes.about),
        "generator": {"version": VERSION, "held_out_hash": generator_hash(streams, held_out)},
    }
    size = config.evaluated
    told = {"task_label": task_label, "slots_told": config.slots_told}
    return Practice(
        trainer=trainer,
        validation=draw_set(streams, training, size, _VALIDATION, **told),
        held_out=draw_set(streams, held_out, size, _HELD_OUT, **told),
        about=about,
    )


# -- trainers by name -----------------------------------------------------------------------------

_Made = tuple[Trainer, dict[str, Any]]


def guide(core: Core, episodes: Int64Array, slots: Float32Array, mask: BoolArray) -> Float32Array:
    """Judges the actions as `teacher.action_values` does."""
    assert isinstance(core, AllocationCore)
    return action_values(core)


def _warm(
    config: PracticeConfig,
    episodes: EpisodeSet,
    settings: GroupConfig | PpoConfig,
    make: Callable[[ScorerNetwork | None], GroupTrainer[Any] | Ppo],
    rollouts: Rollouts,
) -> _Made:
    if not config.warm:
        return make(None), asdict(settings)
    warm = ImitationConfig(
        updates=config.warm,
        guided_until=0.3,
        batch=1024,
        hidden=settings.hidden,
        shards=config.shards,
    )
    first = Imitation(warm, episodes, config.seed, guide, rollouts)
    told = {**asdict(settings), "warm": asdict(warm)}
    return WarmStarted(first, make, settings.updates), told


def _ppo(
    config: PracticeConfig, episodes: EpisodeSet, drawn: list[Episode], rollouts: Rollouts
) -> _Made:
    settings = _with_updates(_AFTER_WARM_PPO if config.warm else PpoConfig(), config)
    return _warm(
        config,
        episodes,
        settings,
        lambda start: Ppo(settings, episodes, config.seed, start=start),
        rollouts,
    )


def _grpo(
    config: PracticeConfig, episodes: EpisodeSet, drawn: list[Episode], rollouts: Rollouts
) -> _Made:
    settings = _with_updates(_AFTER_WARM_GRPO if config.warm else GrpoConfig(), config)
    settings = replace(settings, shards=config.shards)
    return _warm(
        config,
        episodes,
        settings,
        lambda start: Grpo(settings, episodes, config.seed, start, rollouts),
        rollouts,
    )


def _dcpo(
    config: PracticeConfig, episodes: EpisodeSet, drawn: list[Episode], rollouts: Rollouts
) -> _Made:
    settings = _with_updates(_AFTER_WARM_DCPO if config.warm else ALLOCATOR_DCPO, config)
    settings = replace(settings, shards=config.shards)
    return _warm(
        config,
        episodes,
        settings,
        lambda start: Dcpo(settings, episodes, config.seed, start, rollouts),
        rollouts,
    )


def _restricted(
    config: PracticeConfig, episodes: EpisodeSet, drawn: list[Episode], rollouts: Rollouts
) -> _Made:
    settings = _with_updates(PpoConfig(), config)
    return Ppo(settings, episodes, config.seed, config.algorithm), asdict(settings)


def _recurrent(
    config: PracticeConfig, episodes: EpisodeSet, drawn: list[Episode], rollouts: Rollouts
) -> _Made:
    settings = RecurrentPpoConfig(ppo=_with_updates(PpoConfig(), config))
    return RecurrentPpo(settings, episodes, config.seed), asdict(settings)


def _dqn(
    config: PracticeConfig, episodes: EpisodeSet, drawn: list[Episode], rollouts: Rollouts
) -> _Made:
    settings = _with_updates(DqnConfig(), config)
    return Dqn(settings, episodes, config.seed), asdict(settings)


def _ama(
    config: PracticeConfig, episodes: EpisodeSet, drawn: list[Episode], rollouts: Rollouts
) -> _Made:
    settings = replace(_with_updates(AmaConfig(), config), shards=config.shards)
    rules = {name: RULES[name]() for name in AMA_RULES}
    trainer = Ama(settings, episodes, config.seed, rules, rollouts)
    return trainer, {**asdict(settings), "rules": AMA_RULES}


def _imitation(
    config: PracticeConfig, episodes: EpisodeSet, drawn: list[Episode], rollouts: Rollouts
) -> _Made:
    settings = replace(_with_updates(ImitationConfig(), config), shards=config.shards)
    labels = [labels_of(clairvoyant(episode)) for episode in drawn]
    lifetimes = Lifetimes(
        until=np.stack([each.until for each in labels]),
        fine_until=np.stack([each.fine_until for each in labels]),
    )
    teacher = LifetimeTeacher(lifetimes)
    return Imitation(settings, episodes, config.seed, teacher, rollouts), asdict(settings)


_Settings = TypeVar(
    "_Settings", PpoConfig, GrpoConfig, DcpoConfig, DqnConfig, AmaConfig, ImitationConfig
)


def _with_updates(settings: _Settings, config: PracticeConfig) -> _Settings:
    return settings if config.updates is None else replace(settings, updates=config.updates)


_TRAINERS: Final[
    Mapping[str, Callable[[PracticeConfig, EpisodeSet, list[Episode], Rollouts], _Made]]
] = {
    "ppo": _ppo,
    "recurrent_ppo": _recurrent,
    "grpo": _grpo,
    "dcpo": _dcpo,
    "dqn": _dqn,
    "ama": _ama,
    "stacking": _restricted,
    "push_skip": _restricted,
    "imitation": _imitation,
}
