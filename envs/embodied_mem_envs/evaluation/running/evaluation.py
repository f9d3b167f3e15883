"""Runs a suite: settings, jobs, records on disk, and going on where it was cut off."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embodied_mem import __version__
from embodied_mem.cli.result import machine
from embodied_mem.errors import ConfigError, EvaluationError, unknown_name
from embodied_mem_envs.evaluation.metrics.table import METRICS
from embodied_mem_envs.evaluation.records.about import (
    ABOUT,
    About,
    fit,
    joined,
    read_about,
    write_about,
)
from embodied_mem_envs.evaluation.records.digest import settings_digest, telling
from embodied_mem_envs.evaluation.records.file import (
    RECORDS,
    RecordFile,
    by_episode,
    in_order,
    read_records,
)
from embodied_mem_envs.evaluation.running.executor import Executor
from embodied_mem_envs.evaluation.suites.registry import load_suite
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job, Suite

EPISODES = "episodes"
"""Folder of the files of all episodes, below that of the evaluation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluationPlan:
    """What is to be run."""

    suite: str
    agents: tuple[str, ...] = ()
    """None named means all of the suite."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the suite that are not as it has them."""

    def settled(self, suite: Suite) -> dict[str, Any]:
        """Returns all options with their values.

        Raises:
            ConfigError: If an option or an agent is unknown, or there is no episode.
        """
        for name in self.options:
            if name not in suite.options:
                raise unknown_name(f"option of {suite.name}", name, suite.options)
        for agent in self.agents:
            if agent not in suite.agents:
                raise unknown_name(f"agent of {suite.name}", agent, suite.agents)
        options = {**suite.options, **self.options}
        if options["episodes"] < 1 or options["first_seed"] < 0:
            raise ConfigError(
                f"{options['episodes']} episodes from seed {options['first_seed']}; expected 1 or "
                "more, from 0 or more"
            )
        return options


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluated:
    """An evaluation as it lies on the disk."""

    about: About
    records: tuple[EpisodeRecord, ...]
    """By agent, in the order of `About.agents`, and seed."""


def run_evaluation(
    plan: EvaluationPlan,
    out: Path,
    executor: Executor,
    *,
    resume: bool = False,
    on_plan: Callable[[int, int], None] | None = None,
    on_record: Callable[[EpisodeRecord], None] | None = None,
) -> Evaluated:
    """Runs all agents of a plan through its episodes.

    Each finished episode is one line of `out/episodes.jsonl` at once. A run that was ended in any
    way goes on with `resume`, and gives the same records (but for their times) as one that was not.

    Args:
        plan: What to run.
        out: Folder for records and episodes; made if missing.
        executor: Where.
        resume: Take what `out` holds as done; other agents and further seeds may be added to it.
        on_plan: Called once with how many episodes there are, and how many of them are done.
        on_record: Called with each new record.

    Returns:
        All that `out` then holds, also of agents and seeds that this plan does not name.

    Raises:
        ConfigError: If the plan does not fit the suite, or not the records to resume.
        EvaluationError: If the folder is in use without `resume`, or a suite itself failed.
    """
    suite = load_suite(plan.suite)
    options = plan.settled(suite)
    about = _settle(suite, plan, options, out, resume=resume)
    file = RecordFile(out / RECORDS)
    _check_digests(file, about)
    jobs = jobs_of(suite, plan, options, out)
    missing = [job for job in jobs if file.find(job.agent, job.seed) is None]
    if on_plan is not None:
        on_plan(len(jobs), len(jobs) - len(missing))
    with closing(executor.run(missing)) as records:
        for record in records:
            file.add(record)
            if on_record is not None:
                on_record(record)
    return load_evaluation(out)


def jobs_of(suite: Suite, plan: EvaluationPlan, options: Mapping[str, Any], out: Path) -> list[Job]:
    """Returns all jobs, seed by seed, so that agents can be compared from early on."""
    agents = [name for name in suite.agents if not plan.agents or name in plan.agents]
    seeds = range(options["first_seed"], options["first_seed"] + options["episodes"])
    return [
        Job(
            suite=plan.suite,
            agent=agent,
            seed=seed,
            folder=str(out.resolve() / EPISODES / agent / str(seed)),
            options=dict(options),
        )
        for seed in seeds
        for agent in agents
    ]


def load_evaluation(folder: Path) -> Evaluated:
    """Reads an evaluation.

    Raises:
        EvaluationError: If there is none, or it is damaged.
    """
    about = read_about(folder)
    return Evaluated(about=about, records=_sorted(about, read_records(folder / RECORDS)))


def merge_evaluations(folders: Sequence[Path], out: Path) -> Evaluated:
    """Puts parts of one evaluation together, as from several machines.

    Args:
        folders: At least one; the same episode may be in several.
        out: New folder, for the records and the pictures of all.

    Raises:
        ConfigError: If the parts are of different evaluations.
        EvaluationError: If a folder holds none, two disagree on an episode, or `out` is in use.
    """
    if (out / ABOUT).exists() or (out / RECORDS).exists():
        raise EvaluationError(f"{out} holds an evaluation already; merge into a new folder")
    parts = [load_evaluation(folder) for folder in folders]
    about = joined([part.about for part in parts], load_suite(parts[0].about.suite).agents)
    file = RecordFile(out / RECORDS)
    everything = by_episode(record for part in parts for record in part.records)
    for folder in folders:
        if (folder / EPISODES).is_dir():
            shutil.copytree(folder / EPISODES, out / EPISODES, dirs_exist_ok=True)
    for record in in_order(everything.values()):
        file.add(record)
    write_about(out, about)
    return load_evaluation(out)


def _settle(
    suite: Suite, plan: EvaluationPlan, options: Mapping[str, Any], out: Path, *, resume: bool
) -> About:
    """Writes what is about to be run, or checks that it fits what was."""
    agents = {
        name: words
        for name, words in suite.agents.items()
        if not plan.agents or name in plan.agents
    }
    about = About(
        suite=plan.suite,
        version=suite.version,
        settings=settings_digest(plan.suite, suite.version, options),
        options=telling(options),
        package=__version__,
        agents=agents,
        metrics={name: metric.version for name, metric in METRICS.items()},
        machines=(machine(),),
    )
    if (out / ABOUT).exists() or (out / RECORDS).exists():
        if not resume:
            raise EvaluationError(
                f"{out} holds an evaluation already: --resume goes on with it, --out names another "
                "folder"
            )
        before = read_about(out)
        fit(before, about)
        about = joined([before, about], suite.agents)
    write_about(out, about)
    return about


def _check_digests(file: RecordFile, about: About) -> None:
    for record in file.records:
        if record.settings != about.settings or record.suite != about.suite:
            raise ConfigError(
                f"{file.path} holds {record.agent}, seed {record.seed} of {record.suite} with "
                f"settings {record.settings}; expected {about.suite} with {about.settings}"
            )


def _sorted(about: About, records: Sequence[EpisodeRecord]) -> tuple[EpisodeRecord, ...]:
    order = {name: number for number, name in enumerate(about.agents)}
    last = len(order)
    return tuple(sorted(records, key=lambda r: (order.get(r.agent, last), r.agent, r.seed)))
