"""What an editor is trained and evaluated on, and its trainers, by name."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.training.dcpo import Dcpo, DcpoConfig
from embodied_mem.allocation.training.episodes import EpisodeSet
from embodied_mem.allocation.training.group_trainer import Config, GroupConfig, GroupTrainer
from embodied_mem.allocation.training.grpo import Grpo, GrpoConfig
from embodied_mem.allocation.training.imitation import Imitation, ImitationConfig
from embodied_mem.allocation.training.rollout import Decisions
from embodied_mem.allocation.training.staged import WarmStarted
from embodied_mem.memory.working.line_features import LINE_CONTEXT, LINE_FEATURES
from embodied_mem.types import BoolArray
from embodied_mem_envs.context_edit.bounds import teach
from embodied_mem_envs.context_edit.core import ContextEditCore
from embodied_mem_envs.context_edit.table import TaleTable
from embodied_mem_envs.context_edit.tale import Tale, TaleConfig, make_tale

SHORT: Final = TaleConfig(subgoals=5, fewest=1, most=8, cap=700, things=4, objects=20, rules=14)
"""Short tales under a small cap, and of any number of questions: some are easy enough for a policy
that knows nothing yet to succeed, which is where it learns from."""
LONGER: Final = replace(SHORT, subgoals=8, most=10, cap=1150, things=7, objects=34, rules=23)
"""Where an imitator learns sooner what holds in full tales; too hard to learn from nothing."""
_DROPPED: Final = LINE_CONTEXT.index("dropped")
_COMMON: Final[Mapping[str, Any]] = {
    "updates": 80,
    "groups": 32,
    "rollouts": 8,
    "rows": 256,
    "hidden": 32,
    "learning_rate": 3e-3,
    "last_learning_rate": 3e-4,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Practiced:
    """A trainer, and what it was told."""

    trainer: GroupTrainer[Any] | WarmStarted
    about: Mapping[str, Any]


def draw_tales(config: TaleConfig, count: int, seed: int) -> list[Tale]:
    """Draws tales; the same for the same seed."""
    return [make_tale(config, np.random.default_rng([seed, each])) for each in range(count)]


def tale_set(tales: list[Tale], **about: Any) -> EpisodeSet:
    """Makes a set of episodes of tales.

    Args:
        tales: Numbered in this order.
        **about: What they are, for whoever reads the result.
    """
    table = TaleTable(tales)

    def make_core(rows: int) -> ContextEditCore:
        return ContextEditCore(table, rows)

    return EpisodeSet(
        make_core=make_core,
        count=len(table),
        slot_features=LINE_FEATURES,
        context_features=LINE_CONTEXT,
        about=about,
    )


def first_of_edits(decisions: Decisions) -> BoolArray:
    """Tells which decisions are the first of an edit: a segment is all of one edit.

    An edit takes several lines away in turn, and is one action of the agent, as the `prune` of
    Memory as Action names several records.
    """
    first: BoolArray = decisions.context[:, _DROPPED].numpy() == 0
    return first


def practise(
    algorithm: str,
    seed: int,
    *,
    warm: int = 0,
    pool: int = 512,
    tales: TaleConfig = SHORT,
    **settings: Any,
) -> Practiced:
    """Draws tales to train on and makes the trainer.

    Args:
        algorithm: `dcpo` or `grpo`.
        seed: Of the tales and of everything that is drawn.
        warm: Updates that it imitates, before that, one who knows what will be asked.
        pool: Tales to train on.
        tales: What they are like.
        **settings: Of the trainer's config, other than what both share here.
    """
    episodes = tale_set(draw_tales(tales, pool, seed), config=asdict(tales), seed=seed, count=pool)
    make, config = _TRAINERS[algorithm](episodes, seed, {**_COMMON, **settings})
    about = {
        "algorithm": algorithm,
        "settings": asdict(config),
        "warm": warm,
        "episodes": dict(episodes.about),
    }
    if not warm:
        return Practiced(trainer=make(None), about=about)
    imitation = ImitationConfig(
        updates=warm,
        episodes=config.groups * config.rollouts,
        rows=config.rows,
        batch=512,
        hidden=config.hidden,
    )
    first = Imitation(imitation, episodes, seed, teach)
    return Practiced(trainer=WarmStarted(first, make, config.updates), about=about)


_Make = Callable[[ScorerNetwork | None], GroupTrainer[Any]]


def _fitting(config: Config) -> Config:
    """Plays no more at a time than there are episodes in an update."""
    return replace(config, rows=min(config.rows, config.groups * config.rollouts))


def _dcpo(
    episodes: EpisodeSet, seed: int, settings: Mapping[str, Any]
) -> tuple[_Make, GroupConfig]:
    config = _fitting(DcpoConfig(**{"batch": 64, **settings}))
    return lambda start: Dcpo(config, episodes, seed, start, begins=first_of_edits), config


def _grpo(
    episodes: EpisodeSet, seed: int, settings: Mapping[str, Any]
) -> tuple[_Make, GroupConfig]:
    # As many gradient steps from as many decisions as DCPO takes.
    config = _fitting(GrpoConfig(**{"batch": 512, "epochs": 1, **settings}))
    return lambda start: Grpo(config, episodes, seed, start), config


_TRAINERS: Final[
    Mapping[str, Callable[[EpisodeSet, int, Mapping[str, Any]], tuple[_Make, GroupConfig]]]
] = {"dcpo": _dcpo, "grpo": _grpo}
