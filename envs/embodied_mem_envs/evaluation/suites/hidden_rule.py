"""Suite `hidden_rule`: rules of a house, found out by experiments."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, final

import msgspec

from embodied_mem_envs.evaluation.agents.agent import AgentSetup
from embodied_mem_envs.evaluation.agents.hidden_rule import AGENTS, MAKERS, WINDOW
from embodied_mem_envs.evaluation.playing import play_episode
from embodied_mem_envs.evaluation.suites.options import job_options
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job
from embodied_mem_envs.tasks.hidden_rule.draw import RULES
from embodied_mem_envs.tasks.hidden_rule.episode import HiddenRuleEpisode
from embodied_mem_envs.tasks.hidden_rule.game import STEPS, GameConfig


@final
class HiddenRuleSuite:
    """Implements `Suite`.

    Besides `progress`, the mean score of the rules (see `tasks.hidden_rule.equivalence`), values
    are `right` (share of the rules that are equivalent to the hidden ones), `action_entropy`,
    `locking`, and the counts of `tasks.hidden_rule.errors`. Only the rules are kept as asks.
    """

    name: Final = "hidden_rule"
    version: Final = 1

    @property
    def agents(self) -> Mapping[str, str]:
        """See `Suite`."""
        return AGENTS

    @property
    def options(self) -> Mapping[str, Any]:
        """See `Suite`.

        `window` is how many calls the agent of that name remembers, `thinking_steps` how many
        steps of the world each call takes to be thought of.
        """
        return {
            "episodes": 100,
            "first_seed": 1000,
            "rooms": 6,
            "rules": RULES,
            "steps": STEPS,
            "thinking_steps": 0,
            "window": WINDOW,
            "budget_bytes": None,
        }

    def run(self, job: Job, folder: Path) -> EpisodeRecord:
        """Lives through one episode; see `Suite`.

        Raises:
            ConfigError: If there is no such agent, or an option is out of its range.
        """
        options = job_options(self, job)
        shape = {name: options[name] for name in ("rooms", "rules", "steps")}
        episode = HiddenRuleEpisode(
            job.seed, GameConfig(**shape), thinking_steps=options["thinking_steps"]
        )
        setup = AgentSetup(
            folder=folder,
            seed=job.seed,
            budget_bytes=options["budget_bytes"],
            options={"window": options["window"]},
        )
        record = play_episode(episode, MAKERS[job.agent], setup, job, version=self.version)
        rules = tuple(ask for ask in record.asks if ask.kind == "rule")
        right = sum(ask.right for ask in rules) / max(1, len(rules))
        return msgspec.structs.replace(record, asks=rules, values={**record.values, "right": right})


SUITE: Final = HiddenRuleSuite()
