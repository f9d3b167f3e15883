"""The policies that were trained and ship: on what, by what, and where they lie."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from embodied_mem.allocation.ama import AmaPolicy
from embodied_mem.allocation.linear import LinearHead
from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.policy import Policy
from embodied_mem.allocation.restrictions import RESTRICTIONS, RestrictedScorer
from embodied_mem.allocation.rules import RULES
from embodied_mem.allocation.weights import weight_files
from embodied_mem.assets import asset_path
from embodied_mem.errors import ConfigError
from embodied_mem_envs.allocation.bounds.tiny import TinyConfig, tiny_streams
from embodied_mem_envs.allocation.generate import EpisodeConfig
from embodied_mem_envs.allocation.practice import AMA_RULES
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
    slots_told: bool = True
    """Whether policies are told which share of the slots is in use."""

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
        # For a store: only bytes are short, 7 % of what all candidates take, so most are coarse.
        Family(
            name="store",
            algorithms=("ppo",),
            episode=EpisodeConfig(slots=14, fill=0.2),
            slots_told=False,
        ),
        Family(name="demand", algorithms=("ppo",), episode=EpisodeConfig(kinds=("demand",))),
        Family(
            name="kinds",
            algorithms=("ppo",),
            episode=EpisodeConfig(kinds=tuple(k for k in KINDS if k not in UNTRAINED_KINDS)),
        ),
        Family(name="tiny", algorithms=("ppo",), episode=TINY.episodes(), streams=_tiny),
    )
}


_judged: ContextVar[Path | None] = ContextVar("judged", default=None)


@contextmanager
def judged(root: Path | None) -> Iterator[None]:
    """Has policies read from a folder, or, where None, from where they ship."""
    token = _judged.set(root)
    try:
        yield
    finally:
        _judged.reset(token)


def policy_path(family: str, algorithm: str, seed: int, root: Path | None = None) -> Path:
    """Returns the stem of the two files of a policy in a folder, or where policies are judged."""
    root = root or _judged.get() or asset_path("allocators")
    return root / family / f"{algorithm}_{seed}"


def seeds_of(family: str, algorithm: str) -> list[int]:
    """Returns the training seeds of which a policy lies where policies are judged.

    Raises:
        ConfigError: If there are fewer than three, of which no interval could be given.
    """
    found = [n for n in SEEDS if weight_files(policy_path(family, algorithm, n))[1].exists()]
    if len(found) < 3:
        raise ConfigError(
            f"{len(found)} trained policies of {family} by {algorithm} are there; expected at "
            "least 3. Train them: python -m embodied_mem_envs.bench.allocation.shipping"
        )
    return found


def load_trained(family: str, algorithm: str, seed: int) -> Policy:
    """Reads a trained policy.

    Raises:
        ConfigError: If it does not ship, or its files are damaged.
    """
    path = policy_path(family, algorithm, seed)
    if algorithm == "ama":
        return AmaPolicy.load(path, {name: RULES[name]() for name in AMA_RULES})
    if algorithm in RESTRICTIONS:
        return RestrictedScorer.load(path)
    return ScorerNetwork.load(path)


def load_about(family: str, algorithm: str, seed: int) -> dict[str, Any]:
    """Returns how a policy that ships was trained: settings, seed, generator and seconds."""
    _, header = weight_files(policy_path(family, algorithm, seed))
    about: dict[str, Any] = json.loads(header.read_text())["about"]
    return about


def load_linear(name: str) -> LinearHead:
    """Reads a tuned linear head: `slots_5`, `slots_10`, `slots_20`, or the name of a family."""
    return LinearHead.load((_judged.get() or asset_path("allocators")) / "linear" / name)
