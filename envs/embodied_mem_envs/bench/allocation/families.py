"""The policies that were trained and ship: on what, by what, and where they lie."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.allocation.ama import AmaPolicy
from embodied_mem.allocation.linear import LinearHead
from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.policy import Policy
from embodied_mem.allocation.restrictions import RESTRICTIONS, RestrictedScorer
from embodied_mem.allocation.rules import RULES
from embodied_mem.assets import asset_path
from embodied_mem_envs.allocation.bounds.tiny import TinyConfig, tiny_streams
from embodied_mem_envs.allocation.generate import EpisodeConfig
from embodied_mem_envs.allocation.questions import KINDS
from embodied_mem_envs.allocation.stream_file import load_streams
from embodied_mem_envs.allocation.streams import Streams

SEEDS: Final = range(5)
BUDGETS: Final[Mapping[int, int]] = {8: 5, 4: 10, 2: 20}
"""Slots for a budget of one eighth, one quarter and one half of the 40 candidates."""
UNTRAINED_KINDS: Final = ("oldest", "at_time", "pair")
"""Kinds of questions that the family `kinds` is never asked in training."""
TINY: Final = TinyConfig()


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """Policies trained on the same episodes."""

    name: str
    algorithms: tuple[str, ...]
    episode: EpisodeConfig = field(default_factory=EpisodeConfig)
    """What they are trained on; `held_out` is set for evaluation."""
    streams: Callable[[], Streams] = load_streams

    @property
    def held_out(self) -> EpisodeConfig:
        """Episodes of the same sort from streams that were not trained on."""
        return replace(self.episode, held_out=True)


def _tiny() -> Streams:
    return tiny_streams(np.random.default_rng(0), TINY)


FAMILIES: Final[Mapping[str, Family]] = {
    family.name: family
    for family in (
        Family(name="house", algorithms=("ppo", "grpo", "imitation", "stacking", "ama")),
        Family(name="demand", algorithms=("ppo",), episode=EpisodeConfig(kinds=("demand",))),
        Family(
            name="kinds",
            algorithms=("ppo",),
            episode=EpisodeConfig(kinds=tuple(k for k in KINDS if k not in UNTRAINED_KINDS)),
        ),
        Family(name="tiny", algorithms=("ppo",), episode=TINY.episodes(), streams=_tiny),
    )
}


def policy_path(family: str, algorithm: str, seed: int, root: Path | None = None) -> Path:
    """Returns the stem of the two files of a policy."""
    root = asset_path("allocators") if root is None else root
    return root / family / f"{algorithm}_{seed}"


def load_trained(family: str, algorithm: str, seed: int, root: Path | None = None) -> Policy:
    """Reads a trained policy.

    Raises:
        ConfigError: If it does not ship, or its files are damaged.
    """
    path = policy_path(family, algorithm, seed, root)
    if algorithm == "ama":
        return AmaPolicy.load(path, RULES)
    if algorithm in RESTRICTIONS:
        return RestrictedScorer.load(path)
    return ScorerNetwork.load(path)


def load_linear(name: str, root: Path | None = None) -> LinearHead:
    """Reads a tuned linear head: `slots_5`, `slots_10`, `slots_20`, or the name of a family."""
    root = asset_path("allocators") if root is None else root
    return LinearHead.load(root / "linear" / name)
